#include "matrix/hunk_symbol.h"

#include "matrix/base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int is_word(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

/* What is between before and after in a line, after's first byte not in it. */
static const struct {
	const char *before, *after;
	enum missing_to to;
	int packaged; /* "runtime.uname" */
} phrases[] = {
	{ "relocation target ", " not defined", MISSING_TO_LINKER, 1 },
	{ " addressing mode for symbol ", "", MISSING_TO_COMPILER, 0 },
	{ "unrecognized instruction \"", "\"", MISSING_TO_COMPILER, 0 },
	{ "undefined: ", "", MISSING_TO_COMPILER, 1 },
	{ "package ", " is not in GOROOT", MISSING_PACKAGE, 0 },
	{ "package ", " is not in std", MISSING_PACKAGE, 0 },
	{ "cannot find package \"", "\" in any of:", MISSING_PACKAGE, 0 },
};

/* What is behind a word in a line. */
static const struct {
	const char *after;
	enum missing_to to;
	int ends; /* nothing comes behind it, and the word is whatever has no space: a symbol with its package */
} behind[] = {
	{ " undefined (", MISSING_TO_COMPILER, 0 },
	{ ": not defined", MISSING_TO_LINKER, 1 },
};

/* The name that is there: a path of a package whole, of a symbol what is behind its package's, "Load" of
 * "runtime/internal/atomic.Load"; up to end. */
static int take(const char *at, const char *end, enum missing_to to, int packaged, char *name, size_t size)
{
	size_t len = 0;
	const char *slash = to == MISSING_PACKAGE ? NULL : memrchr(at, '/', (size_t)(end - at)), *dot;
	at = slash ? slash + 1 : at;
	dot = packaged ? memchr(at, '.', (size_t)(end - at)) : NULL;
	if (packaged && !dot && to == MISSING_TO_LINKER)
		return 0;
	at = dot ? dot + 1 : at;
	while (at + len < end && (to == MISSING_PACKAGE || is_word(at[len])))
		len++;
	if (!len || len >= size)
		return 0;
	memcpy(name, at, len);
	name[len] = '\0';
	return 1;
}

/* The first phrase of a line that names something. */
static int take_phrase(const char *line, size_t len, char *name, size_t size, enum missing_to *to)
{
	const char *end = line + len;
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		const char *before = phrases[i].before, *after = phrases[i].after, *at = line;
		while ((at = memmem(at, (size_t)(end - at), before, strlen(before)))) {
			at += strlen(before);
			size_t word = 0, follows = strlen(after);
			while (at + word < end && !strchr(" \"", at[word]))
				word++;
			if ((size_t)(end - at) - word < follows || memcmp(at + word, after, follows) != 0 ||
			    !take(at, at + word, phrases[i].to, phrases[i].packaged, name, size))
				continue;
			*to = phrases[i].to;
			return 1;
		}
	}
	return 0;
}

static int take_word(const char *line, size_t len, char *name, size_t size, enum missing_to *to)
{
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		size_t follows = strlen(behind[i].after);
		const char *at = memmem(line, len, behind[i].after, follows), *word = at;
		if (!at || (behind[i].ends && at + follows != line + len))
			continue;
		while (word > line && (behind[i].ends ? word[-1] != ' ' : is_word(word[-1])))
			word--;
		if (!take(word, at, behind[i].to, behind[i].ends, name, size))
			continue;
		*to = behind[i].to;
		return 1;
	}
	return 0;
}

const char *missing_symbol(const char *said, char *name, size_t size, enum missing_to *to)
{
	for (const char *line = said; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		if (take_phrase(line, len, name, size, to) || take_word(line, len, name, size, to))
			return line + len;
		line += len;
	}
	return NULL;
}

int missing_label(const char *said, char *name, size_t size)
{
	static const char phrase[] = ": undefined label ";
	if (strncmp(said, phrase, strlen(phrase)) != 0)
		return 0;
	const char *label = said + strlen(phrase);
	return take(label, label + strcspn(label, "\n"), MISSING_TO_COMPILER, 0, name, size);
}

/* Does the line have the word, with "." at its end one that goes on?  The middle dot before a name of assembly is no
 * part of it. */
static int names(const char *line, size_t len, const char *word)
{
	static const char dot[] = "\u00b7";
	size_t size = strlen(word);
	int whole = size && is_word(word[size - 1]);
	for (size_t i = 0; i + size <= len; i++) {
		int dotted = i >= 2 && memcmp(line + i - 2, dot, 2) == 0;
		if (memcmp(line + i, word, size) == 0 && (i == 0 || dotted || !is_word(line[i - 1])) &&
		    (i + size == len || !whole || !is_word(line[i + size])))
			return 1;
	}
	return 0;
}

/* Is it the first word of a line that is set in: a member of a group or struct, a variable of a function? */
static int is_first(const char *line, const char *word)
{
	size_t in = strspn(line, "\t"), len = strlen(word);
	return in && strncmp(line + in, word, len) == 0 && !is_word(line[in + len]);
}

/* Does one of the lines have the word, or define it? */
static int lines_have(const char *text, size_t lines, const char *word, int defined)
{
	static const char *const begins[] = { "TEXT", "GLOBL", "func ", "var ", "const ", "type ", "CALLFN(",
		"#define" };
	for (; lines && *text; lines--) {
		size_t len = strcspn(text, "\n");
		int begun = !defined || is_first(text, word);
		for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
			begun |= strncmp(text, begins[i], strlen(begins[i])) == 0;
		if (begun && names(text, len, word))
			return 1;
		text += len + (text[len] == '\n');
	}
	return 0;
}

/* Marks those that take the line away that defines it (taken), or that add one with the word. */
static size_t mark(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, const char *word,
    int taken, unsigned char *culprit)
{
	size_t line = 0, found = 0;
	for (size_t i = 0; i < count; i++) {
		for (; line < hunks[i].after && *old; line++) {
			old += strcspn(old, "\n");
			old += *old == '\n';
		}
		int adds = lines_have(hunks[i].adds, (size_t)-1, word, taken);
		int loses = taken ? !adds && lines_have(old, hunks[i].deletes, word, 1) : adds;
		if (in[i] && loses && !culprit[i]) {
			culprit[i] = 1;
			found++;
		}
	}
	return found;
}

size_t hunks_lose(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, const char *symbol,
    enum symbol_loss loss, unsigned char *culprit)
{
	if (loss != LOSS_IMPORTED)
		return mark(old, hunks, count, in, symbol, loss == LOSS_UNDEFINED, culprit);
	const char *slash = strrchr(symbol, '/');
	char *path = xprintf("\"%s\"", symbol), *use = xprintf("%s.", slash ? slash + 1 : symbol);
	size_t found = mark(old, hunks, count, in, path, 0, culprit);
	if (found && !lines_have(old, (size_t)-1, use, 0))
		found += mark(old, hunks, count, in, use, 0, culprit);
	free(path);
	free(use);
	return found;
}

/* ---- labels -------------------------------------------------------------------------------------------- */

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static int is_function(const char *line) { return strncmp(line, "TEXT", strlen("TEXT")) == 0; }

/* The one whose lines end before a line, from 1; *first is the number of its own.  NULL when there is none. */
static const char *function_before(const char *text, size_t line, size_t *first)
{
	const char *function = NULL;
	for (size_t n = 1; n < line && *text; n++, text = next_line(text))
		if (is_function(text)) {
			function = text;
			*first = n;
		}
	return function;
}

/* "TEXT runtime·uname(SB)": what is behind may differ. */
static int is_same(const char *function, const char *other)
{
	size_t len = strcspn(function, "(\n");
	return strcspn(other, "(\n") == len && memcmp(function, other, len) == 0;
}

static int is_label(const char *line, const char *label)
{
	size_t len = strlen(label);
	return strncmp(line, label, len) == 0 && line[len] == ':';
}

static int has_label(const char *text, const char *label)
{
	for (; *text; text = next_line(text))
		if (is_label(text, label))
			return 1;
	return 0;
}

/* Marks those that take the label's line away from the function. */
static size_t take_label(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in,
    const char *function, const char *label, unsigned char *culprit)
{
	size_t found = 0;
	int inside = 0;
	for (size_t n = 1; *old; n++, old = next_line(old)) {
		inside = is_function(old) ? is_same(function, old) : inside;
		for (size_t i = 0; inside && is_label(old, label) && i < count; i++) {
			int takes = n > hunks[i].after && n - hunks[i].after <= hunks[i].deletes;
			if (in[i] && takes && !has_label(hunks[i].adds, label))
				found += culprit[i] = 1;
		}
	}
	return found;
}

/* Marks those that add one of the function's lines, up to a line, that has the label. */
static size_t want_label(const struct hunk *hunks, size_t count, const unsigned char *in, const char *function,
    size_t first, size_t line, const char *label, unsigned char *culprit)
{
	size_t found = 0;
	for (size_t n = first; n < line && *function; n++, function = next_line(function)) {
		size_t hunk = names(function, strcspn(function, "\n"), label) ? hunks_at(hunks, count, in, n) : count;
		if (hunk < count)
			found += culprit[hunk] = 1;
	}
	return found;
}

size_t hunks_lose_label(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, size_t line,
    const char *label, unsigned char *culprit)
{
	struct buf mixed = BUF_INIT;
	size_t first = 0, found = 0;
	int error = hunks_apply(old, hunks, count, in, &mixed);
	const char *function = error ? NULL : function_before(mixed.data, line, &first);
	if (function)
		found = take_label(old, hunks, count, in, function, label, culprit);
	if (function && !found)
		found = want_label(hunks, count, in, function, first, line, label, culprit);
	buf_free(&mixed);
	return found;
}
