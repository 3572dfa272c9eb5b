/* trace.h - watching one program from outside: its threads, the system calls that make them and
 * set their thread pointers, and the entry of the Go initializer.
 *
 * trace_run starts the program under ptrace, follows every thread and child until the first
 * process is over, and leaves what it saw in a struct trace.  Only the threads of the first
 * process are judged, and of processes that Go's text forks what signals could do to them before their exec (fork.c,
 * every call of theirs stops); a program that the first execs replaces it, and judging starts anew.  trace_observe
 * then says what a TRACE check (matrix/checks.def) observed, in oracle.def's words.
 *
 * A system call is Go's when its instruction lies in Go's text: between the symbols runtime.text
 * and runtime.etext of the mapped file.  The C parts of the same file, and a libc linked
 * statically, lie outside, since a host linker keeps Go's object in one piece.
 *
 * A seccomp filter (SECCOMP_RET_TRACE) stops only clone, clone3, arch_prctl(ARCH_SET_FS),
 * sigaltstack and mappings with PROT_EXEC; without seccomp every call stops and the program is
 * slower.  Needs Linux 5.3 (PTRACE_GET_SYSCALL_INFO), amd64 or arm64. */
#ifndef TLSMATRIX_HARNESS_TRACE_TRACE_H
#define TLSMATRIX_HARNESS_TRACE_TRACE_H

#include <stddef.h>

struct buf;
struct diag;
struct trace;

struct trace_spec {
	char *const *argv;   /* the program, as a path, and its arguments */
	const char *module;  /* file whose Go initializer is watched; NULL: the program */
	const char *output;  /* where its stdout and stderr go; NULL: /dev/null */
	const char *preload; /* LD_PRELOAD of the program alone: the tracer's own libc may be another; NULL: as it is */
	const char *bend;    /* a name of trace_bends, or NULL */
	unsigned timeout_s;  /* then it is killed; 0: never */
	unsigned census;     /* watch every system call, from this phase on (census.h); 0: those named above */
};

/* Runs the program to its end.  0 and a new *trace; -EPERM when the kernel lets nobody trace here;
 * another -errno when it could not be started; each with a line in diag. */
int trace_run(const struct trace_spec *spec, struct trace **trace, struct diag *diag);
void trace_free(struct trace *trace);

/* Did the program end with exit status 0, as the tracer saw?  Else how it did, for people, in *note. */
int trace_ended(const struct trace *trace, struct buf *note);

/* Is it a check that trace_observe knows? */
int trace_knows(const char *check);

/* Appends what the check observed to out and an explanation for people to note.
 * 0, or -ENOENT for a check it does not know. */
int trace_observe(const struct trace *trace, const char *check, struct buf *out, struct buf *note);

/* What this machine lacks for the check, so that what trace_observe says of it means nothing; NULL: nothing. */
const char *trace_lacks(const struct trace *trace, const char *check);

/* The ways to make the traced world wrong, which the controls use (cases/control/trace.def): each
 * changes registers or memory of the program before the observing code reads them. */
struct trace_bend { const char *name, *meaning; };
extern const struct trace_bend trace_bends[]; /* ends with a NULL name */

#endif
