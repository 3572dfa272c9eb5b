/* telling.c - which line of what tools printed says why they failed. */
#include "runner/process/script.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a line is good for, from nothing to most. */
enum rank {
	RANK_NONE,    /* nothing, or a heading: go's "# package", a log's "$ command" */
	RANK_COMMAND, /* a command line, as cmd/link repeats it since 1.20 (ld/lib.go hostlink: cmd.String) */
	RANK_ABOUT,   /* that another tool failed, which has said itself why; or where the next line is about */
	RANK_PLAIN,
	RANK_WARNING,
	RANK_ERROR
};

/* Words of cmd/link, gcc (collect2), clang, GNU ld, gold, lld, mold and the shell; the first row that fits decides. */
static const struct {
	const char *word, *then; /* both, in this order */
	enum rank rank;
} words[] = {
	{ "running ", " failed: exit status", RANK_ABOUT },
	{ "ld returned ", " exit status", RANK_ABOUT },
	{ "linker command failed", "", RANK_ABOUT },
	{ ": bad value", "", RANK_ABOUT }, /* GNU ld, of what it has told above */
	{ "compilation terminated", "", RANK_ABOUT },
	{ "in file included from", "", RANK_ABOUT },
	{ "in function", "", RANK_ABOUT },
	{ "note:", "", RANK_ABOUT },
	{ "usage:", "", RANK_ABOUT },
	{ "go help ", "for details", RANK_ABOUT },
	{ " +0x", "", RANK_ABOUT }, /* where a goroutine was */
	{ "warning", "", RANK_WARNING },
	{ "error", "", RANK_ERROR },
	{ "fatal", "", RANK_ERROR },
	{ "undefined", "", RANK_ERROR },
	{ "not defined", "", RANK_ERROR },
	{ "multiple definition", "", RANK_ERROR },
	{ "assert", "", RANK_ERROR },
	{ "panic", "", RANK_ERROR },
	{ "sigquit: ", "", RANK_ERROR },
	{ "sigsegv: ", "", RANK_ERROR },
	{ "sigabrt: ", "", RANK_ERROR },
	{ "signal", "", RANK_ERROR },
	{ "cannot", "", RANK_ERROR },
	{ "can not", "", RANK_ERROR },
	{ "can't", "", RANK_ERROR },
	{ "unresolvable", "", RANK_ERROR },
	{ "not found", "", RANK_ERROR },
	{ "no such", "", RANK_ERROR },
	{ "unknown", "", RANK_ERROR },
	{ "unsupported", "", RANK_ERROR },
	{ "not support", "", RANK_ERROR },
	{ "failed", "", RANK_ERROR },
};

/* Where, in lower case letters, text begins in line, or NULL. */
static const char *find(const char *line, const char *text) { return strcasestr(line, text); }

/* The place in a source that a line names, "proc.go:85", or NULL. */
static const char *place_of(const char *line)
{
	static const char *const ends[] = { ".go:", ".s:", ".c:", ".bash:" };
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *at = strstr(line, ends[i]);
		if (at && at[strlen(ends[i])] >= '0' && at[strlen(ends[i])] <= '9')
			return at;
	}
	return NULL;
}

/* A program and its options: no tool that speaks of itself ("ld: ...") has -o in its words. */
static int is_command(const char *line)
{
	size_t first = strcspn(line, " ");
	return first && line[first] && line[first - 1] != ':' && strstr(line + first, " -o ");
}

static enum rank rank_of(const char *line)
{
	if (!line[strspn(line, " \t\r")] || strncmp(line, "$ ", 2) == 0 || strncmp(line, "# ", 2) == 0)
		return RANK_NONE;
	if (is_command(line))
		return RANK_COMMAND;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *at = find(line, words[i].word);
		if (at && find(at + strlen(words[i].word), words[i].then))
			return words[i].rank;
	}
	return place_of(line) ? RANK_ERROR : RANK_PLAIN;
}

/* Without what is around it: white space, and what is before go/src in front of a place. */
static char *trimmed(char *line)
{
	const char *from = line + strspn(line, " \t\r"), *place = place_of(line), *src = strstr(line, "/go/src/");
	if (place && src && src < place)
		from = src + strlen("/go/");
	size_t len = strlen(from);
	while (len && strchr(" \t\r", from[len - 1]))
		len--;
	return xprintf("%.*s", (int)len, from);
}

char *script_telling(const char *log)
{
	char *best = xstrdup("");
	enum rank rank = RANK_NONE;
	for (const char *at = log; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		char *line = xprintf("%.*s", (int)strcspn(at, "\n"), at);
		enum rank own = rank_of(line);
		/* Of lines that say nothing by their words the last is where it ended. */
		if (own > rank || (own == RANK_PLAIN && own == rank)) {
			free(best);
			best = line;
			rank = own;
		} else {
			free(line);
		}
	}
	char *told = trimmed(best);
	free(best);
	return told;
}
