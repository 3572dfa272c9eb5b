/* script.h - a build as a list of commands that stops at the first that fails. */
#ifndef TLSMATRIX_RUNNER_PROCESS_SCRIPT_H
#define TLSMATRIX_RUNNER_PROCESS_SCRIPT_H

#include "matrix/base/buf.h"
#include "runner/process/env.h"

/* A growing argument list; words are copied. */
struct argv {
	char **word;
	size_t count;
};
struct script {
	struct env env;
	int timeout_ms;
	int dry;      /* commands are only written down: every one succeeds, nothing is touched */
	int failed;   /* a step did not exit 0; further ones are not run */
	int infra;    /* -errno when a step could not be started at all */
	char how[64]; /* of the last step, child_describe's words */
	int exit;     /* of the last step; -1 when it did not exit */
	int timeout;  /* the last step was killed for its time */
	int signaled; /* the signal that killed it, or 0 */
	double seconds, cpu_seconds;
	struct buf log;       /* commands and all output, for people */
	struct buf output;    /* what the commands printed */
	struct buf command;   /* the last command as a shell line */
	struct argv commands; /* all that were run, as shell lines */
	size_t artifact;      /* which of them makes what the script is for, counted from 1; 0: none */
	struct buf spoke;     /* the first of them that printed something; "" */
};

void script_init(struct script *script, int timeout_ms);
void script_free(struct script *script);

/* Runs argv (NULL-terminated) in cwd unless an earlier step failed.  Returns 1 when it exited 0. */
int step(struct script *script, const char *cwd, const char *const argv[]);

/* Of what compilers and linkers said, the line that tells most, malloc'ed; "" when all of it is headings: the first
 * that tells of an error or names a place in a source ("proc.go:85: ...", below go/src without what is before it), else
 * the first warning, else the last.  That another tool failed, and its command, are told only when nothing else is
 * (telling.c has the words). */
char *script_telling(const char *log);

void argv_add(struct argv *argv, const char *format, ...) __attribute__((format(printf, 2, 3)));
void argv_free(struct argv *argv);
void argv_shell(const struct argv *argv, struct buf *out);

#endif
