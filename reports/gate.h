/* gate.h - what differs from a baseline, ready to be told: stories (stories.h) whose cells are named by the smallest
 * filters that select just them (matrix/groups.h), and the verdict. */
#ifndef TLSMATRIX_REPORTS_GATE_H
#define TLSMATRIX_REPORTS_GATE_H

#include "matrix/compare.h"
#include "matrix/groups.h"
#include "reports/view.h"

/* What becomes of cells and checks that are on one side alone. */
enum gate_plan {
	GATE_SAME, /* they are no match: not green */
	GATE_SOME, /* the run may be of fewer cells: those it lacks are not missed, nor told */
	GATE_ANY   /* two things side by side, which may have other plans; nothing is called green */
};

/* Checks that differ alike: "pass -> fail entry=none". */
struct gate_way {
	char *text;
	const struct check **check;
	size_t count;
};

struct gate_story {
	enum verdict verdict;
	int worse;
	size_t cells, checks;
	struct cell_groups groups; /* among the cells of the run; of the baseline for what is gone */
	const char **rest;         /* ids of cells in no group */
	size_t rest_count;
	struct gate_way *way; /* none for cells that are new or gone */
	size_t ways;
	char *again;       /* a filter that takes its cells, for `run`; NULL: they are too many to be named, or gone */
	const char *first; /* id of the first cell */
	const char *message; /* of its first check, or NULL */
};

struct gate {
	char *about;              /* lines: what is compared, and what of tool, host and targets is other */
	struct gate_story *story; /* what is worse first */
	size_t count;
	char *verdict;            /* a sentence */
	const char *targets_file; /* that `run` needs, too; NULL: none */
	/* 1 something is worse; else 3 something could not be judged, 5 results are missing or the plans differ, 4
	 * nothing was compared, 0 nothing is worse. */
	int exit_code;
	const struct comparison *comparison;
};

/* The comparison is that of the view's results with the baseline.  All must outlive it.  Free with gate_free. */
void gate_make(const struct comparison *comparison, const struct baseline *was, const struct view *view,
    enum gate_plan plan, struct gate *gate);
void gate_free(struct gate *gate);

/* Appends the command that runs a story's cells again, where story->again is. */
void gate_again(const struct gate *gate, const struct gate_story *story, struct buf *out);

/* "regressed", "changed to worse". */
const char *gate_word(const struct gate_story *story);

/* Appends the checks of a way, as many as most: "tls.g.main tls.g.go and 36 more". */
void gate_checks(const struct gate_way *way, size_t most, struct buf *out);

#endif
