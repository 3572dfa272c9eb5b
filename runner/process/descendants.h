/* descendants.h - the living descendants of the calling process, and signals to them.
 *
 * The tree is what /proc says: every process whose chain of parents ends at the caller.  A process
 * that leaves its session or process group is still in it; one whose parent dies comes to the
 * caller when that is a subreaper.  A signal goes through the descriptor of /proc/PID, so that it
 * can never reach a stranger that was given the number of a process that is gone.
 *
 * Nothing here allocates from the heap or uses stdio: a reaper runs it after fork. */
#ifndef TLSMATRIX_RUNNER_PROCESS_DESCENDANTS_H
#define TLSMATRIX_RUNNER_PROCESS_DESCENDANTS_H

#include <stddef.h>
#include <sys/types.h>

/* Which branches of the tree to leave alone: children of the caller, with all below them. */
struct descendants_spare {
	const pid_t *pid; /* those with these numbers */
	size_t count;
	unsigned long long before; /* and those that started before this time (descendants_start_time) */
};

/* Sends the signal to each descendant as soon as it is seen (0: to none) and, when names is not
 * NULL, writes "PID (NAME) ..." of them, cut to names_len.  Zombies do not count; nor do processes
 * that are stopped already when the signal is SIGSTOP.  spare may be NULL; with it, zombies among
 * the caller's children that are not spared are reaped, as nobody else knows of them.  Returns how
 * many counted, or -errno when /proc cannot be read. */
int descendants_signal(int signal, const struct descendants_spare *spare, char *names, size_t names_len);

/* Names the descendants as above and returns how many there are, without those that are dying: killed, and not given a
 * processor to end on yet, or the first of a namespace, which waits for the others; these are counted in *dying.
 * -errno when /proc cannot be read. */
int descendants_living(char *names, size_t names_len, int *dying);

/* One round against the tree: stops all, so that nobody forks faster than the walk goes, then kills.  Returns as
 * descendants_signal. */
int descendants_kill(const struct descendants_spare *spare);

/* Waits for a child to be over, at most ms.  0 and its status, or -ETIMEDOUT: stopped, or a zombie that its tracer
 * keeps.  A child that was reaped already counts as killed. */
int descendants_reap(pid_t child, int ms, int *status);

/* Kills a child of the caller and all descendants that are not spared, whoever traces or has stopped them, until they
 * are gone; the caller must be a subreaper.  0 and the child's status, or -EBUSY when something withstood SIGKILL for
 * ten seconds: uninterruptible, or another user's. */
int descendants_end(pid_t child, const struct descendants_spare *spare, int *status);

/* The letter that proc_pid_stat(5) has for the state: 'T' stopped, 't' stopped by its tracer; 0: it is gone. */
char descendants_state(pid_t pid);

/* When a process (a zombie, too) started, in the kernel's clock ticks since boot; 0: it is gone. */
unsigned long long descendants_start_time(pid_t pid);

#endif
