/* toolchain.h - the tools of this machine: Go, the C compiler, the linkers, the loader and libc.
 *
 * Found once at start.  What decides a result is in a fingerprint, so that a changed compiler or
 * libc makes results stale:
 *   go_key     VERSION, bin/go, the tools and the signatures (size, time) of GOROOT/src
 *   cc_key     the compiler proper, assembler and every linker, by content
 *   run_key    kernel release, loader and libc, by content */
#ifndef TLSMATRIX_RUNNER_SETUP_TOOLCHAIN_H
#define TLSMATRIX_RUNNER_SETUP_TOOLCHAIN_H

#include "matrix/base/hash.h"
#include "matrix/cell.h"

struct diag;

struct tool {
	const char *name;    /* "lld" */
	const char *program; /* "ld.lld" */
	const char *package; /* Debian package that brings it */
	char *path;          /* NULL: not there */
};

enum { TOOL_CC, TOOL_BFD, TOOL_GOLD, TOOL_LLD, TOOL_MOLD, TOOL_COUNT };

struct toolchain {
	char *go; /* path of the go command */
	char *goroot;
	char version[32];      /* "go1.26.8" */
	char os[16], arch[16]; /* the host's GOOS and GOARCH */
	struct tool tools[TOOL_COUNT];
	unsigned links; /* bit 1u << enum link: can be linked here */
	char *libc;     /* "glibc 2.36" */
	char *kernel;   /* "Linux 6.18.5 x86_64" */
	char go_key[HASH_HEX], cc_key[HASH_HEX], run_key[HASH_HEX];
};

/* Finds the tools; the keys stay empty.  go is the path of a go command, or NULL: $TLSMATRIX_GO, then "go" in PATH.
 * 0; -ENOENT when there is no Go or no C compiler, with a line in diag that says how to get one. */
int toolchain_find(const char *go, struct toolchain *toolchain, struct diag *diag);

/* Fills the keys: reads the tools and looks at GOROOT/src, some tens of milliseconds. */
void toolchain_keys(struct toolchain *toolchain);

/* "gcc 12.2.0, GNU ld 2.40, ...": compiler and linkers with their versions, malloc'ed; asks each. */
char *toolchain_versions(const struct toolchain *toolchain);
void toolchain_free(struct toolchain *toolchain);

#endif
