/* history.c - history: what cells were in earlier runs, and since when they are otherwise. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "runner/cache/use.h"
#include "runner/cmd/screen.h"
#include "runner/history/history.h"
#include "runner/history/past.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int as_json, flaky, rebuild;
static const char *check;
static const struct option_row options[] = {
	{ "--check", OPTION_TEXT, "ID", "follow one check: status and observed text", &check },
	{ "--flaky", OPTION_FLAG, NULL, "the checks that came out otherwise with the same inputs", &flaky },
	{ "--json", OPTION_FLAG, NULL, "all of it as JSON", &as_json },
	{ "--rebuild", OPTION_FLAG, NULL, "make the database again from the kept runs", &rebuild },
};

static int fail(const struct diag *diag, int error)
{
	return cmd_fail(diag, error == -EINVAL ? EXIT_USAGE : EXIT_INFRA);
}

static int make_again(const struct setup *setup)
{
	struct diag diag = DIAG_INIT;
	size_t runs = 0;
	int error = cache_take(setup->places.cache, &diag);
	error = error ? error : history_rebuild(setup->places.cache, &runs, &diag);
	if (error)
		return fail(&diag, error);
	printf("%zu %s in %s/history/store.sqlite\n", runs, runs == 1 ? "run" : "runs", setup->places.cache);
	return EXIT_OK;
}

/* What was not there before, and what cannot be read: on stderr, so that JSON stays JSON. */
static int told_runs(struct database *database, size_t late, struct diag *diag)
{
	struct buf unread = BUF_INIT;
	size_t runs = 0;
	int error = past_runs(database, &runs, &unread, diag);
	if (late)
		fprintf(stderr, "%zu kept %s added to the database first\n", late, late == 1 ? "run was" : "runs were");
	if (unread.len)
		fprintf(stderr, "not readable by this tlsmatrix: %s", unread.data);
	buf_free(&unread);
	if (!error && !runs)
		error = diag_set(diag, ENOENT, "no run is remembered in this cache yet: `tlsmatrix run` makes one");
	return error;
}

static int tell_flaky(struct database *database, const struct filter *filter, struct diag *diag)
{
	struct past_flakies flakies;
	int error = past_flaky(database, filter, &flakies, diag);
	if (error)
		return error;
	error = as_json ? report_flaky_json(flakies.flaky, flakies.count, stdout) :
			  report_flaky(flakies.flaky, flakies.count, stdout, screen_prose());
	past_flaky_free(&flakies);
	return error ? diag_set(diag, -error, "standard output: %s", strerror(-error)) : 0;
}

static int tell(struct database *database, const struct filter *filter, const char *text, struct diag *diag)
{
	struct past_cells cells;
	int error = past_read(database, filter, &cells, diag);
	if (error)
		return error;
	if (!cells.count)
		error = diag_set(diag, ENOENT, "%s: no run in the history has such a cell", text);
	else
		error = as_json ? report_history_json(cells.cell, cells.count, check, stdout) :
				  report_history(cells.cell, cells.count, check, stdout, screen_prose());
	past_free(&cells);
	return error;
}

static int ask(const struct setup *setup, const struct filter *filter, const char *text)
{
	struct diag diag = DIAG_INIT;
	struct database *database = NULL;
	size_t late = 0;
	cache_share(setup->places.cache, 0);
	int error = history_open(setup->places.cache, &database, &late, &diag);
	error = error ? error : told_runs(database, late, &diag);
	error = error ? error : flaky ? tell_flaky(database, filter, &diag) : tell(database, filter, text, &diag);
	database_close(database);
	return !error ? EXIT_OK : cmd_fail(&diag, error == -ENOENT ? EXIT_NOTHING : EXIT_INFRA);
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	struct filter *filter;
	char *text;
	if (rebuild && (words->count || flaky || check))
		return fail(&diag, diag_set(&diag, EINVAL, "--rebuild makes all of it again: give it alone"));
	if (rebuild)
		return make_again(setup);
	if (!words->count && !flaky)
		return fail(
		    &diag, diag_set(&diag, EINVAL, "history: needs a cell id or a filter; --flaky does without"));
	if (check && flaky)
		return fail(&diag,
		    diag_set(&diag, EINVAL, "--check %s: --flaky tells of all checks; FILTER takes check=", check));
	if (check && check_known("--check", check, &diag))
		return fail(&diag, -EINVAL);
	int code = cmd_filter_parse(words, "", &filter, &text);
	if (code)
		return code;
	if (filter_asks_facts(filter))
		code = fail(&diag,
		    diag_set(&diag, EINVAL,
			"%s: libc, kernel and emulator are not remembered by cell: ask for target=", text));
	else
		code = ask(setup, filter, text);
	filter_free(filter);
	free(text);
	return code;
}

const struct command cmd_history = {
	.name = "history",
	.synopsis = "history CELL|FILTER [--check ID]",
	.summary = "what a cell was in earlier runs, when it changed, and with what",
	.help = "Every `run` is kept in the cache.  For each cell: when it came out otherwise than in the run before,\n"
		"how, and which of release, target, kernel, libc, compilers and tlsmatrix were others then.\n"
		"Of several cells those that never changed are only counted.  --flaky needs no FILTER.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
