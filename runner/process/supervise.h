/* supervise.h - run one program and be sure that it, and all it started, is gone afterwards.
 *
 * The caller fills a struct child_spec, calls child_start(), waits for any of its children with
 * children_wait() and takes the result with child_finish(); or calls child_run() for all three.
 *
 * Each child lives under a reaper: a small process of ours, in its own session, that is the
 * subreaper of everything below it.  A program that calls setsid, forks twice, ignores SIGTERM or
 * leaves a grandchild holding the pipe is still the reaper's descendant, so the reaper kills until
 * it has no children left.  When the runner dies, the reaper's control socket hangs up and it kills
 * its tree, so that kill -9 of the runner leaves nothing behind either.
 *
 * A program of the same user can stop, trace or kill its reaper, so the caller does not depend on it: it has a deadline
 * of its own, REAPER_OVERDUE_MS after the limit (or after child_kill), when it kills reaper and tree itself; and it is
 * a subreaper too, to which the tree falls when the reaper dies.  The result then says in `keeper` what was done.
 * A caller that is stopped or killed itself is the affair of its parent (runner/schedule/schedule.h).
 *
 * What this cannot hold against: a program that stops or kills the topmost runner.  Stopped, that waits for its
 * SIGCONT, as any job does.  Killed, its processes die as said above; but a process in a session of its own survives
 * when it has killed the reaper and stopped the caller before, or keeps the reaper stopped (by SIGSTOP again and again;
 * as root, by ptrace): nobody is left above it but init.  A child without a limit waits for as long as its reaper is
 * stopped, unless it is killed.  Only a pid namespace or a
 * cgroup would end that; they need privileges, and the first changes what the program sees.
 *
 * On timeout: SIGQUIT to the program first (the Go runtime prints all goroutines), two seconds,
 * then SIGKILL to the tree.  When the program has exited but descendants live on, they get a
 * short grace (200 ms), are killed and the result says LEAK and names them.
 *
 * A child has stdin from /dev/null (or what its spec says), no descriptor but 0, 1, 2, default signal handlers and an
 * empty mask, no core file, umask 022.  Output beyond output_limit is dropped and counted. */
#ifndef TLSMATRIX_RUNNER_PROCESS_SUPERVISE_H
#define TLSMATRIX_RUNNER_PROCESS_SUPERVISE_H

#include "matrix/base/buf.h"

enum child_how {
	CHILD_EXITED,     /* status is the exit status */
	CHILD_SIGNALED,   /* status is the signal */
	CHILD_TIMEOUT,    /* killed; status is the limit in ms; also when its reaper was stopped */
	CHILD_LEAK,       /* it exited (status), but left descendants */
	CHILD_FLOOD,      /* killed: more output than 16 times the limit */
	CHILD_NOT_STARTED /* status is the errno of fork or exec */
};

struct child_spec {
	const char *const *argv; /* argv[0] is the path, or searched in PATH of env */
	const char *const *env;  /* NULL-terminated; NULL means an empty environment */
	const char *cwd;         /* NULL: the runner's */
	int timeout_ms;          /* 0: none */
	int first_ms;            /* killed when it has printed nothing by then, as by timeout_ms; 0: never */
	size_t output_limit;     /* bytes kept of each of stdout and stderr; 0: 4 MiB */
	int merge;               /* stderr goes to stdout */
	int in;                  /* a descriptor of the caller's that becomes its stdin; 0: /dev/null */
};

struct child_result {
	enum child_how how;
	int status;
	double seconds;     /* wall clock from start to reaped */
	double cpu_seconds; /* user + system of the whole tree */
	long max_rss_kb;    /* largest process of the tree; 0: not known, no more than the runner's own */
	struct buf out, err;
	size_t dropped;        /* bytes of output that were not kept */
	double silent_seconds; /* on timeout: since its last output */
	char left[256];        /* on LEAK: "PID (NAME) ..." of what was killed */
	const char *keeper;    /* what became of its reaper before its time: "was stopped"; NULL: nothing */
};

struct child;

/* Starts a child.  0 and *child, or -errno when no reaper could be made.  A program that cannot
 * be executed is a child that ends with CHILD_NOT_STARTED. */
int child_start(const struct child_spec *spec, struct child **child);

/* Moves output and waits until one of the children is over or ms passed (-1: no limit).
 * Returns its index, -EAGAIN on timeout, -EINTR when a signal came. */
int children_wait(struct child *const *children, size_t count, int ms);

/* Takes the result of a child that is over and frees the child. */
void child_finish(struct child *child, struct child_result *result);

/* What a child has printed on stdout so far, for who must see it before it is over; valid until the
 * next call with this child. */
const struct buf *child_output(const struct child *child);

/* Kills a child and its tree now; children_wait reports it over soon after. */
void child_kill(struct child *child);

/* One child from start to end.  0 or -errno of child_start. */
int child_run(const struct child_spec *spec, struct child_result *result);

void child_result_free(struct child_result *result);

/* "exit status 1", "killed by SIGSEGV", "timed out after 20 s (silent for 19 s)", ... */
void child_describe(const struct child_result *result, struct buf *out);

#endif
