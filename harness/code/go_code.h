/* go_code.h - where Go's code is in an ELF file: by the symbols runtime.text and runtime.etext, or in a file without
 * them (strip, -ldflags=-s) by Go's function table (pclntab.h). */
#ifndef TLSMATRIX_HARNESS_CODE_GO_CODE_H
#define TLSMATRIX_HARNESS_CODE_GO_CODE_H

#include "harness/code/pclntab.h"

struct go_code {
	int present; /* there is Go code in the file */
	int known;   /* and start and end are its bounds; all other code is C's */
	uint64_t start, end;
	struct pclntab table; /* empty where there are symbols, and in object files */
};

/* Always succeeds; ends with go_code_free.  Names of the table stand in the file. */
void go_code_read(const struct elf_file *file, struct go_code *go);
void go_code_free(struct go_code *go);

/* The name of Go's function that begins at an address, as its table has it, or NULL. */
const char *go_code_function_at(const struct go_code *go, uint64_t address);

/* Have Go's functions names here, so that one that has none is none of Go's? */
int go_code_has_names(const struct elf_file *file, const struct go_code *go);

#endif
