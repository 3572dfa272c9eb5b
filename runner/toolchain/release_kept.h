/* release_kept.h - the Go releases that the cache holds.
 *
 * CACHE/release/go1.6.4/ is an entry (entry.h: complete or absent, summed):
 *     release.json   {"version": STR, "goroot": STR, "from": STR, "sum": STR, "key": STR}
 *     go/            the release's tree, where it was fetched or unpacked
 * goroot is "go" then, and the absolute path of a tree that stays where it is otherwise (toolchain add DIR).  from says
 * where it came from, in words; sum is what Go's checksum database has of the module, or absent.  key is the tree's
 * (release.h) when it was put there: what was changed since is not used. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_KEPT_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_KEPT_H

#include "matrix/release_list.h"
#include "runner/setup/setup.h"

struct diag;

struct kept {
	char *path;   /* CACHE/release/go1.6.4 */
	char *goroot; /* absolute */
	char *from;   /* "module golang.org/toolchain", "/usr/lib/go-1.19" */
	char *key;
};

/* CACHE/release/VERSION, malloc'ed, whether it is there or not. */
char *kept_path(const struct setup *setup, const char *version);

/* The names of those that are there.  Free with release_list_free. */
void kept_list(const struct setup *setup, struct release_list *list);

/* Those of them that are releases, and not somebody's own build or a mixture. */
void kept_releases(const struct setup *setup, struct release_list *list);

/* What is kept as that version.  0; -ENOENT without a line when nothing is.  Free with kept_free. */
int kept_find(const struct setup *setup, const char *version, struct kept *kept);
void kept_free(struct kept *kept);

/* The release as it can be used.  0; with a line in diag -ENOENT when it is not kept, -ESTALE when its tree is gone
 * or another than was put there.  Free with release_free. */
int kept_release(const struct setup *setup, const char *version, struct release *release, struct diag *diag);

/* Has a release in the setup: added when it is kept and not there yet.  0; -errno with a line in diag as
 * kept_release. */
int kept_want(struct setup *setup, const char *version, struct diag *diag);

/* Adds to the setup those of the kept releases that the filter asks for (go=1.6.4, go=1.5..1.27); a filter that says
 * nothing of go takes the first of the setup alone.  0; with a line in diag -ENOENT for a release that the filter names
 * and that is neither kept nor the first, -ESTALE for one whose tree is gone or was changed. */
struct filter;
int kept_select(struct setup *setup, const struct filter *filter, struct diag *diag);

/* Writes release.json into folder, an entry's, for a release whose key is taken; goroot, from and sum as above.
 * 0 or -errno with a line in diag. */
int kept_record(const char *folder, const struct release *release, const char *goroot, const char *from,
    const char *sum, struct diag *diag);

/* Puts a release into the cache that lies at folder/go (moved there) or at goroot, where it stays when it is not NULL:
 * asked for its version, which must be wish where that is not NULL, proved to start (a program that it builds and that
 * tells the same version), its key taken, release.json written into folder.  folder is an entry's (entry.h), to be
 * ended by the caller.  version gets the name.  0, or -errno with a line in diag. */
int kept_prove(const struct setup *setup, const char *folder, const char *goroot, const char *wish, const char *from,
    const char *sum, char version[32], struct diag *diag);

#endif
