/* elf_exports.h - what an ELF file has for others to find by name: its dynamic symbols that are defined. */
#ifndef TLSMATRIX_HARNESS_FORMAT_ELF_EXPORTS_H
#define TLSMATRIX_HARNESS_FORMAT_ELF_EXPORTS_H

#include "harness/elf/file.h"

#include <jansson.h>

/* Is the dynamic symbol a Go function that cgo exports to C?  For each `//export NAME` cgo makes two: NAME, in C, and
 * _cgoexp_HASH_NAME, in Go, which the first has called (cmd/cgo/out.go writeExports, cgoExportPrefix "_cgoexp_%s_").
 * The place of NAME in it, or NULL. */
const char *elf_export_name(const struct elf_symbol *symbol);

/* The defined dynamic symbol of that name, or NULL. */
const struct elf_symbol *elf_export(const struct elf_file *file, const char *name);

/* The object "exports" of inspect.h; a new reference. */
json_t *elf_exports(const struct elf_file *file);

#endif
