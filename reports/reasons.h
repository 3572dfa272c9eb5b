/* reasons.h - why cells have no artifact, gathered: the words of Go's refusals, and what this machine
 * lacks ("class: thing", the reason of the skips).
 *
 * Words that name the cell itself are made general ($GOOS/$GOARCH, buildmode=$MODE), so that one rule
 * of Go is one reason and not one for each port.  Lacks are sorted by class, then as refusals: the
 * reason with most cells first, then by text.  Targets that are not here are lacks too. */
#ifndef TLSMATRIX_REPORTS_REASONS_H
#define TLSMATRIX_REPORTS_REASONS_H

#include "matrix/base/buf.h"
#include "reports/view.h"

struct reason {
	char *text;
	const struct cell_result **cells; /* in plan order; at least one */
	size_t count;
	size_t ports; /* distinct GOOS/GOARCH among them */
};

struct reasons {
	struct reason *reason;
	size_t count;
	const struct cell_result **cells; /* of all reasons; owned */
};

/* The reasons of all cells with that outcome (OUTCOME_REFUSED, OUTCOME_UNBUILDABLE or OUTCOME_NOTARGET).  The view must
 * outlive them.  Free with reasons_free. */
void reasons_find(const struct view *view, enum outcome outcome, struct reasons *reasons);
void reasons_free(struct reasons *reasons);

/* Appends the ports of a reason, sorted, separated by a space: "aix/ppc64 android/386". */
void reason_ports(const struct reason *reason, struct buf *out);

#endif
