/* plt.h - the procedure linkage table: the entries by which a module calls another one's
 * functions, and the registers that each writes before it jumps.
 *
 * An entry lies in an executable section whose name begins with ".plt" and is a run of instructions
 * up to a jump or call, in which a word is read that a dynamic relocation fills with an address.
 * That leaves out what linkers put beside entries: the header, which reads GOT words that the
 * loader fills unasked, and the halves that push an index and jump to the header.  Both belong to
 * lazy binding, and cmd/link asks for -z now in all code that Go links dynamically
 * (cmd/link/internal/ld/lib.go hostlink).
 *
 * C lets a PLT write what is no argument of C's: %r10 and %r11 on x86-64 (psABI figure 3.4).  Go's
 * ABIInternal has its own arguments, nine on amd64 with R10 and R11 among them, and R0 to R15 on arm64,
 * where IP0 and IP1 (R16, R17) are left to linkers (src/cmd/compile/abi-internal.md). */
#ifndef TLSMATRIX_HARNESS_CODE_PLT_H
#define TLSMATRIX_HARNESS_CODE_PLT_H

#include "harness/elf/file.h"

#include <jansson.h>

struct plt_entry {
	uint64_t address, end;        /* of its instructions, the jump included */
	uint64_t room;                /* bytes up to the next entry or the end of the section */
	const struct elf_reloc *slot; /* fills the word that it reads; NULL: not an entry */
	uint32_t writes;              /* bit n: general register n, but for the stack pointer */
};

struct plt {
	const struct elf_file *file;
	int decoded;             /* 0: entries of this machine are not understood */
	struct plt_entry *entry; /* by address within a section */
	size_t count, allocated;
	const struct elf_reloc **fill; /* relocations that fill a word with an address, by that word */
	size_t fill_count;
};

/* Reads all entries of the file into *plt, to be freed with plt_free. */
void plt_read(const struct elf_file *file, struct plt *plt);
void plt_free(struct plt *plt);

/* For the processors' readers: the relocation that fills the word at an address, or NULL; one run. */
const struct elf_reloc *plt_slot(const struct plt *plt, uint64_t address);
void plt_found(struct plt *plt, const struct plt_entry *run);

/* Does the entry lead to a Go function?  Their names have a dot, "os.Exit.abiinternal", which no identifier
 * of C has. */
int plt_leads_to_go(const struct plt *plt, const struct plt_entry *entry);

/* The object "plt" of inspect.h; a new reference. */
json_t *plt_json(const struct elf_file *file);

#endif
