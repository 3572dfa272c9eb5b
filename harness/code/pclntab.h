/* pclntab.h - Go's own table of functions, runtime.pclntab, which no strip takes away: the runtime walks stacks with
 * it.  With it, in a file without symbols, Go's code is told from C's and Go's functions have names.
 *
 *     pcHeader    magic (4 bytes), 0, 0, quantum of a pc, size of a pointer; then words (below)
 *       + names   names, NUL-terminated
 *       + pcln    the function table: nfunc times {entry, offset of the _func from here}, then the end of the last;
 *                 a _func begins with its entry and the offset of its name
 *     moduledata  word 0 points to the pcHeader; further on minpc, maxpc, text, etext, and the bounds of Go's
 *                 variables: noptrdata, data, bss, noptrbss
 *
 *     magic       since    words of the header                                       entry            minpc is word
 *     0xfffffffb  go1.2    nfunc; the table follows, offsets count from the header   a pointer        10
 *     0xfffffffa  go1.16   nfunc, nfiles, names, cu, files, pctab, pcln              a pointer        20
 *     0xfffffff0  go1.18   nfunc, nfiles, text, names, cu, files, pctab, pcln        32 bits, - text  20
 *     0xfffffff1  go1.20   the same; text is 0 since go1.26                          the same         20
 *
 * Neither has a section of its own in every file (go1.25's lies in C's .data.rel.ro after external linking), so the
 * header is looked for by its magic, and the moduledata by its pointer to the header.
 *
 * Sources: src/runtime/symtab.go pcHeader, moduledata, functab, src/runtime/runtime2.go _func, of go1.5 to 1.27;
 * src/debug/gosym/pclntab.go; src/cmd/link/internal/ld/pcln.go. */
#ifndef TLSMATRIX_HARNESS_CODE_PCLNTAB_H
#define TLSMATRIX_HARNESS_CODE_PCLNTAB_H

#include "harness/code/insn.h"
#include "matrix/base/bytes.h"

/* What the file has for memory from an address on. */
struct pclntab_range {
	uint64_t address;
	struct bytes bytes;
	const void *chain; /* for target */
};

/* A word that a loader fills, and what it is filled with where the file is loaded at its own addresses. */
struct pclntab_fixed { uint64_t address, value; };

struct pclntab_image {
	const struct pclntab_range *range;
	size_t count;
	unsigned word; /* bytes of a pointer: 4 or 8 */
	uint64_t size; /* of the file: no more than that is searched, though ranges may lie over each other */
	const struct pclntab_fixed *fixed; /* by address; other pointers are in the file as they are */
	size_t fixed_count;
	/* What a word of a range with a chain points to; NULL where none has one. */
	uint64_t (*target)(const void *context, const void *chain, uint64_t word);
	const void *context;
};

enum { PCLNTAB_DATA = 4 };

struct pclntab {
	int found;            /* the table is there: so is Go's code */
	int placed;           /* text and etext are known; 0: the code may be anywhere */
	uint64_t address;     /* of the header */
	uint64_t text, etext; /* runtime.text, runtime.etext; without moduledata those of the functions */
	struct pclntab_bounds { uint64_t start, end; } data[PCLNTAB_DATA]; /* Go's variables; all 0: not known */
	struct code_function *functions; /* by address, then one "?" at etext; names stand in the file */
	size_t count;                    /* 0: not known where they are */
};

/* Always succeeds; ends with pclntab_free.  What it costs grows with the file, whatever is in it. */
void pclntab_read(const struct pclntab_image *image, struct pclntab *table);
void pclntab_free(struct pclntab *table);

/* Is it the address of one of Go's variables? */
int pclntab_is_variable(const struct pclntab *table, uint64_t address);

#endif
