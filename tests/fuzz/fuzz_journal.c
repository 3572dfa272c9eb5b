/* The journal's two readers on any file, which agree; and appending to it: nothing that could be read before is gone
 * afterwards.  With an odd first byte each line gets its right checksum, so that the fuzzer reaches
 * what lies behind it. */
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/store/journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(int holds)
{
	if (!holds)
		abort();
}

static int seen(void *context, json_t *event, size_t line)
{
	check(json_is_object(event) && line > 0);
	++*(size_t *)context;
	return 0;
}

static void *made(void *context, size_t worker, const char *json, size_t len)
{
	json_t *event = json_loadb(json, len, 0, NULL);
	(void)context;
	check(worker < JOURNAL_WORKERS);
	if (json_is_object(event))
		return event;
	json_decref(event);
	return NULL;
}

static void drop(void *event) { json_decref(event); }

static int take(void *context, void *event, size_t line)
{
	int stop = seen(context, event, line);
	drop(event);
	return stop;
}

/* Puts the checksum before each line, the last one too if it has no newline. */
static void make_whole(const char *at, const char *end, struct buf *out)
{
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);
		char hex[HASH_HEX];
		struct hash *hash = hash_new();
		hash_add(hash, at, len);
		hash_end(hash, hex);
		buf_add_bytes(out, hex, 8);
		buf_add(out, " ");
		buf_add_bytes(out, at, len + (newline != NULL));
		at += len + 1;
	}
}

static size_t lines_of(const struct buf *bytes)
{
	size_t count = bytes->len && bytes->data[bytes->len - 1] != '\n';
	for (size_t i = 0; i < bytes->len; i++)
		count += bytes->data[i] == '\n';
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf file = BUF_INIT;
	if (len && bytes[0] & 1)
		make_whole((const char *)bytes + 1, (const char *)bytes + len, &file);
	else
		buf_add_bytes(&file, bytes, len);
	int fd = memfd_create("journal", MFD_CLOEXEC);
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	check(fd >= 0 && write(fd, file.data, file.len) == (ssize_t)file.len);

	struct journal_tally tally, after;
	struct diag diag = DIAG_INIT;
	size_t events = 0, events_after = 0;
	int got = journal_read(path, seen, &events, &tally, &diag);
	check(got == (tally.spoiled ? -EBADMSG : 0) && events == tally.events);
	check(tally.events + tally.torn + tally.spoiled == lines_of(&file));

	const struct journal_lines lines = { made, take, drop };
	events = 0;
	check(journal_read_lines(path, &lines, &events, &after, &diag) == got && events == tally.events);
	check(memcmp(&after, &tally, sizeof(tally)) == 0);

	struct journal *journal;
	json_t *event = json_pack("{s:i}", "n", 1);
	check(journal_open(path, JOURNAL_APPEND, &journal, &diag) == 0);
	check(journal_append(journal, event, 0) == 0);
	check(journal_close(journal) == 0);
	json_decref(event);
	journal_read(path, seen, &events_after, &after, &diag);
	check(events_after == events + 1 && after.spoiled == tally.spoiled && !after.torn);
	close(fd);
	buf_free(&file);
	return 0;
}
