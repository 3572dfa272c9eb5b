/* commands.h - command lines that more than one artifact is made with. */
#ifndef TLSMATRIX_RUNNER_BUILD_COMMANDS_H
#define TLSMATRIX_RUNNER_BUILD_COMMANDS_H

#include "runner/build/build.h"
#include "runner/process/script.h"

/* go build -buildmode=MODE -o OUT . in SRC, with the link flags of the cell.  1 when it exited 0.  Of the build's
 * own package (build->src) that is the artifact. */
int command_go_build(const struct setup *setup, const struct build *build, struct script *script, const char *src,
    const char *mode, const char *out);

/* -race and the like of the cell's variant, or NULL. */
const char *command_variant_flag(const struct build *build);

/* go install -buildmode=shared of packages into a private GOROOT, and the program in build->src linked with that
 * library as out.  The library's path, malloc'ed; NULL when a step failed.  Sets GOROOT in script->env. */
char *command_go_shared(const struct setup *setup, const struct build *build, struct script *script,
    const char *const *packages, const char *out);

/* -ldflags=... of a cell's link mode, appended to out. */
void command_ldflags(const struct build *build, struct buf *out);

/* A small Go program of ours: copies files (relative to root, NULL-terminated) into the folder src, where that is not
 * there yet, with a go.mod, where it is not to be a package of the module around it, and an empty table of checks where
 * it makes some.  0 or -errno. */
enum folder { FOLDER_MODULE, FOLDER_INSIDE };
int command_go_folder(const struct setup *setup, enum folder kind, const char *const *files, const char *src);

/* The same, and builds it as mode.  1 when that exited 0. */
int command_go_files(const struct setup *setup, const struct build *build, struct script *script,
    const char *const *files, const char *src, const char *mode, const char *out);

/* Starts a command of the cell's C compiler with what every C file of ours is compiled with; linker is a -fuse-ld= word
 * or "". */
void command_cc(const struct setup *setup, const struct cell *cell, const char *linker, struct argv *argv);

/* Adds the C host's sources: host, probe, and the sabotage hook of control. */
void command_host(const struct setup *setup, int control, struct argv *argv);

/* The host as one object file, for programs that the library is linked into; lies in hosts_dir(HOSTS_C). */
#define COMMAND_LINKED_HOST "host-linked.o"

/* The C file with the sabotage hook: of a control build, or the one that never interferes. */
const char *command_control(int control);

/* Runs the command in dir and frees argv.  1 when it exited 0. */
int command_run(struct script *script, const char *dir, struct argv *argv);

#endif
