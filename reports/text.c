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

/* Bytes of the UTF-8 sequence at s (Unicode 15, table 3-7), or 0 when there is none.  The NUL at
 * the end is no continuation byte, so that a cut sequence is not read beyond it. */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low, high, length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t length = forms[i].length;
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (length > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < length; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return length;
	}
	return 0;
}

/* Control characters: C0 without NUL, DEL, C1; and the noncharacters U+FFFE and U+FFFF, which are
 * not a Char of XML 1.0 either (section 2.2). */
static int is_control(const unsigned char *s, size_t length)
{
	if (length == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (length == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	return length == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe;
}

static void show_bytes(struct buf *out, const unsigned char *s, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (s[i] == '\n')
			buf_add(out, "\\n");
		else if (s[i] == '\r')
			buf_add(out, "\\r");
		else if (s[i] == '\t')
			buf_add(out, "\\t");
		else
			buf_printf(out, "\\x%02x", s[i]);
	}
}

void text_add(struct buf *out, const char *text, unsigned flags)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	while (*s) {
		/* Printable ASCII, which most text is, in one piece. */
		size_t plain = 0;
		while (s[plain] >= 0x20 && s[plain] < 0x7f)
			plain++;
		buf_add_bytes(out, s, plain);
		s += plain;
		if (*s == '\0')
			break;
		size_t length = utf8_length(s);
		int keep = length > 0;
		if (keep && is_control(s, length))
			keep = (flags & TEXT_CONTROLS) || ((flags & TEXT_LINES) && (*s == '\n' || *s == '\t'));
		if (length > 1 && (flags & TEXT_ASCII))
			keep = 0;
		if (length == 0)
			length = 1;
		if (keep)
			buf_add_bytes(out, s, length);
		else
			show_bytes(out, s, length);
		s += length;
	}
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

void text_wrap(struct buf *out, const char *text, size_t indent, size_t width)
{
	struct buf clean = BUF_INIT;
	size_t column = indent;

	text_add(&clean, text, TEXT_ASCII | TEXT_LINES);
	for (const char *s = clean.data; *s;) {
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
	buf_free(&clean);
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
