#include "reports/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pen_flush(struct pen *pen)
{
	if (pen->error == 0 && pen->text.len > 0) {
		errno = 0;
		if (fwrite(pen->text.data, 1, pen->text.len, pen->out) != pen->text.len)
			pen->error = errno ? -errno : -EIO;
	}
	buf_clear(&pen->text);
}

int pen_end(struct pen *pen)
{
	pen_flush(pen);
	errno = 0;
	if (fflush(pen->out) != 0 && pen->error == 0)
		pen->error = errno ? -errno : -EIO;
	buf_free(&pen->text);
	return pen->error;
}

char *text_clip(const char *text, size_t max)
{
	size_t length = text ? strlen(text) : 0;

	if (length <= max)
		return xstrdup(text ? text : "");
	size_t cut = max;
	while (cut > 0 && max - cut < 3 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return xprintf("%.*s ... (%zu bytes more)", (int)cut, text, length - cut);
}

json_t *text_json(const char *text)
{
	struct buf clean = BUF_INIT;
	if (!text)
		return json_null();
	text_add(&clean, text, TEXT_CONTROLS);
	json_t *json = json_string(clean.data);
	buf_free(&clean);
	return json;
}

void text_xml(struct buf *out, const char *text)
{
	struct buf clean = BUF_INIT;

	text_add(&clean, text, TEXT_LINES);
	for (const char *s = clean.data;; s++) {
		size_t plain = strcspn(s, "&<>\"\n\t");
		buf_add_bytes(out, s, plain);
		s += plain;
		switch (*s) {
		case '&':
			buf_add(out, "&amp;");
			break;
		case '<':
			buf_add(out, "&lt;");
			break;
		case '>':
			buf_add(out, "&gt;");
			break;
		case '"':
			buf_add(out, "&quot;");
			break;
		case '\n':
			buf_add(out, "&#10;");
			break;
		case '\t':
			buf_add(out, "&#9;");
			break;
		}
		if (*s == '\0')
			break;
	}
	buf_free(&clean);
}

/* GFM: an underscore between letters is no markup (6.2), and a pipe needs its backslash in code too. */
void text_markdown(struct buf *out, const char *text)
{
	struct buf clean = BUF_INIT;

	text_add(&clean, text, 0);
	for (const char *s = clean.data; *s; s++) {
		int inner = s > clean.data && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)s[1]);
		if (*s == '&' || *s == '<' || *s == '>')
			buf_add(out, *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : "&gt;");
		else if (strchr("|`*[]~$\\", *s) || (*s == '_' && !inner))
			buf_printf(out, "\\%c", *s);
		else
			buf_add_bytes(out, s, 1);
	}
	buf_free(&clean);
}

/* Puts a backslash before each character of special. */
static void add_escaped(struct buf *out, const char *text, const char *special)
{
	for (;;) {
		size_t plain = strcspn(text, special);
		buf_add_bytes(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		buf_printf(out, "\\%c", *text++);
	}
}

void text_tap(struct buf *out, const char *text)
{
	struct buf clean = BUF_INIT;

	text_add(&clean, text, 0);
	add_escaped(out, clean.data, "#\\");
	buf_free(&clean);
}

void text_yaml(struct buf *out, const char *text)
{
	struct buf clean = BUF_INIT;

	text_add(&clean, text, 0);
	buf_add(out, "\"");
	add_escaped(out, clean.data, "\"\\");
	buf_add(out, "\"");
	buf_free(&clean);
}

void text_github(struct buf *out, const char *text, int property)
{
	struct buf clean = BUF_INIT;

	text_add(&clean, text, TEXT_LINES);
	for (const char *s = clean.data; *s; s++) {
		if (*s == '%' || *s == '\n' || (property && (*s == ':' || *s == ',')))
			buf_printf(out, "%%%02X", (unsigned char)*s);
		else
			buf_add_bytes(out, s, 1);
	}
	buf_free(&clean);
}

void text_fragment(struct buf *out, const char *id)
{
	for (const char *s = id; *s; s++) {
		int plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
		if (plain || strchr("-._~/:@", *s))
			buf_add_bytes(out, s, 1);
		else
			buf_printf(out, "%%%02X", (unsigned char)*s);
	}
}

/* The first line begins at column. */
static void wrap(struct buf *out, const char *text, size_t column, size_t indent, size_t width)
{
	for (const char *s = text; *s;) {
		size_t spaces = strspn(s, " \t"), word = strcspn(s + spaces, " \t\n");
		if (column > indent && column + spaces + word > width) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
			s += spaces;
			spaces = 0;
		}
		buf_printf(out, "%*s", (int)spaces, "");
		buf_add_bytes(out, s + spaces, word);
		column += spaces + word;
		s += spaces + word;
		if (*s == '\n') {
			s += strspn(s, "\n");
			if (*s)
				buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
	}
	buf_add(out, "\n");
}

void text_wrap(struct buf *out, const char *text, size_t indent, size_t width)
{
	struct buf clean = BUF_INIT;
	text_add(&clean, text, TEXT_ASCII | TEXT_LINES);
	wrap(out, clean.data, indent, indent, width);
	buf_free(&clean);
}

void text_fold(struct buf *out, const char *lines, size_t indent, size_t width)
{
	for (const char *s = lines, *end; *s; s = end + (*end == '\n')) {
		end = s + strcspn(s, "\n");
		char *line = xprintf("%.*s", (int)(end - s), s);
		wrap(out, line, 0, indent, width);
		free(line);
	}
}

void text_seconds(struct buf *out, double seconds)
{
	unsigned long whole;

	if (!(seconds >= 0) || seconds > 1e9)
		seconds = 0;
	whole = (unsigned long)(seconds + 0.5);
	if (seconds < 9.95)
		buf_printf(out, "%.1f s", seconds);
	else if (whole < 60)
		buf_printf(out, "%lu s", whole);
	else if (whole < 3600)
		buf_printf(out, "%lu min %lu s", whole / 60, whole % 60);
	else
		buf_printf(out, "%lu h %lu min", whole / 3600, whole / 60 % 60);
}

void text_number(struct buf *out, size_t number, const char *noun)
{
	buf_printf(out, "%zu %s%s", number, noun, number == 1 ? "" : "s");
}

int text_compare(const char *a, const char *b) { return strcmp(a ? a : "", b ? b : ""); }

enum { DIGITS = 5, HEX_DIGITS = 8, ANY_NUMBER = 1 };

/* The next character of what was said, or ANY_NUMBER for a whole word that is another in each process. */
static int next_said(const char **at, const char *start)
{
	const char *word = *at;
	if (word == start || !isalnum((unsigned char)word[-1])) {
		size_t prefix = word[0] == '0' && word[1] == 'x' ? 2 : 0, len = prefix;
		while (isalnum((unsigned char)word[len]))
			len++;
		size_t decimal = strspn(word, "0123456789"),
		       hex = strspn(word + prefix, "0123456789abcdefABCDEF") + prefix;
		if ((decimal == len && len >= DIGITS) ||
		    (hex == len && strcspn(word, "0123456789") < len && len >= (prefix ? DIGITS : HEX_DIGITS))) {
			*at += len;
			return ANY_NUMBER;
		}
	}
	return *word ? (unsigned char)*(*at)++ : 0;
}

int text_compare_said(const char *a, const char *b)
{
	const char *first = a ? a : "", *second = b ? b : "", *x = first, *y = second;
	for (;;) {
		int c = next_said(&x, first), d = next_said(&y, second);
		if (c != d || !c)
			return c - d;
	}
}
