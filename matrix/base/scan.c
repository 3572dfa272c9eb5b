#include "matrix/base/scan.h"

#include <stdint.h>
#include <string.h>

enum { DEEPEST = 32, INTEGER_DIGITS = 18, EXPONENT_DIGITS = 2, BLOCK = 16 };

typedef signed char block __attribute__((vector_size(BLOCK)));

int scan_is(struct scan *scan, char c)
{
	if (scan->bad || scan->at == scan->end || *scan->at != c)
		return 0;
	scan->at++;
	return 1;
}

void scan_must(struct scan *scan, char c)
{
	if (!scan_is(scan, c))
		scan->bad = 1;
}

/* Where text is not plain any more: a quote, a backslash, a control character, no ASCII; or the end. */
static const char *plain_end(const char *at, const char *end)
{
	for (; end - at >= BLOCK; at += BLOCK) {
		block bytes, special;
		uint64_t words[2];
		memcpy(&bytes, at, BLOCK);
		/* Signed: what is no ASCII is less than 0. */
		special = (block)(bytes == '"') | (block)(bytes == '\\') | (block)(bytes < 0x20);
		memcpy(words, &special, BLOCK);
		if (words[0] | words[1])
			break;
	}
	while (at < end && *at != '"' && *at != '\\' && (signed char)*at >= 0x20)
		at++;
	return at;
}

int scan_string(struct scan *scan, struct scan_text *text)
{
	scan_must(scan, '"');
	if (scan->bad)
		return 0;
	const char *at = scan->at;
	*text = (struct scan_text){ .at = at };
	while ((at = plain_end(at, scan->end)) + 1 < scan->end && *at == '\\' && strchr("\"\\/bfnrt", at[1])) {
		text->escaped = 1;
		at += 2;
	}
	text->len = (size_t)(at - text->at);
	scan->at = at;
	scan_must(scan, '"');
	return !scan->bad;
}

int scan_string_or_null(struct scan *scan, struct scan_text *text)
{
	if (!scan->bad && scan->end - scan->at >= 4 && memcmp(scan->at, "null", 4) == 0) {
		scan->at += 4;
		return 0;
	}
	return scan_string(scan, text);
}

static size_t digits(struct scan *scan)
{
	const char *from = scan->at;
	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - from);
}

static void number(struct scan *scan)
{
	scan_is(scan, '-');
	const char *first = scan->at;
	size_t count = digits(scan);
	scan->bad |= count == 0 || count > INTEGER_DIGITS || (count > 1 && *first == '0');
	if (scan_is(scan, '.'))
		scan->bad |= digits(scan) == 0;
	if (scan_is(scan, 'e') || scan_is(scan, 'E')) {
		if (!scan_is(scan, '-'))
			scan_is(scan, '+');
		count = digits(scan);
		scan->bad |= count == 0 || count > EXPONENT_DIGITS;
	}
}

static void word(struct scan *scan, const char *text)
{
	size_t len = strlen(text);
	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, text, len) != 0)
		scan->bad = 1;
	else
		scan->at += len;
}

static void value(struct scan *scan, int depth)
{
	struct scan_text text;
	size_t count = 0;
	if (scan->bad || scan->at == scan->end || depth > DEEPEST) {
		scan->bad = 1;
		return;
	}
	switch (*scan->at) {
	case '"':
		scan_string(scan, &text);
		break;
	case '{':
		scan->at++;
		while (scan_member(scan, &count, &text))
			value(scan, depth + 1);
		break;
	case '[':
		scan->at++;
		while (scan_element(scan, &count))
			value(scan, depth + 1);
		break;
	case 'n':
		word(scan, "null");
		break;
	case 't':
		word(scan, "true");
		break;
	case 'f':
		word(scan, "false");
		break;
	default:
		number(scan);
	}
}

int scan_value(struct scan *scan, struct scan_text *text)
{
	const char *from = scan->at;
	value(scan, 0);
	if (text)
		*text = (struct scan_text){ .at = from, .len = (size_t)(scan->at - from) };
	return !scan->bad;
}

/* The first of several, or another behind a comma; not the closing bracket. */
static int another(struct scan *scan, size_t *count, char close)
{
	if (scan_is(scan, close))
		return 0;
	if ((*count)++)
		scan_must(scan, ',');
	return !scan->bad;
}

int scan_member(struct scan *scan, size_t *count, struct scan_text *name)
{
	if (!another(scan, count, '}') || !scan_string(scan, name))
		return 0;
	scan_must(scan, ':');
	return !scan->bad;
}

int scan_element(struct scan *scan, size_t *count) { return another(scan, count, ']'); }

int scan_text_is(const struct scan_text *text, const char *word_)
{
	size_t len = strlen(word_);
	return text->len == len && memcmp(text->at, word_, len) == 0;
}

size_t scan_plain(const struct scan_text *text, char *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	size_t len = 0;
	for (size_t i = 0; i < text->len; i++) {
		char c = text->at[i];
		if (c == '\\') {
			const char *special = strchr(from, c = text->at[++i]);
			c = special ? to[special - from] : c;
		}
		out[len++] = c;
	}
	return len;
}
