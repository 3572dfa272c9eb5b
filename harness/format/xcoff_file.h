/* xcoff_file.h - an XCOFF file as its tables: headers, sections, symbols, relocations and the loader section.
 *
 * XCOFF of 32 and 64 bits (IBM, AIX Files Reference, "XCOFF Object File Format"; <xcoff.h>, <loader.h>).  Big-
 * endian.  A linked file has an auxiliary header and a section .loader with what the system loader needs:
 * import files, imported and exported symbols, relocations.  Symbols and relocations behind the headers are
 * read one at a time; names are the file's bytes. */
#ifndef TLSMATRIX_HARNESS_FORMAT_XCOFF_FILE_H
#define TLSMATRIX_HARNESS_FORMAT_XCOFF_FILE_H

#include "matrix/base/bytes.h"

struct diag;

enum { XCOFF_F_EXEC = 0x0002, XCOFF_F_SHROBJ = 0x2000 };
enum {
	XCOFF_TEXT = 0x0020,
	XCOFF_DATA = 0x0040,
	XCOFF_TDATA = 0x0400,
	XCOFF_TBSS = 0x0800,
	XCOFF_LOADER = 0x1000,
	XCOFF_OVRFLO = 0x8000
};
/* Relocation types of thread-local variables. */
enum { XCOFF_R_TLS = 0x20, XCOFF_R_TLS_IE, XCOFF_R_TLS_LD, XCOFF_R_TLS_LE, XCOFF_R_TLSM, XCOFF_R_TLSML };
enum { XCOFF_RELOC_SIZE = 10 };              /* the shorter one, of 32-bit files */
enum { XCOFF_XMC_PR = 0, XCOFF_XMC_GL = 6 }; /* code, and code of the linker; what else is in text is data */
enum { XCOFF_L_EXPORT = 0x10, XCOFF_L_ENTRY = 0x20, XCOFF_L_IMPORT = 0x40 };

struct xcoff_section {
	char name[9];
	uint64_t address, size, at, relocs_at, reloc_count;
	uint32_t type; /* the low 16 bits of s_flags, XCOFF_TEXT and so on */
};

struct xcoff_file {
	struct bytes bytes;
	int wide; /* 64 bits */
	unsigned flags;
	uint64_t entry, toc; /* of the auxiliary header; 0 without one */
	struct xcoff_section *section;
	size_t section_count;
	uint64_t symbols_at, symbol_count;
	struct bytes strings;
	struct xcoff_loader {
		struct bytes bytes, strings, imports;
		uint64_t symbols_at, symbol_count, relocs_at, reloc_count, import_count;
	} loader; /* empty where there is no loader section */
};

struct xcoff_symbol {
	const char *long_name; /* in the file's string table; NULL where the name is short or there is none */
	char short_name[9];    /* 32-bit files keep names of up to 8 bytes in the entry itself */
	uint64_t value;
	int section;          /* from 1; 0 undefined, below 0 absolute or debug */
	unsigned class;       /* n_sclass; 0 for loader symbols */
	int is_csect;         /* C_EXT, C_HIDEXT, C_WEAKEXT: a named piece of a section */
	unsigned mapping;     /* of one: x_smclas, XCOFF_XMC_* */
	unsigned flags, file; /* of loader symbols: XCOFF_L_*, import file */
};

struct xcoff_reloc {
	uint64_t address, symbol;
	unsigned type;
};

/* 0, or -EBADMSG with "NAME: what" in diag.  Ends with xcoff_close. */
int xcoff_open(const char *name, struct bytes bytes, struct xcoff_file *file, struct diag *diag);
void xcoff_close(struct xcoff_file *file);

/* "" where there is none. */
const char *xcoff_name(const struct xcoff_symbol *symbol);

/* The symbol at an index of the table (an auxiliary entry has one too); *next is the index after it and its
 * auxiliary entries.  -ENOENT beyond the end. */
int xcoff_symbol(const struct xcoff_file *file, uint64_t index, struct xcoff_symbol *symbol, uint64_t *next);
int xcoff_reloc(
    const struct xcoff_file *file, const struct xcoff_section *section, uint64_t index, struct xcoff_reloc *reloc);

int xcoff_loader_symbol(const struct xcoff_file *file, uint64_t index, struct xcoff_symbol *symbol);
int xcoff_loader_reloc(const struct xcoff_file *file, uint64_t index, struct xcoff_reloc *reloc);

/* The bytes of a section, fewer where the file ends. */
struct bytes xcoff_content(const struct xcoff_file *file, const struct xcoff_section *section);

/* A text of the view, NULL where it does not end within reason. */
const char *xcoff_text(const struct bytes *bytes, uint64_t at);

#endif
