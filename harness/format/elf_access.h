/* elf_access.h - how Go's code reaches its slot in an ELF file, in the four words of check tls.access
 * (inspect.h tls.model, tls.at, tls.reloc; tls.form is insn_form's).
 *
 * No rule looks at what is expected; each word is read off the file:
 *
 *   model   LE    the offset is in the instructions
 *           IE    it is loaded from a word of the file's GOT
 *           KEY   it is loaded from the variable runtime.tls_g, which start code fills (TLSG_IS_VARIABLE in
 *                 runtime/tls_arm64.h and its like): a symbol has that name, or in a file without symbols the word
 *                 is among Go's variables (pclntab.h) and no relocation fills it
 *           GD, LD, TLSDESC   a dynamic relocation of that kind denotes the slot
 *   at      "loader"         a dynamic relocation fills the word that the code loads, or denotes the slot
 *           "runtime.tls_g"  model KEY
 *           "pt-tls"         the number that the code carries is the one that PT_TLS and the psABI's formula
 *                            give (tls_block_offset), and PT_TLS holds more than Go's slot, so that the number
 *                            is this link's own
 *           a number         the code carries it, and PT_TLS is missing, or is Go's slot alone, or says
 *                            otherwise; or no relocation fills the word, which holds that number
 *           "mixed"          Go's accesses do not agree
 *           "linker"         an object file
 *           "unknown"        instructions of this machine are not read, or it is not known which are Go's
 *           "none"           Go's reach no slot
 *
 * In an object file the relocations against the slot's symbol give model and relocation (RELOC_LINK_*
 * of harness/code/): the first one in the file is named.  Models that differ are "mixed". */
#ifndef TLSMATRIX_HARNESS_FORMAT_ELF_ACCESS_H
#define TLSMATRIX_HARNESS_FORMAT_ELF_ACCESS_H

#include "harness/format/elf_tls.h"

struct elf_access {
	const char *model;
	char at[24];
	const char *reloc; /* NULL: none */
};

/* table is Go's function table, or empty. */
void elf_access_read(const struct elf_file *file, const struct pclntab *table, const struct insn_scan *scan,
    const struct tls_facts *facts, struct elf_access *access);

#endif
