/* amd64.c - TLS accesses in x86-64 code, and the entries of its PLT.  How accesses look is told in x86.c;
 * the dynamic models are those of ELF TLS sections 4.1.6 and 4.2.6 and x86-64 psABI section 11.3:
 *
 *     lea  x@tlsgd(%rip),%rdi         GD with, LD without a 0x66 before it; x@tlsdesc in %rax */
#include "harness/code/plt.h"
#include "harness/code/x86.h"
#include "harness/elf/arch.h"

#include <elf.h>
#include <string.h>

/* The calls of the dynamic models: lea of a word pair that a DTPMOD or TLSDESC relocation fills. */
static void count_calls(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	for (size_t i = 0; i + 7 <= size; i++) {
		if (code[i] != 0x48 || code[i + 1] != 0x8d || (code[i + 2] != 0x3d && code[i + 2] != 0x05))
			continue;
		int32_t distance;
		memcpy(&distance, code + i + 3, sizeof distance);
		uint64_t target = address + i + 7 + (uint64_t)(int64_t)distance;
		if (code[i + 2] == 0x05)
			scan->tlsdesc += (size_t)insn_is_tlsdesc(scan, target);
		else if (insn_is_dtpmod(scan, target))
			*(i > 0 && code[i - 1] == 0x66 ? &scan->gd : &scan->ld) += 1;
	}
}

/* %rbx, %rbp, %rsp and %r12 to %r15 survive a call (psABI figure 3.4). */
static const struct x86 amd64 = {
	.mode = CS_MODE_64, .bits = 64, .segment = 'f', .kept = 0xf038, .count_calls = count_calls
};

static void amd64_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	x86_scan(scan, &amd64, address, code, size);
}

/* ---- the PLT ------------------------------------------------------------------------------ */

/* bfd, gold, lld:  jmp *slot(%rip)                             in .plt or .plt.got
 * for IBT:         endbr64; jmp *slot(%rip)                    in .plt.sec (bfd, lld) or .plt.got (mold)
 * mold:            endbr64; mov $index,%r11d; jmp *slot(%rip)  in .plt
 * lld, retpoline:  mov slot(%rip),%r11; jmp or call the header */
static void add_to_run(const struct plt *plt, struct plt_entry *run, csh handle, const cs_insn *insn)
{
	enum { RSP = 4 };
	const cs_x86 *x86 = &insn->detail->x86;
	for (uint8_t i = 0; i < x86->op_count && !run->slot; i++)
		if (x86_is_word(&x86->operands[i]))
			run->slot = plt_slot(plt, x86_word(insn, &x86->operands[i]));
	run->writes |= x86_registers_written(handle, insn) & ~(1u << RSP);
}

static void amd64_plt(struct plt *plt, uint64_t address, const unsigned char *code, size_t size)
{
	csh handle;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
		plt->decoded = 0;
		return;
	}
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_insn *insn = cs_malloc(handle);
	struct plt_entry run = { 0 };
	while (size) {
		uint64_t start = address;
		if (!cs_disasm_iter(handle, &code, &size, &address, insn)) {
			code++, size--, address++;
			run = (struct plt_entry){ 0 };
			continue;
		}
		if (!run.address && (insn->id == X86_INS_NOP || insn->id == X86_INS_INT3))
			continue; /* what fills up the entry before */
		run.address = run.address ? run.address : start;
		add_to_run(plt, &run, handle, insn);
		if (!cs_insn_group(handle, insn, CS_GRP_JUMP) && !cs_insn_group(handle, insn, CS_GRP_CALL) &&
		    !cs_insn_group(handle, insn, CS_GRP_RET))
			continue;
		run.end = address;
		plt_found(plt, &run);
		run = (struct plt_entry){ 0 };
	}
	cs_free(insn, 1);
	cs_close(&handle);
}

/* ---- the row ------------------------------------------------------------------------------ */

static const struct reloc_type amd64_relocs[] = {
	RELOC(R_X86_64_NONE, NONE),
	RELOC(R_X86_64_64, SYMBOL),
	RELOC(R_X86_64_COPY, COPY),
	RELOC(R_X86_64_GLOB_DAT, SYMBOL),
	RELOC(R_X86_64_JUMP_SLOT, SYMBOL),
	RELOC(R_X86_64_RELATIVE, RELATIVE),
	RELOC(R_X86_64_DTPMOD64, DTPMOD),
	RELOC(R_X86_64_DTPOFF64, DTPOFF),
	RELOC(R_X86_64_TPOFF64, TPOFF),
	RELOC(R_X86_64_TLSDESC, TLSDESC),
	RELOC(R_X86_64_IRELATIVE, IRELATIVE),
	RELOC(R_X86_64_PC32, OTHER),
	RELOC(R_X86_64_32, OTHER),
	/* Of object files (x86-64 psABI section 4.4, table 4.10). */
	RELOC(R_X86_64_TPOFF32, LINK_LE),
	RELOC(R_X86_64_GOTTPOFF, LINK_IE),
	RELOC(R_X86_64_TLSGD, LINK_GD),
	RELOC(R_X86_64_GOTPC32_TLSDESC, LINK_GD),
	RELOC(R_X86_64_TLSDESC_CALL, LINK_GD),
	RELOC(R_X86_64_TLSLD, LINK_LD),
	RELOC(R_X86_64_DTPOFF32, LINK_LD),
};

static const char *const amd64_registers[] = {
	"rax",
	"rcx",
	"rdx",
	"rbx",
	"rsp",
	"rbp",
	"rsi",
	"rdi",
	"r8",
	"r9",
	"r10",
	"r11",
	"r12",
	"r13",
	"r14",
	"r15",
};

/* Integer arguments of ABIInternal (src/cmd/compile/abi-internal.md): RAX, RBX, RCX, RDI, RSI, R8 to R11. */
static const struct call_rules amd64_calls = {
	amd64_registers,
	ARCH_COUNT(amd64_registers),
	1u << 0 | 1u << 3 | 1u << 1 | 1u << 7 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11,
	amd64_plt,
};

const struct arch arch_amd64 = {
	.name = "x86-64",
	.goarch = "amd64",
	.machine = EM_X86_64,
	.class = 64,
	.variant = 2,
	.thread_pointer = "FS base",
	.slot = "runtime.tlsg",
	.relocs = amd64_relocs,
	.reloc_count = ARCH_COUNT(amd64_relocs),
	.scan = amd64_scan,
	.scan_end = x86_scan_end,
	.calls = &amd64_calls,
};
