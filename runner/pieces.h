/* pieces.h - command lines that more than one artifact is made with. */
#ifndef TLSMATRIX_RUNNER_PIECES_H
#define TLSMATRIX_RUNNER_PIECES_H

#include "runner/build.h"
#include "runner/steps.h"

/* go build -buildmode=MODE -o OUT . in SRC, with the link flags of the cell.  1 when it exited 0. */
int piece_go_build(const struct setup *setup, const struct build *build, struct steps *steps, const char *src,
    const char *mode, const char *out);

/* -race and the like of the cell's variant, or NULL. */
const char *piece_variant_flag(const struct build *build);

/* go install -buildmode=shared of packages into a private GOROOT, and the program in build->src linked with that
 * library as out.  The library's path, malloc'ed; NULL when a step failed.  Sets GOROOT in steps->env. */
char *piece_go_shared(const struct setup *setup, const struct build *build, struct steps *steps,
    const char *const *packages, const char *out);

/* -ldflags=... of a cell's link mode, appended to out. */
void piece_ldflags(const struct build *build, struct buf *out);

/* A small Go program of ours: copies files (relative to root, NULL-terminated) into the folder src
 * with a go.mod and an empty table of checks, and builds it as mode.  1 when that exited 0. */
int piece_go_files(const struct setup *setup, const struct build *build, struct steps *steps, const char *const *files,
    const char *src, const char *mode, const char *out);

/* Starts a command of the cell's C compiler with what every C file of ours is compiled with; linker is a -fuse-ld= word
 * or "". */
void piece_cc(const struct setup *setup, const struct cell *cell, const char *linker, struct argv *argv);

/* Adds the C host's sources: host, probe, and the sabotage hook of control. */
void piece_host(const struct setup *setup, int control, struct argv *argv);

/* The host as one object file, for programs that the library is linked into; lies in aux_dir(AUX_C). */
#define PIECE_LINKED_HOST "host-linked.o"

/* The C file with the sabotage hook: of a control build, or the one that never interferes. */
const char *piece_control(int control);

/* Runs the command in dir and frees argv.  1 when it exited 0. */
int piece_run(struct steps *steps, const char *dir, struct argv *argv);

/* All C files of hosts and probe with their headers, relative to root, NULL-terminated. */
extern const char *const piece_c_files[];

#endif
