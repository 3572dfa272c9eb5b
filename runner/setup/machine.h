/* machine.h - this machine: its port, kernel, loader and libc. */
#ifndef TLSMATRIX_RUNNER_SETUP_MACHINE_H
#define TLSMATRIX_RUNNER_SETUP_MACHINE_H

#include "matrix/base/hash.h"
#include "matrix/cell.h"

struct machine {
	char os[16], arch[16]; /* its GOOS and GOARCH */
	char *libc;            /* "glibc 2.36" */
	char *kernel;          /* "Linux 6.18.5 x86_64" */
	char key[HASH_HEX];    /* kernel release, loader and libc by content; "" until machine_key */
};

/* Free with machine_free. */
void machine_find(struct machine *machine);
void machine_free(struct machine *machine);

/* Fills the key, once. */
void machine_key(struct machine *machine);

/* Is the cell of the machine's own port?  Variants are not. */
int machine_is_native(const struct machine *machine, const struct cell *cell);

#endif
