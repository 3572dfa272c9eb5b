/* initializer.h - how Go's initializer of a library, _rt0_GOARCH_GOOS_lib, calls C: with the stack pointer at a
 * multiple of 16, as the calling conventions want it (x86-64 psABI 3.2.2; Microsoft, "x64 calling convention"), or
 * not.
 *
 * It is entered by a call of C's, so that its stack pointer is 8 off such a multiple then.  Every path from its first
 * instruction on is followed, over jumps out of the function too, and what pushes, subtractions and the mask for
 * alignment make of that is kept modulo 16.  What it calls of C it finds in a variable, _cgo_sys_thread_create
 * (runtime/rt0_windows_amd64.s, runtime/asm_amd64.s _rt0_amd64_lib): a call through a register that was loaded from a
 * word of the file, or through the word itself, is one of C; a call of an address is one of Go, which asks for no
 * alignment.  Code is amd64's; of other processors nothing is read. */
#ifndef TLSMATRIX_HARNESS_CODE_INITIALIZER_H
#define TLSMATRIX_HARNESS_CODE_INITIALIZER_H

#include "matrix/base/bytes.h"

#include <jansson.h>

struct arch;
struct elf_file;

struct initializer {
	int is_read;    /* the processor's code is */
	size_t calls;   /* of C */
	size_t off;     /* of these, where the stack pointer is no multiple of 16 on some path */
	size_t unknown; /* and where it is not known what it is; paths that were lost count as calls here */
	uint64_t mask;  /* address of the last byte of the first AND that aligns the stack pointer; 0: none */
};

/* Reads on from an address; code begins at an address too, and is all that may be jumped to.  arch may be NULL.
 * Always succeeds. */
void initializer_read(
    const struct arch *arch, struct bytes code, uint64_t start, uint64_t entry, struct initializer *found);

/* The same in the segment of a linked ELF file that the entry lies in. */
void initializer_read_elf(const struct elf_file *file, uint64_t entry, struct initializer *found);

/* "c_calls" of inspect.h: of it, or null where nothing was read. */
json_t *initializer_json(const struct initializer *found);

#endif
