#include "runner/store/journal.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { HASH8 = 8, HEAD = HASH8 + 1 };

struct journal {
	int fd;
	off_t end;  /* after the last whole line */
	int broken; /* -errno: what was written in part could not be cut off again */
};

const char *journal_line_json(const char *line, size_t len, size_t *json_len)
{
	char hex[HASH_HEX];
	if (len <= HEAD || line[HASH8] != ' ')
		return NULL;
	hash_bytes(line + HEAD, len - HEAD, hex);
	*json_len = len - HEAD;
	return memcmp(line, hex, HASH8) == 0 ? line + HEAD : NULL;
}

/* The event of a line (without its newline), or NULL. */
static json_t *line_read(const char *line, size_t len)
{
	size_t json_len;
	const char *json = journal_line_json(line, len, &json_len);
	json_t *event = json ? json_loadb(json, json_len, 0, NULL) : NULL;
	if (event && !json_is_object(event)) {
		json_decref(event);
		return NULL;
	}
	return event;
}

/* The whole file.  Not mapped: it may be cut while it is read. */
static int fd_read(int fd, struct buf *bytes)
{
	char block[65536];
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			buf_add_bytes(bytes, block, (size_t)n);
	}
}

/* ---- write ---- */

/* Where the last whole line ends.  Only the last line can be torn. */
static int tail_end(int fd, off_t *end)
{
	struct buf bytes = BUF_INIT;
	int error = fd_read(fd, &bytes);
	if (!error) {
		size_t whole = bytes.len && bytes.data[bytes.len - 1] == '\n' ? bytes.len - 1 : bytes.len;
		const char *before = memrchr(bytes.data, '\n', whole);
		size_t start = before ? (size_t)(before - bytes.data) + 1 : 0;
		json_t *event = whole < bytes.len ? line_read(bytes.data + start, whole - start) : NULL;
		*end = (off_t)(event ? bytes.len : start);
		json_decref(event);
	}
	buf_free(&bytes);
	return error;
}

static int open_fd(int fd, enum journal_open how, off_t *end)
{
	const struct timespec pause = { 0, 50 * 1000000L };
	int tries = 3;
	*end = 0;
	/* Who only asks whether somebody writes has the lock for a moment, too (journal_writer). */
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || --tries == 0)
			return -errno;
		nanosleep(&pause, NULL);
	}
	int error = how == JOURNAL_APPEND ? tail_end(fd, end) : 0;
	if (error)
		return error;
	return ftruncate(fd, *end) < 0 ? -errno : 0;
}

static char *writer_text(pid_t pid)
{
	char *process = pid > 0 ? xprintf(" (process %d)", (int)pid) : xstrdup("");
	char *text =
	    xprintf("another run%s is writing this journal: wait for its end, or give --out another folder", process);
	free(process);
	return text;
}

pid_t journal_writer(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	pid_t pid = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK ? file_holder(fd) : 0;
	close(fd);
	return pid;
}

int journal_open(const char *path, enum journal_open how, struct journal **journal, struct diag *diag)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0) {
		int error = errno;
		return diag_set(diag, error, "%s: the journal cannot be opened: %s", path, strerror(error));
	}
	off_t end;
	int error = -open_fd(fd, how, &end);
	if (error) {
		char *who = error == EWOULDBLOCK ? writer_text(file_holder(fd)) : xstrdup(strerror(error));
		diag_set(diag, error, "%s: %s", path, who);
		free(who);
		close(fd);
		return -error;
	}
	struct journal *made = xcalloc(1, sizeof *made);
	*made = (struct journal){ .fd = fd, .end = end };
	*journal = made;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int journal_append(struct journal *journal, const json_t *event, int sync)
{
	if (journal->broken)
		return journal->broken;
	char *json = json_is_object(event) ? json_dumps(event, JSON_COMPACT) : NULL;
	if (!json)
		return -EINVAL;
	struct buf line = BUF_INIT;
	char hex[HASH_HEX];
	hash_bytes(json, strlen(json), hex);
	buf_add_bytes(&line, hex, HASH8);
	buf_printf(&line, " %s\n", json);
	free(json);
	int error = write_all(journal->fd, line.data, line.len);
	if (!error && sync && fdatasync(journal->fd) < 0)
		error = -errno;
	if (!error)
		journal->end += (off_t)line.len;
	else if (ftruncate(journal->fd, journal->end) < 0)
		journal->broken = -errno;
	buf_free(&line);
	return error;
}

int journal_sync(struct journal *journal) { return fdatasync(journal->fd) < 0 ? -errno : 0; }

int journal_close(struct journal *journal)
{
	if (!journal)
		return 0;
	int error = journal_sync(journal);
	close(journal->fd);
	free(journal);
	return error;
}

/* ---- read ---- */

/* Gives out what is good; counts what is not. */
static int read_lines(const struct buf *bytes, journal_event *call, void *context, struct journal_tally *tally)
{
	const char *at = bytes->data, *end = at + bytes->len;
	for (size_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		json_t *event = newline ? line_read(at, (size_t)(newline - at)) : NULL;
		at = newline ? newline + 1 : end;
		if (event) {
			int stop = call(context, event, number);
			json_decref(event);
			tally->events++;
			if (stop)
				return stop;
		} else if (at == end) {
			tally->torn = 1;
		} else {
			if (!tally->spoiled++)
				tally->first_spoiled = number;
		}
	}
	return 0;
}

int journal_read(const char *path, journal_event *event, void *context, struct journal_tally *tally, struct diag *diag)
{
	struct journal_tally own;
	if (!tally)
		tally = &own;
	*tally = (struct journal_tally){ 0 };
	struct buf bytes = BUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? -errno : fd_read(fd, &bytes);
	if (fd >= 0)
		close(fd);
	int stopped = error ? 0 : read_lines(&bytes, event, context, tally);
	buf_free(&bytes);
	if (error)
		return diag_set(diag, -error, "%s: the journal cannot be read: %s", path, strerror(-error));
	return stopped ? stopped : journal_spoiled(path, tally, diag);
}

int journal_spoiled(const char *path, const struct journal_tally *tally, struct diag *diag)
{
	if (!tally->spoiled)
		return 0;
	return diag_set(diag, EBADMSG,
	    "%s:%zu: this line is spoiled (%zu in all); what it recorded is lost, run those cells again", path,
	    tally->first_spoiled, tally->spoiled);
}
