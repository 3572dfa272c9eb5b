/* view.h - a finished run as the reports see it.  Reports take a view and write text; they run
 * nothing, read no other file and know nothing of the runner. */
#ifndef TLSMATRIX_REPORTS_VIEW_H
#define TLSMATRIX_REPORTS_VIEW_H

#include "matrix/check.h"
#include "matrix/known.h"
#include "matrix/result.h"

#include <stdio.h>

struct buf;
struct gate;

/* A target of the run, as it was asked before anything else ran there.  Texts may be NULL. */
struct view_target {
	const char *name, *kind, *version;
	const char *message; /* why it is not here, or not to be believed */
	json_t *facts;       /* object: what kernel, loader and libc do there; NULL: not asked */
};

/* A row of known.def that excuses nothing any more. */
struct view_stale {
	const struct known *row;
	int unmatched; /* it covers no planned check at all; else none that it covers has its status */
};

struct view {
	const char *plan;         /* hash of the plan */
	const char *started;      /* ISO 8601, UTC */
	const char *tool;         /* version of tlsmatrix */
	const char *go;           /* "go1.26.8" */
	const char *host;         /* kernel, libc, compiler in a line */
	const char *out_dir;      /* where logs lie, as the user named it */
	const char *filter;       /* of the run; NULL: not known */
	const char *part;         /* the filter of `report FILTER`: the rest of the run is not here; NULL: all is */
	const char *targets_file; /* of its --targets; NULL: none */
	double seconds;           /* wall clock of the run */
	int repeat;               /* how often each cell was run */
	int complete;             /* every planned cell has a result */
	size_t planned_cells, planned_checks;
	struct cell_result *cells; /* in plan order; a cell without result has its checks as notrun */
	size_t count;
	const struct check *checks; /* what the check ids mean; NULL: the table of matrix/check.h */
	size_t checks_count;
	const struct view_target
	    *targets; /* in the order in which they were asked; those of a run that was not asked are not here */
	size_t target_count;
	const char *forbidden; /* classes of skips, "a,b", that are unexpected in this run; NULL or "": none */
	int full;              /* the run took the whole list: then rows of known.def that match nothing are at fault */
	const struct view_stale *stale; /* such rows; none in a run that is not full */
	size_t stale_count;
	const struct gate *gate; /* what differs from a baseline (gate.h); NULL: not compared */
};

struct counts {
	size_t status[STATUS_COUNT];
	size_t verdict[VERDICT_COUNT];
	size_t outcome
	    [OUTCOME_COUNT]; /* of cells; a planned cell that is not in the view was not run: the sum is the plan */
	size_t failed_known; /* of the failed cells, those whose failure is known */
	size_t checks, cells, cached_cells;
};
void view_count(const struct view *view, struct counts *counts);

/* Are results missing: a cell without one, a check that was not run, or counts that do not sum to
 * the plan? */
int view_incomplete(const struct view *view, const struct counts *counts);

/* Exit code for a view: 0 nothing unexpected, 1 unexpected failures, forbidden skips or stale rows of known.def, 3 only
 * infrastructure (infra, broken, and miss on another target than the host), 5 incomplete.  The first of 1, 3, 5 that
 * applies; 4 when the view has no check and no check was planned, since nothing was judged then. */
int view_exit_code(const struct view *view);

/* Is the check skipped with a class that the run forbids? */
int view_forbidden(const struct view *view, const struct check_result *check);

/* The same as the exit code in a sentence, ASCII, one line, appended to out. */
void view_verdict(const struct view *view, struct buf *out);

/* "2068 cells = 700 built and inspected + 800 refused + 560 not buildable here + 8 failed", ASCII, one
 * line: the first four always, so that a reader knows where to look. */
void view_outcomes(const struct view *view, struct buf *out);

/* Do cells run on more than one target? */
int view_many_targets(const struct view *view);

/* Do cells run of more than one Go release? */
int view_many_releases(const struct view *view);

/* Either: then reports draw a column for each (bytarget.h). */
int view_many_columns(const struct view *view);

/* What the view knows of a target, or NULL. */
const struct view_target *view_target(const struct view *view, const char *name);

/* The sentences that nobody may overlook, appended to out, each ended by a newline: checks that pass although
 * known.def excuses them, rows of it that excuse nothing, and skips of a forbidden class.  ASCII; nothing when there
 * are none. */
void view_alarm(const struct view *view, struct buf *out);

/* The description of a check by the view's list; NULL when it is not there. */
const struct check *view_check(const struct view *view, const char *id);

/* Writers.  Each returns 0 or -errno of the stream. */
int report_grid(
    const struct view *view, FILE *out, int color, size_t width); /* the terminal grid and what was unexpected */
int report_json(const struct view *view, FILE *out);              /* DESIGN.md's report.json, schema 1 */
int report_junit(const struct view *view, FILE *out);
int report_html(const struct view *view, FILE *out); /* one file, no network, works without JS */
int report_tap(const struct view *view, FILE *out);
int report_markdown(const struct view *view, FILE *out);
int report_ports(
    const struct view *view, FILE *out); /* Markdown for a file that is kept: the verdict of every port and mode */
int report_releases(const struct view *view, FILE *out); /* the same: what each release builds and runs */
/* What differs from a baseline, and nothing else: text is broken at width, lines to be copied are not. */
int report_gate(const struct gate *gate, FILE *out, size_t width);
int report_github(const struct view *view, FILE *out);
int report_sarif(const struct view *view, FILE *out); /* SARIF 2.1.0: a result for each cause or regression */

/* The formats by name, for --format. */
struct report_format {
	const char *name;
	int (*write)(const struct view *, FILE *);
	const char *file; /* default file name in out/ */
};
extern const struct report_format report_formats[];
extern const size_t report_format_count;

#endif
