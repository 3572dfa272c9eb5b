/* release_fetch.h - Go releases as the Go module proxy has them.
 *
 * A toolchain is the module golang.org/toolchain, version v0.0.1-go1.6.4.linux-amd64 (go.dev/doc/toolchain).  A go that
 * knows modules and the checksum database (1.16 or newer) fetches it: `go mod download` checks what came against the
 * database, and refuses toolchains where that is switched off.  Which proxy that is, and by which way it is reached, is
 * the user's affair: GOPROXY, GOSUMDB and what else his `go env` says of modules, and the proxies of his environment.
 *
 * What no cell needs is removed from the tree: tests and their data, the std of -race, gofmt and godoc.  The files come
 * without run bits. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_FETCH_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_FETCH_H

#include "matrix/release_list.h"
#include "runner/setup/setup.h"

struct diag;

/* Says what is being done ("fetching", "checking that it starts") and how many bytes have come: several times a
 * second. */
typedef void fetch_say(const char *version, const char *doing, long long bytes);

/* The releases of this machine's own port that the proxy lists now.  0; -errno with a line in diag.  Free the list with
 * release_list_free. */
int fetch_list(const struct setup *setup, struct release_list *list, struct diag *diag);

/* Gets a release into the cache (release_kept.h).  0, also when it is there already and whole; -errno with a line in
 * diag, and nothing in the cache.  Two at once: the second waits, and finds it there.  version is as in the list. */
int fetch_release(const struct setup *setup, const char *version, fetch_say *say, struct diag *diag);

/* Unpacks a .tar.gz of a release (as go.dev has them: go/...) into the cache, or takes a GOROOT as it lies where path
 * is a folder; version gets its name.  0; -EEXIST with a line in diag when another is kept under that name; -errno with
 * a line in diag, and nothing in the cache. */
int fetch_local(const struct setup *setup, const char *path, char version[32], struct diag *diag);

#endif
