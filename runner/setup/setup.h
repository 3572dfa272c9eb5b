/* setup.h - what every command of the runner needs to know: where things lie, with which tools,
 * how patient to be.  Made once in main and passed down; read-only afterwards. */
#ifndef TLSMATRIX_RUNNER_SETUP_SETUP_H
#define TLSMATRIX_RUNNER_SETUP_SETUP_H

#include "runner/setup/files.h"
#include "runner/setup/toolchain.h"

struct targets;

struct setup {
	struct places places;
	struct toolchain toolchain;
	struct targets *targets; /* known and the user's (target.h); NULL: the command needs none */
	double timeout_scale;    /* multiplies every time limit; 1.0 is meant for a busy 2-core machine */
	char self_key[HASH_HEX]; /* content of tlsmatrix and tlstrace: a changed judge judges again */
};

#endif
