/* manual.c - tlsmatrix(1), from the tables of the commands. */
#include "runner/cmd/table.h"

#include "matrix/base/buf.h"
#include "matrix/filter.h"
#include "runner/setup/version.h"

#include <stdio.h>
#include <string.h>

/* Text as man(7) wants it: "-" and "\" as such, no request at the start of a line. */
static void say(const char *text)
{
	int start = 1;
	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		start = *text == '\n';
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

/* A help text: its lines are laid out, in tables too. */
static void say_laid_out(const char *text)
{
	printf(".nf\n");
	say(text);
	printf("\n.fi\n");
}

static void say_options(const struct option_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		printf(".TP\n.B ");
		say(rows[i].name);
		if (rows[i].value) {
			printf(" \\fI");
			say(rows[i].value);
			printf("\\fR");
		}
		printf("\n");
		say(rows[i].help);
		printf("\n");
	}
}

static void say_command(const struct command *command)
{
	printf(".SS ");
	say(command->synopsis);
	printf("\n");
	say(command->summary);
	printf(".\n");
	if (command->help) {
		printf(".PP\n");
		say_laid_out(command->help);
	}
	/* The common ones have a section of their own. */
	say_options(command->options, command->option_count);
}

static const struct {
	const char *head, *text;
} closing[] = {
	{ "EXIT STATUS",
	    "0 nothing unexpected; 1 unexpected failures, or worse than the baseline; 2 usage or bad input;\n"
	    "3 could not judge; 4 nothing selected; 5 incomplete; 6 report not written; 130 interrupted." },
	{ "ENVIRONMENT",
	    "TLSMATRIX_GO: the go command to test, when --go does not name one. XDG_CACHE_HOME: where the\n"
	    "cache lies; builds and programs see no other variable of the caller." },
	{ "FILES",
	    "out/plan.json, out/journal, out/logs/: the last run. ~/.cache/tlsmatrix: builds, results, releases,\n"
	    "targets and the history of runs; `tlsmatrix cache` tells how much of each." },
};

void table_manual(const struct command_table *table)
{
	printf(".TH TLSMATRIX 1 \"\" \"tlsmatrix %s\" \"User Commands\"\n.nh\n.ad l\n", TLSMATRIX_VERSION);
	printf(".SH NAME\ntlsmatrix \\- does Go run on this loader, and if not, why?\n"
	       ".SH SYNOPSIS\n.B tlsmatrix\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIFILTER\\fR]\n"
	       ".SH DESCRIPTION\nBuilds every combination of a Go release, GOOS, GOARCH, buildmode, CGO_ENABLED and\n"
	       "linker, runs each on a target loader and checks TLS slots, threads and library initialization.\n"
	       ".SH COMMANDS\n");
	for (size_t i = 0; i < table->count; i++)
		say_command(table->command[i]);
	printf(".SH OPTIONS\nEvery command takes these too.\n");
	say_options(table->common, table->common_count);
	struct buf filters = BUF_INIT;
	filter_help(&filters);
	printf(".SH FILTER\n");
	say_laid_out(filters.data);
	buf_free(&filters);
	for (size_t i = 0; i < sizeof(closing) / sizeof(*closing); i++) {
		printf(".SH %s\n", closing[i].head);
		say(closing[i].text);
		printf("\n");
	}
}
