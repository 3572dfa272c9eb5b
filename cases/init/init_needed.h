/* init_needed.h - where C in the program finds what libneeded.so has (cases/hosts/needed.h). */
#ifndef TLSMATRIX_CASES_INIT_NEEDED_H
#define TLSMATRIX_CASES_INIT_NEEDED_H

/* The variable by a word of the GOT (GLOB_DAT), as code does that is position independent, and by its distance from
 * the code, as other code does, for which the linker makes a COPY relocation; amd64. */
int *init_needed_by_got(void);
int *init_needed_by_copy(void);

/* The calling thread's variable by a word of the GOT with its offset (initial-exec: TPOFF), and as code does that may
 * be a library's (global-dynamic: DTPMOD, or what the linker makes of it). */
int *init_needed_by_offset(void);
int *init_needed_by_module(void);

#endif
