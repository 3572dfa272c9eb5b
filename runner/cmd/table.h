/* table.h - all commands and their options as one table: what --help, the manual page and the completion of a shell are
 * made from. */
#ifndef TLSMATRIX_RUNNER_CMD_TABLE_H
#define TLSMATRIX_RUNNER_CMD_TABLE_H

#include "runner/cmd/cmd.h"

struct command_table {
	const struct command *const *command;
	size_t count;
	const struct option_row *common; /* what every command takes */
	size_t common_count;
};

enum { OPTIONS_MAX = 24 };

/* The options of a command, its own first; a common one that has the name of its own is left out.  At most OPTIONS_MAX
 * are written to rows; how many. */
size_t table_options(
    const struct command_table *table, const struct command *command, struct option_row rows[OPTIONS_MAX]);

/* Writes the manual page tlsmatrix(1) to stdout: man(7), which groff and mandoc read. */
void table_manual(const struct command_table *table);

/* Writes the completion for "bash", "zsh" or "fish" to stdout; -EINVAL for another shell. */
int table_completion(const struct command_table *table, const char *shell);

#endif
