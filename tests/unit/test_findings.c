#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/findings.h"
#include "matrix/known.h"

#include <string.h>
#include <unistd.h>

/* Is the deviation of a row on the page? */
static int is_told(const struct known *known)
{
	for (size_t i = 0; i < finding_count; i++)
		if (*findings[i].known && strstr(known->reason, findings[i].known))
			return 1;
	return 0;
}

static void test_every_deviation_is_on_the_page(void **state)
{
	(void)state;
	const struct known other = { .reason = "nobody has heard of it" };
	assert_false(is_told(&other));
	for (size_t i = 0; i < known_count; i++)
		if (!is_told(&knowns[i]))
			fail_msg("findings.def has nothing of: %s", knowns[i].reason);
}

/* Does any row of known.def that the finding is about take the check? */
static int is_seen(const struct finding *finding)
{
	const unsigned char *names = known_names(finding->check);
	for (size_t i = 0; i < known_count; i++)
		if (strstr(knowns[i].reason, finding->known) && names[i])
			return 1;
	return 0;
}

static void test_each_leads_somewhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < finding_count; i++) {
		const struct finding *finding = &findings[i];
		struct diag diag = DIAG_INIT;
		struct filter *filter = NULL;
		struct buf cells = BUF_INIT, source = BUF_INIT;
		int excused = *finding->known != '\0';
		finding_cells(finding, &cells);
		finding_source(finding, &source);
		if (*finding->check && !check_find(finding->check))
			fail_msg("%s: no check %s", finding->what, finding->check);
		if (excused && (!finding_known(finding) || *finding->cells || *finding->source))
			fail_msg("%s: is not in known.def, or has cells and source beside", finding->what);
		if (excused && !is_seen(finding))
			fail_msg("%s: no row of it is about %s", finding->what, finding->check);
		if (filter_parse(cells.data, &filter, &diag))
			fail_msg("%s: %s", cells.data, diag.line);
		if (!source.len || strstr(cells.data, "check="))
			fail_msg("%s: no source, or a check in its cells", finding->what);
		if (strpbrk(finding->what, "|\n") || finding->what[strlen(finding->what) - 1] == '.')
			fail_msg("%s: is no cell of a table", finding->what);
		filter_free(filter);
		buf_free(&source);
		buf_free(&cells);
	}
}

static void test_cells_and_source(void **state)
{
	(void)state;
	const struct finding finding = { .known = "",
		.cells = "os=osv & mode=exe & check=a,b",
		.source = "#1, #15; cloudius-systems/osv#795; core/elf.cc, #122; x #c; #5" };
	struct buf out = BUF_INIT;
	finding_cells(&finding, &out);
	assert_string_equal(out.data, "os=osv & mode=exe");
	buf_clear(&out);
	finding_source(&finding, &out);
	assert_string_equal(out.data, "cloudius-systems/osv#795; core/elf.cc, x #c");
	buf_free(&out);
}

/* How many findings is a report about? */
static size_t findings_of(const struct finding_report *report)
{
	size_t found = 0;
	for (size_t i = 0; i < finding_count; i++)
		found += strstr(findings[i].what, report->what) != NULL;
	return found;
}

/* Can the file of the report's folder be used so? */
static int has(const struct finding_report *report, const char *file, int how)
{
	struct buf path = BUF_INIT;
	buf_printf(&path, "docs/findings/%s/%s", report->folder, file);
	int usable = access(path.data, how) == 0;
	buf_free(&path);
	return usable;
}

static void test_each_report_is_there(void **state)
{
	(void)state;
	const struct finding_report nowhere = { "no-such-folder", "nobody has heard of it" };
	assert_int_equal(findings_of(&nowhere), 0);
	assert_false(has(&nowhere, "README.md", R_OK));
	assert_null(finding_folder(&(struct finding){ .what = "nobody has heard of it" }));
	for (size_t i = 0; i < finding_report_count; i++) {
		const struct finding_report *report = &finding_reports[i];
		if (findings_of(report) != 1)
			fail_msg("%s: %zu findings have its words, not 1", report->folder, findings_of(report));
		if (!has(report, "README.md", R_OK) || !has(report, "run.sh", X_OK))
			fail_msg("docs/findings/%s: no README.md, or no run.sh that can be executed", report->folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_deviation_is_on_the_page),
		cmocka_unit_test(test_each_leads_somewhere),
		cmocka_unit_test(test_cells_and_source),
		cmocka_unit_test(test_each_report_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
