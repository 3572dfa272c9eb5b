/* unwind.h - where functions begin, by the table that unwinders search: strip leaves it.
 *
 * .eh_frame_hdr, found as a loader finds it, by PT_GNU_EH_FRAME (LSB Core, Exception Frame Header): an address for each
 * piece of code that has a frame description, sorted.  C and C++ have one for every function on most processors; Go's
 * functions have none there. */
#ifndef TLSMATRIX_HARNESS_ELF_UNWIND_H
#define TLSMATRIX_HARNESS_ELF_UNWIND_H

#include "harness/elf/file.h"

/* The entries that are in the file: 0 without a table, or with one in another encoding than GNU ld, gold, lld and mold
 * write.  *entries is the table, for elf_unwind_start. */
size_t elf_unwind_table(const struct elf_file *file, const unsigned char **entries);

/* The address of an entry. */
uint64_t elf_unwind_start(const struct elf_file *file, const unsigned char *entries, size_t index);

#endif
