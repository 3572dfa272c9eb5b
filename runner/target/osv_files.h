/* osv_files.h - what a program takes with it into OSv's image, and its words on OSv's command line.
 *
 * Into the image, under the paths that they have here: every file that a word of the program or a value of its
 * environment names (PATH apart), and of these the libraries they need (DT_NEEDED) that lie in LD_LIBRARY_PATH; all
 * others are OSv's own.  OSv's loader knows no LD_LIBRARY_PATH (core/elf.cc set_search_path): each of these libraries
 * has a link in /usr/lib. */
#ifndef TLSMATRIX_RUNNER_TARGET_OSV_FILES_H
#define TLSMATRIX_RUNNER_TARGET_OSV_FILES_H

#include "matrix/base/buf.h"
#include "runner/process/env.h"
#include "runner/process/script.h"
#include "runner/target/osv_image.h"

/* OSv's front end for Go libraries (its modules/golang), under the path that it has in OSv's own images; it goes into
 * the image of a program that is this. */
#define OSV_FRONT "/go.so"

/* Where a built tree has it, malloc'ed; NULL when there is none. */
char *osv_front(const char *tree);

/* The image of a program with its environment, and what OSv itself wants from its tree (usr_rofs.manifest.skel):
 * libenviron.so, fstab, hosts, and the folders that it mounts on.  Free with osv_image_free. */
struct osv_image *osv_files_image(const char *tree, const struct argv *argv, const struct env *env);

/* The command line: options, environment, program.  0, or -EINVAL or -E2BIG with a line in diag for what OSv's parsers
 * cannot be given (a '$' is a variable to them; QEMU's loader ends a command line at 4096 bytes). */
int osv_files_command(const struct argv *argv, const struct env *env, struct buf *out, struct diag *diag);

#endif
