/* diag.h - one error line, made where the context is and printed where the exit code is chosen.
 * The line says where, what, why and what to do; it has no trailing newline. */
#ifndef TLSMATRIX_MATRIX_BASE_DIAG_H
#define TLSMATRIX_MATRIX_BASE_DIAG_H

struct diag { char line[1024]; };
#define DIAG_INIT { "" }

/* Writes the line unless one is there already (the first error is the cause).  Returns -error. */
int diag_set(struct diag *diag, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
