/* tp_mips.h - the thread pointer of MIPS (o32 and n64): UserLocal, read by rdhwr $29 and written by the kernel alone.
 * It points 0x7000 behind the end of the TCB, where the program's TLS block begins (NPTL for MIPS; glibc
 * sysdeps/mips/nptl/tls.h TLS_TCB_OFFSET). */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_MIPS_H
#define TLSMATRIX_HARNESS_PROBE_TP_MIPS_H

enum { TP_VARIANT = 1, TP_TCB = -0x7000 };
#define TP_SLOT_SYMBOL "runtime.tls_g" /* runtime/tls_mipsx.s, tls_mips64x.s; runtime.tlsg is there too, unused */

/* asm/unistd.h: o32 counts from 4000, n64 from 5000. */
#ifdef __mips64
enum { TP_SET_THREAD_AREA = 5242, TP_RT_SIGPROCMASK = 5014 };
#else
enum { TP_SET_THREAD_AREA = 4283, TP_RT_SIGPROCMASK = 4195 };
#endif

static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long v0 __asm__("$2") = number;
	register long a0 __asm__("$4") = a;
	register long a1 __asm__("$5") = b;
	register long a2 __asm__("$6") = c;
	register long a3 __asm__("$7") = d;
	__asm__ volatile("syscall"
	    : "+r"(v0), "+r"(a3)
	    : "r"(a0), "r"(a1), "r"(a2)
	    : "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo", "memory");
	return a3 ? -v0 : v0;
}

/* The word and not the mnemonic, which gas has for mips32r2 and up only; kernels emulate it in $3 on what is older. */
static inline uintptr_t tp_read(void)
{
	register uintptr_t tp __asm__("$3");
	__asm__ volatile(".word 0x7c03e83b" : "=r"(tp));
	return tp;
}

static inline void tp_write(uintptr_t tp) { tp_syscall(TP_SET_THREAD_AREA, (long)tp, 0, 0, 0); }

/* Nothing is said of the word there: it lies in the block of the program, or behind it. */
static inline uintptr_t tp_word(void) { return 0; }

/* One word for the whole process, a variable of the dynamic loader; absent in a static program that nothing
 * protects. */
extern uintptr_t __stack_chk_guard __attribute__((weak));

static inline uintptr_t tp_canary(void)
{
	uintptr_t *guard = &__stack_chk_guard;
	return guard ? *guard : 0;
}

/* The guard lies in relro memory: no control can bend it, and the check is not planned here. */
static inline void tp_canary_write(uintptr_t canary) { (void)canary; }

/* SIG_SETMASK is 3 and a set has 128 signals (asm/signal.h).  Nobody here blocks one of the upper 64 but with all
 * others. */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t set[2] = { mask, mask == ~(uint64_t)0 ? mask : 0 }, old[2] = { 0 };
	tp_syscall(TP_RT_SIGPROCMASK, 3, (long)set, (long)old, sizeof set);
	return old[0];
}

#endif
