/* elf_image.h - what an ELF file says of its image in memory: segments, stacks and build IDs.
 *
 * The file's domain is the program header table and what it leads to (gABI "Program Header"). */
#ifndef TLSMATRIX_HARNESS_FORMAT_ELF_IMAGE_H
#define TLSMATRIX_HARNESS_FORMAT_ELF_IMAGE_H

#include "harness/elf/file.h"

#include <jansson.h>

/* Puts "load", "notes", "stack", "relro", "wx_segments" and "symbols" of inspect.h into the facts. */
void elf_image(const struct elf_file *file, json_t *facts);

#endif
