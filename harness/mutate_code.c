/* mutate_code.c - the mutations of instructions. */
#include "harness/mutant.h"

#include "harness/code/go_code.h"
#include "harness/code/plt.h"

#include <errno.h>
#include <string.h>

/* The first Go access of a two-instruction form, its instructions side by side. */
static int find_pair(struct mutant *mutant, size_t between, uint64_t *load, uint64_t *access)
{
	static const enum access forms[] = { ACCESS_IE, ACCESS_RELAXED };
	for (size_t i = 0; i < 2; i++) {
		*load = mutant->scan.go_load[forms[i]];
		*access = mutant->scan.go_access[forms[i]];
		if (mutant->scan.go[forms[i]] && *access - *load == between &&
		    elf_at(&mutant->file, *load, between + 8))
			return 0;
	}
	return mutant_lacks(mutant, "two-instruction access by Go");
}

/* mov GOT(%rip),%r14; mov %fs:(%r14),%r14   becomes   mov %fs:-8,%r14; nop */
static int insn_le_amd64(struct mutant *mutant)
{
	uint64_t load, access;
	int result = find_pair(mutant, 7, &load, &access);
	if (result)
		return result;
	const unsigned char *code = elf_at(&mutant->file, access, 8);
	unsigned char fixed[12] = { 0x64, 0x48, 0, 0, 0x25, 0xf8, 0xff, 0xff, 0xff, 0x66, 0x90, 0x90 };
	if (!code || code[0] != 0x64 || (code[2] != 0x8b && code[2] != 0x89))
		return mutant_lacks(mutant, "two-instruction access by Go");
	fixed[1] |= code[1] & 4; /* REX.R: the register that is not the base */
	fixed[2] = code[2];
	fixed[3] = (code[3] & 0x38) | 4;
	size_t size = (code[3] & 7) == 4 ? 12 : 11; /* %r12 as base costs a SIB byte */
	return mutant_put_bytes(mutant, elf_place(&mutant->file, load), fixed, size);
}

/* adrp x27, GOT; ldr x27, [x27, #lo]   becomes   movz x27, #16; movz x27, #16 */
static int insn_le_arm64(struct mutant *mutant)
{
	uint64_t load = mutant->scan.go_load[ACCESS_IE], place = elf_place(&mutant->file, load);
	if (!mutant->scan.go[ACCESS_IE] || !place)
		return mutant_lacks(mutant, "access by way of the GOT");
	uint32_t movz = 0xd2800000 | 16 << 5 | (mutant->file.bytes[place] & 31);
	return mutant_put(mutant, place, (uint64_t)movz << 32 | movz, 8);
}

int mutant_insn_le(struct mutant *mutant)
{
	return mutant->file.header.e_machine == EM_X86_64 ? insn_le_amd64(mutant) : insn_le_arm64(mutant);
}

/* The offset one word off, in one access: -16 for -8. */
int mutant_insn_offset(struct mutant *mutant)
{
	const struct insn_scan *scan = &mutant->scan;
	enum access form = scan->go[ACCESS_LE] ? ACCESS_LE : ACCESS_RELAXED;
	uint64_t load = scan->go_load[form];
	const unsigned char *code = elf_at(&mutant->file, load, 9);
	if (!scan->go[form] || !code)
		return mutant_lacks(mutant, "access by Go that carries its offset");
	uint64_t place = elf_place(&mutant->file, load), offset = (uint64_t)(scan->offset.value - 8);
	if (mutant->file.header.e_machine == EM_X86_64) {
		/* 64 REX op modrm sib disp32, or REX c7 modrm imm32. */
		size_t skip = form == ACCESS_LE ? 5 : 3;
		return (form == ACCESS_LE ? code[0] == 0x64 : code[1] == 0xc7) ?
		    mutant_put(mutant, place + skip, offset, 4) :
		    mutant_lacks(mutant, "plain form of the access");
	}
	/* movz, or movz and movk: the low 16 bits are in the last. */
	size_t skip = (code[7] & 0xff) == 0xf2 ? 4 : 0;
	uint32_t insn = (uint32_t)code[skip] | (uint32_t)code[skip + 1] << 8 | (uint32_t)code[skip + 2] << 16 |
	    (uint32_t)code[skip + 3] << 24;
	return mutant_put(
	    mutant, place + skip, (insn & ~(0xffffu << 5)) | (uint32_t)((scan->offset.value + 8) & 0xffff) << 5, 4);
}

/* int $0x80; cmp $0xfffff001,%eax, as Go calls and looks for an error, have the room of call *%gs:0x10. */
int mutant_syscall_gs(struct mutant *mutant)
{
	static const unsigned char plain[] = { 0xcd, 0x80, 0x3d, 0x01, 0xf0, 0xff, 0xff },
				   glibc[] = { 0x65, 0xff, 0x15, 0x10, 0, 0, 0 };
	const unsigned char *start = mutant->file.bytes, *at = memmem(start, mutant->file.size, plain, sizeof plain);
	return at ? mutant_put_bytes(mutant, (uint64_t)(at - start), glibc, sizeof glibc) :
		    mutant_lacks(mutant, "int $0x80; cmp");
}

/* jmp *slot(%rip), after endbr64 or not, becomes mold's mov $0,%r11d; jmp *slot(%rip).  What an
 * entry has behind its jump is for lazy binding. */
static int clobber_amd64(struct mutant *mutant, const struct plt_entry *entry)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa },
				   r11[] = { 0x41, 0xbb, 0, 0, 0, 0, 0xff, 0x25 };
	enum { FORM = sizeof r11 + 4 };
	const unsigned char *code = elf_at(&mutant->file, entry->address, entry->room);
	uint64_t start = code && !memcmp(code, endbr64, sizeof endbr64) ? sizeof endbr64 : 0;
	if (!code || entry->room < start + FORM)
		return mutant_lacks(mutant, "PLT entry of 16 bytes");
	int result = mutant_put_bytes(mutant, elf_place(&mutant->file, entry->address + start), r11, sizeof r11);
	uint64_t distance = entry->slot->offset - (entry->address + start + FORM);
	return result ? result :
			mutant_put(mutant, elf_place(&mutant->file, entry->address + start + sizeof r11), distance, 4);
}

/* add x16, x16, #lo, which only a lazy resolver needs, becomes movz x9, #0. */
static int clobber_arm64(struct mutant *mutant, const struct plt_entry *entry)
{
	for (uint64_t at = entry->address; at + 4 <= entry->end; at += 4) {
		const unsigned char *code = elf_at(&mutant->file, at, 4);
		if (code && code[3] == 0x91)
			return mutant_put(mutant, elf_place(&mutant->file, at), 0xd2800009, 4);
	}
	return mutant_lacks(mutant, "PLT entry that adds to its page");
}

/* The first entry with room for it; of those to Go alone, or of all. */
static int clobber(struct mutant *mutant, int go, const char *what)
{
	struct plt plt;
	int result = mutant_lacks(mutant, what);
	plt_read(&mutant->file, &plt);
	for (size_t i = 0; i < plt.count && result == -ENOENT; i++)
		if (!go || plt_leads_to_go(&plt, &plt.entry[i]))
			result = mutant->file.header.e_machine == EM_X86_64 ? clobber_amd64(mutant, &plt.entry[i]) :
									      clobber_arm64(mutant, &plt.entry[i]);
	plt_free(&plt);
	return result;
}

int mutant_plt_clobber(struct mutant *mutant) { return clobber(mutant, 0, "PLT entry"); }
int mutant_plt_clobber_go(struct mutant *mutant) { return clobber(mutant, 1, "PLT entry of a Go function"); }
