/* elf_floor.h - what an ELF file says that it needs at least of a kernel and a libc.
 *
 * The file's domain: PT_NOTE segments, where each system's start files or linker leave their release,
 * and the symbol versions that the file asks of glibc.  Each system encodes its release its own way:
 *
 *   owner      type  words                                       source
 *   GNU         1    0 (Linux), major, minor, patch              gABI-GNU NT_GNU_ABI_TAG, glibc csu/abi-note.c
 *   FreeBSD     1    major * 100000 + minor * 1000 + ...         FreeBSD sys/param.h __FreeBSD_version since 5.0
 *   NetBSD      1    major * 10^8 + minor * 10^6 + ...           NetBSD sys/param.h __NetBSD_Version__ MMmmrrpp00
 *   OpenBSD     1    0: no release                               OpenBSD sys/exec_elf.h ELF_NOTE_TYPE_OSVERSION
 *   DragonFly   1    major * 100000 + minor * 100 + ...          DragonFly sys/param.h __DragonFly_version
 *   Android     1    API level, then text about the NDK          bionic libc/arch-common/bionic/crtbrand.S
 *
 * cmd/link writes those of NetBSD, OpenBSD and FreeBSD itself (cmd/link/internal/ld/elf.go ELF_NOTE_*). */
#ifndef TLSMATRIX_HARNESS_FORMAT_ELF_FLOOR_H
#define TLSMATRIX_HARNESS_FORMAT_ELF_FLOOR_H

#include "harness/elf/file.h"

#include <jansson.h>

/* The array "floor" of inspect.h, a new reference; needs is imports.needs. */
json_t *elf_floor(const struct elf_file *file, json_t *needs);

#endif
