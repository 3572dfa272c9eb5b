/* selfcheck.c - selfcheck: every check is made to fail by its control.
 *
 * Each control (controls.h) is tried twice in one cell: as it is, when the check must become what
 * the control's row says; and without the wrong thing, when the check must pass, so that a control
 * build that is broken by itself proves nothing. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "runner/schedule/run_plan.h"
#include "runner/target/target.h"
#include "runner/trial/controls.h"
#include "runner/trial/pulse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int jobs, force, verbose;
static double timeout_scale = 1.0;
static const char *pulse = "none";
static const struct option_row options[] = {
	{ "-j", OPTION_NUMBER, "N", "builds and cells at once (default: the number of cores)", &jobs },
	{ "--force", OPTION_FLAG, NULL, "try every control again, also where nothing changed", &force },
	{ "--verbose", OPTION_FLAG, NULL, "print every control, not only those that prove nothing", &verbose },
	{ "--timeout-scale", OPTION_FACTOR, "X", "multiply every time limit, for a slow machine (1.0)",
	    &timeout_scale },
	{ "--pulse", OPTION_TEXT, "WHICH", PULSE_HELP " (none)", &pulse },
};

enum { WITH, WITHOUT, TRIES };
/* Of Go 1, for what rows say of releases: none says less than that it holds up to here. */
enum { LAST_MINOR = 99 };

/* One control in one cell. */
struct attempt {
	const struct control *control;
	const struct check *check;
	const struct plan_cell *cell; /* NULL: no cell of this machine matches */
	struct plan_cell try[TRIES];
	struct cell_result result[TRIES];
	int judged[TRIES];
};

/* ---- what to try ---------------------------------------------------------------------------------------- */

static const struct plan_cell *find_cell(
    const struct plan *plan, const struct control *control, const struct check *check)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct filter_subject subject = { .cell = &plan->cells[i].cell };
		if (check_planned(check, &plan->cells[i].cell) && filter_text_match(control->where, &subject))
			return &plan->cells[i];
	}
	return NULL;
}

static void attempt_fill(
    struct attempt *attempt, const struct setup *setup, const struct plan *plan, const struct control *control)
{
	*attempt = (struct attempt){ .control = control, .check = check_find(control->check) };
	attempt->cell = attempt->check ? find_cell(plan, control, attempt->check) : NULL;
	for (int try = 0; attempt->cell && try < TRIES; try++) {
		struct plan_cell *cell = &attempt->try[try];
		*cell = (struct plan_cell){ .cell = attempt->cell->cell, .target = attempt->cell->target, .count = 1 };
		cell->checks = xmalloc(sizeof(*cell->checks));
		cell->checks[0] = attempt->check;
		if (try == WITH)
			cell->violation = control->violation;
		else if (control->violation.kind == SABOTAGE)
			cell->violation = (struct violation){ SABOTAGE, "none" }; /* the same program, left alone */
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
}

/* ---- what came out ----------------------------------------------------------------------------------------- */

static const char *text_of(const char *text) { return text ? text : ""; }

/* 1 when the control proves its check: it became what it must, and passes without. */
static int attempt_judge(const struct attempt *attempt)
{
	const struct control *control = attempt->control;
	if (!attempt->cell) {
		printf("NO CELL  %-24s %s %s: '%s' selects no cell that plans it\n", control->check,
		    violation_name(control->violation.kind), control->violation.argument, control->where);
		return 0;
	}
	char id[CELL_ID_MAX];
	const struct check_result *check[TRIES];
	for (int try = 0; try < TRIES; try++)
		check[try] = attempt->judged[try] ? attempt->result[try].checks : NULL;
	const char *became = check[WITH] ? status_name(check[WITH]->status) : "nothing",
		   *base = check[WITHOUT] ? status_name(check[WITHOUT]->status) : "nothing";
	int fails = strcmp(became, control->status) == 0, passes = strcmp(base, "pass") == 0;
	if (verbose || !fails || !passes) {
		printf("%s %-24s %s %s: became %s, must become %s; without it: %s\n",
		    fails && passes ? "ok      " :
			fails       ? "NOT BASE" :
				      "GREEN   ",
		    control->check, violation_name(control->violation.kind), control->violation.argument, became,
		    control->status, base);
		printf("         in %s\n", cell_id(&attempt->cell->cell, id));
		if (check[WITH])
			printf("         with:    observed %s  %s\n         repro    %s\n",
			    text_of(check[WITH]->observed), text_of(check[WITH]->message), text_of(check[WITH]->repro));
		if (check[WITHOUT] && !passes)
			printf("         without: observed %s  %s\n", text_of(check[WITHOUT]->observed),
			    text_of(check[WITHOUT]->message));
	}
	return fails && passes;
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
		served = strcmp(controls[k].check, control->check) == 0 && find_cell(plan, &controls[k], check);
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
	if (!attempt->cell && is_of_other_releases(plan, attempt->control, attempt->check))
		return 0;
	return attempt->cell ? takes(filter, attempt->check, &attempt->cell->cell) :
			       takes_anywhere(filter, plan, attempt->check);
}

/* Checks that the filter takes and for which there is no control, in whatever cell it is tried. */
static size_t count_bare(const struct filter *filter, const struct plan *plan)
{
	size_t bare = 0;
	for (size_t i = 0; i < checks_count; i++) {
		int has = 0;
		for (size_t k = 0; k < control_count && !has; k++)
			has = strcmp(controls[k].check, checks[i].id) == 0;
		if (!has && takes_anywhere(filter, plan, &checks[i])) {
			printf("BARE     %-24s has no control\n", checks[i].id);
			bare++;
		}
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

/* Those that the filter takes; one without a cell has nothing to run. */
static void select_attempts(
    struct selfcheck *self, struct setup *setup, const struct plan *plan, const struct filter *filter)
{
	self->attempts = xcalloc(control_count, sizeof(*self->attempts));
	for (size_t i = 0; i < control_count; i++) {
		struct attempt *attempt = &self->attempts[self->count];
		attempt_fill(attempt, setup, plan, &controls[i]);
		if (is_selected(filter, plan, attempt))
			self->count++;
		else
			attempt_free(attempt);
	}
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

static int try_all(struct setup *setup, const struct plan *plan, const struct filter *filter, const char *text)
{
	struct selfcheck self = { .broken = 0 };
	const struct run_options how = { .jobs = jobs, .force = force };
	const struct run_sink sink = { .judged = on_judged, .context = &self };
	size_t good = 0;
	select_attempts(&self, setup, plan, filter);
	size_t cells = order_cells(&self);
	int error = run_plan(setup, self.cells, cells, &how, &sink), code = EXIT_OK;
	for (size_t i = 0; !error && i < self.count; i++)
		good += (size_t)attempt_judge(&self.attempts[i]);
	size_t bare = error ? 0 : count_bare(filter, plan);
	if (error) {
		code = error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA;
	} else if (!self.count && !bare) {
		fprintf(stderr,
		    "tlsmatrix: '%s' selects no cell in which a control is tried here: name checks only (check=...)\n",
		    text);
		code = EXIT_NOTHING;
	} else {
		printf("%zu of %zu controls make their check fail, %zu of %zu checks have no control\n", good,
		    self.count, bare, checks_count);
		code = self.broken ? EXIT_INFRA : good == self.count && !bare ? EXIT_OK : EXIT_UNEXPECTED;
	}
	for (size_t i = 0; i < self.count; i++)
		attempt_free(&self.attempts[i]);
	free(self.attempts);
	free(self.cells);
	return code;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct filter *filter, *every;
	char *text, host[80];
	struct diag diag = DIAG_INIT;
	struct plan plan;
	setup->timeout_scale = timeout_scale;
	setup->alone = jobs == 1 ? 1 : setup->alone;
	if (pulse_parse("selfcheck", pulse, &setup->pulse, &diag))
		return cmd_fail(&diag, EXIT_USAGE);
	int code = cmd_filter(setup, words, plan_host_filter(setup, host), &filter, &text);
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
	.summary = "every check is made to fail by its control",
	.needs_release = 1,
	.uses = CACHE_SWEPT,
	.help = "Exit status 1 when a check stays green under its control, passes only with it, or has none.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
