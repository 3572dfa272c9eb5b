/* blame.h - which source files of std, or of the tools, make the difference between two releases: mixtures of their
 * trees are asked what the cell's value is, and the smallest one that is as the other release is looked for
 * (matrix/delta.h).
 *
 * A mixture that does not build, that cannot be judged, or of which less than half of the checks pass that the first
 * release passes is neither: what it says of the check in question is not taken for an answer.  So is one in which so
 * much hangs that it takes twice as long as a release; its result is kept so, as nobody but blame runs a mixture. */
#ifndef TLSMATRIX_RUNNER_SEARCH_BLAME_H
#define TLSMATRIX_RUNNER_SEARCH_BLAME_H

#include "matrix/delta.h"
#include "runner/search/question.h"
#include "runner/toolchain/release_mix.h"

#include <sys/types.h>

struct diag;

struct blame {
	/* The question: set before blame_begin. */
	struct question question;
	const char *base, *other; /* two releases: files of the other are put into the base */
	/* What is said meanwhile: a mixture has an answer; said is its value, or why it has none; how is "known" or
	 * "tried". */
	void (*tell)(const struct blame *blame, const unsigned char *in, enum delta_answer answer, const char *said,
	    const char *how);
	/* The answer. */
	enum source_stage stage;  /* what was looked through last */
	struct source_list files; /* those that differ */
	char *value[2];           /* of base and other */
	unsigned char *in;        /* of files.changes: the smallest set that makes base's value other's; until
	                             it is found, what is asked first */
	enum delta_answer all[SOURCES_STAGES]; /* what all of them make of it */
	size_t differ[SOURCES_STAGES];         /* how many they are */
	size_t evaluated, stored;
	char why[400]; /* the last one that could not be judged */
	int error;     /* of a run that did not come to its end */
	/* Its own. */
	size_t passes;
	size_t *group, *part;
	pid_t builder;
};

/* Asks both ends, and which files differ.  0; -errno with a line in diag, -EALREADY when both ends are alike; -EINTR,
 * -EIO of a run that did not come to its end.  Free with blame_free either way. */
int blame_begin(struct blame *blame, struct diag *diag);

/* Looks for the files, among those that blame_whole found to do it together, if it was asked just before.  0, with in;
 * -ENOENT when none were found; -errno as above. */
int blame_find(struct blame *blame, struct diag *diag);

/* Turns to the files of another stage that differ.  0; -errno as above. */
int blame_turn(struct blame *blame, enum source_stage stage, struct diag *diag);

/* What all files of the stage together make of it, an enum delta_answer; -ENOENT when none differ; -errno as above.
 * Of tools, which need packages of their own release here and there, as much as builds: without the changes that the
 * build says are wrong, and of all tools together the files or folders where it names no change. */
int blame_whole(struct blame *blame, struct diag *diag);

/* Runs the mixture found again, times in all: how often its value was the other's.  -errno as above. */
int blame_confirm(struct blame *blame, int times, struct diag *diag);

/* The other way around: the value of the other release with those files as they are in the base, whole, malloc'ed; NULL
 * with why when it cannot be judged. */
char *blame_reverse(struct blame *blame, struct diag *diag);

/* The cell on the mixture found, as a filter; malloc'ed. */
char *blame_filter(const struct blame *blame);

void blame_free(struct blame *blame);

#endif
