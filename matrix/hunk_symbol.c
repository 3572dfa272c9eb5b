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
	{ "undefined: ", "", MISSING_TO_COMPILER, 1 },
	{ "package ", " is not in GOROOT", MISSING_PACKAGE, 0 },
	{ "package ", " is not in std", MISSING_PACKAGE, 0 },
	{ "cannot find package \"", "\" in any of:", MISSING_PACKAGE, 0 },
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

const char *missing_symbol(const char *said, char *name, size_t size, enum missing_to *to)
{
	static const char method[] = " undefined (";
	for (const char *line = said; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		const char *end = line + len, *dot = memmem(line, len, method, strlen(method)), *word = dot;
		if (take_phrase(line, len, name, size, to))
			return end;
		while (word && word > line && is_word(word[-1]))
			word--;
		if (word && take(word, dot, MISSING_TO_COMPILER, 0, name, size)) {
			*to = MISSING_TO_COMPILER;
			return end;
		}
		line = end;
	}
	return NULL;
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

/* Does one of the lines have the word, or define it? */
static int lines_have(const char *text, size_t lines, const char *word, int defined)
{
	static const char *const begins[] = { "TEXT", "GLOBL", "func ", "CALLFN(", "#define" };
	for (; lines && *text; lines--) {
		size_t len = strcspn(text, "\n");
		int begun = !defined;
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
