/* linkers.h - the linkers of this machine that link modes name: which are here, and what they cost that are not. */
#ifndef TLSMATRIX_RUNNER_SETUP_LINKERS_H
#define TLSMATRIX_RUNNER_SETUP_LINKERS_H

#include "matrix/cell.h"

enum { LINKER_BFD, LINKER_GOLD, LINKER_LLD, LINKER_MOLD, LINKER_COUNT };

struct linker {
	const char *name;    /* "lld" */
	const char *program; /* "ld.lld" */
	const char *package; /* Debian package that brings it */
	char *path;          /* NULL: not there */
	int given;           /* --ld: another program than the one that compilers find */
};

struct linkers {
	struct linker linker[LINKER_COUNT];
	unsigned links; /* bit 1u << enum link: can be linked here */
};

/* Free with linkers_free. */
void linkers_find(struct linkers *linkers);
void linkers_free(struct linkers *linkers);

struct diag;

/* "NAME=PATH": that program takes the place of the linker of that name.  -EINVAL with a line in diag for another name,
 * or for what is no program or does not say its version. */
int linkers_give(struct linkers *linkers, const char *text, struct diag *diag);

/* The folder below the cache with the given ones under the names by which compilers look for them, for gcc's and
 * clang's -B; NULL when none is given.  Made when it is not there; malloc'ed. */
char *linkers_folder(const struct linkers *linkers, const char *cache);

/* The linker of a link mode, or NULL: cmd/link alone. */
const struct linker *linkers_of(const struct linkers *linkers, enum link link);

/* "bfd 2.40, gold 1.16, mold 2.40.4 (/opt/mold/bin/mold), ...", malloc'ed; asks each. */
char *linkers_versions(const struct linkers *linkers);

#endif
