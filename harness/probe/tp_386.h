/* tp_386.h - the thread pointer of i386: the base of GS, a segment of the GDT that the kernel keeps for each thread. */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_386_H
#define TLSMATRIX_HARNESS_PROBE_TP_386_H

enum { TP_VARIANT = 2, TP_TCB = 0 };
#define TP_SLOT_SYMBOL "runtime.tlsg" /* cmd/internal/obj/x86/obj6.go; the linker defines it */

/* struct user_desc of asm/ldt.h; flags are its bit fields. */
struct tp_segment { uint32_t entry, base, limit, flags; };

/* int $0x80 and not %gs:0x10: the vsyscall is reached through what is asked for here. */
static inline long tp_syscall(long number, long a, long b, long c, long d)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
	return result;
}

/* get_thread_area is 244: the segment that the selector in GS names (bits 3 and up). */
static inline struct tp_segment tp_segment(void)
{
	struct tp_segment segment = { 0 };
	uint32_t selector = 0;
	__asm__ volatile("movw %%gs, %w0" : "+r"(selector));
	segment.entry = selector >> 3;
	tp_syscall(244, (long)&segment, 0, 0, 0);
	return segment;
}

/* Asked of the kernel: %gs:0 is what tls.tp-self compares it with. */
static inline uintptr_t tp_read(void) { return tp_segment().base; }

/* set_thread_area is 243.  The base that the CPU uses is a copy, taken when the selector is loaded. */
static inline void tp_write(uintptr_t tp)
{
	struct tp_segment segment = tp_segment();
	segment.base = tp;
	tp_syscall(243, (long)&segment, 0, 0, 0);
	__asm__ volatile("movw %w0, %%gs" : : "r"(segment.entry << 3 | 3) : "memory");
}

static inline uintptr_t tp_word(void)
{
	uintptr_t word;
	__asm__ volatile("movl %%gs:0, %0" : "=r"(word));
	return word;
}

/* header.stack_guard of glibc's sysdeps/i386/nptl/tls.h; gcc reads it there (config/i386/linux.h
 * TARGET_THREAD_SSP_OFFSET). */
static inline uintptr_t tp_canary(void)
{
	uintptr_t canary;
	__asm__ volatile("movl %%gs:0x14, %0" : "=r"(canary));
	return canary;
}

static inline void tp_canary_write(uintptr_t canary)
{
	__asm__ volatile("movl %0, %%gs:0x14" : : "r"(canary) : "memory");
}

/* rt_sigprocmask is 175, SIG_SETMASK 2 */
static inline uint64_t tp_signal_mask(uint64_t mask)
{
	uint64_t old = 0;
	tp_syscall(175, 2, (long)&mask, (long)&old, 8);
	return old;
}

#endif
