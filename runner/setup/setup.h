/* setup.h - what every command of the runner needs to know: where things lie, with which tools,
 * how patient to be.  Made once in main and passed down; read-only afterwards. */
#ifndef TLSMATRIX_RUNNER_SETUP_SETUP_H
#define TLSMATRIX_RUNNER_SETUP_SETUP_H

#include "runner/setup/files.h"
#include "runner/setup/linkers.h"
#include "runner/setup/machine.h"
#include "runner/setup/release.h"

struct targets;

/* In which cells a timer ticks while a check of Go's runs (runner/trial/pulse.h). */
enum pulse { PULSE_SHARE, PULSE_ALL, PULSE_NONE, PULSE_COUNT };

struct setup {
	struct places places;
	struct machine machine;
	struct linkers linkers;
	char *cc;                 /* the C compiler of the machine's own port, of --cc; NULL: gcc */
	struct release *releases; /* the first is what a filter that says nothing of go takes */
	size_t release_count;
	const char *targets_file; /* of --targets, as it was given; NULL: none */
	struct targets *targets;  /* known and the user's (target.h); NULL: the command needs none */
	double timeout_scale;     /* multiplies every time limit; 1.0 is meant for a busy 2-core machine */
	int cell_ms; /* for all starts of a cell together; CELL_MS, but what is only tried may be given less */
	int alone;   /* how many processes of one cell run at once, for checks that need one each; 1 with -j 1 */
	enum pulse pulse;
	int stress; /* how often what stresses threads is done, and how much longer a cell may take; 0 is 1 */
};

enum { SETUP_ALONE_MAX = 8 };

/* A loader under which everything hangs costs minutes. */
enum { CELL_MS = 600000 };

/* The release of a cell, by its version; the first where none has it. */
const struct release *setup_release(const struct setup *setup, const struct cell *cell);

/* The same by its version. */
const struct release *setup_release_of(const struct setup *setup, const char *version);

/* The same; NULL where none has it. */
const struct release *setup_find_release(const struct setup *setup, const char *version);

/* One more release, which passes to the setup. */
void setup_add_release(struct setup *setup, const struct release *release);

/* Fills the keys of releases and machine, which the names of builds and results are made of. */
void setup_keys(struct setup *setup);

#endif
