/* tp_ppc64.h - the thread pointer of 64-bit Power, of either byte order: the general register r13, 0x7000 bytes
 * above the program's TLS block (ELFv2 3.7.2), so that 16 bits of offset reach 60 KiB of variables. */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_PPC64_H
#define TLSMATRIX_HARNESS_PROBE_TP_PPC64_H

/* -0x7000 is right for blocks aligned up to 4096, which is what neighbours.c asks for at most. */
enum { TP_VARIANT = 1, TP_TCB = -0x7000 };
#define TP_SLOT_SYMBOL "runtime.tls_g" /* runtime/tls_ppc64x.s; runtime.tlsg is there too, unused */

/* A dynamic linker that knows __tls_get_addr_opt lets code reach static TLS without a call, and so without an entry for
 * the module in the thread's DTV (glibc sysdeps/powerpc/dl-tls.h); the loader then tells no block, until it is asked by
 * __tls_get_addr.  That one adds 0x8000 (ELFv2 3.7.3: DTP-relative values). */
#define TP_DTP_BIAS 0x8000

static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	register long r0 __asm__("r0") = number;
	register long r3 __asm__("r3") = a;
	register long r4 __asm__("r4") = b;
	register long r5 __asm__("r5") = c;
	register long r6 __asm__("r6") = d;
	__asm__ volatile("sc"
	    : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6)
	    :
	    : "r7", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "memory");
	return r3;
}

static inline uintptr_t tp_read(void)
{
	uintptr_t tp;
	__asm__ volatile("mr %0, 13" : "=r"(tp));
	return tp;
}

static inline void tp_write(uintptr_t tp) { __asm__ volatile("mr 13, %0" : : "r"(tp) : "memory"); }

/* The address is far beyond small blocks and may not be mapped; the ABI has no word there. */
static inline uintptr_t tp_word(void) { return 0; }

/* In front of the block, the last word but one of libc's TCB: gcc config/rs6000/linux64.h
 * TARGET_THREAD_SSP_OFFSET, glibc sysdeps/powerpc/nptl/tls.h tcbhead_t. */
static inline uintptr_t *tp_guard(void) { return (uintptr_t *)(tp_read() - 0x7010); }

static inline uintptr_t tp_canary(void) { return *(volatile uintptr_t *)tp_guard(); }

static inline void tp_canary_write(uintptr_t canary) { *(volatile uintptr_t *)tp_guard() = canary; }

/* rt_sigprocmask is 174, SIG_SETMASK 2 */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t old = 0;
	tp_syscall(174, 2, (long)&mask, (long)&old, 8);
	return old;
}

#endif
