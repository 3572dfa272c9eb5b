/* arch.h - what differs between architectures for a tracer: names and places of registers,
 * breakpoint and system call instructions, the order of clone's arguments.  One table per
 * architecture in trace_arch.c; the rest of the tracer names no register. */
#ifndef TLSMATRIX_HARNESS_TRACE_ARCH_H
#define TLSMATRIX_HARNESS_TRACE_ARCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

typedef unsigned long trace_word; /* a register or a pointer of the tracee; it has our own size */

struct trace_regs {
	struct user_regs_struct user;
	trace_word nr; /* arm64: system call number of the call that is stopped; amd64 has it in user */
};

/* Callee-saved state that is not in user_regs_struct: its floating-point part. */
enum { TRACE_FP_WORDS = 8 };
struct trace_fp { trace_word value[TRACE_FP_WORDS]; };

enum trace_reg {
	REG_PC,
	REG_SP,
	REG_NR,      /* number of the call that is stopped */
	REG_NEXT_NR, /* where a system call instruction takes its number from */
	REG_RET,     /* result of a call */
	REG_ARG0,
	REG_ARG1,
	REG_ARG2,
	REG_ARG3,
	REG_ARG4,
	REG_ARG5, /* of a system call */
	REG_CARG0,
	REG_CARG1,
	REG_CARG2,   /* of a C function */
	REG_CLONE_G, /* g of the new thread, while runtime.clone makes its system call */
	REG_COUNT
};

struct trace_saved {
	const char *name;
	size_t offset;
};

struct trace_arch {
	const char *goarch;
	uint32_t audit;               /* AUDIT_ARCH_*, for the seccomp filter */
	size_t reg[REG_COUNT];        /* offset in struct trace_regs */
	struct trace_saved saved[16]; /* callee-saved, ends with a NULL name */
	const char *fp_name[TRACE_FP_WORDS];
	enum trace_reg clone_tls;       /* argument of clone(2) with the thread pointer */
	unsigned char trap[4];          /* breakpoint instruction */
	size_t trap_size, trap_advance; /* advance: how far the pc stands behind it when it stops */
	size_t syscall_size;
	size_t return_pops; /* bytes that a return takes off the stack */
	int arch_prctl;     /* number of arch_prctl, -1 where there is none */
};

extern const struct trace_arch trace_arch;

static inline trace_word *reg(struct trace_regs *regs, enum trace_reg which)
{
	return (trace_word *)((char *)regs + trace_arch.reg[which]);
}

/* All registers of a stopped thread.  0 or -errno (ESRCH: it was killed meanwhile). */
int regs_read(pid_t tid, struct trace_regs *regs);
int regs_write(pid_t tid, const struct trace_regs *regs);
int regs_read_fp(pid_t tid, struct trace_fp *fp);

/* The thread pointer; 0 when it cannot be had. */
trace_word regs_thread_pointer(pid_t tid, const struct trace_regs *regs);

/* Makes the call that is stopped at its entry another one. */
void regs_set_call(struct trace_regs *regs, long nr);

/* Lets the thread make the call nr next, by the system call instruction it has just executed. */
void regs_again(struct trace_regs *regs, long nr);

/* Where the function that was just entered will return to. */
int regs_return_address(pid_t tid, const struct trace_regs *regs, trace_word *address);

/* Memory of a stopped thread's process.  0 or -errno. */
int memory_read(pid_t tid, trace_word address, void *bytes, size_t len);
int memory_write(pid_t tid, trace_word address, const void *bytes, size_t len);
int memory_string(pid_t tid, trace_word address, char *text, size_t size); /* cut to size */

#endif
