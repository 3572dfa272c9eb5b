/* options.h - options of a command as a table, from which parsing and --help are made. */
#ifndef TLSMATRIX_RUNNER_CMD_OPTIONS_H
#define TLSMATRIX_RUNNER_CMD_OPTIONS_H

#include <stddef.h>

struct diag;

/* EACH may be given more than once. */
enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_FACTOR, OPTION_EACH };

struct option_row {
	const char *name; /* "--force" or "-j" */
	enum option_kind kind;
	const char *value; /* what stands for the value in --help: "N", "DIR"; NULL for a flag */
	const char *help;
	/* int *, const char **, int *, double *, or an option_words * that grows; left alone when it is not given. */
	void *to;
};

struct option_words {
	const char **word;
	size_t count;
};

/* Splits argv (without the command's name) into options and words.  "--name=value" and "--name
 * value" are the same; "--" ends options.  0; 1 when --help was asked for; -EINVAL with a line in
 * diag.  words->word points into argv and is freed by the caller. */
int options_parse(const char *command, const struct option_row *rows, size_t count, int argc, char **argv,
    struct option_words *words, struct diag *diag);

/* Writes the rows as --help shows them to stdout. */
void options_help(const struct option_row *rows, size_t count);

#endif
