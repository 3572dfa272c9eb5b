/* selfcheck.c - selfcheck: every check is made to fail by its control, and by what was planted in targets.
 *
 * Each control (controls.h) is tried twice in one cell: as it is, when the check must become what
 * the control's row says; and without the wrong thing, when the check must pass, so that a control
 * build that is broken by itself proves nothing.  A target that is another with a fault planted in it (target.h) is
 * such a control of each check that must see it: the cell is tried on both. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/selfcheck_attempt.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "runner/schedule/run_plan.h"
#include "runner/target/target.h"
#include "runner/trial/pulse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int jobs, force, verbose, as_json;
static double timeout_scale = 1.0;
static const char *pulse = "none";
static const struct option_row options[] = {
	{ "-j", OPTION_NUMBER, "N", "builds and cells at once (default: the number of cores)", &jobs },
	{ "--force", OPTION_FLAG, NULL, "try every control again, also where nothing changed", &force },
	{ "--verbose", OPTION_FLAG, NULL, "print every control, not only those that prove nothing", &verbose },
	{ "--json", OPTION_FLAG, NULL, "faults seen and planted, in all, per family and each, as JSON", &as_json },
	{ "--timeout-scale", OPTION_FACTOR, "X", "multiply every time limit, for a slow machine (1.0)",
	    &timeout_scale },
	{ "--pulse", OPTION_TEXT, "WHICH", PULSE_HELP " (none)", &pulse },
};

/* Of Go 1, for what rows say of releases: none says less than that it holds up to here. */
enum { LAST_MINOR = 99 };

/* ---- what to try ---------------------------------------------------------------------------------------- */

static const struct plan_cell *find_cell(const struct plan *plan, const char *where, const struct check *check)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct filter_subject subject = { .cell = &plan->cells[i].cell };
		if (check_planned(check, &plan->cells[i].cell) && filter_text_match(where, &subject))
			return &plan->cells[i];
	}
	return NULL;
}

/* What is tried in the attempt's cell, if it has one: there, or on the target that is without the fault. */
static void attempt_fill(
    struct attempt *attempt, const struct setup *setup, const struct plan *plan, struct target *without)
{
	attempt->check = check_find(attempt->id);
	attempt->cell = attempt->check ? find_cell(plan, attempt->where, attempt->check) : NULL;
	for (int try = 0; attempt->cell && try < TRIES; try++) {
		struct plan_cell *cell = &attempt->try[try];
		*cell = (struct plan_cell){ .cell = attempt->cell->cell, .target = attempt->cell->target, .count = 1 };
		cell->checks = xmalloc(sizeof(*cell->checks));
		cell->checks[0] = attempt->check;
		if (attempt->control && try == WITH)
			cell->violation = attempt->control->violation;
		if (attempt->control && try == WITHOUT && attempt->control->violation.kind == SABOTAGE)
			cell->violation = (struct violation){ SABOTAGE, "none" }; /* the same program, left alone */
		if (without && try == WITHOUT) {
			cell->target = without;
			cell->cell.facts = &without->facts;
			snprintf(cell->cell.target, sizeof(cell->cell.target), "%s", without->name);
		}
		plan_cell_name(setup, cell);
	}
}

static void attempt_free(struct attempt *attempt)
{
	for (int try = 0; attempt->cell && try < TRIES; try++) {
		build_free(&attempt->try[try].build);
		free(attempt->try[try].checks);
		cell_result_free(&attempt->result[try]);
	}
	free(attempt->where);
}

static int takes(const struct filter *filter, const struct check *check, const struct cell *cell)
{
	return filter_match(filter, &(struct filter_subject){ .cell = cell, .check = check->id });
}

/* Does the filter take the check in some cell that plans it? */
static int takes_anywhere(const struct filter *filter, const struct plan *plan, const struct check *check)
{
	for (size_t i = 0; i < plan->count; i++)
		if (check_planned(check, &plan->cells[i].cell) && takes(filter, check, &plan->cells[i].cell))
			return 1;
	return 0;
}

/* Does nothing but the release keep the control out of every cell here?  It is tried with those that it is for, when
 * the check has another control for those that are here. */
static int is_of_other_releases(const struct plan *plan, const struct control *control, const struct check *check)
{
	int served = 0, meant = 0;
	for (size_t k = 0; k < control_count && !served; k++)
		served = strcmp(controls[k].check, control->check) == 0 && find_cell(plan, controls[k].where, check);
	for (size_t i = 0; served && i < plan->count && !meant; i++) {
		struct cell cell = plan->cells[i].cell;
		for (int minor = VERSION_BUILDMODE; minor <= LAST_MINOR && !meant; minor++) {
			snprintf(cell.go, sizeof(cell.go), "go1.%d", minor);
			meant = check_planned(check, &cell) &&
			    filter_text_match(control->where, &(struct filter_subject){ .cell = &cell });
		}
	}
	return meant;
}

/* A control is tried when the filter takes its check in its cell; one whose check or cell does not
 * exist is always looked at where it could be meant, since it proves nothing. */
static int is_selected(const struct filter *filter, const struct plan *plan, const struct attempt *attempt)
{
	if (!attempt->check)
		return 1;
	if (!attempt->cell && attempt->control && is_of_other_releases(plan, attempt->control, attempt->check))
		return 0;
	return attempt->cell ? takes(filter, attempt->check, &attempt->cell->cell) :
			       takes_anywhere(filter, plan, attempt->check);
}

/* Marks in is_bare, by their number, the checks that the filter takes and for which there is no control, in whatever
 * cell it is tried: how many. */
static size_t mark_bare(const struct filter *filter, const struct plan *plan, char *is_bare)
{
	size_t bare = 0;
	for (size_t i = 0; i < checks_count; i++) {
		int has = 0;
		for (size_t k = 0; k < control_count && !has; k++)
			has = strcmp(controls[k].check, checks[i].id) == 0;
		is_bare[i] = !has && takes_anywhere(filter, plan, &checks[i]);
		bare += (size_t)is_bare[i];
	}
	return bare;
}

/* ---- the command ---------------------------------------------------------------------------------------------- */

struct selfcheck {
	struct attempt *attempts;
	size_t count, broken;
	struct plan_cell *cells; /* of all attempts, with and without: number TRIES * attempt + try */
};

/* The attempt takes the result over. */
static char *on_judged(const struct plan_cell *cell, struct cell_result *result, int cached, void *context)
{
	(void)cached;
	struct selfcheck *self = context;
	size_t number = (size_t)(cell - self->cells);
	struct attempt *attempt = &self->attempts[number / TRIES];
	int infra = result->build_status == STATUS_INFRA;
	char id[CELL_ID_MAX], *line = NULL;
	if (infra)
		line = xprintf("tlsmatrix: %s: %s", cell_id(&cell->cell, id), result->checks[0].message);
	self->broken += (size_t)infra;
	attempt->result[number % TRIES] = *result;
	attempt->judged[number % TRIES] = !infra;
	memset(result, 0, sizeof(*result));
	return line;
}

/* It stays when the filter takes it; one without a cell has nothing to run. */
static void add_attempt(struct selfcheck *self, const struct setup *setup, const struct plan *plan,
    const struct filter *filter, struct attempt attempt, struct target *without)
{
	attempt_fill(&attempt, setup, plan, without);
	if (!is_selected(filter, plan, &attempt)) {
		attempt_free(&attempt);
		return;
	}
	self->attempts = xrealloc(self->attempts, (self->count + 1) * sizeof(*self->attempts));
	self->attempts[self->count++] = attempt;
}

/* What was planted in the target, for each check that must see it. */
static void add_fault(struct selfcheck *self, const struct setup *setup, const struct plan *plan,
    const struct filter *filter, const struct target *target)
{
	char *must_see = xprintf("check=%s", target->seen_by);
	for (size_t k = 0; k < checks_count; k++)
		if (filter_text_match(must_see, &(struct filter_subject){ .check = checks[k].id }))
			add_attempt(self, setup, plan, filter,
			    (struct attempt){ .id = checks[k].id,
				.kind = "target",
				.argument = target->name,
				.where = xprintf("target=%s", target->name) },
			    target_find(setup->targets, target->without));
	free(must_see);
}

static void select_attempts(
    struct selfcheck *self, const struct setup *setup, const struct plan *plan, const struct filter *filter)
{
	for (size_t i = 0; i < control_count; i++) {
		const struct control *control = &controls[i];
		add_attempt(self, setup, plan, filter,
		    (struct attempt){ .control = control,
			.id = control->check,
			.kind = violation_name(control->violation.kind),
			.argument = control->violation.argument,
			.where = xstrdup(control->where),
			.must = control->status },
		    NULL);
	}
	for (size_t i = 0; i < setup->targets->count; i++)
		if (setup->targets->target[i].seen_by)
			add_fault(self, setup, plan, filter, &setup->targets->target[i]);
}

/* Cells of all attempts that have one, at the front in the order of the attempts: attempts without one go to the
 * end. */
static size_t order_cells(struct selfcheck *self)
{
	size_t tried = 0;
	for (size_t i = 0; i < self->count; i++) {
		struct attempt attempt = self->attempts[i];
		if (!attempt.cell)
			continue;
		self->attempts[i] = self->attempts[tried];
		self->attempts[tried++] = attempt;
	}
	self->cells = xcalloc(TRIES * tried + 1, sizeof(*self->cells));
	for (size_t i = 0; i < tried; i++)
		memcpy(&self->cells[TRIES * i], self->attempts[i].try, sizeof(self->attempts[i].try));
	return TRIES * tried;
}

/* What came of the attempts, and of checks without one. */
struct tally {
	size_t planted[2], seen[2]; /* by IN_TARGET and BY_CONTROL */
	size_t bare;
	char *is_bare; /* by the number of the check */
};
enum { IN_TARGET, BY_CONTROL };

static void print_json(const struct selfcheck *self, const struct tally *tally)
{
	json_t *json = attempts_json(self->attempts, self->count, tally->is_bare);
	json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
}

static void print(const struct selfcheck *self, const struct tally *tally)
{
	const size_t *planted = tally->planted, *seen = tally->seen;
	for (size_t i = 0; i < self->count; i++)
		if (verbose || attempt_end(&self->attempts[i]) != ATTEMPT_SEEN)
			attempt_print(&self->attempts[i]);
	for (size_t i = 0; i < checks_count; i++)
		if (tally->is_bare[i])
			printf("BARE     %-24s has no control\n", checks[i].id);
	if (planted[IN_TARGET])
		printf("%zu of %zu faults planted in targets are seen\n", seen[IN_TARGET], planted[IN_TARGET]);
	if (planted[BY_CONTROL] || tally->bare)
		printf("%zu of %zu controls make their check fail, %zu of %zu checks have no control\n",
		    seen[BY_CONTROL], planted[BY_CONTROL], tally->bare, checks_count);
}

/* Prints what came out and returns the exit code. */
static int tell(const struct selfcheck *self, const struct plan *plan, const struct filter *filter, const char *text)
{
	struct tally tally = { .is_bare = xcalloc(checks_count, 1) };
	int code = EXIT_NOTHING, unseen = 0;
	tally.bare = mark_bare(filter, plan, tally.is_bare);
	for (size_t i = 0; i < self->count; i++) {
		int by = self->attempts[i].control ? BY_CONTROL : IN_TARGET;
		int seen = attempt_end(&self->attempts[i]) == ATTEMPT_SEEN;
		tally.planted[by]++;
		tally.seen[by] += (size_t)seen;
		unseen |= !seen;
	}
	if (self->count || tally.bare) {
		(as_json ? print_json : print)(self, &tally);
		code = self->broken ? EXIT_INFRA : unseen || tally.bare ? EXIT_UNEXPECTED : EXIT_OK;
	} else {
		fprintf(stderr,
		    "tlsmatrix: '%s' selects no cell in which a control is tried here: name checks only (check=...)\n",
		    text);
	}
	free(tally.is_bare);
	return code;
}

static int try_all(struct setup *setup, const struct plan *plan, const struct filter *filter, const char *text)
{
	struct selfcheck self = { .broken = 0 };
	const struct run_options how = { .jobs = jobs, .force = force };
	const struct run_sink sink = { .judged = on_judged, .context = &self };
	select_attempts(&self, setup, plan, filter);
	size_t cells = order_cells(&self);
	int error = run_plan(setup, self.cells, cells, &how, &sink);
	int code = error ? (error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA) : tell(&self, plan, filter, text);
	for (size_t i = 0; i < self.count; i++)
		attempt_free(&self.attempts[i]);
	free(self.attempts);
	free(self.cells);
	return code;
}

/* What is taken without a FILTER: the host, and the targets with a fault.  malloc'ed. */
static char *own_filter(const struct setup *setup)
{
	char host[80];
	struct buf text = BUF_INIT;
	buf_printf(&text, "%s", plan_host_filter(setup, host));
	const char *before = " | target=";
	for (size_t i = 0; i < setup->targets->count; i++)
		if (setup->targets->target[i].without) {
			buf_printf(&text, "%s%s", before, setup->targets->target[i].name);
			before = ",";
		}
	return buf_take(&text);
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct filter *filter, *every;
	char *text;
	struct diag diag = DIAG_INIT;
	struct plan plan;
	setup->timeout_scale = timeout_scale;
	setup->alone = jobs == 1 ? 1 : setup->alone;
	if (pulse_parse("selfcheck", pulse, &setup->pulse, &diag))
		return cmd_fail(&diag, EXIT_USAGE);
	char *own = own_filter(setup);
	int code = cmd_filter(setup, words, own, &filter, &text);
	free(own);
	if (code)
		return code;
	setup_keys(setup);
	/* A control finds its cell among all of them, and is tried where the filter takes that cell. */
	if (filter_parse("", &every, &diag) || plan_make(setup, every, "", &plan, &diag)) {
		code = cmd_fail(&diag, EXIT_INFRA);
	} else {
		plan_name(setup, &plan);
		code = try_all(setup, &plan, filter, text);
		plan_free(&plan);
		filter_free(every);
	}
	filter_free(filter);
	free(text);
	return code;
}

const struct command cmd_selfcheck = {
	.name = "selfcheck",
	.synopsis = "selfcheck [FILTER]",
	.summary = "every check is made to fail by its control, or by a target with a fault in it",
	.needs_release = 1,
	.uses = CACHE_SWEPT,
	.help = "Exit status 1 when a check stays green under its control, passes only with it, or has none.\n"
		"A section of --targets with the keys without and seen-by is a fault too, which its checks must see.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
