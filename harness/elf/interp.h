/* interp.h - does a program ask for a dynamic loader? */
#ifndef TLSMATRIX_HARNESS_ELF_INTERP_H
#define TLSMATRIX_HARNESS_ELF_INTERP_H

/* 1 when the file is an ELF program with PT_INTERP (gABI, program interpreter); 0 when it is an ELF file without, a
 * static program, which the kernel starts alone and a loader refuses; -errno when it cannot be read as ELF. */
int elf_has_interpreter(const char *path);

#endif
