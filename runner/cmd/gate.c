/* gate.c - accept and gate: the last run becomes the baseline, or is compared with it. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "runner/cmd/against.h"
#include "runner/cmd/screen.h"
#include "runner/store/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *file = BASELINE_FILE, *named;
static int some;
static const struct option_row accept_options[] = {
	{ "--baseline", OPTION_TEXT, "FILE", "what is written (" BASELINE_FILE ")", &file },
	OPTION_RUN(&named),
};
static const struct option_row gate_options[] = {
	{ "--baseline", OPTION_TEXT, "FILE", "what the run is compared with (" BASELINE_FILE ")", &file },
	{ "--some", OPTION_FLAG, NULL, "the run is of some of the baseline's cells: the others are not missed", &some },
	OPTION_RUN(&named),
};

/* Half of a run is not to be judged: 0 when none is writing, or the exit code. */
static int is_unfinished(const struct setup *setup)
{
	struct diag diag = DIAG_INIT;
	char *journal = xprintf("%s/journal", setup->places.out);
	pid_t pid = journal_writer(journal);
	free(journal);
	if (!pid)
		return 0;
	char *who = pid > 0 ? xprintf("process %d", (int)pid) : xstrdup("another tlsmatrix");
	diag_set(&diag, 0, "%s: %s is running the matrix there: wait for its end", setup->places.out, who);
	free(who);
	return cmd_fail(&diag, EXIT_INFRA);
}

/* The run, whole: a kept one, or the last when nobody is writing it.  The exit code, or 0. */
static int load(const struct setup *setup, const struct option_words *words, struct session *session)
{
	struct diag diag = DIAG_INIT;
	if (words->count) {
		diag_set(&diag, 0, "'%s': takes no filter: it is about a run, whole", words->word[0]);
		return cmd_fail(&diag, EXIT_USAGE);
	}
	if (named)
		return one_run(setup, named, session_load_brief, session);
	int code = is_unfinished(setup);
	code = code ? code : last_run_brief(setup, session);
	/* One that began meanwhile has emptied what was read. */
	if (!code && (code = is_unfinished(setup)))
		session_free(session);
	return code;
}

/* ---- accept ---------------------------------------------------------------------------------------- */

/* What cannot be a baseline: 0 when it can, or the exit code. */
static int is_unfit(const struct view *view)
{
	struct diag diag = DIAG_INIT;
	struct counts counts;
	view_count(view, &counts);
	if (counts.cells == 0) {
		diag_set(&diag, 0, "the run has no cells: nothing to accept");
		return cmd_fail(&diag, EXIT_NOTHING);
	}
	if (view_incomplete(view, &counts)) {
		diag_set(&diag, 0, "the run is not complete: run again, and accept then");
		return cmd_fail(&diag, EXIT_INCOMPLETE);
	}
	if (counts.status[STATUS_INFRA]) {
		diag_set(&diag, 0, "%zu results of the run could not be judged (infra): run again, and accept then",
		    counts.status[STATUS_INFRA]);
		return cmd_fail(&diag, EXIT_INFRA);
	}
	return 0;
}

static int accept(struct setup *setup, const struct option_words *words)
{
	struct session session;
	int code = load(setup, words, &session);
	if (code)
		return code;
	code = is_unfit(&session.view);
	if (!code) {
		struct baseline baseline;
		struct buf text = BUF_INIT;
		struct diag diag = DIAG_INIT;
		size_t deviations = 0;
		against_make(&session, session.view.cells, session.view.count, &baseline);
		baseline_write(&baseline, &text);
		int error = file_write(file, text.data, text.len);
		for (size_t i = 0; i < baseline.count; i++)
			deviations += baseline.cell[i].count;
		if (error) {
			diag_set(&diag, -error, "%s: cannot write: %s", file, strerror(-error));
			code = cmd_fail(&diag, EXIT_REPORT);
		} else {
			printf("%s: %zu cells, %zu deviations accepted\n", file, baseline.count, deviations);
		}
		buf_free(&text);
		baseline_free(&baseline);
	}
	session_free(&session);
	return code;
}

/* ---- gate ------------------------------------------------------------------------------------------ */

static int gate(struct setup *setup, const struct option_words *words)
{
	struct session session;
	struct against against;
	int code = load(setup, words, &session);
	if (code)
		return code;
	code = against_file(file, &session.view, some ? GATE_SOME : GATE_SAME, &against);
	if (!code) {
		int error = report_gate(&against.gate, stdout, screen_prose());
		if (against.comparison.worse && session.keys && strcmp(session.keys, against.was.keys) == 0)
			printf("Nothing that decides a result is other than in the baseline: what is worse comes and "
			       "goes.\n");
		code = error ? cmd_unwritten(error) : against.gate.exit_code;
		against_free(&against);
	}
	session_free(&session);
	return code;
}

const struct command cmd_accept = {
	.name = "accept",
	.synopsis = "accept [--baseline FILE] [--run NAME]",
	.summary = "the results of the last run, or a named one, are the baseline from now on",
	.help = "Writes a text that belongs under version control: a line for each cell, and for each check in it\n"
		"that does not pass. Exit status 3 and 5 when the run has results that could not be judged, or\n"
		"lacks some: nothing is written then.",
	.options = accept_options,
	.option_count = sizeof(accept_options) / sizeof(accept_options[0]),
	.run = accept,
};

const struct command cmd_gate = {
	.name = "gate",
	.synopsis = "gate [--baseline FILE] [--some] [--run NAME]",
	.summary = "whether anything of the last run, or a named one, is worse than the baseline",
	.help = "Tells what regressed, changed, was fixed, is new or gone; the cells by filters that select just them\n"
		"among those of the run. Exit status 1 when a check that passed does not, or deviates in a worse\n"
		"way; else 3 when something could not be judged, 5 when results are missing or the baseline is of\n"
		"another plan, 4 when nothing was compared; 0 when nothing is worse.",
	.options = gate_options,
	.option_count = sizeof(gate_options) / sizeof(gate_options[0]),
	.run = gate,
};
