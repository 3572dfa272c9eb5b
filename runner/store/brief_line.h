/* brief_line.h - a line of a journal as session_load_brief wants it. */
#ifndef TLSMATRIX_RUNNER_STORE_BRIEF_LINE_H
#define TLSMATRIX_RUNNER_STORE_BRIEF_LINE_H

#include "matrix/base/texts.h"
#include "matrix/result.h"
#include "runner/store/cell_index.h"

#include <stddef.h>

enum { BRIEF_CHECKS = 1024 }; /* more checks than a cell can have */

#define BRIEF_NOWHERE ((size_t)-1)

struct brief_told {
	json_t *event;               /* of no cell; NULL else */
	size_t place;                /* of its cell in the index; BRIEF_NOWHERE: not planned, or none */
	struct check_result *checks; /* they and their texts are in the texts; ids of checks.def are its own */
	size_t count;
	enum status build_status;
	int facts, cached;
	int error; /* -errno: it is no result, and why; malloc'ed */
	char *why;
};

/* The event; NULL when the JSON is none.  Free with brief_drop. */
struct brief_told *brief_line(const struct cell_index *index, struct texts *texts, const char *json, size_t len);
void brief_drop(void *told);

#endif
