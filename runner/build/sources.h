/* sources.h - which files of the tree the programs and libraries around a Go package are made from.
 *
 * Every list is NULL-terminated, of paths relative to root.  What is named here decides the key of what is made of
 * it. */
#ifndef TLSMATRIX_RUNNER_BUILD_SOURCES_H
#define TLSMATRIX_RUNNER_BUILD_SOURCES_H

#include "matrix/cell.h"

/* The host, the probe and the libraries beside it in C, with their headers; the same for Windows. */
extern const char *const source_c_files[], *const source_windows_host_files[];

/* Of these, what the host in C is compiled from. */
extern const char *const source_host_files[];

/* Go: the second library and the Go program that loads a library; the same for Windows.  One that exports nothing. */
extern const char *const source_second_files[], *const source_second_windows[];
extern const char *const source_silent_files[];
extern const char *const source_gohost_files[], *const source_gohost_windows[];

/* The program that opens a plugin; the one that opens two, the second plugin, and both of a control build, where the
 * second has the package of the third list too (recipe_plugin.c). */
extern const char *const source_plugin_files[];
extern const char *const source_pair_files[], *const source_plugin_second[];
extern const char *const source_pair_control[], *const source_second_control[], *const source_plugin_apart[];

/* The packages of the libraries that a program of buildmode shared is linked to, and the program; of changed and
 * control builds what is other there (recipe_shared.c). */
extern const char *const source_shared_inner[], *const source_shared_base[], *const source_shared_changed[];
extern const char *const source_shared_unexported[], *const source_shared_trivial[];
extern const char *const source_shared_front[], *const source_shared_more[], *const source_shared_most[];
extern const char *const source_shared_main[], *const source_shared_control[];

/* The programs of beside.h. */
extern const char *const source_ctls_files[], *const source_shared_files[], *const source_static_files[];

/* What decides a buildmode's artifacts besides its Go package; the caller frees the array. */
const char **build_sources(enum mode mode);

#endif
