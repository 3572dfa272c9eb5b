/* file.h - one ELF file, read once into plain arrays.
 *
 * elf_open maps the file and takes from it program headers, sections, symbols, the dynamic array
 * and the dynamic relocations, each with the place in the file it came from (mutate.h writes
 * there).  The loader's view counts: relocations come from PT_DYNAMIC, and from allocated
 * relocation sections only where there is no PT_DYNAMIC.  Those that an object file has for the linker
 * stand apart.  Everything is checked against the size
 * of the file; names point into the mapping and are NUL-terminated there.
 *
 * A file whose headers do not fit is refused; a table behind them that does not fit is left out. */
#ifndef TLSMATRIX_HARNESS_ELF_FILE_H
#define TLSMATRIX_HARNESS_ELF_FILE_H

#include "harness/elf/arch.h"
#include "matrix/base/bytes.h"

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

struct diag;

struct elf_section {
	const char *name; /* "" where it has none */
	GElf_Shdr header;
};

struct elf_symbol {
	const char *name;
	uint64_t value, size;
	unsigned char type, binding, visibility;
	uint16_t section; /* SHN_UNDEF: another module defines it */
	uint64_t place;   /* file offset of the entry */
};

struct elf_symbols {
	struct elf_symbol *symbol;
	size_t count;
};

struct elf_reloc {
	uint64_t offset;       /* address that the loader writes to */
	int64_t addend;        /* of REL: the word at offset */
	uint32_t type, symbol; /* symbol: index into dynamic symbols, 0 for none */
	enum reloc_kind kind;
	uint32_t section; /* of an object file: the section that offset is in */
	uint64_t place;   /* file offset of the entry; 0 for one packed in DT_RELR */
};

struct elf_file {
	const unsigned char *bytes;
	size_t size;
	int mapped; /* elf_close unmaps the bytes */
	Elf *elf;
	GElf_Ehdr header;
	int class, big_endian;
	const struct arch *arch; /* NULL: an unknown machine */
	GElf_Phdr *segment;
	size_t segment_count;
	struct elf_section *section; /* [0] is the null section, where there are sections */
	size_t section_count;
	struct elf_symbols static_symbols;  /* .symtab */
	struct elf_symbols dynamic_symbols; /* .dynsym */
	GElf_Dyn *dynamic;                  /* up to DT_NULL, which is not counted */
	size_t dynamic_count;
	uint64_t dynamic_place; /* file offset of the array */
	struct elf_reloc *reloc;
	size_t reloc_count;
	struct elf_reloc *link_reloc; /* of an object file (ET_REL): what the linker is to do to allocated sections; */
	size_t link_reloc_count; /* offset is in the section, symbol an index into static symbols, addend 0 of REL */
	uint64_t dynstr, dynstr_size; /* place of the dynamic strings */
};

/* 0 and *file, to be closed with elf_close; -errno, or -EBADMSG for what is no ELF file, with
 * "PATH: what: why" in diag. */
int elf_open(const char *path, struct elf_file *file, struct diag *diag);
/* The same of bytes that are there already and outlive the file; name is for messages. */
int elf_read(const char *name, struct bytes bytes, struct elf_file *file, struct diag *diag);
void elf_close(struct elf_file *file);

/* The symbols to look functions up in: the static ones, or the dynamic ones of a stripped file. */
const struct elf_symbols *elf_symbols(const struct elf_file *file);
const struct elf_symbol *elf_symbol_named(const struct elf_symbols *symbols, const char *name);
/* The variable (STT_OBJECT or without a type, no TLS) that stands at an address; NULL for none. */
const struct elf_symbol *elf_variable_at(const struct elf_file *file, uint64_t address);

const struct elf_section *elf_section_named(const struct elf_file *file, const char *name);
const GElf_Phdr *elf_segment(const struct elf_file *file, uint32_t type); /* the first, or NULL */

/* The bytes that the file gives for an address range; NULL when not all are in one PT_LOAD. */
const unsigned char *elf_at(const struct elf_file *file, uint64_t address, uint64_t size);
/* The file offset of an address; 0 when the file has no byte for it. */
uint64_t elf_place(const struct elf_file *file, uint64_t address);
/* The word of the file's class and byte order at an address, 0 where there is none. */
uint64_t elf_word(const struct elf_file *file, uint64_t address);
size_t elf_word_size(const struct elf_file *file);

/* The value of the first entry with the tag; 1 when there is one. */
int elf_dynamic(const struct elf_file *file, int64_t tag, uint64_t *value);
/* A dynamic string, NULL when it is not one. */
const char *elf_dynamic_string(const struct elf_file *file, uint64_t index);

/* The entries of a type that lie at a file offset, in the order of this machine; the data belongs
 * to the file.  NULL when they do not fit. */
Elf_Data *elf_table(const struct elf_file *file, uint64_t place, uint64_t size, Elf_Type type);
/* Entry size in the file of a table's type. */
size_t elf_entry_size(const struct elf_file *file, Elf_Type type);

/* Is the file a program (EXEC or PIE), whose TLS block has a fixed place? */
int elf_is_program(const struct elf_file *file);
/* Is it a PIE? */
int elf_is_pie(const struct elf_file *file);
/* Was it linked from Go code? */
int elf_is_go(const struct elf_file *file);

#endif
