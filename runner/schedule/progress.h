/* progress.h - says on a terminal or in a log how a run goes on.
 *
 * On a terminal there is one status line, redrawn in place at most ten times a second and cut to
 * the terminal's width:
 *
 *     [120/540] fail:2 cached:40  running: c-shared/cgo1/mold:dlopen 12s, pie/cgo0/internal 3s  ETA 41s
 *
 * Elsewhere (a file, a pipe, TERM=dumb) the same line is printed plainly every ten seconds.
 * Whatever else is to be said goes through progress_line, which comes out at once, above the status
 * line.  Errors of the stream are of no interest here.
 *
 * The caller calls progress_tick in its loop; no call waits. */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_PROGRESS_H
#define TLSMATRIX_RUNNER_SCHEDULE_PROGRESS_H

#include <stddef.h>
#include <stdio.h>

struct progress;

enum progress_style {
	PROGRESS_AUTO, /* terminal or plain, as out is */
	PROGRESS_PLAIN,
	PROGRESS_TERMINAL,
	PROGRESS_QUIET /* progress_line only */
};

struct progress_options {
	FILE *out;    /* commonly stderr */
	size_t total; /* cells of the plan */
	enum progress_style style;
	int width;             /* columns; 0: ask the terminal at each drawing */
	double (*clock)(void); /* seconds that never go back; NULL: CLOCK_MONOTONIC */
};

struct progress_counts {
	size_t done;   /* cells that have a result, cached ones included */
	size_t failed; /* of them, with something unexpected */
	size_t cached; /* of them, taken from the cache: they say nothing about time */
};

struct progress *progress_new(const struct progress_options *options);

/* A slot (0, 1, ...) starts on something with that name (copied), or on nothing: NULL. */
void progress_running(struct progress *progress, size_t slot, const char *name);

void progress_done(struct progress *progress, const struct progress_counts *counts);

/* Prints the status if it is due. */
void progress_tick(struct progress *progress);

/* Prints a line, without a newline in format, at once. */
void progress_line(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the status line away, leaving the cursor where it began, and frees.  NULL is fine. */
void progress_end(struct progress *progress);

#endif
