/* reaper.h - the process between the runner and a program: it starts the program, waits for it,
 * and ends only when nothing that came of the program is left.
 *
 * runner/process/supervise.c forks it and never waits on it for long: all it knows comes back in one
 * struct reaper_report over the control socket.  The other direction of that socket carries
 * nothing but its end: when the runner shuts it down, or is gone in whatever way, the reaper kills
 * its tree at once.  (PR_SET_PDEATHSIG would do the same only for the thread that forked.)  The death of the
 * runner also continues a reaper that a program has stopped.  Nobody but root may trace it.
 *
 * Nothing in the reaper allocates or uses stdio: it lives in a copy of the runner's memory in
 * which another thread may have held any lock. */
#ifndef TLSMATRIX_RUNNER_PROCESS_REAPER_H
#define TLSMATRIX_RUNNER_PROCESS_REAPER_H

#include <sys/types.h>

enum {
	REAPER_GRACE_MS = 200,
	REAPER_DUMP_MS = 2000,
	/* It has reported by then after its limit or its hang-up: the dump, ten seconds for what SIGKILL does not
	 * end, and the rest for a busy machine.  One that has not was stopped, or is traced. */
	REAPER_OVERDUE_MS = 20000
};

struct reaper_job {
	const char *const *argv, *const *env;
	const char *cwd;
	int timeout_ms;
	int in, out, err; /* the program's 0, 1 and 2; these and control are >= 3 */
	int control;
};

enum reaper_end {
	REAPER_NOT_STARTED, /* status is an errno */
	REAPER_OVER,        /* wait_status holds */
	REAPER_LEFT,        /* it exited, and left what is in left */
	REAPER_TIMEOUT      /* killed at the time limit */
};

struct reaper_report {
	enum reaper_end end;
	int wait_status;
	double seconds, cpu_seconds;
	long max_rss_kb; /* 0: no more than the runner's own, so not known */
	char left[256];
};

/* Never returns.  All signals are blocked when it is called. */
_Noreturn void reaper_main(const struct reaper_job *job);

#endif
