/* launch.h - starts a program on a target, waits for its end, and gives what it printed.
 *
 * The program is a command line as it would run on this machine: argv[0] is a path in the cache, and so may be
 * words of argv and values of env.  What the target makes of that is its kind's business:
 *   host       as it stands
 *   loader     INTERPRETER --library-path PATH PROGRAM...; env's LD_LIBRARY_PATH goes in front of the target's.  A
 *              static program, which has no interpreter, as it stands
 *   qemu-user  QEMU -L ROOT PROGRAM...
 *   wrapper    the command with {argv} replaced; the environment is handed on
 *   ssh        the folders that the words name are copied to the same paths below the remote directory, once; words are
 *              rewritten; a connection that ends early is no end of the program (ssh's status 255)
 *   osv        the files go into an image, and the words into OSv's command line (osv.h)
 *
 * When the program ran: 0 and *result, whose output is the program's and whose end (exit status, signal, timeout) is
 * the program's as far as the target tells.  When the target itself did not do its part (no boot, connection lost,
 * wrapper not executable): -errno, with a line in diag that names the target, what happened and the last output. */
#ifndef TLSMATRIX_RUNNER_TARGET_LAUNCH_H
#define TLSMATRIX_RUNNER_TARGET_LAUNCH_H

#include "runner/process/env.h"
#include "runner/process/script.h"
#include "runner/process/supervise.h"
#include "runner/setup/setup.h"
#include "runner/target/target.h"

struct launch {
	const struct setup *setup;
	const struct target *target;
	const struct argv *argv;
	const struct env *env;
	const char *const
	    *prefix;    /* a command of this machine in front (tlstrace and its options), NULL-terminated; or NULL */
	int timeout_ms; /* with scales applied; the target's own start is not in it for osv and ssh */
	int first_ms;   /* nothing printed by then: killed as by timeout_ms; 0: never, and never on osv and ssh */
	size_t output_limit;
};

int launch_run(const struct launch *launch, struct child_result *result, struct diag *diag);

/* The same in two parts, so that a caller can have several programs at once: children_wait() on their children, and
 * launch_finish() with the launch and what launch_start() left, once for each that started.  Each may fail as
 * launch_run() does.  Of ssh and osv the program is over when launch_start() returns, since their programs share a
 * connection or are a machine each; it has no child then. */
struct launched {
	struct child *child; /* NULL: it is over, as result says */
	struct child_result result;
};
int launch_start(const struct launch *launch, struct launched *launched, struct diag *diag);
int launch_finish(
    const struct launch *launch, const struct launched *launched, struct child_result *result, struct diag *diag);

/* The file that the program asks for and the target has not: of qemu-user the dynamic loader below ROOT.  NULL: none;
 * malloc'ed. */
char *launch_lacks(const struct launch *launch);

/* How many words the target's own start puts in front of the program's that the kernel tells as the process's
 * arguments: of a loader that is started by hand. */
size_t launch_front(const struct launch *launch);

/* The same as a shell line that a person can give, appended to out. */
void launch_shell(const struct launch *launch, struct buf *out);

/* Hooks of the kinds that are more than a command line.  Same promises as launch_run. */
int ssh_run(const struct launch *launch, struct child_result *result, struct diag *diag); /* ssh.c */
void ssh_shell(const struct launch *launch, struct buf *out);
int osv_run(const struct launch *launch, struct child_result *result, struct diag *diag); /* osv.c */
void osv_shell(const struct launch *launch, struct buf *out);

#endif
