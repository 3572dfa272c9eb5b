#include "runner/target/console.h"

#include "harness/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_MAX_BYTES = RECORD_MAX + 64, /* of a record: mark, two numbers and checksum in front */
	BETWEEN_MAX = 8                   /* kernel lines inside one record */
};

struct line {
	const char *at;
	size_t len;
};
struct lines {
	struct line *line;
	size_t count;
};

/* ---- the text of a terminal -> lines ------------------------------------------------------------------------ */

/* Bytes of an escape sequence at the start of text: ESC [ ... letter, or ESC and one more (ECMA-48). */
static size_t escape_len(const char *text, size_t len)
{
	if (len < 2 || text[1] != '[')
		return len < 2 ? len : 2;
	size_t i = 2;
	while (i < len && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x40)
		i++;
	return i < len && (unsigned char)text[i] >= 0x40 && (unsigned char)text[i] < 0x7f ? i + 1 : i;
}

/* No writer of records leaves a carriage return in; an escape in one would be missed by its checksum and is put back
 * by nobody, so a record that is whole before is not touched. */
static void clean_line(const char *text, size_t len, struct buf *out)
{
	size_t kept = len;
	while (kept && text[kept - 1] == '\r')
		kept--;
	if (record_whole(text, kept)) {
		buf_add_bytes(out, text, kept);
		return;
	}
	for (size_t i = 0; i < len;) {
		size_t plain = i;
		while (plain < len && text[plain] != '\r' && text[plain] != '\033')
			plain++;
		buf_add_bytes(out, text + i, plain - i);
		i = plain;
		if (i < len)
			i += text[i] == '\033' ? escape_len(text + i, len - i) : 1;
	}
}

/* clean holds the bytes that lines point into. */
static void lines_split(const char *text, size_t len, int over, struct buf *clean, struct lines *lines)
{
	size_t count = 0, room = 0, *end = NULL;
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t stop = newline ? (size_t)(newline - text) : len;
		if (!newline && !over)
			break;
		clean_line(text + at, stop - at, clean);
		if (count == room)
			end = xrealloc(end, (room = 2 * room + 64) * sizeof(*end));
		end[count++] = clean->len;
		at = stop + 1;
	}
	lines->line = xcalloc(count + 1, sizeof(*lines->line));
	lines->count = count;
	for (size_t i = 0; i < count; i++) {
		size_t start = i ? end[i - 1] : 0;
		lines->line[i] = (struct line){ clean->data + start, end[i] - start };
	}
	free(end);
}

/* ---- records that kernel lines tore apart --------------------------------------------------------------------- */

/* Length that the head of a record line promises for all of it; 0 when it is no such head. */
static size_t promised_len(const char *text)
{
	unsigned sequence, len;
	int used = 0;
	if (sscanf(text, "#tlsm:%9u %9u %n", &sequence, &len, &used) != 2 || !used || len > RECORD_MAX)
		return 0;
	return (size_t)used + 9 + len;
}

/* head[0..cut) and tail as one record line in joined (LINE_MAX_BYTES + 1); its length, or 0 when it is none. */
static size_t join(const struct line *head, size_t cut, const struct line *tail, char *joined)
{
	enum { HEAD_BYTES = 40 }; /* mark and two numbers */
	size_t len = cut + tail->len, peek = cut < HEAD_BYTES ? cut : HEAD_BYTES;
	char start[HEAD_BYTES + 1];
	if (len > LINE_MAX_BYTES)
		return 0;
	size_t more = HEAD_BYTES - peek < tail->len ? HEAD_BYTES - peek : tail->len;
	memcpy(start, head->at, peek);
	memcpy(start + peek, tail->at, more);
	start[peek + more] = '\0';
	if (promised_len(start) != len)
		return 0;
	memcpy(joined, head->at, cut);
	memcpy(joined + cut, tail->at, tail->len);
	return record_whole(joined, len) ? len : 0;
}

/* Kernel text is whole lines: a record that it got into is the start of the first line and the whole of the last.  Adds
 * the record to out, and what stood inside behind it; returns how many lines that took, 0 for none. */
static size_t mend(const struct lines *lines, size_t i, struct buf *out)
{
	const struct line *head = &lines->line[i];
	char joined[LINE_MAX_BYTES + 1];
	if (!head->len || head->at[0] != '#')
		return 0;
	for (size_t k = 1; k <= BETWEEN_MAX + 1 && i + k < lines->count; k++) {
		size_t most = head->len < LINE_MAX_BYTES ? head->len : LINE_MAX_BYTES;
		for (size_t cut = most; cut; cut--) {
			size_t len = join(head, cut, &lines->line[i + k], joined);
			if (!len)
				continue;
			buf_add_bytes(out, joined, len);
			buf_add(out, "\n");
			buf_add_bytes(out, head->at + cut, head->len - cut);
			for (size_t between = 1; between < k; between++) {
				buf_add(out, "\n");
				buf_add_bytes(out, lines->line[i + between].at, lines->line[i + between].len);
			}
			return k + 1;
		}
	}
	return 0;
}

/* ---- what a line says of the end ------------------------------------------------------------------------------- */

static void keep(char *into, size_t size, const struct line *line)
{
	size_t len = line->len < size - 1 ? line->len : size - 1;
	for (size_t i = 0; i < len; i++)
		into[i] = line->at[i] < 32 || line->at[i] > 126 ? '?' : line->at[i];
	into[len] = '\0';
}

static int is(const struct line *line, const char *text)
{
	return line->len == strlen(text) && memcmp(line->at, text, line->len) == 0;
}

static int starts(const struct line *line, const char *text)
{
	return line->len >= strlen(text) && memcmp(line->at, text, strlen(text)) == 0;
}

static int ends(const struct line *line, const char *text)
{
	size_t len = strlen(text);
	return line->len >= len && memcmp(line->at + line->len - len, text, len) == 0;
}

/* The number after the last place where text stands in a line, with behind after it ("": the line ends); a program that
 * did not end its own line shares it with the kernel.  1 and *number. */
static int number_after(const struct line *line, const char *text, const char *behind, int *number)
{
	size_t len = strlen(text);
	for (size_t at = line->len; at-- > 0;) {
		if (line->len - at < len || memcmp(line->at + at, text, len) != 0)
			continue;
		char rest[128], *stop;
		struct line tail = { line->at + at + len, line->len - at - len };
		keep(rest, sizeof(rest), &tail);
		long value = strtol(rest, &stop, 10);
		if (stop == rest || (*behind ? strncmp(stop, behind, strlen(behind)) != 0 : *stop != '\0'))
			return 0;
		*number = (int)(value & 0xff); /* as wait(2) hands on an exit status */
		return 1;
	}
	return 0;
}

static void told(struct console *console, enum console_end end, int status, const struct line *line)
{
	console->end = end;
	console->status = status;
	if (line)
		keep(console->why, sizeof(console->why), line);
}

/* What comes before a backtrace says why; of several the first. */
static void note_reason(struct console *console, const struct line *line)
{
	static const char *const reasons[] = {
		"page fault outside application, addr: ", /* core/mmu.cc vm_sigsegv; registers and "Aborted" follow */
		"Assertion failed: ",                     /* runtime.cc __assert_fail */
		"Out of memory: ",                        /* core/mempool.cc oom */
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!*console->why && starts(line, reasons[i]))
			keep(console->why, sizeof(console->why), line);
}

/* Each with the place in OSv's tree that prints it. */
static void judge_line(struct console *console, const struct line *line)
{
	static const struct line returned = { "main returned 0", 15 };
	const struct line last = { console->last, strlen(console->last) };
	int number;
	if (is(line, "Powering off.")) /* core/shutdown.cc shutdown */
		console->off = 1;
	if (console->end != CONSOLE_RUNNING)
		return;
	note_reason(console, line);
	if (number_after(line, "program exited with status ", "", &number)) /* runtime.cc exit */
		told(console, CONSOLE_EXITED, number, line);
	else if (memmem(line->at, line->len, "program /", 9) &&
	    number_after(line, " returned ", "", &number)) /* core/app.cc run_main */
		told(console, CONSOLE_RETURNED, number, line);
	else if (number_after(line, "Uncaught signal ", " (\"", &number)) /* libc/signal.cc kill */
		told(console, CONSOLE_SIGNALED, number, line);
	else if (is(line, "[backtrace]") || is(line, "Halting.")) /* runtime.cc abort, print_backtrace */
		told(console, CONSOLE_ABORTED, 0, *console->why ? NULL : &last);
	else if (ends(line, ". Powering off.")) /* loader.cc do_main_thread, launch_error */
		told(console, CONSOLE_REFUSED, 0, line);
	else if (console->off)
		told(console, CONSOLE_RETURNED, 0, &returned);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

/* The program's last record, which counts the others. */
static int is_end_record(const struct line *line)
{
	const char *payload = line->at;
	for (int blanks = 0; blanks < 3; blanks++) {
		payload = memchr(payload, ' ', line->len - (size_t)(payload - line->at));
		if (!payload)
			return 0;
		payload++;
	}
	size_t left = line->len - (size_t)(payload - line->at);
	return left >= 4 && memcmp(payload, "end\t", 4) == 0;
}

static int is_blank(const struct line *line)
{
	size_t i = 0;
	while (i < line->len && (line->at[i] == ' ' || line->at[i] == '\t'))
		i++;
	return i == line->len;
}

/* A line of the program's, mended and final. */
static void take_line(struct console *console, const struct line *line)
{
	buf_add_bytes(&console->output, line->at, line->len);
	buf_add(&console->output, "\n");
	if (record_whole(line->at, line->len)) {
		console->recorded |= is_end_record(line);
		return;
	}
	judge_line(console, line);
	if (!is_blank(line))
		keep(console->last, sizeof(console->last), line);
}

static void take_mended(struct console *console, const struct buf *mended)
{
	const char *at = mended->data, *end = at + mended->len;
	while (at <= end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const struct line line = { at, (size_t)((newline ? newline : end) - at) };
		take_line(console, &line);
		at += line.len + 1;
	}
}

void console_read(const char *text, size_t len, int over, struct console *console)
{
	struct buf clean = BUF_INIT, mended = BUF_INIT;
	struct lines lines;
	*console = (struct console){ .output = BUF_INIT };
	lines_split(text, len, over, &clean, &lines);
	for (size_t i = 0; i < lines.count;) {
		const struct line *line = &lines.line[i];
		if (!console->started) {
			console->started = starts(line, "Cmdline: "); /* loader.cc prepare_commands */
			if (!console->started && !is_blank(line))
				keep(console->last, sizeof(console->last), line);
			else
				*console->last = '\0';
			i++;
			continue;
		}
		buf_clear(&mended);
		size_t took = record_whole(line->at, line->len) ? 0 : mend(&lines, i, &mended);
		if (took)
			take_mended(console, &mended);
		else
			take_line(console, line);
		i += took ? took : 1;
	}
	free(lines.line);
	buf_free(&clean);
	buf_free(&mended);
}

void console_free(struct console *console) { buf_free(&console->output); }
