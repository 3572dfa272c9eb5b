/* insn.h - how the code of a file reaches TLS: every function is read, and each access to a
 * thread-local variable counted by its form.
 *
 * Go's code is told from C's by where it stands: between runtime.text and runtime.etext, the
 * bounds that cmd/link gives the text it wrote (cmd/link/internal/ld/data.go), or in a file without
 * these symbols those of Go's own tables (pclntab.h).  Where neither is there in a file of Go's, it
 * is not known whose an access is, and it is counted as such.  In a Go function
 * every access is one to Go's slot, the only thread-local variable that Go's compiler knows.
 * Words at and above the thread pointer on x86 (stack canary, TCB) are no variables and are not
 * counted.
 *
 * One scan serves every file format: insn_scan_file reads an ELF file; the readers of PE, Mach-O,
 * XCOFF and Plan 9 files cut their code into functions themselves, between insn_scan_begin and
 * insn_scan_end. */
#ifndef TLSMATRIX_HARNESS_CODE_INSN_H
#define TLSMATRIX_HARNESS_CODE_INSN_H

#include "harness/elf/file.h"

/* A function by its first byte. */
struct code_function {
	uint64_t address;
	const char *name;
};

enum access {
	ACCESS_LE,      /* the instruction carries the offset */
	ACCESS_IE,      /* the offset is loaded from a GOT word */
	ACCESS_RELAXED, /* two instructions as for IE, but the linker made the load a constant */
	ACCESS_OTHER,   /* where the offset comes from was not seen */
	ACCESS_COUNT
};

enum { LE_USERS_MAX = 8, FIXED_MAX = 32 };

/* How code for 386 enters the kernel by itself, harness/code/386.c. */
enum kernel_way { KERNEL_INT80, KERNEL_GS_10, KERNEL_WAYS };

/* A word at a fixed offset of the area that a segment register points to. */
struct fixed_word {
	int64_t offset;
	size_t count;
};

/* A number that all uses should agree on. */
struct agreed {
	int seen, mixed;
	int64_t value; /* of the first use */
};

struct insn_scan {
	const struct elf_file *file; /* NULL where the file is no ELF file */
	const struct arch *arch;     /* NULL: an unknown processor */
	int decoded;                 /* 0: instructions of this machine are not understood */
	int is_unknown;              /* there is Go code in the file, but not known where; set after insn_scan_begin */
	size_t go[ACCESS_COUNT], c[ACCESS_COUNT];
	int c_unknown; /* where Go's code is is known, but not which of the other bytes are code: no section headers */
	size_t unknown[ACCESS_COUNT]; /* of either: go or c are 0 then */
	size_t gd, ld, tlsdesc;
	struct agreed offset;               /* that Go's LE and relaxed accesses carry */
	struct agreed got;                  /* GOT word that Go's IE accesses read */
	const char *le_users[LE_USERS_MAX]; /* functions with local-exec access, LE or relaxed */
	size_t le_user_count;               /* may be more than are named */
	size_t go_one, go_two; /* Go accesses of one instruction; with offset or thread pointer loaded before (S14) */
	uint64_t go_load[ACCESS_COUNT], go_access[ACCESS_COUNT]; /* addresses of the first Go access of a form */

	size_t kernel[KERNEL_WAYS]; /* ELF files for 386: such instructions in Go's code */

	/* x86 and Windows on arm64, set by the reader of a format after insn_scan_begin. */
	int segment; /* 0: the psABI's own, %fs on amd64 and %gs on 386; else 'f' or 'g'; 'x' on arm64: X18 (Windows) */
	const int *fields;  /* offsets on it that the system keeps for itself, and so no slots of Go's; */
	size_t field_count; /* Go's accesses to others are ACCESS_LE, one instruction each */
	/* And what it finds: the offsets, of 0 and above, that Go and C use on a segment that is not the psABI's. */
	struct fixed_word fixed[FIXED_MAX];
	size_t fixed_count; /* may be more than are kept */

	/* While a function is read. */
	const char *function;
	int is_go;
	void *engine[2]; /* of the scanner that needs a decoder; see arch.h scan_end */
	const uint64_t *dtpmod, *dtpoffs, *tlsdescs, *tpoffs; /* addresses that such relocations fill, sorted */
	size_t dtpmod_count, dtpoff_count, tlsdesc_count, tpoff_count;
	uint64_t tp_helper; /* the word that a relocation fills with the address of __aeabi_read_tp; 0: none */
};

struct go_code;

/* Reads all code of the file into *scan; go is as go_code_read (go_code.h) left it.  Always succeeds; needs no
 * freeing. */
void insn_scan_file(const struct elf_file *file, const struct go_code *go, struct insn_scan *scan);

/* The same by hand: begin, every function once, end.  arch may be NULL: nothing is decoded then.  The
 * name must live as long as the scan. */
void insn_scan_begin(struct insn_scan *scan, const struct arch *arch);
void insn_scan_function(
    struct insn_scan *scan, const char *name, int is_go, uint64_t address, const unsigned char *code, size_t size);
void insn_scan_end(struct insn_scan *scan);

/* "one", "two", "mixed" (both), "none" where Go's code was not seen to reach TLS, "unknown" where it is not known
 * which code that is. */
const char *insn_form(const struct insn_scan *scan);

/* For the scanners: one access; load and access are instruction addresses, value the offset or,
 * for IE, the address of the word that the offset is loaded from: a GOT word in ELF, the variable
 * runtime.tls_g where start code computes the offset (Windows, Darwin/arm64, Android).  An access
 * whose load and access address are the same is one instruction, of others it takes two. */
void insn_found(struct insn_scan *scan, enum access form, uint64_t load, uint64_t access, int64_t value);
/* One use of a fixed word; 1 unless it is one of the fields. */
int insn_fixed(struct insn_scan *scan, int64_t offset);
/* Is the address filled by a DTPMOD, DTPOFF, TLSDESC or TPOFF relocation? */
int insn_is_dtpmod(const struct insn_scan *scan, uint64_t address);
int insn_is_dtpoff(const struct insn_scan *scan, uint64_t address);
int insn_is_tpoff(const struct insn_scan *scan, uint64_t address);
int insn_is_tlsdesc(const struct insn_scan *scan, uint64_t address);
/* Code passes an address to __tls_get_addr: counted as GD or LD, if a DTPMOD relocation fills the word there. */
void insn_dynamic(struct insn_scan *scan, uint64_t address);

#endif
