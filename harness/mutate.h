/* mutate.h - makes an ELF file wrong on purpose, in one known way: the controls of the FILE checks.
 *
 * Each mutation changes a few bytes in place and leaves a file that can still be read, so that the
 * check it is for must notice.  64-bit little-endian files only,
 * but for those of a processor of their own. */
#ifndef TLSMATRIX_HARNESS_MUTATE_H
#define TLSMATRIX_HARNESS_MUTATE_H

#include <stddef.h>

struct diag;
struct mutant;

struct mutation {
	const char *name; /* as cases/control/file.def has it */
	const char *what; /* what is wrong afterwards */
	int (*apply)(struct mutant *mutant);
	unsigned machine; /* e_machine of the files that it is for; 0: any with 64 bits */
};

extern const struct mutation mutations[];
extern const size_t mutation_count;

/* Applies the mutation to the file.  0; -EINVAL no such mutation or a machine it does not know, -EBADMSG no ELF file,
 * -ENOENT the file has nothing to mutate that way (diag says what), -errno of the file.  On failure the file is as it
 * was. */
int mutate_file(const char *path, const char *name, struct diag *diag);

#endif
