/* tp_amd64.h - the thread pointer of x86-64: the base of FS. */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_AMD64_H
#define TLSMATRIX_HARNESS_PROBE_TP_AMD64_H

enum { TP_VARIANT = 2, TP_TCB = 0 };
#define TP_SLOT_SYMBOL "runtime.tlsg" /* cmd/internal/obj/x86/obj6.go; the linker defines it */
#ifndef __GLIBC__
#define TP_DTP_BIAS 0 /* musl up to 1.2.2 tells no block, see slot.c */
#endif

static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;
	__asm__ volatile("syscall"
	    : "=a"(result)
	    : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
	    : "rcx", "r11", "memory");
	return result;
}

/* RDFSBASE of the CPU: CPUID leaf 7, EBX bit 0 (Intel SDM, "FSGSBASE"). */
static inline int tp_cpu_reads(void)
{
	unsigned a = 7, b, c = 0, d;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b & 1;
}

/* Asked of the kernel: %fs:0 is what tls.tp-self compares it with, and RDFSBASE needs a kernel
 * that allows it. arch_prctl is 158, ARCH_GET_FS 0x1003, ARCH_SET_FS 0x1002: asm/prctl.h.
 * Go never asks so; of a kernel that leaves the word alone (OSv returns the value instead, arch/x64/prctl.cc of its
 * tree), the CPU is asked. */
static inline uintptr_t tp_read(void)
{
	const uintptr_t none = 1; /* no thread pointer is odd */
	uintptr_t tp = none;
	tp_syscall(158, 0x1003, (long)&tp, 0, 0);
	if (tp == none && tp_cpu_reads())
		__asm__ volatile("rdfsbase %0" : "=r"(tp));
	return tp == none ? 0 : tp;
}

static inline void tp_write(uintptr_t tp) { tp_syscall(158, 0x1002, (long)tp, 0, 0); }

static inline uintptr_t tp_word(void)
{
	uintptr_t word;
	__asm__ volatile("movq %%fs:0, %0" : "=r"(word));
	return word;
}

static inline uintptr_t tp_canary(void)
{
	uintptr_t canary;
	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(canary));
	return canary;
}

static inline void tp_canary_write(uintptr_t canary)
{
	__asm__ volatile("movq %0, %%fs:0x28" : : "r"(canary) : "memory");
}

/* rt_sigprocmask is 14, SIG_SETMASK 2 */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t old = 0;
	tp_syscall(14, 2, (long)&mask, (long)&old, 8);
	return old;
}

#endif
