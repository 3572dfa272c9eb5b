/* tp_arm.h - the thread pointer of 32-bit Arm: TPIDRURO, which user code may read and the kernel alone writes. */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_ARM_H
#define TLSMATRIX_HARNESS_PROBE_TP_ARM_H

enum { TP_VARIANT = 1, TP_TCB = 8 };
#define TP_SLOT_SYMBOL "runtime.tls_g" /* runtime/tls_arm.s; runtime.tlsg is there too, unused */

/* r7 is Thumb's frame pointer, which gcc does not lend out; so it is kept by hand. */
static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r12 __asm__("r12") = number;
	__asm__ volatile("push {r7}\n\tmov r7, r12\n\tsvc #0\n\tpop {r7}"
	    : "+r"(r0)
	    : "r"(r1), "r"(r2), "r"(r3), "r"(r12)
	    : "memory", "cc");
	return r0;
}

/* A processor before v6K has no such register; there the kernel's helper page tells (Documentation/arch/arm/
 * kernel_user_helpers.rst: __kuser_get_tls). */
static inline uintptr_t tp_read(void)
{
#if __ARM_ARCH >= 7
	uintptr_t tp;
	__asm__ volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(tp));
	return tp;
#else
	uintptr_t (*volatile get)(void) = (uintptr_t (*)(void))0xffff0fe0;
	return get();
#endif
}

/* __ARM_NR_set_tls of asm/unistd.h */
static inline void tp_write(uintptr_t tp) { tp_syscall(0x0f0005, (long)tp, 0, 0, 0); }

static inline uintptr_t tp_word(void) { return *(volatile uintptr_t *)tp_read(); }

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

/* rt_sigprocmask is 175, SIG_SETMASK 2 */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t old = 0;
	tp_syscall(175, 2, (long)&mask, (long)&old, 8);
	return old;
}

#endif
