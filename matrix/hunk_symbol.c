#include "matrix/hunk_symbol.h"

#include <ctype.h>
#include <string.h>

static int is_word(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

/* The symbol that begins at or before at, "runtime/internal/atomic.Load" or "Load", up to end. */
static int take(const char *at, const char *end, int packaged, char *name, size_t size)
{
	for (const char *slash = at; slash < end; slash++)
		at = *slash == '/' ? slash + 1 : at;
	while (packaged && at < end && *at != '.')
		at++;
	at += packaged && at < end;
	size_t len = 0;
	while (at + len < end && is_word(at[len]))
		len++;
	if (!len || len >= size)
		return 0;
	memcpy(name, at, len);
	name[len] = '\0';
	return 1;
}

const char *missing_symbol(const char *said, char *name, size_t size, int *linked)
{
	static const char target[] = "relocation target ", behind[] = " not defined",
			  undefined[] = "undefined: ", method[] = " undefined (";
	for (const char *line = said; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		const char *end = line + len, *link = memmem(line, len, target, strlen(target)),
			   *go = memmem(line, len, undefined, strlen(undefined)),
			   *dot = memmem(line, len, method, strlen(method)), *stop = NULL;
		line = end;
		if (link) {
			link += strlen(target);
			stop = link + strcspn(link, " \n");
			stop = strncmp(stop, behind, strlen(behind)) == 0 ? stop : NULL;
		}
		if (stop && take(link, stop, 1, name, size)) {
			*linked = 1;
			return end;
		}
		for (go = go ? go + strlen(undefined) : NULL, stop = dot; stop && is_word(stop[-1]);)
			stop--;
		if (go ? take(go, end, memchr(go, '.', (size_t)(end - go)) != NULL, name, size) :
			 stop && take(stop, dot, 0, name, size)) {
			*linked = 0;
			return end;
		}
	}
	return NULL;
}

/* Does the line have the word?  The middle dot before a name of assembly is no part of it. */
static int names(const char *line, size_t len, const char *word)
{
	static const char dot[] = "\u00b7";
	size_t size = strlen(word);
	for (size_t i = 0; i + size <= len; i++) {
		int dotted = i >= 2 && memcmp(line + i - 2, dot, 2) == 0;
		if (memcmp(line + i, word, size) == 0 && (i == 0 || dotted || !is_word(line[i - 1])) &&
		    (i + size == len || !is_word(line[i + size])))
			return 1;
	}
	return 0;
}

/* Does one of the lines have the word, or define it? */
static int lines_have(const char *text, size_t lines, const char *word, int defined)
{
	static const char *const begins[] = { "TEXT", "GLOBL", "func ", "CALLFN(" };
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

size_t hunks_lose(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, const char *symbol,
    enum symbol_loss loss, unsigned char *culprit)
{
	size_t line = 0, found = 0;
	for (size_t i = 0; i < count; i++) {
		for (; line < hunks[i].after && *old; line++) {
			old += strcspn(old, "\n");
			old += *old == '\n';
		}
		int adds = lines_have(hunks[i].adds, (size_t)-1, symbol, loss == LOSS_UNDEFINED);
		int loses = loss == LOSS_UNDEFINED ? !adds && lines_have(old, hunks[i].deletes, symbol, 1) : adds;
		if (in[i] && loses) {
			culprit[i] = 1;
			found++;
		}
	}
	return found;
}
