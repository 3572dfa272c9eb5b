#include <elf.h>
#include <link.h>
#include <stdint.h>

/* The slot of this library in the calling thread.  Nobody tells this library what its file
 * promises, so that it looks itself: Go's slot is the only TLS it accesses, initial-exec, and the
 * one TPOFF relocation says which GOT word holds its offset from the thread pointer
 * (ELF TLS 3.0 section 4.1.3 and 4.2.3; S5). */

#if defined(__x86_64__)
enum { TPOFF = R_X86_64_TPOFF64 };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("movq %%fs:0, %0" : "=r"(tp));
	return tp;
}
#elif defined(__aarch64__)
enum { TPOFF = R_AARCH64_TLS_TPREL };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}
#endif

extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

uintptr_t tlsm_slot(void);

uintptr_t tlsm_slot(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start, table = 0, size = 0;
	for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RELA)
			table = entry->d_un.d_ptr;
		if (entry->d_tag == DT_RELASZ)
			size = entry->d_un.d_val;
	}
	/* glibc adds the base to d_ptr in place, musl does not. */
	if (table < base)
		table += base;
	for (const ElfW(Rela) *rela = (const ElfW(Rela) *)table; (uintptr_t)rela < table + size; rela++)
		if (ELF64_R_TYPE(rela->r_info) == TPOFF)
			return thread_pointer() + *(const uintptr_t *)(base + rela->r_offset);
	return 0;
}
