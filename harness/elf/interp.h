/* interp.h - the dynamic loader that a program asks for. */
#ifndef TLSMATRIX_HARNESS_ELF_INTERP_H
#define TLSMATRIX_HARNESS_ELF_INTERP_H

#include <stddef.h>

/* 1 when the file is an ELF program with PT_INTERP (gABI, program interpreter), whose path is then in name, cut to len;
 * 0 when it is an ELF file without, a static program, which the kernel starts alone and a loader refuses; -errno when
 * it cannot be read as ELF.  name may be NULL. */
int elf_interpreter(const char *path, char *name, size_t len);

#endif
