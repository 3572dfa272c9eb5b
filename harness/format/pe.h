/* pe.h - what PE images and COFF objects have in common, as their headers say it: sections and
 * symbols at addresses, and relocations.  pe_read.c reads it, pe.c makes the facts of an image, coff.c
 * those of an object, pe_slot.c what both say of Go's slot.
 *
 * An object has no addresses yet.  Its sections are laid out one after the other here, each at the
 * start of a page, and its relocations are applied as a linker would, so that one scan of instructions
 * serves both (coff.c).
 *
 * Source: Microsoft, "PE Format"; the bigobj header is ANON_OBJECT_HEADER_BIGOBJ of winnt.h. */
#ifndef TLSMATRIX_HARNESS_FORMAT_PE_H
#define TLSMATRIX_HARNESS_FORMAT_PE_H

#include "harness/code/initializer.h"
#include "harness/code/pclntab.h"
#include "harness/format/format.h"

enum { PE_DIRECTORIES = 16 };

enum pe_machine { PE_386 = 0x14c, PE_ARM = 0x1c4, PE_AMD64 = 0x8664, PE_ARM64 = 0xaa64 };

enum pe_section_flag {
	PE_CODE = 0x20,
	PE_BSS = 0x80,
	PE_NRELOC_OVFL = 0x01000000,
	PE_EXECUTE = 0x20000000,
	PE_WRITE = 0x80000000u
};

struct pe_section {
	const char *name; /* of up to 8 bytes in short_name, a longer one in the string table */
	char short_name[9];
	uint32_t flags;
	uint64_t address, size; /* in memory */
	struct bytes raw;       /* what the file has of it, from its first byte on */
	uint64_t reloc_at;      /* offset in the file of its relocations: objects only */
	uint64_t reloc_count;
	uint32_t reloc_base; /* what their addresses begin with: the section's own in the file, 0 but in go<1.9's */
};

/* A record of the symbol table; the auxiliary ones have no name and no section. */
struct pe_symbol {
	const char *name;
	uint64_t address;
	int64_t section;  /* from 1; 0 undefined, below absolute or for a debugger */
	unsigned storage; /* IMAGE_SYM_CLASS_* */
	int is_function;
};

struct pe {
	const char *file_name;
	struct bytes file;
	unsigned machine;
	const struct arch *arch; /* NULL: a processor not known here */
	int is_object, class;
	unsigned characteristics;
	struct pe_section *section;
	size_t section_count;
	struct pe_symbol *symbol;
	size_t symbol_count;
	char (*short_names)[9]; /* those of symbols of 8 bytes, by number */

	/* Of an image. */
	uint64_t base, entry;
	unsigned dll_characteristics, subsystem;
	unsigned os_version[2], subsystem_version[2];
	struct pe_directory { uint32_t rva, size; } directory[PE_DIRECTORIES];
};

/* Reads headers, sections and symbols.  0, ended with pe_close; or -EBADMSG with a line in diag. */
int pe_read_image(const char *name, struct bytes file, struct pe *pe, struct diag *diag);
int pe_read_object(const char *name, struct bytes file, struct pe *pe, struct diag *diag);
void pe_close(struct pe *pe);

/* "x86-64", or "machine 0x200" where it is not known. */
json_t *pe_machine_name(const struct pe *pe);

/* The bytes that the file has from an address to the end of its section; empty where there are none. */
struct bytes pe_at(const struct pe *pe, uint64_t address);
struct bytes pe_rva(const struct pe *pe, uint64_t rva);
/* A text of at most 1023 bytes in such bytes, or NULL. */
const char *pe_text(const struct bytes *bytes, uint64_t at);

const struct pe_section *pe_section_at(const struct pe *pe, uint64_t address);
int pe_is_code(const struct pe_section *section);

/* The defined symbol of a name, or NULL. */
const struct pe_symbol *pe_symbol_named(const struct pe *pe, const char *name);

/* A relocation of a section of an object. */
struct pe_reloc {
	uint32_t offset, symbol;
	unsigned type;
};
int pe_reloc(const struct pe *pe, const struct pe_section *section, uint64_t number, struct pe_reloc *reloc);

/* ---- relocation types (coff.c) ---- */

/* The name of a relocation type of the file's machine, NULL for an unknown one.  No type is PE_RELOC_TYPES or more. */
enum { PE_RELOC_TYPES = 32 };
const char *pe_reloc_name(const struct pe *pe, unsigned number);

/* A section's bytes, its relocations applied; for the caller to free.  No more than budget relocations
 * are read, which counts down. */
unsigned char *pe_relocated(const struct pe *pe, const struct pe_section *section, uint64_t *budget);

/* ---- Go's slot and initializers (pe_slot.c) ---- */

enum { CONSTRUCTORS_MAX = 64 };

struct pe_go {
	struct bytes buildinfo; /* empty: none */
	int has_runtime;
	struct code_function *functions; /* by address, one for each */
	size_t function_count;
	uint64_t start, end;  /* of Go's code; both 0: not known */
	struct pclntab table; /* of an image without the symbols that bound Go's code, else empty */

	struct insn_scan scan;
	struct access_words words;
	char at[32];
	uint64_t tls_g; /* address of runtime.tls_g; 0: none seen */

	uint64_t constructor[CONSTRUCTORS_MAX]; /* that C's start code or the loader calls */
	size_t constructor_count;
	const char *init_section; /* that brings them, or NULL */
	struct initializer initializer;
};

void pe_go_read(const struct pe *pe, struct pe_go *go);
void pe_go_close(struct pe_go *go);

/* The function that begins at an address, or NULL. */
const char *pe_function_at(const struct pe_go *go, uint64_t address);

/* "init" and what "pe" and "coff" say of Go alike. */
json_t *pe_init(const struct pe_go *go);
json_t *pe_constructors(const struct pe_go *go);
json_t *pe_teb_offsets(const struct pe *pe, const struct pe_go *go);

#endif
