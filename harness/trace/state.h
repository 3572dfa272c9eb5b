/* state.h - what the parts of the tracer share: the threads, what they did, and the
 * initializer.  Private to this folder.
 *
 * trace.c runs the loop; call.c records system calls, fork.c those of forked processes, init.c the initializer;
 * bend.c makes the world wrong for the controls; observe.c words what was seen; threads.c, maps.c, image.c and arch.c
 * are the ground. */
#ifndef TLSMATRIX_HARNESS_TRACE_STATE_H
#define TLSMATRIX_HARNESS_TRACE_STATE_H

#include <stdint.h>

#include "harness/trace/arch.h"
#include "harness/trace/census.h"
#include "harness/trace/image.h"
#include "harness/trace/trace.h"

/* Where a bend may interfere. */
enum bend_point { BEND_CALL, BEND_FORK, BEND_FORK_CALL, BEND_INIT_ENTRY, BEND_INIT_RETURN };

enum witness { WITNESS_NONE, WITNESS_G, WITNESS_OTHER };

/* A system call between its entry and its exit. */
struct call {
	long nr;                  /* -1: none that is watched */
	int go;                   /* made by Go's text */
	trace_word flags, tls, g; /* of clone and clone3 */
	trace_word value;         /* of arch_prctl: the thread pointer */
};

struct thread {
	pid_t tid, process;
	int alive, arrived, claimed; /* arrived: its first stop came; claimed: its parent's report came */
	int stopped;                 /* by the kernel, until thread_resume */
	int held;                    /* while another thread is stepped */
	int exit_wanted;             /* its call's exit must stop too */
	int phantom;                 /* made by a bend: it must end before it runs any code */
	int forked;                  /* a process made by Go's text that has not come to its exec: all calls stop */
	int born_unblocked;          /* not all signals were blocked where it began */
	unsigned long long open;     /* signals that could have run a handler meanwhile */
	int pending, pending_status; /* a report that came while another thread was stepped */
	struct call call;

	int injected; /* call is one that a bend slipped in; before holds what to do next */
	struct trace_regs before;
	long before_nr;

	/* what is judged */
	int go_made, is_thread; /* by a clone of Go's text; shares its parent's process */
	trace_word flags;       /* of the clone that made it */
	int called;             /* a watched call of its came to its end */
	int tp_sets;            /* how often Go set its thread pointer */
	trace_word tp, g;       /* what it was set to; g that the clone passed */
	enum census_phase phase;
	unsigned phases; /* that it was in, a bit each */
	unsigned char made[CENSUS_PHASES][CENSUS_BYS][CENSUS_CALLS];
	enum witness witness; /* the word below the thread pointer, when it first asked for a signal stack */
};

enum { ENTRIES_MAX = 8, INSTANCES_MAX = 8 };

/* One entry of the initializer. */
/* The entries of the auxiliary vector that init.entry-auxv compares (init.c). */
enum { TRACE_AUXV = 5 };
struct auxv_tag {
	trace_word tag;
	const char *name;
};
extern const struct auxv_tag auxv_tags[TRACE_AUXV];

struct entry {
	pid_t tid;
	trace_word argc, argv, envp, sp, return_address;
	struct trace_regs regs;
	struct trace_fp fp;
	int argc_ok, argv_ok, envp_ok;
	size_t args_count; /* how many the program has, without a loader's own */
	int returned, bent;
	char auxv[TRACE_AUXV][12]; /* of each of init.c's auxv_tags: "kernel", "missing", "other", "unread" */
	char changed[160];         /* names of the callee-saved registers that were not kept, or "" */
};

struct breakpoint {
	trace_word address;
	int set;
	unsigned char original[4];
};

/* Where an executable piece of a file is mapped in the first process. */
struct region {
	trace_word start, end, offset;
	size_t image;
};

struct clones {
	size_t count;     /* that made a thread */
	trace_word flags; /* of the first */
	size_t others;    /* that had other flags */
	size_t with_settls;
};

/* Processes that Go's text forked and that came to an exec: at how many births all signals were blocked, how many have
 * the mask that the program began with; the signals that could have run a handler in one of them. */
struct forks {
	size_t execs, blocked, restored;
	size_t probes, probes_blocked; /* those that ended as what they were, and how many began with all blocked */
	unsigned long long probes_open;
	unsigned long long open, mask; /* bit n - 1 is signal n; mask: of the program at its start */
};

struct trace {
	const struct trace_spec *spec;
	char *module; /* real path */
	int seccomp;
	pid_t first; /* the process that is judged */
	struct thread **thread;
	size_t threads;

	struct image *image; /* files seen so far */
	size_t images;
	struct region *region; /* as of the last mapping with PROT_EXEC, which all stop */
	size_t regions;

	struct clones go_clones, libc_clones;
	size_t forks, failed_clones;
	struct forks fork;
	int last_clone_errno;
	size_t go_settls, libc_settls; /* calls of arch_prctl(ARCH_SET_FS) */
	int tp_shared;                 /* two live threads had one thread pointer */
	size_t sigaltstacks, sigaltstack_failed;
	int sigaltstack_errno;

	struct breakpoint entry_at[INSTANCES_MAX], return_at[INSTANCES_MAX];
	struct entry entry[ENTRIES_MAX];
	size_t entries;    /* all of them; only ENTRIES_MAX are kept */
	char **args;       /* as the kernel laid them on the first stack, copied at exec: */
	size_t args_count; /* a loader started by hand moves its program's down over its own */
	char *first_env;   /* NULL: the environment is empty */

	int bend;         /* index in trace_bends, -1 for none */
	size_t bend_done; /* how often it was applied */

	int over, status, timed_out; /* status: wait status of the first process */
};

/* ---- threads.c ---- */
struct thread *thread_find(struct trace *trace, pid_t tid); /* the youngest living one of that number, or NULL */
struct thread *thread_add(struct trace *trace, pid_t tid);
void thread_resume(struct trace *trace, struct thread *thread, int signal);

/* Waits at most 200 ms for one thread's report; 0 when none came.  A thread in a system call that
 * nothing interrupts (the parent of a vfork) runs no code of the program in that time. */
int thread_wait(pid_t tid, int *status);

/* The number behind "FIELD:" in /proc/TID/status.  0, or -ENOENT. */
int thread_status(pid_t tid, const char *field, int base, unsigned long long *value);

/* Stops every running thread of self's process but self; what one reports instead is kept for the
 * loop.  threads_let_go lets those go on that had nothing to report. */
void threads_hold(struct trace *trace, const struct thread *self);
void threads_let_go(struct trace *trace);

/* Steps one instruction.  Returns the signal that came meanwhile (0: none), which is still to be
 * delivered, or -errno. */
int thread_step(struct thread *thread);

/* ---- maps.c ---- */
void regions_read(struct trace *trace); /* reads anew what is mapped where in the first process */
const struct image *image_of(struct trace *trace, const char *path);

/* Is the address Go's text?  *g0 is runtime.g0 of that file, where it is in memory. */
int address_is_go(const struct trace *trace, trace_word address, trace_word *g0);

/* ---- call.c ---- */
void call_enter(struct trace *trace, struct thread *thread);
int call_exit(struct trace *trace, struct thread *thread); /* 1: something was mapped */

/* A thread or process that parent's call made. */
void call_made(struct trace *trace, struct thread *parent, struct thread *child);

/* ---- fork.c ---- */
void fork_begin(struct trace *trace, const struct thread *thread); /* a program begins with this thread */
void fork_born(struct trace *trace, struct thread *thread);        /* its first stop; only of forked ones, as below */
void fork_call(struct trace *trace, struct thread *thread, int is_entry); /* a stop at a system call */
void fork_exec(struct trace *trace, struct thread *thread);               /* the process became another program */
void fork_end(struct trace *trace, struct thread *thread);                /* it ended without */

/* ---- census.c ---- */
void census_call(struct thread *thread, long number, int by_go);     /* at the entry of each system call */
void census_enter(struct thread *thread, enum census_phase phase);   /* the thread comes to a phase */
void census_made(const struct thread *parent, struct thread *child); /* a thread is made */
void census_begin(struct thread *thread, enum census_phase phase);   /* a program begins with this thread */

/* ---- init.c ---- */
void init_exec(struct trace *trace, struct thread *thread); /* a program begins; it is stopped */
void init_find(struct trace *trace, struct thread *thread); /* something was mapped */
int init_trap(struct trace *trace, struct thread *thread);  /* 1: the SIGTRAP was ours and is dealt with */
void init_forget_arguments(struct trace *trace);
void init_clean(struct trace *trace, struct thread *thread); /* takes breakpoints out of a forked copy */

/* ---- bend.c ---- */
int bend_find(const char *name);
/* Changes *regs (and the tracee's memory) where the bend says so; entry is of the initializer's
 * points, and BEND_FORK has no regs.  Returns 1 when regs must be written back. */
int bend_apply(
    struct trace *trace, struct thread *thread, enum bend_point point, struct trace_regs *regs, struct entry *entry);

#endif
