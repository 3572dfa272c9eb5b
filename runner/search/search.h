/* search.h - looks for where a cell changes along an ordered list of candidates: releases, targets, commits.
 *
 * along.h makes the list; search_find asks for as few of them as it takes: what the cache knows first, then builds and
 * runs.  What is compared is what question.h says. */
#ifndef TLSMATRIX_RUNNER_SEARCH_SEARCH_H
#define TLSMATRIX_RUNNER_SEARCH_SEARCH_H

#include "matrix/bisect.h"
#include "runner/search/question.h"
#include "runner/toolchain/commits.h"
#include "runner/toolchain/release_fetch.h"

#include <sys/types.h>

enum axis { AXIS_GO, AXIS_TARGET, AXIS_COMMIT };
enum { SEARCH_BUILDERS = 2 };

struct search {
	/* The question: set before along.h is called. */
	struct question question; /* what lies along the axis is replaced in its cell */
	enum axis axis;
	const char *go_tree; /* AXIS_COMMIT: the checkout */
	fetch_say *fetching; /* AXIS_GO: what is not kept is fetched when it is its turn, and this told; NULL: is not */
	/* With fetching: what can be had, asked for once; NULL before.  Owned, unless it is borrowed from the search
	 * that this one goes on for. */
	struct release_list *available;
	int borrows;
	/* What is said meanwhile: candidate i has a value, or why has why it has none; how is "known" or "tried". */
	void (*tell)(const struct search *search, size_t i, const char *how);
	void (*begun)(const char *name, const char *by); /* commit_build.h */
	/* The list: along.h. */
	struct candidate *candidate;
	size_t count;
	char **value;           /* of each; owned */
	struct plan *plan;      /* of each, with the one cell; empty until it is needed */
	struct commits commits; /* AXIS_COMMIT: of each; else empty */
	char (*toolchain)[32];  /* AXIS_COMMIT: the name of each one's, "" until it is there */
	/* The answer. */
	size_t evaluated, stored;
	char why[400]; /* the last one that could not be judged, or could not be fetched */
	int error;     /* of a run that did not come to its end */
	pid_t builder[SEARCH_BUILDERS];
};

/* Settles candidates until the first change is found (bisect_change), or none can be.  0; -EINTR; -errno. */
int search_find(struct search *search);

/* Both sides of a change again, without building: is each as before, times in all?  said is called for each side with
 * how often it was. */
int search_confirm(struct search *search, const size_t pair[2], int times,
    void (*said)(const struct search *search, size_t i, int same, int times));

/* The cell of a candidate as a filter (question_filter); malloc'ed. */
char *search_filter(const struct search *search, size_t i);

/* Settles a candidate without asking: another search knows its value (copied). */
void search_settle(struct search *search, size_t i, const char *value);

void search_free(struct search *search);

#endif
