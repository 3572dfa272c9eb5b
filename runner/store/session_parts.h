/* session_parts.h - what the two ways of reading a session share (session.h). */
#ifndef TLSMATRIX_RUNNER_STORE_SESSION_PARTS_H
#define TLSMATRIX_RUNNER_STORE_SESSION_PARTS_H

#include "runner/store/cell_index.h"
#include "runner/store/journal.h"
#include "runner/store/session.h"

struct session_reading {
	struct session *session;
	struct diag *diag;
	struct cell_index index;
	int ended, doubtful;
	size_t next; /* where the next result is likely to belong */
};

/* Ports and view of session->plan, with room for so many cells.  0, or -errno with a line in diag. */
int session_take_head(struct session *session, size_t cells, const char *out, struct diag *diag);

/* Gives the cell what its release says of its port. */
void session_attach(const struct session *session, struct cell *cell);

/* An event that is of no cell. */
void session_take_event(struct session_reading *reading, json_t *event);

/* When all is read: what the targets were found to be, for the cells that are judged then. */
void session_take_facts(struct session *session);
void session_attach_facts(const struct session *session, struct cell *cell);

/* The last steps of a session whose cells are judged. */
void session_end(struct session_reading *reading);

#define SESSION_NOTRUN "the run ended before this cell did"

#endif
