/* hunk_symbol.h - which changes of sources (hunks.h) took away what a linker or compiler misses.  A linker names
 * symbols and no lines; a compiler or assembler has the line that wants it; cmd/go names one import of them all.
 * Pure. */
#ifndef TLSMATRIX_MATRIX_HUNK_SYMBOL_H
#define TLSMATRIX_MATRIX_HUNK_SYMBOL_H

#include "matrix/hunks.h"

enum missing_to { MISSING_TO_LINKER, MISSING_TO_COMPILER, MISSING_PACKAGE };

/* The next symbol that is missed, without its package and what is behind its name, into name, or a package by its path:
 *
 *     cmd/link     "relocation target runtime.uname not defined", up to 1.7 "main.f: runtime.uname: not defined"
 *                  (cmd/link/internal/ld/data.go, lib.go)
 *     cmd/compile  "undefined: x", "l.X undefined (" (types2 and before it gc/typecheck.go)
 *     cmd/asm      "illegal or missing addressing mode for symbol SYS_x" (cmd/asm/internal/asm/parse.go), and of a
 *                  macro that there is not "unrecognized instruction "CALLFN""
 *     cmd/go       "package internal/x is not in GOROOT", from 1.21 "in std", and of GOPATH "cannot find package"
 *                  (cmd/go/internal/modload/import.go, go/build/build.go)
 *
 * *to: who misses it.  Where to go on; NULL when there is none. */
const char *missing_symbol(const char *said, char *name, size_t size, enum missing_to *to);

/* The label that cmd/asm misses: said goes on behind "file:LINE", with ": undefined label x"
 * (cmd/asm/internal/asm/asm.go patch).  1 with its name, else 0. */
int missing_label(const char *said, char *name, size_t size);

enum symbol_loss {
	LOSS_UNDEFINED, /* the change takes the line away that defines it, in Go or in assembly, and adds none */
	LOSS_NAMED,     /* it adds a line that has its name */
	LOSS_IMPORTED,  /* it adds the package's import, or what is written with it in a file that had none of it */
};

/* Marks those of the changes with in[i] to which the symbol is lost like that; how many. */
size_t hunks_lose(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, const char *symbol,
    enum symbol_loss loss, unsigned char *culprit);

/* The same for a label of assembly, which is its function's alone.  The line, from 1, of the text with those changes is
 * not the one that wants it, but where its function is over: the next TEXT, or the file's end.  Marks those that take
 * the label away from that function, and when none does those that add a line of it that has the label. */
size_t hunks_lose_label(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, size_t line,
    const char *label, unsigned char *culprit);

#endif
