/* journal_lines.c - a journal read in blocks by several threads.
 *
 * A block has the lines that begin in it.  Whoever is free takes the next one; what was made of the lines waits until
 * all are read, since it is given out in their order. */
#include "runner/store/journal.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4 << 20, MORE = 1 << 16 };

struct made {
	void **line; /* NULL: it is not good */
	size_t count, room;
};

struct reading {
	int fd;
	off_t size;
	struct made *block;
	size_t blocks;
	atomic_size_t next;
	atomic_int error; /* -errno of a read that failed */
	const struct journal_lines *lines;
	void *context;
};

struct worker {
	struct reading *reading;
	size_t number;
	char *bytes;
	size_t len, room;
};

size_t journal_workers(void)
{
	cpu_set_t set;
	size_t cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
	return cores < JOURNAL_WORKERS ? cores : JOURNAL_WORKERS;
}

/* Reads on behind what the worker has, to `want` bytes in all; fewer where the file ends. */
static void read_on(struct worker *worker, off_t start, size_t want)
{
	struct reading *reading = worker->reading;
	off_t left = reading->size - start;
	if ((off_t)want > left)
		want = (size_t)left;
	if (want > worker->room) {
		worker->bytes = xrealloc(worker->bytes, want);
		worker->room = want;
	}
	while (worker->len < want) {
		ssize_t n =
		    pread(reading->fd, worker->bytes + worker->len, want - worker->len, start + (off_t)worker->len);
		if (n < 0 && errno != EINTR)
			atomic_store(&reading->error, -errno);
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		if (n > 0)
			worker->len += (size_t)n;
	}
}

static void add_line(struct worker *worker, struct made *made, const char *line, size_t len, int whole)
{
	struct reading *reading = worker->reading;
	size_t json_len;
	const char *json = whole ? journal_line_json(line, len, &json_len) : NULL;
	if (made->count == made->room) {
		made->room = made->room ? made->room * 2 : 64;
		made->line = xrealloc(made->line, made->room * sizeof(*made->line));
	}
	made->line[made->count++] =
	    json ? reading->lines->make(reading->context, worker->number, json, json_len) : NULL;
}

/* The newline of the line that begins at `at`, or NULL: the file ends before.  Reads on as far as that takes. */
static char *line_end(struct worker *worker, off_t start, size_t at)
{
	for (size_t seen = at;;) {
		char *newline = memchr(worker->bytes + seen, '\n', worker->len - seen);
		if (newline)
			return newline;
		seen = worker->len;
		read_on(worker, start, worker->len + MORE);
		if (worker->len == seen)
			return NULL;
	}
}

static void read_block(struct worker *worker, size_t number)
{
	/* From the byte before, to see whether a line begins with the block. */
	off_t start = (off_t)number * BLOCK - (number > 0);
	size_t limit = BLOCK + (size_t)(number > 0), at = 0;
	worker->len = 0;
	read_on(worker, start, limit);
	if (number > 0) {
		char *newline = memchr(worker->bytes, '\n', worker->len);
		if (!newline)
			return;
		at = (size_t)(newline - worker->bytes) + 1;
	}
	while (at < limit && at < worker->len) {
		const char *newline = line_end(worker, start, at);
		size_t end = newline ? (size_t)(newline - worker->bytes) : worker->len;
		add_line(worker, &worker->reading->block[number], worker->bytes + at, end - at, newline != NULL);
		at = end + 1;
	}
}

static void *work(void *data)
{
	struct worker *worker = data;
	struct reading *reading = worker->reading;
	for (size_t block; (block = atomic_fetch_add(&reading->next, 1)) < reading->blocks;)
		read_block(worker, block);
	free(worker->bytes);
	return NULL;
}

static void read_all(struct reading *reading)
{
	pthread_t thread[JOURNAL_WORKERS];
	struct worker worker[JOURNAL_WORKERS];
	size_t count = journal_workers(), started = 1;
	for (size_t i = 0; i < JOURNAL_WORKERS; i++)
		worker[i] = (struct worker){ .reading = reading, .number = i };
	/* Without another thread one does it alone. */
	while (started < count && started < reading->blocks &&
	    pthread_create(&thread[started], NULL, work, &worker[started]) == 0)
		started++;
	work(&worker[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(thread[i], NULL);
}

/* Gives out what was made, and frees the blocks. */
static int give_out(struct reading *reading, struct journal_tally *tally)
{
	size_t number = 0, last = 0;
	int stopped = 0;
	for (size_t b = 0; b < reading->blocks; b++)
		last += reading->block[b].count;
	for (size_t b = 0; b < reading->blocks; b++) {
		struct made *block = &reading->block[b];
		for (size_t i = 0; i < block->count; i++) {
			number++;
			if (stopped) {
				if (block->line[i])
					reading->lines->drop(block->line[i]);
			} else if (block->line[i]) {
				tally->events++;
				stopped = reading->lines->take(reading->context, block->line[i], number);
			} else if (number == last) {
				tally->torn = 1;
			} else if (!tally->spoiled++) {
				tally->first_spoiled = number;
			}
		}
		free(block->line);
	}
	free(reading->block);
	return stopped;
}

static void drop_all(struct reading *reading)
{

	for (size_t b = 0; b < reading->blocks; b++) {
		for (size_t i = 0; i < reading->block[b].count; i++)
			if (reading->block[b].line[i])
				reading->lines->drop(reading->block[b].line[i]);
		free(reading->block[b].line);
	}
	free(reading->block);
}

int journal_read_lines(
    const char *path, const struct journal_lines *lines, void *context, struct journal_tally *tally, struct diag *diag)
{
	struct reading reading = { .fd = open(path, O_RDONLY | O_CLOEXEC), .lines = lines, .context = context };
	struct stat st;
	int error = reading.fd < 0 || fstat(reading.fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
	*tally = (struct journal_tally){ 0 };
	if (!error) {
		reading.size = st.st_size;
		reading.blocks = (size_t)((st.st_size + BLOCK - 1) / BLOCK);
		reading.block = xcalloc(reading.blocks + 1, sizeof(*reading.block));
		read_all(&reading);
		error = atomic_load(&reading.error);
		if (error)
			drop_all(&reading);
	}
	if (reading.fd >= 0)
		close(reading.fd);
	if (error)
		return diag_set(diag, -error, "%s: the journal cannot be read: %s", path, strerror(-error));
	int stopped = give_out(&reading, tally);
	return stopped ? stopped : journal_spoiled(path, tally, diag);
}
