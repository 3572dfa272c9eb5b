#include <elf.h>
#include <link.h>
#include <stdint.h>

/* The slot of this library in the calling thread.  Nobody tells this library what its file
 * promises, so that it looks itself: Go's slot is the only TLS it accesses, initial-exec, and the
 * one TPOFF relocation says which GOT word holds its offset from the thread pointer
 * (ELF TLS section 4.3; S5). */

#if defined(__x86_64__)
enum { TPOFF = R_X86_64_TPOFF64 };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("movq %%fs:0, %0" : "=r"(tp));
	return tp;
}
#elif defined(__powerpc64__)
enum { TPOFF = R_PPC64_TPREL64 };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("mr %0, 13" : "=r"(tp));
	return tp;
}
#elif defined(__s390x__)
enum { TPOFF = R_390_TLS_TPOFF };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("ear %0, %%a0\n\tsllg %0, %0, 32\n\tear %0, %%a1" : "=d"(tp));
	return tp;
}
#elif defined(__riscv)
enum { TPOFF = R_RISCV_TLS_TPREL64 };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("mv %0, tp" : "=r"(tp));
	return tp;
}
#elif defined(__loongarch_lp64)
enum { TPOFF = R_LARCH_TLS_TPREL64 };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("move %0, $tp" : "=r"(tp));
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
#elif defined(__i386__)
enum { TPOFF = R_386_TLS_TPOFF };
static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
	__asm__("movl %%gs:0, %0" : "=r"(tp));
	return tp;
}
#elif defined(__arm__)
enum { TPOFF = R_ARM_TLS_TPOFF32 };
static uintptr_t thread_pointer(void) { return (uintptr_t)__builtin_thread_pointer(); }
#endif

/* i386 and arm keep the addend where the relocation points (gABI, their psABIs). */
#if defined(__i386__) || defined(__arm__)
enum { TABLE = DT_REL, TABLE_SIZE = DT_RELSZ };
typedef ElfW(Rel) relocation;
#define TYPE(info) ELF32_R_TYPE(info)
#else
enum { TABLE = DT_RELA, TABLE_SIZE = DT_RELASZ };
typedef ElfW(Rela) relocation;
#define TYPE(info) ELF64_R_TYPE(info)
#endif

extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

uintptr_t tlsm_slot(void);
uintptr_t tlsm_bound(void);

/* The first library's alone (cases/init/init_lib.go): where this reference, of an object that is opened later, is
 * bound; 0 where the first was opened RTLD_LOCAL. */
extern void tlsm_first_call(void) __attribute__((weak));

uintptr_t tlsm_bound(void) { return (uintptr_t)&tlsm_first_call; }

uintptr_t tlsm_slot(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start, table = 0, size = 0;
	for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == TABLE)
			table = entry->d_un.d_ptr;
		if (entry->d_tag == TABLE_SIZE)
			size = entry->d_un.d_val;
	}
	/* glibc adds the base to d_ptr in place, musl does not. */
	if (table < base)
		table += base;
	for (const relocation *at = (const relocation *)table; (uintptr_t)at < table + size; at++)
		if (TYPE(at->r_info) == TPOFF)
			return thread_pointer() + *(const uintptr_t *)(base + at->r_offset);
	return 0;
}
