/* cmd.h - the commands.  Each is one file cmd_NAME.c with its options and its help. */
#ifndef TLSMATRIX_RUNNER_CMD_CMD_H
#define TLSMATRIX_RUNNER_CMD_CMD_H

#include "matrix/base/diag.h"
#include "runner/cmd/options.h"
#include "runner/setup/setup.h"

#include <jansson.h>

enum exit_code {
	EXIT_OK = 0,         /* nothing unexpected */
	EXIT_UNEXPECTED = 1, /* regressions or unexpected failures */
	EXIT_USAGE = 2,      /* usage or bad input */
	EXIT_INFRA = 3,      /* could not judge */
	EXIT_NOTHING = 4,    /* nothing selected */
	EXIT_INCOMPLETE = 5, /* some planned cells have no result */
	EXIT_REPORT = 6,     /* a report could not be written, or not all of standard output */
	EXIT_INTERRUPTED = 130
};

/* Makes or reads things in the cache; and removes first what killed runs left there (runner/cache/use.h). */
enum cache_use { CACHE_UNUSED, CACHE_USED, CACHE_SWEPT };

struct command {
	const char *name;
	const char *synopsis; /* "run [FILTER]" */
	const char *summary;  /* one line */
	const char *help;     /* a few lines more, or NULL */
	const struct option_row *options;
	size_t option_count;
	int needs_release;
	int anywhere;        /* needs no source tree, nor a cache: setup->places is empty */
	enum cache_use uses; /* of the cache */
	int (*run)(struct setup *setup, const struct option_words *words);
	void (*unready)(const struct setup *setup); /* run is not called, since there is no release */
};

extern const struct command cmd_list, cmd_run, cmd_show, cmd_inspect, cmd_report, cmd_doctor, cmd_explain,
    cmd_selfcheck, cmd_target, cmd_toolchain, cmd_cache, cmd_bisect, cmd_blame, cmd_accept, cmd_gate, cmd_compare,
    cmd_history, cmd_contract, cmd_repro;

/* Prints what a target's check found out ({NAME:VALUE}), a line for each (target.c). */
void cmd_print_facts(const json_t *facts);

/* Prints "tlsmatrix: LINE" to stderr and returns code. */
int cmd_fail(const struct diag *diag, int code);

/* Standard output did not take all: a line with the error says so, unless it is a pipe whose reader went away, who
 * knows.  Returns EXIT_REPORT either way. */
int cmd_unwritten(int error);

/* Parses the filter words of a command, joined with " & "; without words, fallback; or prints why not.  0 with a
 * filter (filter_free) and its text (free), or the exit code. */
struct filter;
int cmd_filter_parse(const struct option_words *words, const char *fallback, struct filter **filter, char **text);

/* The same, and adds to the setup the kept releases that it asks for (release_kept.h). */
int cmd_filter(
    struct setup *setup, const struct option_words *words, const char *fallback, struct filter **filter, char **text);

/* Options that every command has. */
struct common {
	const char *out, *cache, *go, *targets, *cc;
	struct option_words ld;
};

#endif
