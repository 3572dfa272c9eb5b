/* hunk_symbol.h - which changes of sources (hunks.h) took away what a linker or compiler misses: a linker names symbols
 * and no lines, a compiler the line that wants it.  Pure. */
#ifndef TLSMATRIX_MATRIX_HUNK_SYMBOL_H
#define TLSMATRIX_MATRIX_HUNK_SYMBOL_H

#include "matrix/hunks.h"

/* The next symbol that cmd/link misses ("relocation target runtime.uname not defined": cmd/link/internal/ld/data.go,
 * lib.go) or cmd/compile ("undefined: x", "l.X undefined (": types2 and before it gc/typecheck.go), without its package
 * and what is behind its name, into name; *linked: cmd/link does.  Where to go on; NULL when there is none. */
const char *missing_symbol(const char *said, char *name, size_t size, int *linked);

enum symbol_loss {
	LOSS_UNDEFINED, /* the change takes the line away that defines it, in Go or in assembly, and adds none */
	LOSS_NAMED,     /* it adds a line that has its name */
};

/* Marks those of the changes with in[i] to which the symbol is lost like that; how many. */
size_t hunks_lose(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, const char *symbol,
    enum symbol_loss loss, unsigned char *culprit);

#endif
