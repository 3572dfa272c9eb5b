/* file.c - reading an ELF file with libelf, within its bounds. */
#include "harness/elf/file.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- small questions ---------------------------------------------------------------------- */

size_t elf_entry_size(const struct elf_file *file, Elf_Type type) { return gelf_fsize(file->elf, type, 1, EV_CURRENT); }

size_t elf_word_size(const struct elf_file *file) { return file->class == 64 ? 8 : 4; }

static int in_file(const struct elf_file *file, uint64_t offset, uint64_t size)
{
	return offset <= file->size && size <= file->size - offset;
}

uint64_t elf_place(const struct elf_file *file, uint64_t address)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		if (load->p_type != PT_LOAD || address < load->p_vaddr || address - load->p_vaddr >= load->p_filesz)
			continue;
		uint64_t offset = load->p_offset + (address - load->p_vaddr);
		return offset >= load->p_offset && offset < file->size ? offset : 0;
	}
	return 0;
}

const unsigned char *elf_at(const struct elf_file *file, uint64_t address, uint64_t size)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		if (load->p_type != PT_LOAD || address < load->p_vaddr)
			continue;
		uint64_t skip = address - load->p_vaddr;
		if (skip > load->p_filesz || size > load->p_filesz - skip ||
		    !in_file(file, load->p_offset, load->p_filesz))
			continue;
		return file->bytes + load->p_offset + skip;
	}
	return NULL;
}

uint64_t elf_word(const struct elf_file *file, uint64_t address)
{
	size_t size = elf_word_size(file);
	const unsigned char *at = elf_at(file, address, size);
	uint64_t word = 0;
	for (size_t i = 0; at && i < size; i++)
		word = word << 8 | at[file->big_endian ? i : size - 1 - i];
	return word;
}

const GElf_Phdr *elf_segment(const struct elf_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segment[i].p_type == type)
			return &file->segment[i];
	return NULL;
}

const struct elf_section *elf_section_named(const struct elf_file *file, const char *name)
{
	for (size_t i = 0; i < file->section_count; i++)
		if (!strcmp(file->section[i].name, name))
			return &file->section[i];
	return NULL;
}

const struct elf_symbols *elf_symbols(const struct elf_file *file)
{
	return file->static_symbols.count ? &file->static_symbols : &file->dynamic_symbols;
}

const struct elf_symbol *elf_symbol_named(const struct elf_symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->count; i++)
		if (!strcmp(symbols->symbol[i].name, name))
			return &symbols->symbol[i];
	return NULL;
}

const struct elf_symbol *elf_variable_at(const struct elf_file *file, uint64_t address)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	for (size_t i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->symbol[i];
		if (symbol->value == address && symbol->section != SHN_UNDEF && symbol->name[0] &&
		    (symbol->type == STT_OBJECT || symbol->type == STT_NOTYPE))
			return symbol;
	}
	return NULL;
}

int elf_dynamic(const struct elf_file *file, int64_t tag, uint64_t *value)
{
	for (size_t i = 0; i < file->dynamic_count; i++)
		if (file->dynamic[i].d_tag == tag) {
			*value = file->dynamic[i].d_un.d_val;
			return 1;
		}
	return 0;
}

/* The size of a string table up to its last NUL: no name then needs a search for its end, which many may share. */
static uint64_t strings_size(const struct elf_file *file, uint64_t place, uint64_t size)
{
	if (!size || !in_file(file, place, size))
		return 0;
	const unsigned char *start = file->bytes + place, *last = memrchr(start, 0, size);
	return last ? (uint64_t)(last - start) + 1 : 0;
}

/* The string at index of a table of strings_size, NULL when it is beyond. */
static const char *string_at(const struct elf_file *file, uint64_t place, uint64_t size, uint64_t index)
{
	return index < size ? (const char *)file->bytes + place + index : NULL;
}

const char *elf_dynamic_string(const struct elf_file *file, uint64_t index)
{
	return string_at(file, file->dynstr, file->dynstr_size, index);
}

/* ---- tables ------------------------------------------------------------------------------- */

Elf_Data *elf_table(const struct elf_file *file, uint64_t place, uint64_t size, Elf_Type type)
{
	if (!size || size > INT32_MAX || !in_file(file, place, size))
		return NULL;
	return elf_getdata_rawchunk(file->elf, (int64_t)place, size, type);
}

static void read_segments(struct elf_file *file)
{
	/* More the kernel refuses (fs/binfmt_elf.c load_elf_phdrs), and each is asked for each relocation. */
	size_t count, most = 65536 / elf_entry_size(file, ELF_T_PHDR);
	if (elf_getphdrnum(file->elf, &count) || count > file->size / elf_entry_size(file, ELF_T_PHDR))
		return;
	count = count < most ? count : most;
	file->segment = xcalloc(count + 1, sizeof *file->segment);
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(file->elf, (int)i, &file->segment[file->segment_count]))
			file->segment_count++;
}

static void read_sections(struct elf_file *file)
{
	size_t count, names;
	if (elf_getshdrnum(file->elf, &count) || count > file->size / elf_entry_size(file, ELF_T_SHDR))
		return;
	file->section = xcalloc(count + 1, sizeof *file->section);
	for (size_t i = 0; i < count; i++) {
		Elf_Scn *scn = elf_getscn(file->elf, i);
		if (!scn || !gelf_getshdr(scn, &file->section[i].header))
			break;
		file->section_count++;
	}
	if (elf_getshdrstrndx(file->elf, &names))
		names = 0;
	const GElf_Shdr none = { 0 }, *table = names < file->section_count ? &file->section[names].header : &none;
	uint64_t size = names ? strings_size(file, table->sh_offset, table->sh_size) : 0;
	for (size_t i = 0; i < file->section_count; i++) {
		const char *name = string_at(file, table->sh_offset, size, file->section[i].header.sh_name);
		file->section[i].name = name ? name : "";
	}
}

static void read_symbol_table(struct elf_file *file, uint64_t place, uint64_t size, uint64_t strings,
    uint64_t strings_size, struct elf_symbols *out)
{
	size_t entry = elf_entry_size(file, ELF_T_SYM);
	Elf_Data *data = elf_table(file, place, size - size % entry, ELF_T_SYM);
	if (!data)
		return;
	size_t count = data->d_size / entry;
	out->symbol = xcalloc(count, sizeof *out->symbol);
	for (size_t i = 0; i < count; i++) {
		GElf_Sym sym;
		if (!gelf_getsym(data, (int)i, &sym))
			break;
		const char *name = string_at(file, strings, strings_size, sym.st_name);
		out->symbol[out->count++] = (struct elf_symbol){
			.name = name ? name : "",
			.value = sym.st_value,
			.size = sym.st_size,
			.type = GELF_ST_TYPE(sym.st_info),
			.binding = GELF_ST_BIND(sym.st_info),
			.visibility = GELF_ST_VISIBILITY(sym.st_other),
			.section = sym.st_shndx,
			.place = place + i * entry,
		};
	}
}

static void read_symbols(struct elf_file *file)
{
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		struct elf_symbols *out = header->sh_type == SHT_SYMTAB ? &file->static_symbols :
		    header->sh_type == SHT_DYNSYM                       ? &file->dynamic_symbols :
									  NULL;
		if (!out || out->symbol || header->sh_link >= file->section_count)
			continue;
		const GElf_Shdr *strings = &file->section[header->sh_link].header;
		read_symbol_table(file, header->sh_offset, header->sh_size, strings->sh_offset,
		    strings_size(file, strings->sh_offset, strings->sh_size), out);
	}
	/* Without sections the dynamic symbols have no count; linkers put the strings right behind. */
	uint64_t symbols, strings;
	if (file->dynamic_symbols.symbol || !elf_dynamic(file, DT_SYMTAB, &symbols) ||
	    !elf_dynamic(file, DT_STRTAB, &strings) || strings <= symbols)
		return;
	if (elf_at(file, symbols, strings - symbols))
		read_symbol_table(file, elf_place(file, symbols), strings - symbols, file->dynstr, file->dynstr_size,
		    &file->dynamic_symbols);
}

static void read_dynamic(struct elf_file *file)
{
	const GElf_Phdr *segment = elf_segment(file, PT_DYNAMIC);
	Elf_Data *data = segment ? elf_table(file, segment->p_offset, segment->p_filesz, ELF_T_DYN) : NULL;
	if (!data)
		return;
	size_t count = data->d_size / elf_entry_size(file, ELF_T_DYN);
	file->dynamic = xcalloc(count + 1, sizeof *file->dynamic);
	file->dynamic_place = segment->p_offset;
	while (file->dynamic_count < count) {
		GElf_Dyn *dyn = &file->dynamic[file->dynamic_count];
		if (!gelf_getdyn(data, (int)file->dynamic_count, dyn) || dyn->d_tag == DT_NULL)
			break;
		file->dynamic_count++;
	}
	uint64_t address;
	if (elf_dynamic(file, DT_STRTAB, &address) && elf_dynamic(file, DT_STRSZ, &file->dynstr_size))
		file->dynstr = elf_place(file, address);
	file->dynstr_size = strings_size(file, file->dynstr, file->dynstr_size);
}

/* ---- relocations -------------------------------------------------------------------------- */

/* Relocations while they are read. */
struct relocs {
	struct elf_reloc *reloc;
	size_t count, room;
};

/* Every relocation fills a word of its own: a file that lists more lists the same table again and again. */
static size_t relocs_max(const struct elf_file *file) { return file->size / elf_word_size(file); }

static void add_reloc(const struct elf_file *file, struct relocs *relocs, const struct elf_reloc *reloc)
{
	size_t most = relocs_max(file);
	if (relocs->count >= most)
		return;
	if (relocs->count == relocs->room) {
		relocs->room = relocs->room ? relocs->room * 2 : 1024;
		relocs->room = relocs->room < most ? relocs->room : most;
		relocs->reloc = xrealloc(relocs->reloc, relocs->room * sizeof *relocs->reloc);
	}
	const struct reloc_type *type = arch_reloc(file->arch, reloc->type);
	relocs->reloc[relocs->count] = *reloc;
	relocs->reloc[relocs->count++].kind = type ? type->kind : RELOC_OTHER;
}

/* The number of a relocation's type and symbol.  Three types share one entry on 64-bit MIPS, the first in the
 * last byte; the symbol is the first word of the entry in either byte order (MIPS64 ELF object file
 * specification 2.4, section 2.9.1). */
static void split_info(const struct elf_file *file, uint64_t info, struct elf_reloc *reloc)
{
	reloc->type = (uint32_t)GELF_R_TYPE(info);
	reloc->symbol = (uint32_t)GELF_R_SYM(info);
	if (file->header.e_machine != EM_MIPS || file->class != 64)
		return;
	reloc->type = (uint32_t)(file->big_endian ? info & 0xff : info >> 56);
	if (!file->big_endian)
		reloc->symbol = (uint32_t)info;
}

static void read_reloc_table(
    const struct elf_file *file, uint64_t place, uint64_t size, int with_addend, struct relocs *relocs)
{
	Elf_Type type = with_addend ? ELF_T_RELA : ELF_T_REL;
	size_t entry = elf_entry_size(file, type);
	if (relocs->count >= relocs_max(file))
		return;
	Elf_Data *data = elf_table(file, place, size - size % entry, type);
	for (size_t i = 0; data && i < data->d_size / entry; i++) {
		GElf_Rela rela = { 0 };
		GElf_Rel rel;
		if (with_addend) {
			if (!gelf_getrela(data, (int)i, &rela))
				return;
		} else {
			if (!gelf_getrel(data, (int)i, &rel))
				return;
			rela = (GElf_Rela){ .r_offset = rel.r_offset,
				.r_info = rel.r_info,
				.r_addend = (int64_t)elf_word(file, rel.r_offset) };
		}
		struct elf_reloc reloc = {
			.offset = rela.r_offset, .addend = rela.r_addend, .place = place + i * entry
		};
		split_info(file, rela.r_info, &reloc);
		add_reloc(file, relocs, &reloc);
	}
}

/* DT_RELR: an even word is an address; an odd one a bitmap of the words after the last. */
static void read_packed_relocs(const struct elf_file *file, uint64_t address, uint64_t size, struct relocs *relocs)
{
	size_t word = elf_word_size(file);
	uint32_t relative = 0;
	for (size_t i = 0; file->arch && i < file->arch->reloc_count; i++)
		if (file->arch->relocs[i].kind == RELOC_RELATIVE)
			relative = file->arch->relocs[i].number;
	if (!relative || !elf_at(file, address, size))
		return;
	uint64_t base = 0;
	for (uint64_t at = 0; at + word <= size; at += word) {
		uint64_t entry = elf_word(file, address + at);
		if (!(entry & 1)) {
			struct elf_reloc reloc = {
				.offset = entry, .addend = (int64_t)elf_word(file, entry), .type = relative
			};
			add_reloc(file, relocs, &reloc);
			base = entry + word;
			continue;
		}
		for (size_t bit = 1; bit < word * 8; bit++)
			if (entry >> bit & 1) {
				uint64_t offset = base + (bit - 1) * word;
				struct elf_reloc reloc = {
					.offset = offset, .addend = (int64_t)elf_word(file, offset), .type = relative
				};
				add_reloc(file, relocs, &reloc);
			}
		base += (word * 8 - 1) * word;
	}
}

/* What an object file's sections ask of the linker; what is about debug information is left out. */
static void read_link_relocs(const struct elf_file *file, struct relocs *relocs)
{
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if ((header->sh_type != SHT_RELA && header->sh_type != SHT_REL) ||
		    header->sh_info >= file->section_count)
			continue;
		size_t before = relocs->count;
		if (file->section[header->sh_info].header.sh_flags & SHF_ALLOC)
			read_reloc_table(file, header->sh_offset, header->sh_size, header->sh_type == SHT_RELA, relocs);
		for (size_t at = before; at < relocs->count; at++)
			relocs->reloc[at].section = header->sh_info;
	}
}

/* A program without a dynamic array: those that its own start code applies (IRELATIVE). */
static void read_section_relocs(const struct elf_file *file, struct relocs *relocs)
{
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if ((header->sh_flags & SHF_ALLOC) && (header->sh_type == SHT_RELA || header->sh_type == SHT_REL))
			read_reloc_table(file, header->sh_offset, header->sh_size, header->sh_type == SHT_RELA, relocs);
	}
}

static void read_dynamic_relocs(const struct elf_file *file, struct relocs *relocs)
{
	uint64_t rela = 0, rela_size = 0, plt = 0, plt_size = 0, plt_type = DT_RELA;
	static const int64_t tables[][3] = { { DT_RELA, DT_RELASZ, 1 }, { DT_REL, DT_RELSZ, 0 } };
	for (size_t i = 0; i < 2; i++)
		if (elf_dynamic(file, tables[i][0], &rela) && elf_dynamic(file, tables[i][1], &rela_size) &&
		    elf_place(file, rela))
			read_reloc_table(file, elf_place(file, rela), rela_size, (int)tables[i][2], relocs);
	/* Some linkers let DT_RELASZ cover the PLT's relocations too; they are one table then. */
	elf_dynamic(file, DT_PLTREL, &plt_type);
	if (elf_dynamic(file, DT_JMPREL, &plt) && elf_dynamic(file, DT_PLTRELSZ, &plt_size) && elf_place(file, plt) &&
	    !(plt >= rela && plt - rela < rela_size))
		read_reloc_table(file, elf_place(file, plt), plt_size, plt_type == DT_RELA, relocs);
	uint64_t packed, packed_size;
	if (elf_dynamic(file, DT_RELR, &packed) && elf_dynamic(file, DT_RELRSZ, &packed_size))
		read_packed_relocs(file, packed, packed_size, relocs);
}

static void read_relocs(struct elf_file *file)
{
	struct relocs relocs = { .count = 0 }, linker = { .count = 0 };
	if (file->header.e_type == ET_REL)
		read_link_relocs(file, &linker);
	else if (file->dynamic)
		read_dynamic_relocs(file, &relocs);
	else
		read_section_relocs(file, &relocs);
	file->reloc = relocs.reloc;
	file->reloc_count = relocs.count;
	file->link_reloc = linker.reloc;
	file->link_reloc_count = linker.count;
}

/* ---- open and close ----------------------------------------------------------------------- */

static int refuse_strange(const char *path, const struct elf_file *file, struct diag *diag)
{
	const struct bytes bytes = { file->bytes, file->size, 0 };
	char start[BYTES_START_SIZE];
	if (file->size >= SELFMAG && !memcmp(file->bytes, ELFMAG, SELFMAG))
		return 0;
	if (!file->size)
		return diag_set(diag, EBADMSG, "%s: not an ELF file (it is empty)", path);
	return diag_set(diag, EBADMSG, "%s: not an ELF file (starts with %s)", path, bytes_start(&bytes, start));
}

static int refuse_truncated(const char *path, const struct elf_file *file, struct diag *diag)
{
	const GElf_Ehdr *header = &file->header;
	uint64_t sections = (uint64_t)header->e_shnum * elf_entry_size(file, ELF_T_SHDR);
	uint64_t segments = (uint64_t)header->e_phnum * elf_entry_size(file, ELF_T_PHDR);
	if (header->e_phnum && !in_file(file, header->e_phoff, segments))
		return diag_set(diag, EBADMSG,
		    "%s: truncated: program header table at %llu is beyond the end (%zu bytes)", path,
		    (unsigned long long)header->e_phoff, file->size);
	if (header->e_shoff && !in_file(file, header->e_shoff, sections))
		return diag_set(diag, EBADMSG,
		    "%s: truncated: section header table at %llu is beyond the end (%zu bytes)", path,
		    (unsigned long long)header->e_shoff, file->size);
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segment[i].p_type == PT_LOAD &&
		    !in_file(file, file->segment[i].p_offset, file->segment[i].p_filesz))
			return diag_set(diag, EBADMSG,
			    "%s: truncated: segment %zu at %llu ends beyond the end (%zu bytes)", path, i,
			    (unsigned long long)file->segment[i].p_offset, file->size);
	return 0;
}

int elf_read(const char *path, struct bytes bytes, struct elf_file *out, struct diag *diag)
{
	struct elf_file file = { .bytes = bytes.data, .size = bytes.size };
	int result = refuse_strange(path, &file, diag);
	if (result)
		goto fail;
	elf_version(EV_CURRENT);
	/* libelf only reads from the memory under ELF_C_READ. */
	file.elf = elf_memory((char *)(uintptr_t)file.bytes, file.size);
	if (!file.elf || elf_kind(file.elf) != ELF_K_ELF || !gelf_getehdr(file.elf, &file.header)) {
		int code = elf_errno(); /* 0: libelf took it for no ELF file at all */
		result = diag_set(diag, EBADMSG, "%s: truncated or malformed ELF header (%zu bytes): %s", path,
		    file.size, code ? elf_errmsg(code) : "too short, or of unknown class or version");
		goto fail;
	}
	file.class = gelf_getclass(file.elf) == ELFCLASS64 ? 64 : 32;
	file.big_endian = file.header.e_ident[EI_DATA] == ELFDATA2MSB;
	file.arch = arch_find(file.header.e_machine, file.class, file.big_endian);
	read_segments(&file);
	result = refuse_truncated(path, &file, diag);
	if (result)
		goto fail;
	read_sections(&file);
	read_dynamic(&file);
	read_symbols(&file);
	read_relocs(&file);
	*out = file;
	return 0;
fail:
	elf_close(&file);
	return result;
}

int elf_open(const char *path, struct elf_file *file, struct diag *diag)
{
	struct bytes bytes;
	int result = bytes_map(path, &bytes, diag);
	if (result)
		return result;
	result = elf_read(path, bytes, file, diag);
	if (result)
		bytes_unmap(&bytes);
	else
		file->mapped = 1;
	return result;
}

void elf_close(struct elf_file *file)
{
	free(file->segment);
	free(file->section);
	free(file->static_symbols.symbol);
	free(file->dynamic_symbols.symbol);
	free(file->dynamic);
	free(file->reloc);
	free(file->link_reloc);
	if (file->elf)
		elf_end(file->elf);
	if (file->mapped)
		bytes_unmap(&(struct bytes){ .data = file->bytes, .size = file->size });
	memset(file, 0, sizeof *file);
}

/* ---- kinds of files ------------------------------------------------------------------------ */

int elf_is_program(const struct elf_file *file) { return file->header.e_type == ET_EXEC || elf_is_pie(file); }

int elf_is_pie(const struct elf_file *file)
{
	uint64_t flags = 0, name;
	if (file->header.e_type != ET_DYN)
		return 0;
	/* DF_1_PIE is young (binutils 2.26); libc.so.6 shows that PT_INTERP alone does not tell. */
	return (elf_dynamic(file, DT_FLAGS_1, &flags) && (flags & DF_1_PIE)) ||
	    (elf_segment(file, PT_INTERP) && !elf_dynamic(file, DT_SONAME, &name));
}

int elf_is_go(const struct elf_file *file)
{
	return elf_section_named(file, ".gopclntab") || elf_section_named(file, ".go.buildinfo") ||
	    elf_section_named(file, ".note.go.buildid") || elf_section_named(file, ".data.rel.ro.gopclntab") ||
	    elf_symbol_named(elf_symbols(file), "runtime.text");
}
