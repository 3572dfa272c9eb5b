/* list.c - list: the cells that a run would take, without running. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/last.h"

#include "matrix/base/buf.h"
#include "matrix/coverage.h"
#include "matrix/findings.h"
#include "matrix/promises.h"
#include "runner/schedule/quick.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int as_json, as_checks, as_findings, as_promises, as_coverage, quick;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "a JSON array: cells with the checks planned in each, or checks", &as_json },
	{ "--quick", OPTION_FLAG, NULL, "those that `run --quick` takes of FILTER", &quick },
	{ "--findings", OPTION_FLAG, NULL, "what the matrix has found so far instead, as Markdown", &as_findings },
	{ "--checks", OPTION_FLAG, NULL, "the checks of these cells instead, as Markdown; all without FILTER",
	    &as_checks },
	{ "--promises", OPTION_FLAG, NULL, "what the texts promise Go and which checks see it, as Markdown",
	    &as_promises },
	{ "--coverage", OPTION_FLAG, NULL,
	    "which bug, and which test of golang/go, is seen by which check, as Markdown", &as_coverage },
};

static void print_array(json_t *array)
{
	json_dumpf(array, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(array);
}

static void print_json(const struct plan *plan)
{
	json_t *cells = json_array();
	for (size_t i = 0; i < plan->count; i++) {
		const struct cell *cell = &plan->cells[i].cell;
		char id[CELL_ID_MAX];
		json_t *ids = json_array();
		for (size_t k = 0; k < plan->cells[i].count; k++)
			json_array_append_new(ids, json_string(plan->cells[i].checks[k]->id));
		json_array_append_new(cells,
		    json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:i, s:s, s:s, s:s, s:o}", "id", cell_id(cell, id), "go",
			cell->go, "goos", cell->os, "goarch", cell->arch, "variant",
			*cell->variant ? cell->variant : NULL, "buildmode", mode_name(cell->mode), "cgo", cell->cgo,
			"link", link_name(cell->link), "target", cell->target, "load", load_name(cell->load), "checks",
			ids));
	}
	print_array(cells);
}

/* Which checks are planned in a cell of the plan at least; all where there is none.  To be freed. */
static char *planned_checks(const struct plan *plan, size_t *count)
{
	char *planned = xcalloc(checks_count, 1);
	*count = 0;
	for (size_t i = 0; plan && i < plan->count; i++)
		for (size_t k = 0; k < plan->cells[i].count; k++)
			planned[plan->cells[i].checks[k] - checks] = 1;
	for (size_t i = 0; i < checks_count; i++)
		*count += planned[i] |= !plan;
	return planned;
}

static void print_checks_json(const char *planned)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < checks_count; i++) {
		const struct check *check = &checks[i];
		if (planned[i])
			json_array_append_new(rows,
			    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", check->id, "family", check->family,
				"observed", pass_name(check->pass), "states", check->meaning, "matters", check->why,
				"source", check->source));
	}
	print_array(rows);
}

static void print_checks(const char *planned, size_t count)
{
	printf("# The %zu checks\n\nMade by `make docs` from `matrix/checks.def`; what is expected, cell by cell, "
	       "stands in `matrix/oracle.def`.\n",
	    count);
	const char *family = "";
	for (size_t i = 0; i < checks_count; i++) {
		const struct check *check = &checks[i];
		if (!planned[i])
			continue;
		if (family != check->family)
			printf(
			    "\n| %s check | observed | states | it matters, since | source |\n|---|---|---|---|---|\n",
			    check->family);
		family = check->family;
		struct buf source = BUF_INIT;
		for (const char *p = check->source; *p; p++)
			buf_add_bytes(&source, *p == '|' ? "/" : p, 1);
		printf("| `%s` | %s | %s | %s | %s |\n", check->id, pass_name(check->pass), check->meaning, check->why,
		    source.data);
		buf_free(&source);
	}
}

/* A cell of a table: what is there to be copied between back quotes, with | as Markdown wants it. */
static void print_code(const char *text)
{
	fputs(*text ? " `" : " ", stdout);
	for (; *text; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void print_finding(const struct finding *finding)
{
	struct buf cells = BUF_INIT, source = BUF_INIT;
	finding_cells(finding, &cells);
	finding_source(finding, &source);
	const char *folder = finding_folder(finding);
	printf("| %s", finding->what);
	if (folder)
		printf(" ([report](findings/%s/README.md))", folder);
	printf(" | %s |", *finding->versions ? finding->versions : "all that were run");
	print_code(finding->check);
	printf("%s |", *finding->check ? "`" : "none");
	print_code(cells.data);
	printf("` | %s | %s |\n", source.data, *finding->upstream ? finding->upstream : "not known");
	buf_free(&source);
	buf_free(&cells);
}

static void print_findings(void)
{
	printf(
	    "# What it has found\n\n"
	    "%zu faults and oddities of Go, linkers, libcs, loaders and emulators that a run of the matrix told, or "
	    "that making a check "
	    "of it brought to light.\nMade by `make docs` from `matrix/findings.def` and `matrix/known.def`; the "
	    "reasons, with what "
	    "was seen in which debugger, stand beside the rows there.\n\n"
	    "*In* are the versions in which it was seen; \"all that were run\" is no guess: an excuse that holds no "
	    "longer is told by "
	    "the run. *Check* sees it\n(`tlsmatrix explain CHECK`), in the cells of the filter (`tlsmatrix run "
	    "FILTER`; for other "
	    "loaders see [targets.md](targets.md)). *Told* is where\nits makers have it from, whoever told them; "
	    "\"not known\": "
	    "no such report is known here, and none was made from here.\n%zu have a *report* that is ready to be sent, "
	    "with a script that shows the fault without tlsmatrix.\n",
	    finding_count, finding_report_count);
	const char *part = "";
	for (size_t i = 0; i < finding_count; i++) {
		if (strcmp(part, findings[i].part) != 0)
			printf("\n## %s\n\n| what | in | check | cells | source | told |\n|---|---|---|---|---|---|\n",
			    findings[i].part);
		part = findings[i].part;
		print_finding(&findings[i]);
	}
}

static void print_page(void (*markdown)(struct buf *out))
{
	struct buf out = BUF_INIT;
	markdown(&out);
	fputs(out.data, stdout);
	buf_free(&out);
}

/* A page is of all and Markdown. */
static int run_page(const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	if (words->count || as_json) {
		diag_set(&diag, EINVAL, "list: %s is one page: without %s",
		    as_promises     ? "--promises" :
			as_coverage ? "--coverage" :
				      "--findings",
		    as_json ? "--json" : "FILTER");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	if (as_findings)
		print_findings();
	else
		print_page(as_promises ? promises_markdown : coverage_markdown);
	return EXIT_OK;
}

/* Without a plan all checks there are. */
static void run_checks(const struct plan *plan)
{
	size_t count;
	char *planned = planned_checks(plan, &count);
	if (as_json)
		print_checks_json(planned);
	else
		print_checks(planned, count);
	free(planned);
}

static void print_cells(const struct plan *plan)
{
	char id[CELL_ID_MAX];
	if (as_checks)
		run_checks(plan);
	else if (as_json)
		print_json(plan);
	else
		for (size_t i = 0; i < plan->count; i++)
			printf("%s\n", cell_id(&plan->cells[i].cell, id));
}

static int run(struct setup *setup, const struct option_words *words)
{
	if (as_promises || as_coverage || as_findings)
		return run_page(words);
	if (as_checks && !words->count && !quick) {
		run_checks(NULL);
		return EXIT_OK;
	}
	struct filter *filter;
	char *text;
	int code = cmd_filter(setup, words, "", &filter, &text);
	if (code)
		return code;
	struct diag diag = DIAG_INIT;
	struct plan plan;
	int unplanned = plan_make(setup, filter, text, &plan, &diag);
	if (unplanned)
		code = cmd_fail(&diag, unplanned == -ENOENT ? EXIT_NOTHING : EXIT_INFRA);
	else
		code = last_narrow(setup, filter, text, &plan);
	if (!code) {
		if (quick)
			quick_plan(&plan, stderr);
		print_cells(&plan);
	}
	if (!unplanned)
		plan_free(&plan);
	filter_free(filter);
	free(text);
	return code;
}

const struct command cmd_list = {
	.name = "list",
	.synopsis = "list [FILTER]",
	.summary = "the cells that FILTER selects of every port and target, without running",
	.needs_release = 1,
	.uses = CACHE_USED,
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
