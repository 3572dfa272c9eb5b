/* 386.c - 386: its relocations and how its code reaches TLS.  How accesses look is told in x86.c; the
 * dynamic models are those of ELF TLS sections 4.1.2 and 4.2.2, GNU variant, %ebx being the
 * address of the GOT:
 *
 *     lea  x@tlsgd(,%ebx,1),%eax      GD, and LD with x@tlsldm: GCC writes both so
 *     call ___tls_get_addr@plt        (ELF TLS has (%ebx) for LD)
 *     lea  x@tlsdesc(%ebx),%eax       a descriptor
 *     call *(%eax) */
#include "harness/code/x86.h"
#include "harness/elf/arch.h"

#include <elf.h>

static uint32_t word_at(const unsigned char *code)
{
	return (uint32_t)code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
}

/* lea of a word pair that a DTPMOD or TLSDESC relocation fills. */
static void count_calls(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	uint64_t got = x86_got(scan);
	(void)address;
	for (size_t i = 0; got && i + 6 <= size; i++) {
		if (code[i] != 0x8d)
			continue;
		/* ModRM and SIB for an index and no base; ModRM for a base. */
		int is_indexed = i + 7 <= size && (code[i + 1] & 0xc7) == 0x04 && (code[i + 2] & 0xc7) == 0x05;
		if (!is_indexed && ((code[i + 1] & 0xc0) != 0x80 || (code[i + 1] & 7) == 4))
			continue;
		uint64_t target = (uint32_t)(got + word_at(code + i + (is_indexed ? 3 : 2)));
		if (insn_is_tlsdesc(scan, target))
			scan->tlsdesc++;
		else
			insn_dynamic(scan, target);
	}
}

/* %ebx, %esp, %ebp, %esi and %edi survive a call (i386 psABI table 2.3).  GNU's GD, relaxed to LE,
 * subtracts x@tpoff from the thread pointer. */
static const struct x86 x86_32 = {
	.mode = CS_MODE_32, .bits = 32, .segment = 'g', .kept = 0xf8, .sub_reaches = 1, .count_calls = count_calls
};

static void i386_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	x86_scan(scan, &x86_32, address, code, size);
}

/* Dynamic ones, and the linker's for TLS (ELF TLS section 4.1, i386 psABI section 4.4): Go writes
 * R_386_TLS_LE and R_386_TLS_GOTIE (cmd/link/internal/x86/asm.go elfreloc1). */
static const struct reloc_type i386_relocs[] = {
	RELOC(R_386_NONE, NONE),
	RELOC(R_386_32, SYMBOL),
	RELOC(R_386_PC32, OTHER),
	RELOC(R_386_COPY, COPY),
	RELOC(R_386_GLOB_DAT, SYMBOL),
	RELOC(R_386_JMP_SLOT, SYMBOL),
	RELOC(R_386_RELATIVE, RELATIVE),
	RELOC(R_386_TLS_TPOFF, TPOFF),
	RELOC(R_386_TLS_DTPMOD32, DTPMOD),
	RELOC(R_386_TLS_DTPOFF32, DTPOFF),
	RELOC(R_386_TLS_TPOFF32, TPOFF),
	RELOC(R_386_TLS_DESC, TLSDESC),
	RELOC(R_386_IRELATIVE, IRELATIVE),
	RELOC(R_386_TLS_LE, LINK_LE),
	RELOC(R_386_TLS_LE_32, LINK_LE),
	RELOC(R_386_TLS_IE, LINK_IE),
	RELOC(R_386_TLS_IE_32, LINK_IE),
	RELOC(R_386_TLS_GOTIE, LINK_IE),
	RELOC(R_386_TLS_GD, LINK_GD),
	RELOC(R_386_TLS_GOTDESC, LINK_GD),
	RELOC(R_386_TLS_LDM, LINK_LD),
};

/* The thread pointer is the base of %gs, and its word 0 the same address (ELF TLS section 3.4.2). */
const struct arch arch_386 = {
	.name = "i386",
	.goarch = "386",
	.machine = EM_386,
	.class = 32,
	.variant = 2,
	.thread_pointer = "GS base",
	.slot = "runtime.tlsg",
	.relocs = i386_relocs,
	.reloc_count = ARCH_COUNT(i386_relocs),
	.scan = i386_scan,
	.scan_end = x86_scan_end,
};
