/* The record reader on any bytes, and the C writer with the reader: what is written is read back,
 * and one changed byte is never believed.  The writer is included so that its write(2) can be caught. */
#include "harness/record.h"
#include "matrix/base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct buf written = BUF_INIT;

static ssize_t capture(int fd, const void *bytes, size_t len)
{
	(void)fd;
	size_t part = len > 1000 ? len - 7 : len; /* a write may take less than it was given */
	buf_add_bytes(&written, bytes, part);
	return (ssize_t)part;
}

#define write capture
#include "harness/probe/record.c"
#undef write

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* text is a prefix of what was given, with CR as a blank. */
static int is_cut_of(const char *text, const char *given)
{
	for (; *text; text++, given++)
		if (*text != (*given == '\r' ? ' ' : *given))
			return 0;
	return 1;
}

static void any_bytes(const uint8_t *bytes, size_t len)
{
	struct records records;
	records_read((const char *)bytes, len, &records);
	for (size_t i = 0; i < records.count; i++) {
		check(records.record[i].harmed <= records.garbled + records.lost);
		check(!i || records.record[i - 1].harmed <= records.record[i].harmed);
		if (records.record[i].kind == RECORD_BEGIN)
			check(records_began(&records, records.record[i].id));
		else
			check(records_find(&records, records.record[i].id) != NULL);
	}
	records_free(&records);
}

static void write_and_read(const char *id, const char *text, const char *note, size_t spoil)
{
	struct records records;
	record_count = 0;
	buf_clear(&written);
	probe_begin("first");
	probe_obs(id, text, note);
	probe_end();
	records_read(written.data, written.len, &records);
	if (strlen(id) < 1000) { /* an id that fills the record leaves nothing to read */
		check(records.count == 2 && records.ended && !records.garbled && !records.lost);
		check(is_cut_of(records.record[1].id, id) && is_cut_of(records.record[1].text, text) &&
		    is_cut_of(records.record[1].note, note));
		if (2 * (strlen(text) + strlen(note)) < 2000)
			check(strlen(records.record[1].text) == strlen(text) &&
			    strlen(records.record[1].note) == strlen(note));
	}
	records_free(&records);

	written.data[spoil % written.len] ^= (char)(1 << spoil % 8);
	records_read(written.data, written.len, &records);
	for (size_t i = 0; i < records.count; i++)
		if (records.record[i].kind == RECORD_OBS)
			check(is_cut_of(records.record[i].id, id) && is_cut_of(records.record[i].text, text));
	records_free(&records);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	any_bytes(bytes, len);
	/* The same bytes as three texts with NUL between them. */
	char *texts = xcalloc(len + 4, 1);
	if (len)
		memcpy(texts, bytes, len);
	const char *text = texts + strlen(texts) + 1;
	const char *end = texts + len + 3;
	text = text < end ? text : end;
	const char *note = text + strlen(text) + 1;
	note = note < end ? note : end;
	write_and_read(texts, text, note, len ? bytes[len - 1] + len * 251u : 0);
	free(texts);
	return 0;
}
