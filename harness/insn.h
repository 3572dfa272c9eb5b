/* insn.h - how the code of a file reaches TLS: every function is read, and each access to a
 * thread-local variable counted by its form.
 *
 * Go's code is told from C's by where it stands: between runtime.text and runtime.etext, the
 * bounds that cmd/link gives the text it wrote (cmd/link/internal/ld/data.go).  In a Go function
 * every access is one to Go's slot, the only thread-local variable that Go's compiler knows.
 * Words at and above the thread pointer on x86-64 (stack canary, TCB) are no variables and are
 * not counted. */
#ifndef TLSMATRIX_HARNESS_INSN_H
#define TLSMATRIX_HARNESS_INSN_H

#include "harness/elf_file.h"

enum access {
	ACCESS_LE,       /* the instruction carries the offset */
	ACCESS_IE,       /* the offset is loaded from a GOT word */
	ACCESS_RELAXED,  /* two instructions as for IE, but the linker made the load a constant */
	ACCESS_OTHER,    /* where the offset comes from was not seen */
	ACCESS_COUNT
};

enum { LE_USERS_MAX = 8 };

/* A number that all uses should agree on. */
struct agreed {
	int seen, mixed;
	int64_t value;   /* of the first use */
};

struct insn_scan {
	const struct elf_file *file;
	int decoded;                         /* 0: instructions of this machine are not understood */
	size_t go[ACCESS_COUNT], c[ACCESS_COUNT];
	size_t gd, ld, tlsdesc;
	struct agreed offset;                /* that Go's LE and relaxed accesses carry */
	struct agreed got;                   /* GOT word that Go's IE accesses read */
	const char *le_users[LE_USERS_MAX];  /* functions with local-exec access, LE or relaxed */
	size_t le_user_count;                /* may be more than are named */
	uint64_t go_load[ACCESS_COUNT], go_access[ACCESS_COUNT];   /* addresses of the first Go access of a form */

	/* While a function is read. */
	const char *function;
	int is_go;
	void *engine[2];                     /* of amd64.c: capstone without and with details */
	const uint64_t *dtpmod, *tlsdescs;   /* addresses that such relocations fill, sorted */
	size_t dtpmod_count, tlsdesc_count;
};

/* Reads all code of the file into *scan. Always succeeds; needs no freeing. */
void insn_scan_file(const struct elf_file *file, struct insn_scan *scan);

/* For the scanners: one access; load and access are instruction addresses, value the offset or,
 * for IE, the address of the GOT word. */
void insn_found(struct insn_scan *scan, enum access form, uint64_t load, uint64_t access, int64_t value);
/* Is the address filled by a DTPMOD or TLSDESC relocation? */
int insn_is_dtpmod(const struct insn_scan *scan, uint64_t address);
int insn_is_tlsdesc(const struct insn_scan *scan, uint64_t address);

#endif
