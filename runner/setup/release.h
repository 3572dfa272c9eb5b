/* release.h - a Go release as a value: where it lies, its version, and a key of all that decides what it builds. */
#ifndef TLSMATRIX_RUNNER_SETUP_RELEASE_H
#define TLSMATRIX_RUNNER_SETUP_RELEASE_H

#include "matrix/base/hash.h"
#include "runner/setup/machine.h"

struct diag;

struct release {
	char *go; /* path of the go command */
	char *goroot;
	char version[32]; /* "go1.26.8" */
	/* VERSION, bin/go, the tools and the signatures (size, time) of GOROOT/src and of a precompiled std; "" until
	 * release_key. */
	char key[HASH_HEX];
	/* The release that is asked for its ports instead: a mixture (release_mix.h) has its tools, and need not build
	 * the program that asks; and whose programs of C (hosts.h) serve it.  "": itself. */
	char ports_of[32];
};

/* go is the path of a go command or of its release's folder, or a name in PATH; or NULL: $TLSMATRIX_GO, then "go".  0;
 * -ENOENT when there is none or it is no release, with a line in diag that says how to get one.  Free with
 * release_free. */
int release_find(const char *go, struct release *release, struct diag *diag);
void release_free(struct release *release);

/* Fills the key, once: reads the tools and looks at GOROOT/src, some tens of milliseconds. */
void release_key(struct release *release, const struct machine *machine);

#endif
