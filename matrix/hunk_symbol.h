/* hunk_symbol.h - which changes of sources (hunks.h) took away what a linker or compiler misses.  A linker names
 * symbols and no lines; a compiler or assembler has the line that wants it; cmd/go names one import of them all.
 * Pure. */
#ifndef TLSMATRIX_MATRIX_HUNK_SYMBOL_H
#define TLSMATRIX_MATRIX_HUNK_SYMBOL_H

#include "matrix/hunks.h"

enum missing_to { MISSING_TO_LINKER, MISSING_TO_COMPILER, MISSING_PACKAGE };

/* The next symbol that cmd/link misses ("relocation target runtime.uname not defined": cmd/link/internal/ld/data.go,
 * lib.go), cmd/compile ("undefined: x", "l.X undefined (": types2 and before it gc/typecheck.go) or cmd/asm ("illegal
 * or missing addressing mode for symbol SYS_x": cmd/asm/internal/asm/operand.go), without its package and what is
 * behind its name, into name; or the package that cmd/go misses ("package internal/x is not in GOROOT", "in std" from
 * 1.21, and of GOPATH "cannot find package": cmd/go/internal/modload/import.go, go/build/build.go), by its path.
 * *to: who misses it.  Where to go on; NULL when there is none. */
const char *missing_symbol(const char *said, char *name, size_t size, enum missing_to *to);

enum symbol_loss {
	LOSS_UNDEFINED, /* the change takes the line away that defines it, in Go or in assembly, and adds none */
	LOSS_NAMED,     /* it adds a line that has its name */
	LOSS_IMPORTED,  /* it adds the package's import, or what is written with it in a file that had none of it */
};

/* Marks those of the changes with in[i] to which the symbol is lost like that; how many. */
size_t hunks_lose(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, const char *symbol,
    enum symbol_loss loss, unsigned char *culprit);

#endif
