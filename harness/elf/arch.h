/* arch.h - what differs between processors, a row for each: numbers of the ELF machine and of its
 * relocations, where the thread pointer is and what it points to, how instructions reach TLS, and
 * the registers of a call.  A processor's row stands in its own file with everything that belongs
 * to it; arch.c lists them.
 *
 * The sources are the processor supplements: x86-64 psABI, i386 psABI, AArch64 ELF (IHI 0056), ARM
 * ELF (IHI 0044), RISC-V psABI, Power ELFv2, s390x ELF ABI, LoongArch ELF psABI, MIPS TLS (NPTL
 * for MIPS); numbers as in <elf.h>. */
#ifndef TLSMATRIX_HARNESS_ELF_ARCH_H
#define TLSMATRIX_HARNESS_ELF_ARCH_H

#include <stddef.h>
#include <stdint.h>

struct insn_scan;
struct plt;

/* What a relocation asks, as far as a question here depends on it: a dynamic one of the loader, one of
 * the last four of the linker (they stand in object files, and so in the members of a c-archive). */
enum reloc_kind {
	RELOC_OTHER,
	RELOC_NONE,
	RELOC_TPOFF,    /* offset from the thread pointer: initial-exec */
	RELOC_DTPMOD,   /* number of the module: general- or local-dynamic */
	RELOC_DTPOFF,   /* offset in the module's TLS block */
	RELOC_TLSDESC,  /* TLS descriptor */
	RELOC_RELATIVE, /* load address + addend */
	RELOC_SYMBOL,   /* address of a symbol + addend */
	RELOC_COPY,
	RELOC_IRELATIVE, /* what the function at load address + addend returns */
	RELOC_LINK_LE,
	RELOC_LINK_IE,
	RELOC_LINK_GD,
	RELOC_LINK_LD /* GD also for TLSDESC */
};

struct reloc_type {
	unsigned number;
	enum reloc_kind kind;
	const char *name;
};

/* What a call by way of the PLT may cost a Go function (harness/code/plt.h). */
struct call_rules {
	const char *const *registers; /* names of the general registers, by number */
	size_t register_count;
	uint32_t arguments; /* bit n: number n carries an integer argument in Go's ABIInternal */
	/* Reads the code of a PLT section and reports its runs to plt_found. */
	void (*plt)(struct plt *plt, uint64_t address, const unsigned char *code, size_t size);
};

struct arch {
	const char *name;   /* of the machine, "x86-64" */
	const char *goarch; /* of the little or only byte order */
	unsigned machine;   /* EM_* */
	int class;          /* 32 or 64 */
	int big_endian;
	int variant;                /* 1: TLS above the thread pointer; 2: below (ELF TLS section 3) */
	unsigned tcb;               /* variant I: bytes between thread pointer and the first block */
	unsigned bias;              /* variant I: the thread pointer points that much further up */
	const char *thread_pointer; /* where it is held, "FS base" */
	const char
	    *slot; /* Go's TLS variable: "runtime.tlsg" (cmd/link makes it) or "runtime.tls_g" (runtime/tls_*.s) */
	const struct reloc_type *relocs;
	size_t reloc_count;

	/* Reads one function and counts its TLS accesses (harness/code/insn.h); NULL where instructions are
	 * not understood.  scan_end, where there is one, ends what scan keeps in scan->engine. */
	void (*scan)(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size);
	void (*scan_end)(struct insn_scan *scan);
	const struct call_rules *calls; /* NULL where PLT entries are not understood */
};

/* The row of a machine, or NULL. */
const struct arch *arch_find(unsigned machine, int class, int big_endian);

/* The row of a relocation number, or NULL. */
const struct reloc_type *arch_reloc(const struct arch *arch, unsigned number);

#define RELOC(number, kind) { number, RELOC_##kind, #number }
#define ARCH_COUNT(array) (sizeof(array) / sizeof((array)[0]))

extern const struct arch arch_386, arch_amd64, arch_arm, arch_arm64, arch_loong64, arch_mips, arch_mips64,
    arch_mips64le, arch_mipsle, arch_ppc64, arch_ppc64le, arch_riscv64, arch_s390x;

#endif
