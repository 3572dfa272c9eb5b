/* macho.h - a Mach-O file as its readers see it: header, load commands, symbols, and what dyld has to fix.
 *
 * macho_read.c reads header and load commands, macho_fixups.c what dyld changes in the file, macho_code.c how its
 * code reaches TLS; macho.c makes facts of it all.  Sources: <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/reloc.h>,
 * <mach-o/fixup-chains.h> (Apple's cctools and dyld), and for what Go writes cmd/link/internal/ld/macho.go. */
#ifndef TLSMATRIX_HARNESS_FORMAT_MACHO_H
#define TLSMATRIX_HARNESS_FORMAT_MACHO_H

#include "harness/code/pclntab.h"
#include "harness/format/format.h"

enum macho_filetype { MH_OBJECT = 1, MH_EXECUTE = 2, MH_CORE = 4, MH_DYLIB = 6, MH_BUNDLE = 8 };
enum macho_flag { MH_DYLDLINK = 0x4, MH_TWOLEVEL = 0x80, MH_ALLOW_STACK_EXECUTION = 0x20000, MH_PIE = 0x200000 };
enum macho_section_type {
	S_REGULAR = 0,
	S_MOD_INIT_FUNC_POINTERS = 9,
	S_THREAD_LOCAL_REGULAR = 0x11,
	S_THREAD_LOCAL_ZEROFILL = 0x12,
	S_THREAD_LOCAL_VARIABLES = 0x13,
	S_INIT_FUNC_OFFSETS = 0x16
};
enum { SECTION_TYPE = 0xff, VM_PROT_WRITE = 2, VM_PROT_EXECUTE = 4 };

/* A processor: what the header calls it, how its code is read, and where a thread state has the program counter. */
struct macho_cpu {
	uint32_t type;
	const char *name;
	int class;
	const struct arch *arch; /* NULL: instructions are not read */
	int segment;             /* register of Darwin's thread pointer on x86; 0 elsewhere */
	uint32_t pc;             /* offset in LC_UNIXTHREAD, command header included; 0: not known */
};

struct macho_chain;

struct macho_segment {
	char name[17];
	uint64_t address, size, file_offset, file_size;
	uint32_t protection;
	const struct macho_chain *chain; /* how its pointers are chained; NULL where they are not */
};

struct macho_section {
	char name[17], segment[17];
	uint64_t address, size;
	uint32_t offset, reloc_offset, reloc_count, flags;
};

struct macho_symbol {
	const char *name; /* never NULL */
	uint64_t value;
	unsigned type, section, desc;
};

/* What the file says that it needs at least. */
struct macho_floor {
	unsigned platform;
	uint32_t version;
};

struct macho_range { uint64_t offset, size; };

enum { MACHO_FLOORS = 4 };

struct macho_file {
	struct bytes bytes;
	const struct macho_cpu *cpu; /* NULL: an unknown processor */
	uint32_t cpu_type, filetype, flags;
	int class;
	struct macho_segment *segments;
	struct macho_section *sections;
	struct macho_symbol *symbols;
	size_t segment_count, section_count, symbol_count;
	uint64_t entry;
	const char *interp, *soname;
	const char **needed; /* in the order of library ordinals, which begin with 1 */
	size_t needed_count;
	struct macho_floor floor[MACHO_FLOORS];
	size_t floor_count;
	struct macho_range symtab, strings, rebase, bind, weak_bind, lazy_bind, chained;
	uint64_t main_offset; /* of LC_MAIN, in the file */
	int has_main, has_dyld_info, has_chained;
};

/* Reads one image (no fat file).  0, or -EBADMSG with a line in diag; ends with macho_close. */
int macho_read(const char *name, struct bytes bytes, struct macho_file *file, struct diag *diag);
void macho_close(struct macho_file *file);

/* The row of a processor, or NULL. */
const struct macho_cpu *macho_cpu_of(uint32_t type);

/* What of a section or segment is in the file. */
struct bytes macho_section_bytes(const struct macho_file *file, const struct macho_section *section);

const struct macho_section *macho_section_named(const struct macho_file *file, const char *name);

/* The address that the file's first byte is loaded at: offsets of chained pointers count from there. */
uint64_t macho_base(const struct macho_file *file);

enum { N_STAB = 0xe0, N_TYPE = 0x0e, N_EXT = 1, N_UNDF = 0, N_SECT = 0xe };

/* Is it defined in a section, and no debugging symbol? */
int macho_is_defined(const struct macho_symbol *symbol);

/* The name without the underscore that Mach-O puts before C's names (and cmd/link before Go's). */
const char *macho_plain_name(const struct macho_symbol *symbol);

/* ---- macho_fixups.c ------------------------------------------------------------------------ */

struct macho_fixups {
	uint64_t rebases, binds;
	int text; /* some are in a segment that is mapped without write permission */
};

/* Counts what dyld has to change, and notes the chain format of each segment. */
void macho_fixups_read(struct macho_file *file, struct macho_fixups *fixups);

/* The address in a word of the file that is in a segment with that chain: as it stands there without one, else out of
 * the chain's bits; 0 for one that dyld binds. */
uint64_t macho_pointer(const struct macho_file *file, const struct macho_chain *chain, uint64_t value);

/* One relocation of an object file (<mach-o/reloc.h>); 0 where it is not there, or scattered. */
struct macho_reloc {
	uint32_t address, symbol;
	unsigned pcrel, length, external, type;
};
int macho_reloc_at(
    const struct macho_file *file, const struct macho_section *section, size_t index, struct macho_reloc *reloc);

/* Initializers: each once, in order, symbol NULL unless a relocation names it; an address that dyld binds is 0. */
typedef void macho_initializer(void *context, uint64_t address, const struct macho_symbol *symbol);
void macho_initializers(const struct macho_file *file, macho_initializer *found, void *context);

/* ---- macho_code.c -------------------------------------------------------------------------- */

struct macho_code {
	struct insn_scan scan;
	struct code_function *functions; /* of defined symbols and Go's table, by address; the scan has names of them */
	size_t function_count;
	struct pclntab table; /* of an image without the symbols that bound Go's code, else empty */
	size_t tpidrro;       /* reads of TPIDRRO_EL0 */
	uint64_t tls_g; /* address of runtime.tls_g: by its symbol, else the word of Go's code among Go's variables */
	int has_tls_g, has_runtime;
	size_t relocs_left; /* while it is read */
};

/* After macho_fixups_read.  is_go: it is known that there is Go code in the file. */
void macho_code_read(const struct macho_file *file, int is_go, struct macho_code *code);
void macho_code_close(struct macho_code *code);

/* The name of the function that begins at an address, or NULL. */
const char *macho_function_at(const struct macho_code *code, uint64_t address);

#endif
