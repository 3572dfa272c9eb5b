/* c_compiler.h - which C compiler builds a cell's cgo parts and the C programs around it, and whether it is here.
 *
 * The cell's target may prescribe one (target.h: cc, cc-static).  Else it is a row of c_compilers.def; the machine's
 * own port takes the row of gcc.  Compilers are looked for in PATH; ziglang in the Python environment of the source
 * tree (.venv) and then as `zig` in PATH.  What is found is remembered for the life of the process. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_C_COMPILER_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_C_COMPILER_H

#include "matrix/base/hash.h"
#include "matrix/cell.h"
#include "runner/setup/setup.h"

struct compiler {
	const char *command; /* for CC; NULL: not to be had or not installed */
	const char *name;    /* as c_compilers.def names it; NULL: none is to be had */
	const char *package; /* that brings it; NULL: none does */
	const char *ldflags; /* for go's -ldflags of an external link, "" for none */
	const char
	    *missing; /* class of a skip: "no-compiler", "no-linker", "no-sanitizer", "not-installed"; NULL when here */
	const char *thing;  /* what is missing, in words; $OS and $ARCH are the cell's */
	char key[HASH_HEX]; /* of the compiler as it is; of its absence when it is missing */
};

/* The compiler of a cell; a cell with CGO_ENABLED=0 needs none and gets command "". */
void compiler_of(const struct setup *setup, const struct cell *cell, struct compiler *compiler);

/* The compiler of the C programs that a cell's artifacts are loaded by: the one for dynamic programs, with cgo or
 * without. */
void compiler_of_hosts(const struct setup *setup, const struct cell *cell, struct compiler *compiler);

/* "cc 12.2.0": the compiler of the machine's own port, malloc'ed; asks it. */
char *compiler_version(const struct setup *setup);

#endif
