/* elf_notes.h - the notes of an ELF file, as the loader and the kernel find them: in PT_NOTE segments; and as a linker
 * does: in sections. */
#ifndef TLSMATRIX_HARNESS_FORMAT_ELF_NOTES_H
#define TLSMATRIX_HARNESS_FORMAT_ELF_NOTES_H

#include "harness/elf/file.h"

/* One note; the bytes are the file's.  owner is without the NULs at its end, which gABI counts
 * among its bytes: cmd/link writes two behind Go. */
struct elf_note {
	uint32_t type;
	struct bytes owner, text;
};

/* Is it the owner's? */
int elf_note_is(const struct elf_note *note, const char *owner);

/* Calls each with every note of the first 16 PT_NOTE segments, up to 256 in one; one that does not fit ends its
 * segment.  Owner and text are padded to words, or to 8 bytes where the segment is aligned so (gABI "Note Section"). */
void elf_notes(const struct elf_file *file, void (*each)(const struct elf_note *note, void *context), void *context);

/* The same of the first 64 sections of type SHT_NOTE, whether they are mapped or not. */
void elf_section_notes(
    const struct elf_file *file, void (*each)(const struct elf_note *note, void *context), void *context);

#endif
