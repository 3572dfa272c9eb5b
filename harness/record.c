/* record.c - reads records (harness/record.h) out of whatever a process printed. */
#include "harness/record.h"

#include "matrix/base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "#tlsm:";
enum { MARK_LEN = sizeof mark - 1 };

/* A line that proved itself: number, length and checksum hold. */
struct line {
	uint64_t seq;
	const char *payload;
	size_t len;
};

/* A decimal number without sign and leading zeros, as both writers print it, and the space after
 * it.  Returns the place behind the space, or NULL. */
static const char *read_number(const char *at, const char *end, uint64_t *number)
{
	const char *start = at;
	*number = 0;
	for (; at < end && *at >= '0' && *at <= '9' && at - start < 10; at++)
		*number = *number * 10 + (uint64_t)(*at - '0');
	if (at == start || at == end || *at != ' ' || *start == '0')
		return NULL;
	return at + 1;
}

static uint32_t crc32(uint32_t crc, const char *from, size_t len)
{
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)from[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/* text .. end is what stands behind the mark, without the newline. */
static int line_read(const char *text, const char *end, struct line *line)
{
	uint64_t len;
	const char *at = read_number(text, end, &line->seq);
	if (at)
		at = read_number(at, end, &len);
	if (!at || len > RECORD_MAX || (uint64_t)(end - at) != 9 + len || at[8] != ' ')
		return 0;
	uint32_t crc = 0;
	for (int i = 0; i < 8; i++) {
		if (hex_digit(at[i]) < 0)
			return 0;
		crc = crc << 4 | (uint32_t)hex_digit(at[i]);
	}
	line->payload = at + 9;
	line->len = (size_t)len;
	if (crc32(crc32(0, text, (size_t)(at - text)), line->payload, line->len) != crc)
		return 0;
	return !memchr(line->payload, 0, line->len); /* no writer of ours leaves a NUL in */
}

/* What the character after a backslash stands for; 0 for an escape that no writer makes. */
static char unescape(char c) { return c == 't' ? '\t' : c == 'n' ? '\n' : c == '\\' ? '\\' : 0; }

/* The text of a field, or NULL when an escape in it is wrong.  cut: the writer may have cut an
 * escape in two at the end. */
static char *field_read(const char *at, const char *end, int cut)
{
	char *text = xmalloc((size_t)(end - at) + 1), *out = text;
	for (; at < end; at++) {
		if (*at != '\\') {
			*out++ = *at;
		} else if (++at == end ? !cut : !(*out++ = unescape(*at))) {
			free(text);
			return NULL;
		}
	}
	*out = 0;
	return text;
}

enum { FIELDS_MAX = 4 };

static void fields_free(char **fields, size_t count)
{
	while (count)
		free(fields[--count]);
}

static int line_cut(const struct line *line) { return line->len == RECORD_MAX; }

/* Splits a payload.  Returns the number of fields, 0 when there are too many or one is malformed. */
static size_t fields_read(const struct line *line, char **fields)
{
	const char *at = line->payload, *end = at + line->len;
	size_t count = 0;
	for (;;) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		char *text = count < FIELDS_MAX ? field_read(at, tab ? tab : end, !tab && line_cut(line)) : NULL;
		if (!text) {
			fields_free(fields, count);
			return 0;
		}
		fields[count++] = text;
		if (!tab)
			return count;
		at = tab + 1;
	}
}

/* The kinds and how many fields each has, its own name included. */
static const struct kind {
	const char *name;
	enum record_kind kind;
	size_t fields;
} kinds[] = {
	{ "begin", RECORD_BEGIN, 2 },
	{ "obs", RECORD_OBS, 4 },
	{ "skip", RECORD_SKIP, 4 },
};

/* Takes the fields over into a record.  0 for a kind that is not known or has a wrong form; a
 * payload that was cut may lack the last of its fields. */
static int record_take(struct records *records, const struct line *line, char **fields, size_t count)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct kind *kind = &kinds[i];
		if (strcmp(fields[0], kind->name) != 0)
			continue;
		if (count != kind->fields && !(count == 3 && kind->fields == 4 && line_cut(line)))
			return 0;
		if (!(records->count & (records->count + 1))) /* room doubles at 0, 1, 3, 7, ... */
			records->record = xrealloc(records->record, (2 * records->count + 1) * sizeof *records->record);
		records->record[records->count++] =
		    (struct record){ kind->kind, fields[1], count > 2 ? fields[2] : xstrdup(""),
			    count > 3 ? fields[3] : xstrdup(""), records->garbled + records->lost };
		free(fields[0]);
		return 1;
	}
	return 0;
}

struct reader {
	struct records *records;
	uint64_t seq; /* of the last record that was believed */
	int end_seen;
};

/* The end record is right when its count is its own place; what did not come before it is counted as lost. */
static int end_take(struct reader *reader, uint64_t seq, char **fields, size_t count)
{
	if (count != 2 || strcmp(fields[0], "end") != 0)
		return 0;
	char before[24];
	snprintf(before, sizeof before, "%llu", (unsigned long long)seq - 1);
	reader->end_seen = 1;
	reader->records->ended = strcmp(fields[1], before) == 0;
	fields_free(fields, count);
	return 1;
}

static void line_take(struct reader *reader, const char *text, const char *end)
{
	struct line line;
	char *fields[FIELDS_MAX];
	size_t count = 0;
	if (line_read(text, end, &line) && line.seq > reader->seq && !reader->end_seen)
		count = fields_read(&line, fields);
	if (!count) {
		reader->records->garbled++;
		return;
	}
	size_t lost = (size_t)(line.seq - reader->seq - 1);
	reader->records->lost += lost;
	if (!record_take(reader->records, &line, fields, count) && !end_take(reader, line.seq, fields, count)) {
		fields_free(fields, count);
		reader->records->lost -= lost;
		reader->records->garbled++;
		return;
	}
	reader->seq = line.seq;
}

void records_read(const char *bytes, size_t len, struct records *records)
{
	struct reader reader = { records, 0, 0 };
	*records = (struct records){ 0 };
	const char *at = bytes, *end = bytes + len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		const char *found = memmem(at, (size_t)(stop - at), mark, MARK_LEN);
		/* A console may end its lines with CR LF; a record's payload never has a CR. */
		const char *text_end = newline && stop > at && stop[-1] == '\r' ? stop - 1 : stop;
		if (found && found == at && newline)
			line_take(&reader, at + MARK_LEN, text_end);
		else if (found)
			records->garbled++;
		at = newline ? newline + 1 : end;
	}
}

int record_whole(const char *text, size_t len)
{
	struct line line;
	return len >= MARK_LEN && memcmp(text, mark, MARK_LEN) == 0 && line_read(text + MARK_LEN, text + len, &line);
}

void records_free(struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		free(records->record[i].id);
		free(records->record[i].text);
		free(records->record[i].note);
	}
	free(records->record);
	*records = (struct records){ 0 };
}

const struct record *records_find(const struct records *records, const char *id)
{
	for (size_t i = records->count; i-- > 0;)
		if (records->record[i].kind != RECORD_BEGIN && strcmp(records->record[i].id, id) == 0)
			return &records->record[i];
	return NULL;
}

int records_began(const struct records *records, const char *id)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->record[i].kind == RECORD_BEGIN && strcmp(records->record[i].id, id) == 0)
			return 1;
	return 0;
}
