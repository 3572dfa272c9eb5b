/* kinds.h - results that say the same thing, gathered: one defect seldom stays in one cell.
 *
 * Unexpected results are of one kind when check, status, expected and observed text are equal; of a build,
 * and where nothing was observed, the message too, but for numbers that are another in each process
 * (text_compare_said).  What was never observed (broken, infra, notrun, a program that died before its first check) is
 * of one kind when status and message are equal, since one failed build breaks every check of its cell.  Where check
 * build.succeeds of a cell is among them, it is the cause of what is broken there and of what was printed, and they are
 * of its kind.  Known deviations, what
 * passes although it is known, and skips are of one kind when status and reason are equal: one cause may
 * show in many checks.  A skip that names its target ("CLASS: target NAME: REST") is of the same kind as the
 * same of another target.  The skips of a cell that this machine cannot build, or whose target is not here,
 * are told by reasons.h, once for the cell.
 * Failures come first, then what passes against the known list, then what could not be judged; among
 * these the kind with most cells first, then plan order. */
#ifndef TLSMATRIX_REPORTS_KINDS_H
#define TLSMATRIX_REPORTS_KINDS_H

#include "matrix/base/buf.h"
#include "reports/view.h"

enum kinds_of { KINDS_UNEXPECTED, KINDS_KNOWN, KINDS_SKIPPED };

struct kind_result {
	const struct cell_result *cell;
	const struct check_result *check;
	const struct check_result
	    *cause; /* the check itself, or that of the build that failed and so left it nothing */
};

struct kind {
	const struct kind_result *results; /* in plan order; at least one */
	size_t count;
	size_t cells; /* distinct cells among them */
};

struct kinds {
	struct kind *kind;
	size_t count;
	struct kind_result *results; /* of all kinds; owned */
	size_t result_count;
};

/* Fills *kinds from the view, which must outlive it.  Free with kinds_free. */
void kinds_find(const struct view *view, enum kinds_of what, struct kinds *kinds);
void kinds_free(struct kinds *kinds);

/* The log that has what happened: of what was seen of the build and its file the build's, else that of the run;
 * relative to the out folder, NULL when there is none. */
const char *kind_log(const struct view *view, const struct kind *kind);

/* Appends what fails only since the build did: "98 more checks of these cells: there is no artifact"; nothing where
 * that is none. */
void kind_followers(const struct kind *kind, struct buf *out);

/* Appends the checks of a kind: "tls.g.main and 30 more checks". */
void kind_checks(const struct kind *kind, struct buf *out);

/* Appends the targets of a kind, each once, in plan order: "musl-1.2.2, musl-1.2.3 and 4 more".  A cell that
 * does not run has none; nothing when the view runs on one target only. */
void kind_targets(const struct view *view, const struct kind *kind, struct buf *out);

/* Appends the reason of a kind, without the name of a target in it; "no reason given". */
void kind_reason(const struct kind *kind, struct buf *out);

/* Does the kind span several checks, or may it, since nothing was observed? */
int kind_spans_checks(const struct kind *kind);

#endif
