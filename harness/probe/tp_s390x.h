/* tp_s390x.h - the thread pointer of s390x: the access registers a0 (upper half) and a1, which user code
 * may read and write (s390x ELF ABI 1.6). */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_S390X_H
#define TLSMATRIX_HARNESS_PROBE_TP_S390X_H

enum { TP_VARIANT = 2, TP_TCB = 0 };
#define TP_SLOT_SYMBOL "runtime.tls_g" /* runtime/tls_s390x.s; runtime.tlsg is there too, unused */

static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long r1 __asm__("r1") = number;
	register long r2 __asm__("r2") = a;
	register long r3 __asm__("r3") = b;
	register long r4 __asm__("r4") = c;
	register long r5 __asm__("r5") = d;
	__asm__ volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5) : "memory", "cc");
	return r2;
}

static inline uintptr_t tp_read(void)
{
	uintptr_t tp;
	__asm__ volatile("ear %0, %%a0\n\tsllg %0, %0, 32\n\tear %0, %%a1" : "=d"(tp));
	return tp;
}

static inline void tp_write(uintptr_t tp)
{
	uintptr_t upper = tp >> 32;
	__asm__ volatile("sar %%a0, %1\n\tsar %%a1, %0" : : "d"(tp), "d"(upper) : "memory");
}

static inline uintptr_t tp_word(void) { return *(volatile uintptr_t *)tp_read(); }

/* gcc config/s390/s390.cc s390_stack_protect_guard: 40 bytes above; glibc sysdeps/s390/nptl/tls.h
 * header.stack_guard. */
static inline uintptr_t *tp_guard(void) { return (uintptr_t *)(tp_read() + 0x28); }

static inline uintptr_t tp_canary(void) { return *(volatile uintptr_t *)tp_guard(); }

static inline void tp_canary_write(uintptr_t canary) { *(volatile uintptr_t *)tp_guard() = canary; }

/* rt_sigprocmask is 175, SIG_SETMASK 2 */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t old = 0;
	tp_syscall(175, 2, (long)&mask, (long)&old, 8);
	return old;
}

#endif
