/* mutate.c - the mutations of mutate.h. */
#include "harness/mutate.h"
#include "harness/code/go_code.h"
#include "harness/code/plt.h"
#include "harness/format/elf_tls.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATCHES_MAX = 2, PATCH_BYTES = 16 };

struct mutant {
	struct elf_file file;
	struct insn_scan scan;
	struct tls_facts tls;
	/* Collected first and written last, so that a mutation happens whole or not at all. */
	struct {
		uint64_t place;
		unsigned char bytes[PATCH_BYTES];
		size_t size;
	} patch[PATCHES_MAX];
	size_t patches;
	const char *missing; /* what the file lacks, where apply failed */
};

static int lacks(struct mutant *mutant, const char *what)
{
	mutant->missing = what;
	return -ENOENT;
}

static int put_bytes(struct mutant *mutant, uint64_t place, const unsigned char *bytes, size_t size)
{
	if (mutant->patches == PATCHES_MAX || size > PATCH_BYTES || place > mutant->file.size ||
	    size > mutant->file.size - place)
		return -EINVAL;
	mutant->patch[mutant->patches].place = place;
	mutant->patch[mutant->patches].size = size;
	memcpy(mutant->patch[mutant->patches++].bytes, bytes, size);
	return 0;
}

static int put(struct mutant *mutant, uint64_t place, uint64_t value, size_t size)
{
	unsigned char bytes[8];
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	return put_bytes(mutant, place, bytes, size);
}

/* ---- segments ----------------------------------------------------------------------------- */

static int put_segment(struct mutant *mutant, uint32_t type, size_t field, uint64_t value, size_t size)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segment[i].p_type == type)
			return put(mutant, file->header.e_phoff + i * sizeof(Elf64_Phdr) + field, value, size);
	return lacks(mutant, type == PT_TLS ? "PT_TLS segment" : "PT_GNU_STACK segment");
}

static int tls_memsz(struct mutant *mutant)
{
	return put_segment(mutant, PT_TLS, offsetof(Elf64_Phdr, p_memsz), mutant->tls.slot.value, 8);
}

static int tls_align(struct mutant *mutant) { return put_segment(mutant, PT_TLS, offsetof(Elf64_Phdr, p_align), 3, 8); }

static int stack_exec(struct mutant *mutant)
{
	return put_segment(mutant, PT_GNU_STACK, offsetof(Elf64_Phdr, p_flags), PF_R | PF_W | PF_X, 4);
}

static int stack_gone(struct mutant *mutant)
{
	return put_segment(mutant, PT_GNU_STACK, offsetof(Elf64_Phdr, p_type), PT_NULL, 4);
}

/* ---- symbols and relocations -------------------------------------------------------------- */

static int tlsg_size(struct mutant *mutant)
{
	const struct elf_symbol *symbol = mutant->tls.slot.symbol;
	if (!symbol)
		return lacks(mutant, "symbol of Go's slot");
	return put(mutant, symbol->place + offsetof(Elf64_Sym, st_size), 4, 8);
}

static int put_reloc_kind(struct mutant *mutant, const struct elf_reloc *reloc, enum reloc_kind kind)
{
	const struct arch *arch = mutant->file.arch;
	for (size_t i = 0; i < arch->reloc_count; i++)
		if (arch->relocs[i].kind == kind)
			return put(mutant, reloc->place + offsetof(Elf64_Rela, r_info), arch->relocs[i].number, 4);
	return lacks(mutant, "relocation of that kind");
}

static int slot_dtpoff(struct mutant *mutant)
{
	if (!mutant->tls.slot.reloc)
		return lacks(mutant, "thread-pointer-offset relocation of Go's slot");
	return put_reloc_kind(mutant, mutant->tls.slot.reloc, RELOC_DTPOFF);
}

static int c_ie(struct mutant *mutant)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].kind == RELOC_DTPMOD || file->reloc[i].kind == RELOC_TLSDESC) {
			/* Beyond the slot, whatever the linker left there: as C would have made it. */
			if (!file->reloc[i].symbol)
				put(mutant, file->reloc[i].place + offsetof(Elf64_Rela, r_addend),
				    mutant->tls.slot.value + 64, 8);
			return put_reloc_kind(mutant, &file->reloc[i], RELOC_TPOFF);
		}
	return lacks(mutant, "DTPMOD or TLSDESC relocation");
}

static int reloc_readonly(struct mutant *mutant)
{
	const struct elf_file *file = &mutant->file;
	uint64_t address = 0;
	size_t i = 0;
	while (i < file->segment_count && !(file->segment[i].p_type == PT_LOAD && !(file->segment[i].p_flags & PF_W)))
		i++;
	if (i == file->segment_count)
		return lacks(mutant, "segment that is not writable");
	address = file->segment[i].p_vaddr;
	for (i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].place && file->reloc[i].kind != RELOC_NONE)
			return put(mutant, file->reloc[i].place + offsetof(Elf64_Rela, r_offset), address, 8);
	return lacks(mutant, "dynamic relocation");
}

/* ---- the dynamic array -------------------------------------------------------------------- */

static int put_flags(struct mutant *mutant, int64_t tag, uint64_t clear, uint64_t set)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->dynamic_count; i++)
		if (file->dynamic[i].d_tag == tag)
			return put(mutant, file->dynamic_place + i * sizeof(Elf64_Dyn) + offsetof(Elf64_Dyn, d_un),
			    (file->dynamic[i].d_un.d_val & ~clear) | set, 8);
	return lacks(mutant, tag == DT_FLAGS ? "DT_FLAGS" : "DT_FLAGS_1");
}

static int no_static_flag(struct mutant *mutant) { return put_flags(mutant, DT_FLAGS, DF_STATIC_TLS, 0); }

static int no_nodelete(struct mutant *mutant) { return put_flags(mutant, DT_FLAGS_1, DF_1_NODELETE, 0); }

static int textrel(struct mutant *mutant) { return put_flags(mutant, DT_FLAGS, 0, DF_TEXTREL); }

/* ---- initializers ------------------------------------------------------------------------- */

/* Is one of Go's library entries at the address? */
static int is_go_entry(const struct elf_file *file, uint64_t address)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	for (size_t i = 0; i < symbols->count; i++) {
		const char *name = symbols->symbol[i].name;
		size_t length = strlen(name);
		if (symbols->symbol[i].value == address && !strncmp(name, "_rt0_", 5) && length > 4 &&
		    !strcmp(name + length - 4, "_lib"))
			return 1;
	}
	return 0;
}

/* The word of the init array whose function is Go's entry (or is not), and that function. */
static uint64_t find_entry(const struct elf_file *file, int go, uint64_t *place)
{
	uint64_t start = 0, size = 0;
	elf_dynamic(file, DT_INIT_ARRAY, &start);
	elf_dynamic(file, DT_INIT_ARRAYSZ, &size);
	for (size_t i = 0; i < file->reloc_count; i++) {
		const struct elf_reloc *reloc = &file->reloc[i];
		if (reloc->kind != RELOC_RELATIVE || reloc->offset - start >= size ||
		    is_go_entry(file, (uint64_t)reloc->addend) != go)
			continue;
		*place = reloc->place ? reloc->place + offsetof(Elf64_Rela, r_addend) : elf_place(file, reloc->offset);
		return (uint64_t)reloc->addend;
	}
	/* A program at fixed addresses has the functions in the file. */
	for (uint64_t at = 0; at + 8 <= size && elf_at(file, start + at, 8); at += 8) {
		uint64_t function = elf_word(file, start + at);
		*place = elf_place(file, start + at);
		if (function && is_go_entry(file, function) == go)
			return function;
	}
	return 0;
}

static int init_lost(struct mutant *mutant)
{
	uint64_t place, other, other_place;
	if (!find_entry(&mutant->file, 1, &place))
		return lacks(mutant, "Go initializer");
	other = find_entry(&mutant->file, 0, &other_place);
	return other ? put(mutant, place, other, 8) : lacks(mutant, "second initializer");
}

static int init_twice(struct mutant *mutant)
{
	uint64_t place, other_place, go = find_entry(&mutant->file, 1, &place);
	if (!go)
		return lacks(mutant, "Go initializer");
	return find_entry(&mutant->file, 0, &other_place) ? put(mutant, other_place, go, 8) :
							    lacks(mutant, "second initializer");
}

/* ---- instructions ------------------------------------------------------------------------- */

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
	return lacks(mutant, "two-instruction access by Go");
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
		return lacks(mutant, "two-instruction access by Go");
	fixed[1] |= code[1] & 4; /* REX.R: the register that is not the base */
	fixed[2] = code[2];
	fixed[3] = (code[3] & 0x38) | 4;
	size_t size = (code[3] & 7) == 4 ? 12 : 11; /* %r12 as base costs a SIB byte */
	return put_bytes(mutant, elf_place(&mutant->file, load), fixed, size);
}

/* adrp x27, GOT; ldr x27, [x27, #lo]   becomes   movz x27, #16; movz x27, #16 */
static int insn_le_arm64(struct mutant *mutant)
{
	uint64_t load = mutant->scan.go_load[ACCESS_IE], place = elf_place(&mutant->file, load);
	if (!mutant->scan.go[ACCESS_IE] || !place)
		return lacks(mutant, "access by way of the GOT");
	uint32_t movz = 0xd2800000 | 16 << 5 | (mutant->file.bytes[place] & 31);
	return put(mutant, place, (uint64_t)movz << 32 | movz, 8);
}

static int insn_le(struct mutant *mutant)
{
	return mutant->file.header.e_machine == EM_X86_64 ? insn_le_amd64(mutant) : insn_le_arm64(mutant);
}

/* The offset one word off, in one access: -16 for -8. */
static int insn_offset(struct mutant *mutant)
{
	const struct insn_scan *scan = &mutant->scan;
	enum access form = scan->go[ACCESS_LE] ? ACCESS_LE : ACCESS_RELAXED;
	uint64_t load = scan->go_load[form];
	const unsigned char *code = elf_at(&mutant->file, load, 9);
	if (!scan->go[form] || !code)
		return lacks(mutant, "access by Go that carries its offset");
	uint64_t place = elf_place(&mutant->file, load), offset = (uint64_t)(scan->offset.value - 8);
	if (mutant->file.header.e_machine == EM_X86_64) {
		/* 64 REX op modrm sib disp32, or REX c7 modrm imm32. */
		size_t skip = form == ACCESS_LE ? 5 : 3;
		return (form == ACCESS_LE ? code[0] == 0x64 : code[1] == 0xc7) ?
		    put(mutant, place + skip, offset, 4) :
		    lacks(mutant, "plain form of the access");
	}
	/* movz, or movz and movk: the low 16 bits are in the last. */
	size_t skip = (code[7] & 0xff) == 0xf2 ? 4 : 0;
	uint32_t insn = (uint32_t)code[skip] | (uint32_t)code[skip + 1] << 8 | (uint32_t)code[skip + 2] << 16 |
	    (uint32_t)code[skip + 3] << 24;
	return put(
	    mutant, place + skip, (insn & ~(0xffffu << 5)) | (uint32_t)((scan->offset.value + 8) & 0xffff) << 5, 4);
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
		return lacks(mutant, "PLT entry of 16 bytes");
	int result = put_bytes(mutant, elf_place(&mutant->file, entry->address + start), r11, sizeof r11);
	uint64_t distance = entry->slot->offset - (entry->address + start + FORM);
	return result ? result :
			put(mutant, elf_place(&mutant->file, entry->address + start + sizeof r11), distance, 4);
}

/* add x16, x16, #lo, which only a lazy resolver needs, becomes movz x9, #0. */
static int clobber_arm64(struct mutant *mutant, const struct plt_entry *entry)
{
	for (uint64_t at = entry->address; at + 4 <= entry->end; at += 4) {
		const unsigned char *code = elf_at(&mutant->file, at, 4);
		if (code && code[3] == 0x91)
			return put(mutant, elf_place(&mutant->file, at), 0xd2800009, 4);
	}
	return lacks(mutant, "PLT entry that adds to its page");
}

/* The first entry with room for it. */
static int plt_clobber(struct mutant *mutant)
{
	struct plt plt;
	int result = lacks(mutant, "PLT entry");
	plt_read(&mutant->file, &plt);
	for (size_t i = 0; i < plt.count && result == -ENOENT; i++)
		result = mutant->file.header.e_machine == EM_X86_64 ? clobber_amd64(mutant, &plt.entry[i]) :
								      clobber_arm64(mutant, &plt.entry[i]);
	plt_free(&plt);
	return result;
}

/* ---- the table ---------------------------------------------------------------------------- */

const struct mutation mutations[] = {
	{ "tls-memsz", "PT_TLS ends where Go's slot begins", tls_memsz },
	{ "tls-align", "PT_TLS is aligned to 3", tls_align },
	{ "tlsg-size", "runtime.tlsg has 4 bytes", tlsg_size },
	{ "slot-dtpoff", "the relocation of Go's slot asks for an offset in the block", slot_dtpoff },
	{ "insn-le", "one of Go's two-instruction accesses is local-exec", insn_le },
	{ "insn-offset", "one of Go's accesses carries an offset one word off", insn_offset },
	{ "no-static-flag", "DF_STATIC_TLS is not set", no_static_flag },
	{ "c-ie", "a C variable has a thread-pointer-offset relocation", c_ie },
	{ "init-lost", "Go's initializer is another function", init_lost },
	{ "init-twice", "Go's initializer is there twice", init_twice },
	{ "no-nodelete", "DF_1_NODELETE is not set", no_nodelete },
	{ "textrel", "DF_TEXTREL is set", textrel },
	{ "stack-exec", "PT_GNU_STACK is executable", stack_exec },
	{ "stack-gone", "there is no PT_GNU_STACK", stack_gone },
	{ "reloc-readonly", "a relocation lies in a segment that is not writable", reloc_readonly },
	{ "plt-clobber", "a PLT entry overwrites one of Go's argument registers", plt_clobber },
};
const size_t mutation_count = sizeof mutations / sizeof mutations[0];

static int write_patches(const char *path, const struct mutant *mutant, struct diag *diag)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), result = 0;
	if (fd < 0)
		return diag_set(diag, errno, "%s: cannot write: %s", path, strerror(errno));
	for (size_t i = 0; i < mutant->patches && !result; i++)
		if (pwrite(fd, mutant->patch[i].bytes, mutant->patch[i].size, (off_t)mutant->patch[i].place) !=
		    (ssize_t)mutant->patch[i].size)
			result = diag_set(diag, EIO, "%s: cannot write %zu bytes at %llu", path, mutant->patch[i].size,
			    (unsigned long long)mutant->patch[i].place);
	close(fd);
	return result;
}

int mutate_file(const char *path, const char *name, struct diag *diag)
{
	const struct mutation *mutation = NULL;
	for (size_t i = 0; i < mutation_count; i++)
		if (!strcmp(mutations[i].name, name))
			mutation = &mutations[i];
	if (!mutation)
		return diag_set(diag, EINVAL, "unknown mutation '%s'", name);
	struct mutant mutant = { .patches = 0 };
	int result = elf_open(path, &mutant.file, diag);
	if (result)
		return result;
	if (!mutant.file.arch || mutant.file.class != 64 || mutant.file.big_endian) {
		result = diag_set(diag, EINVAL, "%s: %s: only 64-bit little-endian files can be mutated", path, name);
	} else {
		struct go_code go;
		go_code_read(&mutant.file, &go);
		insn_scan_file(&mutant.file, &go, &mutant.scan);
		go_code_free(&go);
		tls_read(&mutant.file, &mutant.scan, &mutant.tls);
		result = mutation->apply(&mutant);
		if (result)
			result = diag_set(diag, -result, "%s: %s: the file has no %s", path, name,
			    mutant.missing ? mutant.missing : "room for it");
		else
			result = write_patches(path, &mutant, diag);
	}
	elf_close(&mutant.file);
	return result;
}
