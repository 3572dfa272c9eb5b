/* against.h - a run beside something else: what accept, gate, compare and report share. */
#ifndef TLSMATRIX_RUNNER_CMD_AGAINST_H
#define TLSMATRIX_RUNNER_CMD_AGAINST_H

#include "reports/gate.h"
#include "runner/history/named.h"
#include "runner/setup/setup.h"
#include "runner/store/session.h"

#define BASELINE_FILE "tlsmatrix.baseline"

struct against {
	struct baseline was;
	struct comparison comparison;
	struct gate gate;
};

/* The last run.  0, or the exit code of what was printed.  Free with session_free. */
int last_run(const struct setup *setup, struct session *session);

/* The kept run that has the name (history/named.h; it must outlive the session), NULL: the last one; read by
 * session_load or session_load_brief.  0, or the exit code of what was printed. */
int one_run(const struct setup *setup, const char *name, named_reader *reader, struct session *session);

/* --run NAME of the commands that read a run by one_run. */
#define OPTION_RUN(to) \
	{ "--run", OPTION_TEXT, "NAME", "of the kept run that has this name (`run --name`): without its logs", to }

/* The same in brief (session.h session_load_brief). */
int last_run_brief(const struct setup *setup, struct session *session);

/* Results of a run as a baseline, with what the run says of itself.  Free with baseline_free. */
void against_make(const struct session *session, const struct cell_result *cells, size_t count, struct baseline *was);

/* Compares the view with a baseline in file, and fills against.  0, or the exit code of what was printed.  The view
 * must outlive it.  Free with against_free. */
int against_file(const char *file, const struct view *view, enum gate_plan plan, struct against *against);

/* The same with against->was, which is set already. */
void against_was(const struct view *view, enum gate_plan plan, struct against *against);
void against_free(struct against *against);

#endif
