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
#include <string.h>

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

/* ---- the way into the kernel --------------------------------------------------------------- */

/* int $0x80, which Linux keeps for 386 (arch/x86/entry/entry_32.S entry_INT80_32), and call *%gs:0x10: the word behind
 * the thread pointer in which glibc keeps the address of __kernel_vsyscall (sysdeps/i386/nptl/tls.h tcbhead_t sysinfo),
 * and which no psABI knows.  It is no TLS variable (x86.c read_fixed).  Go 1.5 calls through a word of its own,
 * runtime._vdso, that it fills from AT_SYSINFO: a call as any other, not counted. */
static const struct {
	unsigned char code[7];
	size_t size;
} kernel_ways[KERNEL_WAYS] = {
	[KERNEL_INT80] = { { 0xcd, 0x80 }, 2 },
	[KERNEL_GS_10] = { { 0x65, 0xff, 0x15, 0x10 }, 7 },
};

static int may_enter(const unsigned char *code, size_t size)
{
	for (size_t i = 0; i < KERNEL_WAYS; i++)
		if (memmem(code, size, kernel_ways[i].code, kernel_ways[i].size))
			return 1;
	return 0;
}

static void count_kernel(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	if (!scan->file || !scan->is_go || scan->is_unknown || !may_enter(code, size))
		return;
	if (x86_open(scan, CS_MODE_32)) {
		scan->decoded = 0;
		return;
	}
	csh handle = (csh)scan->engine[0];
	cs_insn *insn = cs_malloc(handle);
	while (size) {
		if (!cs_disasm_iter(handle, &code, &size, &address, insn)) {
			code++, size--, address++;
			continue;
		}
		for (size_t i = 0; i < KERNEL_WAYS; i++)
			scan->kernel[i] += insn->size == kernel_ways[i].size &&
			    !memcmp(insn->bytes, kernel_ways[i].code, kernel_ways[i].size);
	}
	cs_free(insn, 1);
}

static void i386_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	x86_scan(scan, &x86_32, address, code, size);
	count_kernel(scan, address, code, size);
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
