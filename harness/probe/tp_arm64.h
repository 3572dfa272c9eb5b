/* tp_arm64.h - the thread pointer of AArch64: TPIDR_EL0, which user code may read and write. */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_ARM64_H
#define TLSMATRIX_HARNESS_PROBE_TP_ARM64_H

enum { TP_VARIANT = 1, TP_TCB = 16 };
#define TP_SLOT_SYMBOL "runtime.tls_g" /* runtime/tls_arm64.s; runtime.tlsg is there too, unused */

/* gcc reaches C's variables by TLSDESC, whose resolver for static TLS returns an offset and leaves the DTV alone (glibc
 * sysdeps/aarch64/dl-tlsdesc.S _dl_tlsdesc_return): the loader tells no block until it is asked by __tls_get_addr. */
#define TP_DTP_BIAS 0

static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory", "cc");
	return x0;
}

static inline uintptr_t tp_read(void)
{
	uintptr_t tp;
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}

static inline void tp_write(uintptr_t tp) { __asm__ volatile("msr tpidr_el0, %0" : : "r"(tp) : "memory"); }

static inline uintptr_t tp_word(void) { return *(volatile uintptr_t *)tp_read(); }

/* One word for the whole process, a variable of the dynamic loader; absent in a static program
 * that nothing protects. */
extern uintptr_t __stack_chk_guard __attribute__((weak));

static inline uintptr_t tp_canary(void)
{
	uintptr_t *guard = &__stack_chk_guard;
	return guard ? *guard : 0;
}

/* The guard lies in relro memory: no control can bend it, and the check is not planned here. */
static inline void tp_canary_write(uintptr_t canary) { (void)canary; }

/* rt_sigprocmask is 135, SIG_SETMASK 2 */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t old = 0;
	tp_syscall(135, 2, (long)&mask, (long)&old, 8);
	return old;
}

#endif
