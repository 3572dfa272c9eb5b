/* JUnit XML, the subset that CI systems agree on: a testsuite for each cell, a testcase for each
 * check.  It has no word for "planned, but not run": an incomplete run gets a suite of its own with
 * an error in it, so that nobody takes it for a green one.  So do rows of known.def that excuse nothing.
 *
 * A class name is the id of the cell with one '.' in it: Jenkins cuts it at the last one into package and class
 * (hudson.tasks.junit.CaseResult getPackageName, getSimpleName), so that "go1.26.8/linux/amd64/..." was package
 * "go1.26" and class "8/linux/...".  The package is release, GOOS and GOARCH, and every other '.' is '_'; the suite
 * is named by the id as it is.
 *
 * Two times are measured of a cell, its build's and its run's: they stand at the first check of each, and the others
 * have none, since one process makes many.  The suite has their sum. */
#include "reports/view.h"

#include "reports/marks.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

struct sums { size_t tests, failures, errors, skipped; };

enum element { ELEMENT_NONE, ELEMENT_FAILURE, ELEMENT_ERROR, ELEMENT_SKIPPED };

static enum element element_of(const struct view *view, const struct check_result *check)
{
	if (view_forbidden(view, check))
		return ELEMENT_FAILURE;
	switch (mark_check(check)) {
	case MARK_PASS:
		return ELEMENT_NONE;
	case MARK_FAIL:
	case MARK_FIXED:
	case MARK_FLAKY:
		return ELEMENT_FAILURE;
	case MARK_SKIP:
	case MARK_NOTRUN:
	case MARK_KNOWN:
		return ELEMENT_SKIPPED;
	default:
		return ELEMENT_ERROR;
	}
}

static void add_sums(const struct view *view, const struct cell_result *cell, struct sums *sums)
{
	sums->tests += cell->check_count;
	for (size_t i = 0; i < cell->check_count; i++) {
		enum element element = element_of(view, &cell->checks[i]);
		sums->failures += element == ELEMENT_FAILURE;
		sums->errors += element == ELEMENT_ERROR;
		sums->skipped += element == ELEMENT_SKIPPED;
	}
}

static void attribute(struct pen *pen, const char *name, const char *value)
{
	buf_printf(&pen->text, " %s=\"", name);
	text_xml(&pen->text, value);
	buf_add(&pen->text, "\"");
}

static void sum_attributes(struct pen *pen, const struct sums *sums, double seconds)
{
	buf_printf(&pen->text, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
	    sums->tests, sums->failures, sums->errors, sums->skipped, seconds);
}

static void property(struct pen *pen, const char *name, const char *value)
{
	buf_add(&pen->text, "      <property");
	attribute(pen, "name", name);
	attribute(pen, "value", value ? value : "");
	buf_add(&pen->text, "/>\n");
}

static void detail_line(struct pen *pen, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(&pen->text, "%s: ", name);
	text_xml(&pen->text, text);
	buf_add(&pen->text, "\n");
}

static void problem(struct pen *pen, const struct check_result *check, const char *element)
{
	struct buf message = BUF_INIT;

	if (mark_check(check) == MARK_FIXED)
		buf_add(&message, "passes, though known to fail");
	else if (check->status == STATUS_SKIP)
		buf_printf(&message, "skipped, which this run forbids: %s", check->reason);
	else if (check->observed)
		buf_printf(&message, "expected \"%s\", observed \"%s\"", check->expected ? check->expected : "",
		    check->observed);
	else
		buf_add(&message, check->message ? check->message : "nothing was observed");
	buf_printf(&pen->text, ">\n      <%s", element);
	attribute(pen, "type", mark_styles[mark_check(check)].name);
	attribute(pen, "message", message.data);
	buf_add(&pen->text, ">");
	detail_line(pen, "expected", check->expected);
	detail_line(pen, "observed", check->observed);
	detail_line(pen, "message", check->message);
	detail_line(pen, "reason", check->reason);
	detail_line(pen, "source", check->source);
	detail_line(pen, "repro", check->repro);
	buf_printf(&pen->text, "</%s>\n    </testcase>\n", element);
	buf_free(&message);
}

static void skipped(struct pen *pen, const struct check_result *check)
{
	struct buf message = BUF_INIT;

	buf_printf(&message, "%s: %s", mark_styles[mark_check(check)].name,
	    check->reason      ? check->reason :
		check->message ? check->message :
				 "no reason given");
	buf_add(&pen->text, ">\n      <skipped");
	attribute(pen, "message", message.data);
	buf_add(&pen->text, "/>\n    </testcase>\n");
	buf_free(&message);
}

/* A check of the build and the file, before anything runs (enum pass). */
static int is_of_build(const struct view *view, const struct check_result *result)
{
	const struct check *check = view_check(view, result->id);

	return check && check->pass <= PASS_FILE;
}

/* "go1_26_8/linux/amd64.exe/cgo0/internal@host:exec"; malloc'ed. */
static char *class_name(const char *id)
{
	char *name = xstrdup(id), *package = name;

	for (char *at = name; *at; at++)
		if (*at == '.')
			*at = '_';
	for (int slash = 0; slash < 3 && package; slash++)
		package = strchr(package + (slash > 0), '/');
	if (package)
		*package = '.';
	return name;
}

/* seconds: what stands at this check, or -1. */
static void testcase(
    struct pen *pen, const struct view *view, const char *class, const struct check_result *check, double seconds)
{
	buf_add(&pen->text, "    <testcase");
	attribute(pen, "classname", class);
	attribute(pen, "name", check->id);
	if (seconds >= 0)
		buf_printf(&pen->text, " time=\"%.3f\"", seconds);
	switch (element_of(view, check)) {
	case ELEMENT_NONE:
		buf_add(&pen->text, "/>\n");
		break;
	case ELEMENT_FAILURE:
		problem(pen, check, "failure");
		break;
	case ELEMENT_ERROR:
		problem(pen, check, "error");
		break;
	case ELEMENT_SKIPPED:
		skipped(pen, check);
		break;
	}
}

static void testsuite(struct pen *pen, const struct view *view, const struct cell_result *result)
{
	const struct cell *cell = &result->cell;
	char id[CELL_ID_MAX];
	struct sums sums = { 0 };
	double left[] = { result->seconds, result->build_seconds };
	char *class = class_name(cell_id(cell, id));

	add_sums(view, result, &sums);
	buf_add(&pen->text, "  <testsuite");
	attribute(pen, "name", id);
	sum_attributes(pen, &sums, result->build_seconds + result->seconds);
	buf_add(&pen->text, ">\n    <properties>\n");
	property(pen, "go", cell->go);
	property(pen, "goos", cell->os);
	property(pen, "goarch", cell->arch);
	if (*cell->variant)
		property(pen, "variant", cell->variant);
	property(pen, "buildmode", mode_name(cell->mode));
	property(pen, "cgo", cell->cgo ? "1" : "0");
	property(pen, "link", link_name(cell->link));
	property(pen, "target", cell->target);
	property(pen, "load", load_name(cell->load));
	property(pen, "outcome", outcome_name(cell_outcome(result)));
	if (result->build_log)
		property(pen, "build-log", result->build_log);
	if (result->log)
		property(pen, "log", result->log);
	buf_add(&pen->text, "    </properties>\n");
	for (size_t i = 0; i < result->check_count; i++) {
		double *seconds = &left[is_of_build(view, &result->checks[i])];
		testcase(pen, view, class, &result->checks[i], *seconds);
		*seconds = -1;
	}
	free(class);
	buf_add(&pen->text, "  </testsuite>\n");
	pen_flush(pen);
}

static void incomplete_suite(struct pen *pen, const struct view *view)
{
	struct buf verdict = BUF_INIT;

	view_verdict(view, &verdict);
	buf_add(&pen->text,
	    "  <testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
	    "    <testcase classname=\"run\" name=\"complete\">\n      <error type=\"incomplete\"");
	attribute(pen, "message", verdict.data);
	buf_add(&pen->text, "/>\n    </testcase>\n  </testsuite>\n");
	buf_free(&verdict);
}

/* The rows of known.def that excuse nothing any more, a failure each. */
static void stale_suite(struct pen *pen, const struct view *view)
{
	buf_printf(&pen->text,
	    "  <testsuite name=\"known.def\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
	    view->stale_count, view->stale_count);
	for (size_t i = 0; i < view->stale_count; i++) {
		const struct known *row = view->stale[i].row;
		char *name = xprintf("%s %s %s", row->where, row->check, row->status);
		buf_add(&pen->text, "    <testcase classname=\"known_def\"");
		attribute(pen, "name", name);
		buf_add(&pen->text, ">\n      <failure type=\"stale\"");
		attribute(pen, "message",
		    view->stale[i].unmatched ? "covers no check of the whole list" :
					       "no check that it covers is so any more");
		buf_add(&pen->text, "/>\n    </testcase>\n");
		free(name);
	}
	buf_add(&pen->text, "  </testsuite>\n");
}

int report_junit(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct sums sums = { 0 };
	struct counts counts;
	int incomplete;

	view_count(view, &counts);
	incomplete = counts.checks == 0 || view_incomplete(view, &counts);
	for (size_t i = 0; i < view->count; i++)
		add_sums(view, &view->cells[i], &sums);
	sums.tests += incomplete != 0;
	sums.errors += incomplete != 0;
	sums.tests += view->stale_count;
	sums.failures += view->stale_count;
	buf_add(&pen.text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tlsmatrix\"");
	sum_attributes(&pen, &sums, view->seconds);
	if (view->started)
		attribute(&pen, "timestamp", view->started);
	buf_add(&pen.text, ">\n");
	if (incomplete)
		incomplete_suite(&pen, view);
	if (view->stale_count > 0)
		stale_suite(&pen, view);
	for (size_t i = 0; i < view->count; i++)
		testsuite(&pen, view, &view->cells[i]);
	buf_add(&pen.text, "</testsuites>\n");
	return pen_end(&pen);
}
