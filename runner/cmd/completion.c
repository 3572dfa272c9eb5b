/* completion.c - what a shell completes, from the tables of the commands. */
#include "runner/cmd/table.h"

#include "matrix/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The text within single quotes, for bash, zsh and fish; more: characters that get a backslash. */
static void quoted(const char *text, const char *more)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", stdout);
		else if (strchr(more, *text))
			putchar('\\');
		putchar(*text);
	}
}

static void say_commands(const struct command_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		printf("%s%s", i ? " " : "", table->command[i]->name);
}

static void say_checks(void)
{
	for (size_t i = 0; i < checks_count; i++)
		printf("%s%s", i ? " " : "", checks[i].id);
}

/* ---- bash ------------------------------------------------------------------------------------------------ */

static void bash(const struct command_table *table)
{
	struct option_row rows[OPTIONS_MAX];
	printf("# bash completion of tlsmatrix\n_tlsmatrix() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords='");
	say_commands(table);
	printf(" help --help --version'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < table->count; i++) {
		size_t count = table_options(table, table->command[i], rows);
		printf("\t\t%s) words='", table->command[i]->name);
		for (size_t k = 0; k < count; k++)
			printf("%s ", rows[k].name);
		printf("--help' ;;\n");
	}
	printf("\t\tesac\n\t\tcase $word in\n\t\t-*) ;;\n\t\t*)\n\t\t\twords=\n"
	       "\t\t\t[ \"${COMP_WORDS[1]}\" = explain ] && words='");
	say_checks();
	printf("' ;;\n\t\tesac\n\tfi\n"
	       "\t[ -n \"$words\" ] && mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
	       "complete -o default -F _tlsmatrix tlsmatrix\n");
}

/* ---- zsh ------------------------------------------------------------------------------------------------- */

static void zsh(const struct command_table *table)
{
	struct option_row rows[OPTIONS_MAX];
	printf("#compdef tlsmatrix\n_tlsmatrix() {\n\tlocal -a commands\n\tcommands=(\n");
	for (size_t i = 0; i < table->count; i++) {
		printf("\t\t'%s:", table->command[i]->name);
		quoted(table->command[i]->summary, ":");
		printf("'\n");
	}
	printf("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	       "\tlocal name=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $name in\n");
	for (size_t i = 0; i < table->count; i++) {
		size_t count = table_options(table, table->command[i], rows);
		printf("\t%s)\n\t\t_arguments -S '--help[this help]'", table->command[i]->name);
		for (size_t k = 0; k < count; k++) {
			printf(" \\\n\t\t\t'%s%s[", rows[k].kind == OPTION_EACH ? "*" : "", rows[k].name);
			quoted(rows[k].help, "[]");
			printf("]%s%s%s'", rows[k].value ? ":" : "", rows[k].value ? rows[k].value : "",
			    rows[k].value ? ":_files" : "");
		}
		if (strcmp(table->command[i]->name, "explain") == 0) {
			printf(" \\\n\t\t\t'*:check:(");
			say_checks();
			printf(")'");
		} else {
			printf(" \\\n\t\t\t'*:file:_files'");
		}
		printf("\n\t\t;;\n");
	}
	printf("\tesac\n}\n[ \"$funcstack[1]\" = _tlsmatrix ] && _tlsmatrix \"$@\" || compdef _tlsmatrix tlsmatrix\n");
}

/* ---- fish ------------------------------------------------------------------------------------------------ */

static void fish_option(const char *command, const struct option_row *row)
{
	int is_long = strncmp(row->name, "--", 2) == 0;
	printf("complete -c tlsmatrix -n '__fish_seen_subcommand_from %s' %s %s%s -d '", command, is_long ? "-l" : "-s",
	    row->name + (is_long ? 2 : 1), row->value ? " -r" : "");
	quoted(row->help, "");
	printf("'\n");
}

static void fish(const struct command_table *table)
{
	struct option_row rows[OPTIONS_MAX];
	printf("# fish completion of tlsmatrix\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct command *command = table->command[i];
		printf("complete -c tlsmatrix -f -n __fish_use_subcommand -a %s -d '", command->name);
		quoted(command->summary, "");
		printf("'\n");
		size_t count = table_options(table, command, rows);
		for (size_t k = 0; k < count; k++)
			fish_option(command->name, &rows[k]);
	}
	printf("complete -c tlsmatrix -f -n '__fish_seen_subcommand_from explain' -a '");
	say_checks();
	printf("'\n");
}

int table_completion(const struct command_table *table, const char *shell)
{
	static const struct {
		const char *name;
		void (*say)(const struct command_table *table);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].say(table);
			return 0;
		}
	}
	return -EINVAL;
}
