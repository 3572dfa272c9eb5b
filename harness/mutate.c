/* mutate.c - the mutations of mutate.h. */
#include "harness/mutate.h"
#include "harness/code/go_code.h"
#include "harness/code/initializer.h"
#include "harness/format/elf_exports.h"
#include "harness/format/elf_notes.h"
#include "harness/mutant.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int mutant_lacks(struct mutant *mutant, const char *what)
{
	mutant->missing = what;
	return -ENOENT;
}

int mutant_put_bytes(struct mutant *mutant, uint64_t place, const unsigned char *bytes, size_t size)
{
	if (mutant->patches == PATCHES_MAX || size > PATCH_BYTES || place > mutant->file.size ||
	    size > mutant->file.size - place)
		return -EINVAL;
	mutant->patch[mutant->patches].place = place;
	mutant->patch[mutant->patches].size = size;
	memcpy(mutant->patch[mutant->patches++].bytes, bytes, size);
	return 0;
}

int mutant_put(struct mutant *mutant, uint64_t place, uint64_t value, size_t size)
{
	unsigned char bytes[8];
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	return mutant_put_bytes(mutant, place, bytes, size);
}

/* ---- segments ----------------------------------------------------------------------------- */

static int put_segment(struct mutant *mutant, uint32_t type, size_t field, uint64_t value, size_t size)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segment[i].p_type == type)
			return mutant_put(mutant, file->header.e_phoff + i * sizeof(Elf64_Phdr) + field, value, size);
	return mutant_lacks(mutant,
	    type == PT_TLS        ? "PT_TLS segment" :
		type == PT_INTERP ? "PT_INTERP segment" :
				    "PT_GNU_STACK segment");
}

/* The field of the first PT_LOAD whose flags are so. */
static int put_load(struct mutant *mutant, uint32_t flags, size_t field, uint64_t value, size_t size)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segment[i].p_type == PT_LOAD && (file->segment[i].p_flags & (PF_W | PF_X)) == flags)
			return mutant_put(mutant, file->header.e_phoff + i * sizeof(Elf64_Phdr) + field, value, size);
	return mutant_lacks(mutant, "segment of that kind");
}

static const GElf_Phdr *last_load(const struct elf_file *file)
{
	size_t i = file->segment_count;
	while (i && file->segment[i - 1].p_type != PT_LOAD)
		i--;
	return i ? &file->segment[i - 1] : NULL;
}

static int put_last_load(struct mutant *mutant, size_t field, uint64_t value)
{
	const GElf_Phdr *load = last_load(&mutant->file);
	if (!load)
		return mutant_lacks(mutant, "PT_LOAD segment");
	return mutant_put(mutant,
	    mutant->file.header.e_phoff + (uint64_t)(load - mutant->file.segment) * sizeof(Elf64_Phdr) + field, value,
	    8);
}

static int code_writable(struct mutant *mutant)
{
	return put_load(mutant, PF_X, offsetof(Elf64_Phdr, p_flags), PF_R | PF_W | PF_X, 4);
}

static int load_shifted(struct mutant *mutant)
{
	const GElf_Phdr *load = last_load(&mutant->file);
	return put_last_load(mutant, offsetof(Elf64_Phdr, p_vaddr), load ? load->p_vaddr + 8 : 0);
}

static int load_order(struct mutant *mutant)
{
	const GElf_Phdr *load = last_load(&mutant->file);
	uint64_t align = load && load->p_align ? load->p_align : 1;
	return put_last_load(
	    mutant, offsetof(Elf64_Phdr, p_vaddr), load ? 65536 / align * align + load->p_offset % align : 0);
}

static int load_cut(struct mutant *mutant) { return put_last_load(mutant, offsetof(Elf64_Phdr, p_memsz), 8); }

/* The first page of a program, so that its place in the file stays congruent. */
static int load_low(struct mutant *mutant)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segment[i].p_type == PT_LOAD)
			return mutant_put(mutant,
			    file->header.e_phoff + i * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_vaddr),
			    file->segment[i].p_offset, 8);
	return mutant_lacks(mutant, "PT_LOAD segment");
}

static int put_type(struct mutant *mutant, uint16_t type)
{
	return mutant_put(mutant, offsetof(Elf64_Ehdr, e_type), type, 2);
}

static int type_exec(struct mutant *mutant) { return put_type(mutant, ET_EXEC); }

static int type_dyn(struct mutant *mutant) { return put_type(mutant, ET_DYN); }

static int interp_gone(struct mutant *mutant)
{
	return put_segment(mutant, PT_INTERP, offsetof(Elf64_Phdr, p_type), PT_NULL, 4);
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

/* Each system's stack segment in the place of the other's. */
static int stack_foreign(struct mutant *mutant)
{
	uint32_t sun = 0x6ffffffb; /* PT_SUNWSTACK: Solaris sys/elf.h */
	int gnu = elf_segment(&mutant->file, PT_GNU_STACK) != NULL;
	return put_segment(mutant, gnu ? PT_GNU_STACK : sun, offsetof(Elf64_Phdr, p_type), gnu ? sun : PT_GNU_STACK, 4);
}

static int stack_tls(struct mutant *mutant)
{
	return put_segment(mutant, PT_GNU_STACK, offsetof(Elf64_Phdr, p_type), PT_TLS, 4);
}

/* The first note of an owner and type is another's.  Where it lies in the file its bytes say. */
struct wanted {
	const char *owner;
	uint32_t type;
	const unsigned char *name;
};

static void find_note(const struct elf_note *note, void *context)
{
	struct wanted *wanted = context;
	if (!wanted->name && note->type == wanted->type && elf_note_is(note, wanted->owner))
		wanted->name = note->owner.data;
}

static int rename_note(struct mutant *mutant, const char *owner, uint32_t type)
{
	struct wanted wanted = { owner, type, NULL };
	elf_notes(&mutant->file, find_note, &wanted);
	elf_section_notes(&mutant->file, find_note, &wanted);
	if (!wanted.name)
		return mutant_lacks(mutant, "note of that owner and type");
	return mutant_put(mutant, (uint64_t)(wanted.name - mutant->file.bytes), '?', 1);
}

static int go_id_lost(struct mutant *mutant) { return rename_note(mutant, "Go", 4); }

static int gnu_id_lost(struct mutant *mutant) { return rename_note(mutant, "GNU", 3); }

static int go_packages_lost(struct mutant *mutant) { return rename_note(mutant, "Go", 1); }

static int go_abi_lost(struct mutant *mutant) { return rename_note(mutant, "Go", 2); }

static int notes_unmapped(struct mutant *mutant)
{
	return put_segment(mutant, PT_NOTE, offsetof(Elf64_Phdr, p_type), PT_NULL, 4);
}

/* ---- symbols and relocations -------------------------------------------------------------- */

static int tlsg_size(struct mutant *mutant)
{
	const struct elf_symbol *symbol = mutant->tls.slot.symbol;
	if (!symbol)
		return mutant_lacks(mutant, "symbol of Go's slot");
	return mutant_put(mutant, symbol->place + offsetof(Elf64_Sym, st_size), 4, 8);
}

/* The first symbol that has room for it is called .dup. */
static int symbol_dup(struct mutant *mutant)
{
	static const char dup[] = ".dup";
	const struct elf_symbols *symbols = &mutant->file.static_symbols;
	for (size_t i = 0; i < symbols->count; i++)
		if (strlen(symbols->symbol[i].name) >= sizeof dup - 1)
			return mutant_put_bytes(mutant,
			    (uint64_t)((const unsigned char *)symbols->symbol[i].name - mutant->file.bytes),
			    (const unsigned char *)dup, sizeof dup);
	return mutant_lacks(mutant, "symbol with room for another name");
}

static int put_reloc_kind(struct mutant *mutant, const struct elf_reloc *reloc, enum reloc_kind kind)
{
	const struct arch *arch = mutant->file.arch;
	for (size_t i = 0; i < arch->reloc_count; i++)
		if (arch->relocs[i].kind == kind)
			return mutant_put(
			    mutant, reloc->place + offsetof(Elf64_Rela, r_info), arch->relocs[i].number, 4);
	return mutant_lacks(mutant, "relocation of that kind");
}

/* The first relocation that moves an address is of another kind. */
static int relative_as(struct mutant *mutant, enum reloc_kind kind)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].kind == RELOC_RELATIVE && file->reloc[i].place)
			return put_reloc_kind(mutant, &file->reloc[i], kind);
	return mutant_lacks(mutant, "relative relocation");
}

static int reloc_linker(struct mutant *mutant) { return relative_as(mutant, RELOC_LINK_LE); }

static int reloc_copy(struct mutant *mutant) { return relative_as(mutant, RELOC_COPY); }

static int slot_dtpoff(struct mutant *mutant)
{
	if (!mutant->tls.slot.reloc)
		return mutant_lacks(mutant, "thread-pointer-offset relocation of Go's slot");
	return put_reloc_kind(mutant, mutant->tls.slot.reloc, RELOC_DTPOFF);
}

static int c_ie(struct mutant *mutant)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].kind == RELOC_DTPMOD || file->reloc[i].kind == RELOC_TLSDESC) {
			/* Beyond the slot, whatever the linker left there: as C would have made it. */
			if (!file->reloc[i].symbol)
				mutant_put(mutant, file->reloc[i].place + offsetof(Elf64_Rela, r_addend),
				    mutant->tls.slot.value + 64, 8);
			return put_reloc_kind(mutant, &file->reloc[i], RELOC_TPOFF);
		}
	return mutant_lacks(mutant, "DTPMOD or TLSDESC relocation");
}

static int reloc_readonly(struct mutant *mutant)
{
	const struct elf_file *file = &mutant->file;
	uint64_t address = 0;
	size_t i = 0;
	while (i < file->segment_count && !(file->segment[i].p_type == PT_LOAD && !(file->segment[i].p_flags & PF_W)))
		i++;
	if (i == file->segment_count)
		return mutant_lacks(mutant, "segment that is not writable");
	address = file->segment[i].p_vaddr;
	for (i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].place && file->reloc[i].kind != RELOC_NONE)
			return mutant_put(mutant, file->reloc[i].place + offsetof(Elf64_Rela, r_offset), address, 8);
	return mutant_lacks(mutant, "dynamic relocation");
}

/* ---- the dynamic array -------------------------------------------------------------------- */

static int put_flags(struct mutant *mutant, int64_t tag, uint64_t clear, uint64_t set)
{
	const struct elf_file *file = &mutant->file;
	for (size_t i = 0; i < file->dynamic_count; i++)
		if (file->dynamic[i].d_tag == tag)
			return mutant_put(mutant,
			    file->dynamic_place + i * sizeof(Elf64_Dyn) + offsetof(Elf64_Dyn, d_un),
			    (file->dynamic[i].d_un.d_val & ~clear) | set, 8);
	return mutant_lacks(mutant, tag == DT_FLAGS ? "DT_FLAGS" : "DT_FLAGS_1");
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
		return mutant_lacks(mutant, "Go initializer");
	other = find_entry(&mutant->file, 0, &other_place);
	return other ? mutant_put(mutant, place, other, 8) : mutant_lacks(mutant, "second initializer");
}

static int init_twice(struct mutant *mutant)
{
	uint64_t place, other_place, go = find_entry(&mutant->file, 1, &place);
	if (!go)
		return mutant_lacks(mutant, "Go initializer");
	return find_entry(&mutant->file, 0, &other_place) ? mutant_put(mutant, other_place, go, 8) :
							    mutant_lacks(mutant, "second initializer");
}

/* and $-16,%rsp becomes and $-8,%rsp. */
static int init_misaligned(struct mutant *mutant)
{
	struct initializer found;
	uint64_t place, go = find_entry(&mutant->file, 1, &place);
	if (!go)
		return mutant_lacks(mutant, "Go initializer");
	initializer_read_elf(&mutant->file, go, &found);
	return found.mask ? mutant_put(mutant, elf_place(&mutant->file, found.mask), (uint8_t)-8, 1) :
			    mutant_lacks(mutant, "Go initializer that aligns its stack");
}

/* ---- exports ------------------------------------------------------------------------------ */

static int entry_set(struct mutant *mutant)
{
	return mutant_put(mutant, offsetof(Elf64_Ehdr, e_entry), 0x1000, sizeof(Elf64_Addr));
}

/* The first function that cgo exports to C. */
static const struct elf_symbol *first_export(const struct mutant *mutant)
{
	const struct elf_symbols *symbols = &mutant->file.dynamic_symbols;
	const struct elf_symbol *found = NULL;
	for (size_t i = 1; i < symbols->count && !found; i++) {
		const char *name = elf_export_name(&symbols->symbol[i]);
		found = name ? elf_export(&mutant->file, name) : NULL;
	}
	return found;
}

static int export_main(struct mutant *mutant)
{
	static const unsigned char name[] = "main";
	const struct elf_symbol *symbol = first_export(mutant);
	if (!symbol || strlen(symbol->name) < sizeof name - 1)
		return mutant_lacks(mutant, "exported function with so long a name");
	return mutant_put_bytes(
	    mutant, (uint64_t)((const unsigned char *)symbol->name - mutant->file.bytes), name, sizeof name);
}

static int export_lost(struct mutant *mutant)
{
	const struct elf_symbol *symbol = first_export(mutant);
	return symbol ? mutant_put(mutant, symbol->place + offsetof(Elf64_Sym, st_shndx), SHN_UNDEF, 2) :
			mutant_lacks(mutant, "exported function");
}

/* ---- the table ---------------------------------------------------------------------------- */

const struct mutation mutations[] = {
	{ "tls-memsz", "PT_TLS ends where Go's slot begins", tls_memsz, 0 },
	{ "tls-align", "PT_TLS is aligned to 3", tls_align, 0 },
	{ "tlsg-size", "runtime.tlsg has 4 bytes", tlsg_size, 0 },
	{ "slot-dtpoff", "the relocation of Go's slot asks for an offset in the block", slot_dtpoff, 0 },
	{ "insn-le", "one of Go's two-instruction accesses is local-exec", mutant_insn_le, 0 },
	{ "insn-offset", "one of Go's accesses carries an offset one word off", mutant_insn_offset, 0 },
	{ "no-static-flag", "DF_STATIC_TLS is not set", no_static_flag, 0 },
	{ "c-ie", "a C variable has a thread-pointer-offset relocation", c_ie, 0 },
	{ "init-lost", "Go's initializer is another function", init_lost, 0 },
	{ "init-twice", "Go's initializer is there twice", init_twice, 0 },
	{ "init-misaligned", "Go's initializer aligns its stack to 8", init_misaligned, 0 },
	{ "no-nodelete", "DF_1_NODELETE is not set", no_nodelete, 0 },
	{ "textrel", "DF_TEXTREL is set", textrel, 0 },
	{ "stack-exec", "PT_GNU_STACK is executable", stack_exec, 0 },
	{ "stack-gone", "there is no PT_GNU_STACK", stack_gone, 0 },
	{ "reloc-readonly", "a relocation lies in a segment that is not writable", reloc_readonly, 0 },
	{ "code-writable", "a segment of code is writable", code_writable, 0 },
	{ "load-shifted", "the last segment lies 8 bytes beside its place in the file", load_shifted, 0 },
	{ "load-order", "the last segment lies below those before it", load_order, 0 },
	{ "load-cut", "the last segment has more bytes in the file than in memory", load_cut, 0 },
	{ "load-low", "the first segment begins in the first 64 KiB", load_low, 0 },
	{ "type-exec", "the file is at fixed addresses", type_exec, 0 },
	{ "type-dyn", "the file is not at fixed addresses", type_dyn, 0 },
	{ "interp-gone", "there is no PT_INTERP", interp_gone, 0 },
	{ "reloc-linker", "a relocation is of a type for linkers", reloc_linker, 0 },
	{ "reloc-copy", "a relocation is COPY", reloc_copy, 0 },
	{ "stack-foreign", "the stack's segment is Solaris' and not GNU's, or the other way round", stack_foreign, 0 },
	{ "stack-tls", "PT_GNU_STACK is a PT_TLS", stack_tls, 0 },
	{ "go-id-lost", "the note of the Go build ID is somebody else's", go_id_lost, 0 },
	{ "gnu-id-lost", "the note of the GNU build ID is somebody else's", gnu_id_lost, 0 },
	{ "go-packages-lost", "the note of a Go library's packages is somebody else's", go_packages_lost, 0 },
	{ "go-abi-lost", "the note of a Go library's ABI is somebody else's", go_abi_lost, 0 },
	{ "notes-unmapped", "the first PT_NOTE segment is none", notes_unmapped, 0 },
	{ "symbol-dup", "a symbol is called .dup", symbol_dup, 0 },
	{ "entry-set", "the file has an entry point", entry_set, 0 },
	{ "export-main", "an exported function is called main", export_main, 0 },
	{ "export-lost", "an exported function is another module's", export_lost, 0 },
	{ "plt-clobber", "a PLT entry overwrites one of Go's argument registers", mutant_plt_clobber, 0 },
	{ "plt-clobber-go", "of the PLT entries one that leads to Go does, and no other", mutant_plt_clobber_go, 0 },
	{ "syscall-gs", "one of Go's system calls goes through %gs:0x10", mutant_syscall_gs, EM_386 },
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
	unsigned machine = mutation->machine;
	int fits = machine ? mutant.file.header.e_machine == machine : mutant.file.class == 64;
	if (!mutant.file.arch || !fits || mutant.file.big_endian) {
		result = diag_set(diag, EINVAL, "%s: %s: only %s files can be mutated", path, name,
		    machine ? arch_find(machine, 32, 0)->name : "64-bit little-endian");
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
