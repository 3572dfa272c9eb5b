/* tp_riscv64.h - the thread pointer of RISC-V: the general register tp (x4), which points to the
 * program's TLS block itself (RISC-V ELF psABI, Thread Local Storage). */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_RISCV64_H
#define TLSMATRIX_HARNESS_PROBE_TP_RISCV64_H

enum { TP_VARIANT = 1, TP_TCB = 0 };
#define TP_SLOT_SYMBOL "runtime.tls_g" /* runtime/tls_riscv64.s; runtime.tlsg is there too, unused */

static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
	return a0;
}

static inline uintptr_t tp_read(void)
{
	uintptr_t tp;
	__asm__ volatile("mv %0, tp" : "=r"(tp));
	return tp;
}

static inline void tp_write(uintptr_t tp) { __asm__ volatile("mv tp, %0" : : "r"(tp) : "memory"); }

/* What lies there is a variable, if the program has one; the ABI has no word of its own there. */
static inline uintptr_t tp_word(void) { return 0; }

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
