/* session.h - the last run, read back from out/: its plan and its journal, as reports see it.
 *
 * out/plan.json    what was planned (plan.h); "full": true when that is the whole list of this tlsmatrix
 * out/journal      {"event":"start",...}, one {"event":"target","target":{...}} per target of the run with
 *                  what target_check.h tells of it ("name" and "message" alone when it is not here), one
 *                  {"event":"cell","result":{...}} per finished cell in the order they ended,
 *                  {"event":"end","seconds":S}
 * out/logs/        build and run logs by cell
 *
 * A cell of the plan without a cell event is notrun, with every planned check; nothing is lost. */
#ifndef TLSMATRIX_RUNNER_STORE_SESSION_H
#define TLSMATRIX_RUNNER_STORE_SESSION_H

#include "matrix/base/texts.h"
#include "matrix/port.h"
#include "matrix/target_facts.h"
#include "reports/view.h"

/* What a release said of its ports. */
struct session_ports {
	const char *go;
	struct ports ports;
};

struct session {
	struct view view;
	struct session_ports *ports; /* of each release; the cells point into them */
	size_t release_count;
	json_t *plan;                /* owns the texts that view points to */
	char *part;                  /* of session_part, which view.part is; NULL: none */
	size_t torn;                 /* journal lines lost to a kill: at most one */
	const char *keys;            /* of the plan (plan.h) */
	struct view_target *targets; /* as many as view.target_count; their texts are in events */
	struct target_facts *facts;  /* of each of them; the cells point into it */
	json_t *events;              /* the target events */
	struct view_stale *stale;
	struct texts **texts; /* of session_load_brief: the checks of the results, and their texts; else NULL */
	size_t texts_count;
	int final; /* the run came to its end, and every result may be believed again */
};

/* 0, or -errno with a line in diag (-ENOENT: no run in out yet). */
int session_load(const char *out, struct session *session, struct diag *diag);

/* The same for who wants statuses of very many cells, as gate and compare do: it reads them in threads, without
 * making anything of the rest.  Of a cell there are its checks, with id, status, verdict, what was observed,
 * message, rate and the reason of a skip, and its build status; facts are json_true() where there were some, and all
 * else is NULL or 0.  Rows of known.def are not looked for that are stale. */
int session_load_brief(const char *out, struct session *session, struct diag *diag);
void session_free(struct session *session);

/* Leaves what the filter selects, of a session of session_load: its cells, and of these the checks where it asks for
 * checks or statuses; then the targets that they were run on.  The view is one of a part of the run (view.part), which
 * is judged by itself.  0; -ENOENT with a line in diag when that is nothing, the session left alone. */
struct filter;
int session_part(struct session *session, const struct filter *filter, const char *text, struct diag *diag);

/* The result of a cell by its id, or NULL. */
const struct cell_result *session_find(const struct session *session, const char *id);

#endif
