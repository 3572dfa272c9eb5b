/* target_program.h - the programs that a target is checked with, built by the compiler of its cells.
 *
 * In C (cases/target/target.c with its libraries) where the port has a compiler: what a target is must be known
 * apart from whether Go runs there.  In Go without cgo (cases/target/main.go) for what has none, such as wasm, and for
 * a place where programs of that compiler do not start but static ones may.
 *
 * CACHE/target/c-KEY and go-KEY, KEY from sources and compiler, so that targets share them. */
#ifndef TLSMATRIX_RUNNER_TRIAL_TARGET_PROGRAM_H
#define TLSMATRIX_RUNNER_TRIAL_TARGET_PROGRAM_H

#include "runner/target/target.h"

struct target_program {
	char *dir;  /* with the libraries that the prober loads */
	char *path; /* of the program; NULL when it could not be built */
	char *why;  /* why not */
	int is_c;
};

/* The program in C, or in Go: 0 with path or why; -errno with a line in diag when nothing could be written or
 * started. */
int target_program_make(const struct setup *setup, const struct target *target, int in_c,
    struct target_program *program, struct diag *diag);
void target_program_free(struct target_program *program);

/* The cell that the target's program is built as: its first port. */
int target_cell(const struct setup *setup, const struct target *target, int in_c, struct cell *cell, struct diag *diag);

/* Programs beside the one in C that tell one fact each; those that could not be linked are not there. */
extern const struct target_start { const char *file, *fact, *define, *library; } target_starts[];

/* The file of cases/target/traced.c, beside the program in C; not there for a processor that tlstrace does not know. */
extern const char target_traced[];

/* Of everything that decides what a check of a target finds, but for the target itself. */
void target_program_hash(const struct setup *setup, const struct target *target, struct hash *hash);

#endif
