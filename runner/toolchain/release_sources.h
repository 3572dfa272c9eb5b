/* release_sources.h - the files of std, or of the tools that make a program of it, in which two releases differ, as
 * one of a cell's builds sees them.  Tools run where they are built: of them those files are meant that this machine's
 * have.
 *
 * Which files a package has for a port is asked of each release's own `go list`, so that build constraints are Go's
 * affair.  What make.bash writes (zversion.go and the like) is left out: it is no source. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_SOURCES_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_SOURCES_H

#include "matrix/cell.h"
#include "matrix/hunks.h"
#include "runner/setup/setup.h"

struct diag;

/* Where files lie, in the order in which they are suspected. */
enum source_area {
	AREA_ASSEMBLY, /* of the runtime, with its headers: where a program is entered from outside */
	AREA_CGO,      /* runtime/cgo: what is entered from C, and what calls C */
	AREA_RUNTIME,  /* the rest of the runtime and of what is internal to it */
	AREA_SYSCALL,  /* syscall and internal/... */
	AREA_LINK,     /* cmd/link */
	AREA_OBJ,      /* what the tools share, cmd/internal/..., and cmd/asm, which is little else */
	AREA_COMPILE,  /* cmd/compile */
	AREA_COUNT
};

/* What is looked through at once. */
enum source_stage {
	SOURCES_STD,
	SOURCES_LINK,  /* cmd/link alone, which is soon built, and compiles nothing anew */
	SOURCES_TOOLS, /* cmd/compile, cmd/asm, cmd/link and all of cmd that they import */
	SOURCES_STAGES
};

struct source_file {
	char *name; /* below GOROOT/src: "runtime/proc.go" */
	enum source_area area;
	struct hunk *hunks; /* in which the second release's differs; NULL where one of them has no such file */
	size_t changes;     /* that can be made one at a time: hunks, or 1, the whole file */
	size_t first;       /* the number of its first change among those of all files */
};

struct source_list {
	struct source_file *file; /* by area, then by name */
	size_t count;
	size_t changes;     /* of all of them */
	char key[HASH_HEX]; /* of the two trees */
};

/* The files that differ between two releases, by version, both in the setup with their keys, for the cell's port and
 * cgo.  0; -errno with a line in diag.  Free with sources_free. */
int sources_differ(const struct setup *setup, const struct cell *cell, enum source_stage stage,
    const char *const versions[2], struct source_list *list, struct diag *diag);
void sources_free(struct source_list *list);

/* What diff says of two files with that option ("-n", "-u"); labels are what they are called, or NULL.  malloc'ed, ""
 * when they are alike.  A file that is not there is an empty one. */
char *sources_diff(const char *option, const char *const paths[2], const char *const labels[2]);

/* "the runtime's assembly" */
const char *area_name(enum source_area area);

#endif
