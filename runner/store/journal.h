/* journal.h - what happened in a run, one event a line, so that a run that was cut off at any
 * instant can be told and gone on with.
 *
 *     HASH8 JSON\n
 *
 * HASH8 is the first 8 hex digits of the XXH3-128 of JSON, which is one compact object without a
 * newline.  Lines are only ever added, each by one write; a line is an event or it is not there.
 *
 * A kill in the middle of a write, or a machine that lost power, leaves a last line that is not
 * whole: it is counted as torn, and the next writer cuts it off.  A bad line before the last is no
 * accident of that kind; it is named with its number and reading ends with -EBADMSG, after all
 * good lines were given out.
 *
 * One writer at a time: a second one is refused (flock). */
#ifndef TLSMATRIX_RUNNER_STORE_JOURNAL_H
#define TLSMATRIX_RUNNER_STORE_JOURNAL_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

struct diag;
struct journal;

enum journal_open {
	JOURNAL_CREATE, /* an empty journal; one that is there is emptied */
	JOURNAL_APPEND  /* goes on with the one that is there; makes it if there is none */
};

/* 0 and *journal; -EWOULDBLOCK when another process writes it (diag names it), or -errno, with a line in diag. */
int journal_open(const char *path, enum journal_open how, struct journal **journal, struct diag *diag);

/* Adds an event (an object; still the caller's) and, when sync is set, has it on the disk before
 * it returns.  0, -EINVAL for what is no object, or -errno such as -ENOSPC; the file then ends
 * after the last whole line as if nothing had been tried, and a later append may succeed. */
int journal_append(struct journal *journal, const json_t *event, int sync);

/* Has all of it on the disk.  0 or -errno. */
int journal_sync(struct journal *journal);

/* Closes and frees, and lets another run write; NULL is fine.  0 or -errno of the last writes reaching the disk. */
int journal_close(struct journal *journal);

/* The process that writes the journal at this moment: 0 for none, -1 for one that /proc/locks does not name. */
pid_t journal_writer(const char *path);

struct journal_tally {
	size_t events;        /* given out */
	size_t torn;          /* 1 when the last line is not whole, else 0 */
	size_t spoiled;       /* bad lines before the last */
	size_t first_spoiled; /* number of the first of them, from 1; 0: none */
};

/* Gets each event (borrowed; json_incref to keep it) with its line number.  Not 0 ends the reading. */
typedef int journal_event(void *context, json_t *event, size_t line);

/* Reads a journal, also one that is being written.  Returns 0; what the callback returned if that
 * was not 0; -EBADMSG when lines are spoiled; or -errno (-ENOENT: no journal).  diag has a line
 * for the last two.  *tally is always filled; it may be NULL. */
int journal_read(const char *path, journal_event *event, void *context, struct journal_tally *tally, struct diag *diag);

/* The JSON of a line (len: without its newline) when its hash is right, and its length; else NULL. */
const char *journal_line_json(const char *line, size_t len, size_t *json_len);

/* A reader of large journals makes something of its own of each line, in threads. */
struct journal_lines {
	/* What the JSON of a line is made to; NULL when it is no object, and the line spoiled.  worker: which of the
	 * threads, from 0.  Called by all of them at once, for lines in any order. */
	void *(*make)(void *context, size_t worker, const char *json, size_t len);
	/* Gets what was made, to keep or to free: in the order of the journal, one at a time.  Not 0 ends it. */
	int (*take)(void *context, void *made, size_t line);
	/* Frees what was made of a line after the one that ended the reading. */
	void (*drop)(void *made);
};

enum { JOURNAL_WORKERS = 4 };

/* How many threads there will be: as many as cores, at most JOURNAL_WORKERS. */
size_t journal_workers(void);

/* As journal_read: the same lines are good, the same are told, but it is never whole in memory.  What is added while it
 * is read may be missed. */
int journal_read_lines(
    const char *path, const struct journal_lines *lines, void *context, struct journal_tally *tally, struct diag *diag);

/* What journal_read returns for a journal with spoiled lines: 0 for one without. */
int journal_spoiled(const char *path, const struct journal_tally *tally, struct diag *diag);

#endif
