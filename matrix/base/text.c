#include "matrix/base/text.h"

#include "matrix/base/buf.h"

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
