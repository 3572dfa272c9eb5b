/* arch.c - see arch.h.  Sources: x86-64 psABI 1.0 3.2.1, AAPCS64 6.1, clone(2),
 * the Go runtime's sys_linux_*.s. */
#include "harness/trace/arch.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define USER(field) offsetof(struct trace_regs, user.field)

#if defined(__x86_64__)

const struct trace_arch trace_arch = {
	.goarch = "amd64", .audit = AUDIT_ARCH_X86_64,
	.reg = {
		[REG_PC] = USER(rip), [REG_SP] = USER(rsp), [REG_NR] = USER(orig_rax),
		[REG_NEXT_NR] = USER(rax), [REG_RET] = USER(rax),
		[REG_ARG0] = USER(rdi), [REG_ARG1] = USER(rsi), [REG_ARG2] = USER(rdx),
		[REG_ARG3] = USER(r10), [REG_ARG4] = USER(r8), [REG_ARG5] = USER(r9),
		[REG_CARG0] = USER(rdi), [REG_CARG1] = USER(rsi), [REG_CARG2] = USER(rdx),
		[REG_CLONE_G] = USER(r9),   /* MOVQ gp+24(FP), R9 in every release since 1.4 */
	},
	.saved = {
		{ "rbx", USER(rbx) }, { "rbp", USER(rbp) }, { "r12", USER(r12) }, { "r13", USER(r13) },
		{ "r14", USER(r14) }, { "r15", USER(r15) },
	},
	.fp_name = { "mxcsr", "x87cw" },   /* psABI: the control bits are callee-saved */
	.clone_tls = REG_ARG4,
	.trap = { 0xcc }, .trap_size = 1, .trap_advance = 1,
	.syscall_size = 2, .return_pops = 8, .arch_prctl = SYS_arch_prctl,
};

#elif defined(__aarch64__)

#define X(n) USER(regs[n])
const struct trace_arch trace_arch = {
	.goarch = "arm64", .audit = AUDIT_ARCH_AARCH64,
	.reg = {
		[REG_PC] = USER(pc), [REG_SP] = USER(sp), [REG_NR] = offsetof(struct trace_regs, nr),
		[REG_NEXT_NR] = X(8), [REG_RET] = X(0),
		[REG_ARG0] = X(0), [REG_ARG1] = X(1), [REG_ARG2] = X(2),
		[REG_ARG3] = X(3), [REG_ARG4] = X(4), [REG_ARG5] = X(5),
		[REG_CARG0] = X(0), [REG_CARG1] = X(1), [REG_CARG2] = X(2),
		[REG_CLONE_G] = X(11),      /* MOVD gp+24(FP), R11 */
	},
	.saved = {
		{ "x19", X(19) }, { "x20", X(20) }, { "x21", X(21) }, { "x22", X(22) },
		{ "x23", X(23) }, { "x24", X(24) }, { "x25", X(25) }, { "x26", X(26) },
		{ "x27", X(27) }, { "x28", X(28) }, { "x29", X(29) },
	},
	.fp_name = { "d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15" },
	.clone_tls = REG_ARG3,
	.trap = { 0x00, 0x00, 0x20, 0xd4 }, .trap_size = 4, .trap_advance = 0,   /* BRK #0 */
	.syscall_size = 4, .return_pops = 0, .arch_prctl = -1,
};

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

#else
#error "trace_arch.c has no table for this architecture"
#endif

static int regset(int request, pid_t tid, int note, void *bytes, size_t len)
{
	struct iovec part = { bytes, len };
	return ptrace(request, tid, (void *)(intptr_t)note, &part) < 0 ? -errno : 0;
}

int regs_read(pid_t tid, struct trace_regs *regs)
{
	struct trace_regs now = { 0 };
	int error = regset(PTRACE_GETREGSET, tid, NT_PRSTATUS, &now.user, sizeof now.user);
#if defined(__aarch64__)
	int nr = 0;
	if (!error)
		error = regset(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof nr);
	now.nr = (trace_word)(long)nr;
#endif
	if (!error)
		*regs = now;
	return error;
}

int regs_write(pid_t tid, const struct trace_regs *regs)
{
	struct trace_regs copy = *regs;
	int error = regset(PTRACE_SETREGSET, tid, NT_PRSTATUS, &copy.user, sizeof copy.user);
#if defined(__aarch64__)
	int nr = (int)copy.nr;
	if (!error)
		error = regset(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof nr);
#endif
	return error;
}

int regs_read_fp(pid_t tid, struct trace_fp *fp)
{
	struct trace_fp now = { { 0 } };
#if defined(__x86_64__)
	struct user_fpregs_struct all = { 0 };
	int error = regset(PTRACE_GETREGSET, tid, NT_PRFPREG, &all, sizeof all);
	if (error)
		return error;
	now.value[0] = all.mxcsr & ~0x3fU; /* without the exception flags, which are the callee's */
	now.value[1] = all.cwd;
#else
	struct user_fpsimd_struct all = { 0 };
	int error = regset(PTRACE_GETREGSET, tid, NT_PRFPREG, &all, sizeof all);
	if (error)
		return error;
	for (int i = 0; i < TRACE_FP_WORDS; i++)
		now.value[i] = (trace_word)all.vregs[8 + i]; /* AAPCS64: the lower halves of v8-v15 */
#endif
	*fp = now;
	return 0;
}

trace_word regs_thread_pointer(pid_t tid, const struct trace_regs *regs)
{
#if defined(__x86_64__)
	(void)tid;
	return regs->user.fs_base;
#else
	trace_word pointer = 0;
	(void)regs;
	return regset(PTRACE_GETREGSET, tid, NT_ARM_TLS, &pointer, sizeof pointer) ? 0 : pointer;
#endif
}

void regs_set_call(struct trace_regs *regs, long nr) { *reg(regs, REG_NR) = (trace_word)nr; }

void regs_again(struct trace_regs *regs, long nr)
{
	*reg(regs, REG_NR) = (trace_word)-1L; /* no call is under way: the kernel restarts none */
	*reg(regs, REG_NEXT_NR) = (trace_word)nr;
	*reg(regs, REG_PC) -= trace_arch.syscall_size;
}

int regs_return_address(pid_t tid, const struct trace_regs *regs, trace_word *address)
{
#if defined(__x86_64__)
	return memory_read(tid, regs->user.rsp, address, sizeof *address);
#else
	(void)tid;
	*address = regs->user.regs[30];
	return 0;
#endif
}

int memory_read(pid_t tid, trace_word address, void *bytes, size_t len)
{
	struct iovec here = { bytes, len }, there = { (void *)address, len };
	ssize_t got = process_vm_readv(tid, &here, 1, &there, 1, 0);
	if (got < 0)
		return -errno;
	return (size_t)got == len ? 0 : -EFAULT;
}

/* Word by word through ptrace, since text is mapped read-only. */
int memory_write(pid_t tid, trace_word address, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		trace_word base = (address + done) & ~(sizeof(trace_word) - 1);
		size_t skip = address + done - base, part = sizeof(trace_word) - skip;
		union {
			trace_word value;
			unsigned char byte[sizeof(trace_word)];
		} cell;
		if (part > len - done)
			part = len - done;
		int error = memory_read(tid, base, &cell, sizeof cell);
		if (error)
			return error;
		memcpy(cell.byte + skip, (const char *)bytes + done, part);
		if (ptrace(PTRACE_POKETEXT, tid, (void *)base, (void *)cell.value) < 0)
			return -errno;
		done += part;
	}
	return 0;
}

int memory_string(pid_t tid, trace_word address, char *text, size_t size)
{
	size_t len = 0;
	while (len + 1 < size) {
		int error = memory_read(tid, address + len, text + len, 1);
		if (error)
			return error;
		if (!text[len])
			return 0;
		len++;
	}
	text[len] = '\0';
	return 0;
}
