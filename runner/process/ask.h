/* ask.h - the first line that a small program prints: versions, paths. */
#ifndef TLSMATRIX_RUNNER_PROCESS_ASK_H
#define TLSMATRIX_RUNNER_PROCESS_ASK_H

/* Runs argv in an environment made from nothing, without a HOME, for at most a minute.  The first line of its output,
 * malloc'ed; "" when it fails. */
char *ask_line(const char *const argv[]);

/* The version in "NAME VERSION (...)": the last word of the line, or the last before a parenthesis; points into line,
 * which it cuts.  "?" where there is none. */
const char *ask_version(char *line);

#endif
