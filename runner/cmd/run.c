/* run.c - run: plan, build, run, judge, report. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/screen.h"

#include "matrix/base/buf.h"
#include "matrix/base/clock.h"
#include "matrix/filter.h"
#include "matrix/skip_class.h"
#include "runner/cmd/last.h"
#include "runner/cmd/publish.h"
#include "runner/debian/pack.h"
#include "runner/history/history.h"
#include "runner/history/kept.h"
#include "runner/history/named.h"
#include "runner/schedule/quick.h"
#include "runner/schedule/repeat.h"
#include "runner/store/journal.h"
#include "runner/store/session.h"
#include "runner/target/target.h"
#include "runner/trial/pulse.h"
#include "runner/trial/target_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int jobs, force, quick, forget, all, narrowed, repeat = 1, stress = 1;
static double timeout_scale = 1.0;
static const char *forbidden, *named, *pulse = "share";
static const struct option_row options[] = {
	{ "-j", OPTION_NUMBER, "N", "builds and cells at once (default: the number of cores)", &jobs },
	{ "--force", OPTION_FLAG, NULL, "build and run every cell again, also where nothing changed", &force },
	{ "--quick", OPTION_FLAG, NULL, "few of these cells: with every check and every way to load, on each target",
	    &quick },
	{ "--all", OPTION_FLAG, NULL, "of every port and target, also where FILTER names none", &all },
	{ "--repeat", OPTION_NUMBER, "N", "run each cell N times: a check that is not always the same is flaky (1)",
	    &repeat },
	{ "--stress", OPTION_NUMBER, "N", "threads come, go, call and get signals N times as often in a cell (1)",
	    &stress },
	{ "--no-history", OPTION_FLAG, NULL, "do not keep this run for `tlsmatrix history`", &forget },
	{ "--name", OPTION_TEXT, "NAME", "the kept run has this name, for `compare` and `report --run`", &named },
	{ "--timeout-scale", OPTION_FACTOR, "X", "multiply every time limit, for a slow machine (1.0)",
	    &timeout_scale },
	{ "--pulse", OPTION_TEXT, "WHICH", PULSE_HELP " (share)", &pulse },
	{ "--forbid-skip", OPTION_TEXT, "CLASS,...",
	    "a skip of this class is unexpected: not-installed, no-compiler, ...", &forbidden },
};

/* One run, from its plan to its end. */
struct campaign {
	const struct setup *setup;
	struct plan plan;
	struct journal *journal;
	char *noted; /* of each target of the setup: its event is in the journal */
	size_t cached, done;
	int journal_error;
	double started;
};

/* ---- the journal ------------------------------------------------------------------------------------- */

static void note(struct campaign *campaign, json_t *event, int sync)
{
	int error = journal_append(campaign->journal, event, sync);
	if (error && !campaign->journal_error)
		campaign->journal_error = error;
	json_decref(event);
}

/* Logs of a cell in out/logs, as copies: they outlive the cache.  Its name there, malloc'ed, or NULL. */
static char *place_log(struct campaign *campaign, const char *from, const char *name, const char *kind)
{
	char *relative = xprintf("logs/%s.%s.log", name, kind),
	     *to = xprintf("%s/%s", campaign->setup->places.out, relative);
	int placed = file_exists(from) && file_copy(from, to) == 0;
	free(to);
	if (placed)
		return relative;
	free(relative);
	return NULL;
}

static void note_cell(struct campaign *campaign, const struct plan_cell *cell, struct cell_result *result, int cached)
{
	char id[CELL_ID_MAX], name[CELL_ID_MAX];
	file_name_of(cell_id(&cell->cell, id), name, sizeof(name));
	char *dir = plan_result_dir(campaign->setup, cell);
	char *run_log = result->log && *result->log == '/' ? xstrdup(result->log) : xprintf("%s/run.log", dir),
	     *build_log = xprintf("%s/build.log", cell->build.dir);
	free(result->log);
	free(result->build_log);
	result->log = place_log(campaign, run_log, name, "run");
	result->build_log = place_log(campaign, build_log, name, "build");
	note(campaign,
	    json_pack("{s:s, s:b, s:o}", "event", "cell", "cached", cached, "result", cell_observed_json(result)),
	    !cached);
	free(build_log);
	free(run_log);
	free(dir);
}

/* What the check of a target told, for rules and reports. */
static void note_target(struct campaign *campaign, const struct target *target)
{
	json_t *told = target->missing || target->broken ? NULL : target_check_load(campaign->setup, target);
	if (!told)
		told = json_pack("{s:s, s:s, s:s}", "name", target->name, "kind", target_kind_name(target->kind),
		    "message",
		    target->broken      ? target->broken :
			target->missing ? target->thing :
					  "its check did not come to an end");
	note(campaign, json_pack("{s:s, s:o}", "event", "target", "target", told), 0);
}

/* Before the first cell of a target: what it is must not be lost when the run is cut off. */
static void note_target_once(struct campaign *campaign, const struct target *target)
{
	size_t at = (size_t)(target - campaign->setup->targets->target);
	if (!campaign->noted)
		campaign->noted = xcalloc(campaign->setup->targets->count, 1);
	if (!campaign->noted[at])
		note_target(campaign, target);
	campaign->noted[at] = 1;
}

/* A long run is said to be one before its first minute is over; what is up to date is told at once anyway. */
static void on_begun(size_t cells, size_t to_do, void *context)
{
	(void)context;
	if (to_do)
		fprintf(stderr, "%zu cell%s, %zu to do\n", cells, cells == 1 ? "" : "s", to_do);
}

static char *on_judged(const struct plan_cell *cell, struct cell_result *result, int cached, void *context)
{
	struct campaign *campaign = context;
	char id[CELL_ID_MAX];
	if (cell->target)
		note_target_once(campaign, cell->target);
	note_cell(campaign, cell, result, cached);
	*(cached ? &campaign->cached : &campaign->done) += 1;
	int bad = result->verdict != VERDICT_OK && result->verdict != VERDICT_KNOWN;
	return bad && !cached ? xprintf("unexpected: %s", cell_id(&cell->cell, id)) : NULL;
}

/* Says what the history could not take; a verdict does not need it. */
static void tell_forgotten(int error, struct diag *diag)
{
	if (error)
		fprintf(stderr, "tlsmatrix: not in the history: %s\n", diag->line);
	*diag = (struct diag)DIAG_INIT;
}

/* ---- start and end ----------------------------------------------------------------------------------------- */

/* A run that was cut off has told nobody: it is kept before its journal is emptied. */
static int keep_former(struct campaign *campaign, const char *path, struct diag *diag)
{
	const struct places *places = &campaign->setup->places;
	struct diag why = DIAG_INIT;
	char name[KEPT_NAME];
	struct journal *former;
	int error = forget ? 0 : journal_open(path, JOURNAL_APPEND, &former, diag);
	if (forget || error)
		return error;
	int unkept = kept_add(places->cache, places->out, name, &why);
	tell_forgotten(unkept == -ENOENT ? 0 : unkept, &why);
	journal_close(former);
	return 0;
}

/* The plan is written beside the old one and takes its place when the journal is ours: neither a full
 * disk nor a second run costs what the last run left. */
static int open_out(struct campaign *campaign, struct diag *diag)
{
	const char *out = campaign->setup->places.out;
	char *logs = xprintf("%s/logs", out), *plan = xprintf("%s/plan.json", out),
	     *journal = xprintf("%s/journal", out);
	char *next = xprintf("%s.next-%d", plan, (int)getpid());
	int error = make_folders(logs);
	if (error)
		diag_set(diag, -error, "%s: cannot make: %s", logs, strerror(-error));
	if (!error && (error = plan_write(campaign->setup, &campaign->plan, next)))
		diag_set(diag, -error, "%s: cannot write: %s", next, strerror(-error));
	error = error ? error : keep_former(campaign, journal, diag);
	error = error ? error : journal_open(journal, JOURNAL_CREATE, &campaign->journal, diag);
	if (!error && rename(next, plan))
		error = diag_set(diag, errno, "%s: cannot write: %s", plan, strerror(errno));
	if (!error)
		publish_withdraw(out);
	if (error)
		unlink(next);
	free(next);
	free(journal);
	free(plan);
	free(logs);
	return error;
}

/* What was tried twice now, each by what. */
static void tell_again(const struct view *view)
{
	size_t count = 0;
	const char *by = NULL;
	int several = 0;
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		if (!cell->again || cell->cached)
			continue;
		count++;
		several |= by && strcmp(by, cell->again) != 0;
		by = cell->again;
	}
	if (count)
		printf("%zu %s tried twice, since %s disturbed (%s%s): report.json has \"again\"\n", count,
		    count == 1 ? "cell was" : "cells were", count == 1 ? "it was" : "they were", by,
		    several ? ", ..." : "");
}

static void last_line(const struct campaign *campaign, double seconds)
{
	/* What is not there must not look as if it had been judged. */
	for (size_t i = 0; i < LINKER_COUNT; i++) {
		const struct linker *linker = &campaign->setup->linkers.linker[i];
		if (!linker->path)
			printf("%s is not installed, its cells are not in this run: apt-get install %s\n",
			    linker->program, linker->package);
	}
	printf(
	    "%zu cell%s judged now, %zu up to date, %.1f s; reports: %s/report.html, report.json, report.xml (JUnit)\n",
	    campaign->done, campaign->done == 1 ? "" : "s", campaign->cached, seconds, campaign->setup->places.out);
}

static int tell(struct campaign *campaign)
{
	struct diag diag = DIAG_INIT;
	const struct places *places = &campaign->setup->places;
	struct session session;
	if (session_load(places->out, &session, &diag))
		return cmd_fail(&diag, EXIT_INFRA);
	report_grid(&session.view, stdout, screen_color(), screen_width());
	int code = view_exit_code(&session.view);
	tell_forgotten(forget ? 0 : history_take(places->cache, places->out, &session, &diag), &diag);
	if (publish_all(&session.view, &diag))
		code = cmd_fail(&diag, EXIT_REPORT);
	else {
		tell_again(&session.view);
		last_line(campaign, session.view.seconds);
	}
	session_free(&session);
	return code;
}

/* When out/ holds the end of a run with the very same keys, that is the result: nothing is
 * written, only told.  What could not be judged is tried again: a board may answer now. */
static int is_told(struct campaign *campaign, int *code)
{
	struct diag diag = DIAG_INIT;
	struct session session;
	if (force || repeat > 1 || !publish_is_current(campaign->setup->places.out) ||
	    session_load(campaign->setup->places.out, &session, &diag))
		return 0;
	int same = session.final && strcmp(session.keys, campaign->plan.keys) == 0 &&
	    strcmp(session.view.forbidden, campaign->plan.forbidden) == 0;
	if (same) {
		for (size_t i = 0; i < session.view.count; i++)
			session.view.cells[i].cached = 1;
		campaign->cached = session.view.count;
		report_grid(&session.view, stdout, screen_color(), screen_width());
		*code = view_exit_code(&session.view);
		last_line(campaign, clock_now() - campaign->started);
	}
	session_free(&session);
	return same;
}

/* ---- targets ------------------------------------------------------------------------------------------------ */

static int is_planned(const struct campaign *campaign, const struct target *target)
{
	for (size_t i = 0; i < campaign->plan.count; i++)
		if (campaign->plan.cells[i].target == target)
			return 1;
	return 0;
}

/* Fetches what the plan's targets want of packages.  What cannot be had is the target's misfortune: its cells say
 * why. */
static void fetch_targets(struct campaign *campaign)
{
	struct setup *setup = (struct setup *)campaign->setup;
	for (size_t i = 0; i < setup->targets->count; i++) {
		struct target *target = &setup->targets->target[i];
		int planned = is_planned(campaign, target);
		size_t at = 0;
		const struct target *pack;
		while (planned && !target->broken && (pack = target_wants(setup, target, &at))) {
			struct diag diag = DIAG_INIT;
			fprintf(stderr, "fetching %s: %s of Debian %s\n", pack->name, pack->packages, pack->suite);
			if (pack_get(setup, pack->name, pack->suite, pack->packages, &diag))
				target->broken = xprintf("target %s: %s", target->name, diag.line);
		}
	}
	targets_forget(setup->targets);
}

/* One line for each target of the plan where nothing can be judged. */
static void tell_broken(const struct campaign *campaign)
{
	const struct targets *targets = campaign->setup->targets;
	for (size_t i = 0; i < targets->count; i++) {
		if (targets->target[i].broken && is_planned(campaign, &targets->target[i]))
			fprintf(stderr, "tlsmatrix: %s\n", targets->target[i].broken);
	}
}

/* The last word of each target's check: one that was believed at first may be believed no longer. */
static void note_targets(struct campaign *campaign)
{
	const struct setup *setup = campaign->setup;
	for (size_t i = 0; i < setup->targets->count; i++) {
		const struct target *target = &setup->targets->target[i];
		if (is_planned(campaign, target))
			note_target(campaign, target);
	}
}

static int run_campaign(struct campaign *campaign, struct diag *diag)
{
	int error = open_out(campaign, diag);
	if (error)
		return error;
	note(campaign, json_pack("{s:s, s:s}", "event", "start", "plan", campaign->plan.hash), 1);
	const struct run_options how = { .jobs = jobs, .force = force };
	const struct run_sink sink = { .begun = on_begun, .judged = on_judged, .context = campaign };
	const struct plan *plan = &campaign->plan;
	int stopped = repeat > 1 ? run_repeated(campaign->setup, plan->cells, plan->count, &how, repeat, &sink) :
				   run_plan(campaign->setup, plan->cells, plan->count, &how, &sink);
	note_targets(campaign);
	free(campaign->noted);
	campaign->noted = NULL;
	if (!stopped)
		note(campaign, json_pack("{s:s, s:f}", "event", "end", "seconds", clock_now() - campaign->started), 0);
	error = journal_sync(campaign->journal);
	if (campaign->journal_error || error)
		return diag_set(diag, campaign->journal_error ? -campaign->journal_error : -error,
		    "%s/journal: cannot write: %s: free some room and run again; finished cells are kept in %s",
		    campaign->setup->places.out, strerror(campaign->journal_error ? -campaign->journal_error : -error),
		    campaign->setup->places.cache);
	if (stopped)
		return diag_set(diag, -stopped, "%s",
		    stopped == -EINTR ? "interrupted: run again to go on where it stopped" : strerror(-stopped));
	return 0;
}

/* What is to be run, named; 0, or the exit code of what was printed. */
static int make_plan(struct campaign *campaign, struct setup *setup, const struct filter *filter, const char *text)
{
	struct diag diag = DIAG_INIT;
	struct plan *plan = &campaign->plan;
	int unplanned = plan_make(setup, filter, text, plan, &diag);
	size_t used = strlen(diag.line);
	if (unplanned == -ENOENT && narrowed)
		snprintf(diag.line + used, sizeof(diag.line) - used, ": --all takes every port and target");
	if (unplanned)
		return cmd_fail(&diag, unplanned == -ENOENT ? EXIT_NOTHING : EXIT_INFRA);
	plan->forbidden = forbidden ? forbidden : "";
	plan->filter = text;
	plan->repeat = repeat;
	plan->forget = forget;
	int code = last_narrow(setup, filter, text, plan);
	if (code) {
		plan_free(plan);
		return code;
	}
	if (quick)
		quick_plan(plan, stderr);
	fetch_targets(campaign);
	plan_name(setup, plan);
	tell_broken(campaign);
	if (filter_asks_status(filter))
		last_forget(setup, plan);
	return 0;
}

/* The run in out, also one that was only told again, has the name that was asked for: without it what compares later
 * would take another for it. */
static int give_name(const struct setup *setup, int code)
{
	struct diag diag = DIAG_INIT;
	int is_over = code == EXIT_OK || code == EXIT_UNEXPECTED || code == EXIT_INCOMPLETE;
	if (!named || !is_over || !named_set(setup->places.cache, named, setup->places.out, &diag))
		return code;
	return cmd_fail(&diag, EXIT_INFRA);
}

/* What the options say that no plan is needed for; 0 or -EINVAL with a line in diag. */
static int check_options(struct setup *setup, struct diag *diag)
{
	if (pulse_parse("run", pulse, &setup->pulse, diag))
		return -EINVAL;
	if (named && forget)
		return diag_set(diag, EINVAL, "run: --name is of a run that is kept: not with --no-history");
	if (named && named_check(named, diag))
		return -EINVAL;
	for (size_t i = 0; named && i < setup->targets->count; i++)
		if (strcmp(named, setup->targets->target[i].name) == 0)
			return diag_set(
			    diag, EINVAL, "--name %s: is a target, and `compare` would not know which", named);
	return forbidden ? skip_classes_check(forbidden, diag) : 0;
}

/* A filter narrows: it stays with this machine's own cells unless it says where.  Results are of the last run's cells,
 * wherever these are. */
static int choose(struct setup *setup, const struct option_words *words, struct filter **filter, char **text)
{
	char host[80];
	const char *own = all ? "" : plan_host_filter(setup, host);
	int code = cmd_filter(setup, words, own, filter, text);
	if (code || all || !words->count || filter_asks_place(*filter) || filter_asks_status(*filter))
		return code;
	char *asked = *text;
	const char *both[] = { own, asked };
	const struct option_words narrow = { both, 2 };
	narrowed = 1;
	filter_free(*filter);
	code = cmd_filter_parse(&narrow, "", filter, text);
	free(asked);
	return code;
}

/* A run that could not begin: who publishes out/ whatever the exit code must not find the reports of the run before and
 * take them for its own.  `report` makes them again.  Those of a run that goes on are its own. */
static void unready(const struct setup *setup)
{
	char *journal = xprintf("%s/journal", setup->places.out);
	if (file_exists(journal) && !journal_writer(journal))
		publish_withdraw(setup->places.out);
	free(journal);
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct campaign campaign = { .setup = setup, .started = clock_now() };
	struct filter *filter;
	struct diag diag = DIAG_INIT;
	char *text;
	setup->timeout_scale = timeout_scale;
	setup->stress = stress;
	setup->alone = jobs == 1 ? 1 : setup->alone;
	if (check_options(setup, &diag))
		return cmd_fail(&diag, EXIT_USAGE);
	int code = choose(setup, words, &filter, &text);
	if (code)
		return code;
	setup_keys(setup);
	code = make_plan(&campaign, setup, filter, text);
	if (code == EXIT_INFRA)
		unready(setup);
	if (!code && !filter_asks_status(filter) && is_told(&campaign, &code)) {
		run_plan_used(setup, campaign.plan.cells, campaign.plan.count);
		code = give_name(setup, code);
		plan_free(&campaign.plan);
	} else if (!code) {
		int error = run_campaign(&campaign, &diag);
		code = error ? cmd_fail(&diag, error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA) :
			       give_name(setup, tell(&campaign));
		/* Until the reports are written the journal is ours: another run would empty it under them. */
		journal_close(campaign.journal);
		plan_free(&campaign.plan);
	}
	filter_free(filter);
	free(text);
	return code;
}

const struct command cmd_run = {
	.name = "run",
	.synopsis = "run [FILTER]",
	.summary = "plan, build, run, judge, report",
	.needs_release = 1,
	.uses = CACHE_SWEPT,
	.help = "Of this machine's own port, if FILTER names no os, arch, target or libc.  Cut off, it goes on.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
	.unready = unready,
};
