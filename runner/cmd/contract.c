/* contract.c - contract: what a Go release needs of whoever loads its libraries and starts its programs. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/contract.h"
#include "matrix/filter.h"
#include "reports/contract.h"
#include "runner/cmd/contract_census.h"
#include "runner/schedule/run_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int as_json, as_markdown, as_census;
static struct option_words releases;
static const struct option_row options[] = {
	{ "--go", OPTION_EACH, "VERSION", "a kept release, 1.6.4, or several, 1.5..1.27; may be given more than once",
	    &releases },
	{ "--census", OPTION_FLAG, NULL, "what a library and a program ask for: relocations, TLS, system calls, ...",
	    &as_census },
	{ "--json", OPTION_FLAG, NULL, "with expectation, note and source of each", &as_json },
	{ "--markdown", OPTION_FLAG, NULL, "the page docs/contract.md, or with --census its second part",
	    &as_markdown },
};

struct collected {
	struct cell_result *result; /* as the plan's cells */
	const struct plan *plan;
};

static char *take(const struct plan_cell *cell, struct cell_result *result, int cached, void *context)
{
	struct collected *collected = context;
	(void)cached;
	collected->result[cell - collected->plan->cells] = *result;
	memset(result, 0, sizeof(*result));
	return NULL;
}

/* "check=contract.* & go=1.6.4,1.7.1"; malloc'ed. */
static char *filter_of(const struct option_words *words)
{
	struct buf text = BUF_INIT;
	buf_add(&text, as_census ? CENSUS_FILTER : "check=contract.*");
	for (size_t i = 0; i < words->count; i++)
		buf_printf(&text, "%s%s", i ? "," : " & go=", words->word[i]);
	return buf_take(&text);
}

static int tell_census(const struct setup *setup, const struct plan *plan, const struct cell_result *results)
{
	return contract_census(setup, plan, results,
	    as_json         ? CENSUS_JSON :
		as_markdown ? CENSUS_MARKDOWN :
			      CENSUS_TEXT);
}

static int tell(const struct cell_result *results, size_t count)
{
	int unexpected = 0, infra = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < results[i].check_count; k++) {
			unexpected |= check_unexpected(&results[i].checks[k]);
			infra |= results[i].checks[k].status == STATUS_INFRA;
		}
	int error = as_json ? report_contract_json(results, count, stdout) :
	    as_markdown     ? report_contract_markdown(results, count, stdout) :
			      report_contract(results, count, stdout);
	return error ? cmd_unwritten(error) : infra ? EXIT_INFRA : unexpected ? EXIT_UNEXPECTED : EXIT_OK;
}

/* Tries every clause of the releases, or looks at what they make. */
static int try_all(struct setup *setup, struct plan *plan)
{
	struct diag diag = DIAG_INIT;
	struct collected collected = { xcalloc(plan->count, sizeof(*collected.result)), plan };
	const struct run_options how = { .jobs = 0 };
	const struct run_sink sink = { .judged = take, .context = &collected };
	for (size_t i = 0; as_census && i < plan->count; i++)
		plan_cell_name_bare(setup, &plan->cells[i]);
	if (!as_census)
		plan_name(setup, plan);
	int error = run_plan(setup, plan->cells, plan->count, &how, &sink), code;
	if (error) {
		diag_set(&diag, -error, "%s",
		    error == -EINTR ? "interrupted: run again to go on where it stopped" : strerror(-error));
		code = cmd_fail(&diag, error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA);
	} else {
		code = as_census ? tell_census(setup, plan, collected.result) : tell(collected.result, plan->count);
	}
	for (size_t i = 0; i < plan->count; i++)
		cell_result_free(&collected.result[i]);
	free(collected.result);
	return code;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	struct filter *filter = NULL;
	struct plan plan;
	/* `--go 1.6.4 1.7.1` and `contract 1.6.4 1.7.1` are the same. */
	struct option_words all = { xcalloc(releases.count + words->count + 1, sizeof(*all.word)), 0 };
	for (size_t i = 0; i < releases.count; i++)
		all.word[all.count++] = releases.word[i];
	for (size_t i = 0; i < words->count; i++)
		all.word[all.count++] = words->word[i];
	char *asked = filter_of(&all), *text = NULL;
	const struct option_words word = { (const char *[]){ asked }, 1 };
	int code = cmd_filter(setup, &word, "", &filter, &text);
	if (!code) {
		setup_keys(setup);
		int error = plan_make(setup, filter, text, &plan, &diag);
		code = error ? cmd_fail(&diag, error == -ENOENT ? EXIT_NOTHING : EXIT_INFRA) : try_all(setup, &plan);
		if (!error)
			plan_free(&plan);
		filter_free(filter);
		free(text);
	}
	free(asked);
	free(all.word);
	free(releases.word);
	return code;
}

const struct command cmd_contract = {
	.name = "contract",
	.synopsis = "contract [--go VERSION...]",
	.summary = "what a Go release needs of whoever loads its libraries or starts its programs",
	.needs_release = 1,
	.uses = CACHE_USED,
	.help = "A host enters a library's initializers itself, or gives a program its first stack and registers,\n"
		"and breaks one clause at a time; what becomes of Go: tolerated, answers wrongly, hangs, exits with\n"
		"words of its own, or dies. Without --go of the release under test.\n"
		"Exit status 1 when that is not what the release's source says (marked !).\n"
		"--census tells instead what is asked for: facts of the files, and system calls, by phase.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
