/* arch.c - the table of processors. */
#include "harness/arch/arch.h"

#include <elf.h>

#define RELOC(number, kind) { number, RELOC_##kind, #number }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
	RELOC(R_X86_64_IRELATIVE, OTHER),
	RELOC(R_X86_64_PC32, OTHER),
	RELOC(R_X86_64_32, OTHER),
	RELOC(R_X86_64_TPOFF32, TPOFF),
};

static const struct reloc_type arm64_relocs[] = {
	RELOC(R_AARCH64_NONE, NONE),
	RELOC(R_AARCH64_ABS64, SYMBOL),
	RELOC(R_AARCH64_COPY, COPY),
	RELOC(R_AARCH64_GLOB_DAT, SYMBOL),
	RELOC(R_AARCH64_JUMP_SLOT, SYMBOL),
	RELOC(R_AARCH64_RELATIVE, RELATIVE),
	RELOC(R_AARCH64_TLS_DTPMOD, DTPMOD),
	RELOC(R_AARCH64_TLS_DTPREL, DTPOFF),
	RELOC(R_AARCH64_TLS_TPREL, TPOFF),
	RELOC(R_AARCH64_TLSDESC, TLSDESC),
	RELOC(R_AARCH64_IRELATIVE, OTHER),
};

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
	RELOC(R_386_IRELATIVE, OTHER),
};

static const struct reloc_type arm_relocs[] = {
	RELOC(R_ARM_NONE, NONE),
	RELOC(R_ARM_ABS32, SYMBOL),
	RELOC(R_ARM_TLS_DESC, TLSDESC),
	RELOC(R_ARM_TLS_DTPMOD32, DTPMOD),
	RELOC(R_ARM_TLS_DTPOFF32, DTPOFF),
	RELOC(R_ARM_TLS_TPOFF32, TPOFF),
	RELOC(R_ARM_COPY, COPY),
	RELOC(R_ARM_GLOB_DAT, SYMBOL),
	RELOC(R_ARM_JUMP_SLOT, SYMBOL),
	RELOC(R_ARM_RELATIVE, RELATIVE),
	RELOC(R_ARM_IRELATIVE, OTHER),
};

static const struct reloc_type riscv64_relocs[] = {
	RELOC(R_RISCV_NONE, NONE),
	RELOC(R_RISCV_64, SYMBOL),
	RELOC(R_RISCV_RELATIVE, RELATIVE),
	RELOC(R_RISCV_COPY, COPY),
	RELOC(R_RISCV_JUMP_SLOT, SYMBOL),
	RELOC(R_RISCV_TLS_DTPMOD64, DTPMOD),
	RELOC(R_RISCV_TLS_DTPREL64, DTPOFF),
	RELOC(R_RISCV_TLS_TPREL64, TPOFF),
	RELOC(R_RISCV_IRELATIVE, OTHER),
	{ 12, RELOC_TLSDESC, "R_RISCV_TLSDESC" },         /* not in the <elf.h> of glibc 2.36 */
};

static const struct reloc_type ppc64_relocs[] = {
	RELOC(R_PPC64_NONE, NONE),
	RELOC(R_PPC64_ADDR64, SYMBOL),
	RELOC(R_PPC64_COPY, COPY),
	RELOC(R_PPC64_GLOB_DAT, SYMBOL),
	RELOC(R_PPC64_JMP_SLOT, SYMBOL),
	RELOC(R_PPC64_RELATIVE, RELATIVE),
	RELOC(R_PPC64_DTPMOD64, DTPMOD),
	RELOC(R_PPC64_TPREL64, TPOFF),
	RELOC(R_PPC64_DTPREL64, DTPOFF),
	RELOC(R_PPC64_IRELATIVE, OTHER),
};

static const struct reloc_type s390x_relocs[] = {
	RELOC(R_390_NONE, NONE),
	RELOC(R_390_64, SYMBOL),
	RELOC(R_390_COPY, COPY),
	RELOC(R_390_GLOB_DAT, SYMBOL),
	RELOC(R_390_JMP_SLOT, SYMBOL),
	RELOC(R_390_RELATIVE, RELATIVE),
	RELOC(R_390_TLS_DTPMOD, DTPMOD),
	RELOC(R_390_TLS_DTPOFF, DTPOFF),
	RELOC(R_390_TLS_TPOFF, TPOFF),
	RELOC(R_390_IRELATIVE, OTHER),
};

static const struct reloc_type loong64_relocs[] = {
	RELOC(R_LARCH_NONE, NONE),
	RELOC(R_LARCH_64, SYMBOL),
	RELOC(R_LARCH_RELATIVE, RELATIVE),
	RELOC(R_LARCH_COPY, COPY),
	RELOC(R_LARCH_JUMP_SLOT, SYMBOL),
	RELOC(R_LARCH_TLS_DTPMOD64, DTPMOD),
	RELOC(R_LARCH_TLS_DTPREL64, DTPOFF),
	RELOC(R_LARCH_TLS_TPREL64, TPOFF),
	RELOC(R_LARCH_IRELATIVE, OTHER),
	{ 14, RELOC_TLSDESC, "R_LARCH_TLS_DESC64" },      /* not in the <elf.h> of glibc 2.36 */
};

/* Numbered as instructions number them. */
static const char *const amd64_registers[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};
static const char *const arm64_registers[] = {
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
	"x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
};

/* Integer arguments of Go's ABIInternal, src/cmd/compile/abi-internal.md: RAX, RBX, RCX, RDI, RSI, R8
 * to R11 on amd64, R0 to R15 on arm64. */
static const struct call_rules amd64_calls = {
	amd64_registers, COUNT(amd64_registers), 1u << 0 | 1u << 3 | 1u << 1 | 1u << 7 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11, amd64_plt,
};
static const struct call_rules arm64_calls = { arm64_registers, COUNT(arm64_registers), 0xffff, arm64_plt };

#define RELOCS(array) array, COUNT(array)

/* The TCB is two words on arm and arm64; riscv64 and loong64 keep theirs below the thread
 * pointer; Power's points 0x7000 above the end of its TCB (ELFv2 3.7.2). */
static const struct arch archs[] = {
	{ "x86-64", "amd64", EM_X86_64, 64, 0, 2, 0, 0, RELOCS(amd64_relocs), amd64_scan, &amd64_calls },
	{ "aarch64", "arm64", EM_AARCH64, 64, 0, 1, 16, 0, RELOCS(arm64_relocs), arm64_scan, &arm64_calls },
	{ "i386", "386", EM_386, 32, 0, 2, 0, 0, RELOCS(i386_relocs), NULL, NULL },
	{ "arm", "arm", EM_ARM, 32, 0, 1, 8, 0, RELOCS(arm_relocs), NULL, NULL },
	{ "riscv", "riscv64", EM_RISCV, 64, 0, 1, 0, 0, RELOCS(riscv64_relocs), NULL, NULL },
	{ "ppc64", "ppc64le", EM_PPC64, 64, 0, 1, 0, 0x7000, RELOCS(ppc64_relocs), NULL, NULL },
	{ "ppc64", "ppc64", EM_PPC64, 64, 1, 1, 0, 0x7000, RELOCS(ppc64_relocs), NULL, NULL },
	{ "s390", "s390x", EM_S390, 64, 1, 2, 0, 0, RELOCS(s390x_relocs), NULL, NULL },
	{ "loongarch", "loong64", EM_LOONGARCH, 64, 0, 1, 0, 0, RELOCS(loong64_relocs), NULL, NULL },
};

const struct arch *arch_find(unsigned machine, int class, int big_endian)
{
	for (size_t i = 0; i < COUNT(archs); i++)
		if (archs[i].machine == machine && archs[i].class == class && archs[i].big_endian == big_endian)
			return &archs[i];
	return NULL;
}

const struct reloc_type *arch_reloc(const struct arch *arch, unsigned number)
{
	for (size_t i = 0; arch && i < arch->reloc_count; i++)
		if (arch->relocs[i].number == number)
			return &arch->relocs[i];
	return NULL;
}
