/* release_list.h - Go releases in the order of their versions, and which of them somebody means.  Pure. */
#ifndef TLSMATRIX_MATRIX_RELEASE_LIST_H
#define TLSMATRIX_MATRIX_RELEASE_LIST_H

#include <stddef.h>

struct diag;

/* Ascending, each once.  Free with release_list_free. */
struct release_list {
	char (*name)[32]; /* "go1.6.4" */
	size_t count;
};
#define RELEASE_LIST_INIT { NULL, 0 }

/* Puts it into its place; the leading "go" may be missing.  0, also when it is there; -EINVAL when it is no release. */
int release_list_add(struct release_list *list, const char *name);
void release_list_free(struct release_list *list);

/* The release to build the tree of a minor with: the newest that is older, as its authors had it, and else the oldest
 * of that minor or a later one.  NULL when all are too old (version_bootstrap). */
const char *release_list_bootstrap(const struct release_list *list, int minor);

/* Where a release is (1.21 is go1.21.0: version.h); NULL when it is not in the list, or no release. */
const char *release_list_find(const struct release_list *list, const char *name);

/* The neighbours of a release that is not in the list; NULL where there is none. */
void release_list_around(const struct release_list *list, const char *name, const char **below, const char **above);

/* Adds to chosen what text means:
 *     1.6.4        that release
 *     1.6.*        all of a minor, pre-releases left out
 *     1.5..1.27    the first and the last of each minor, and both ends: a minor as an end is all of it
 * and of somebody's own builds (version.h) the one whose whole name it is.
 * 0; -ENOENT with a line in diag that says what is nearest: nothing is replaced in silence; -EINVAL when text is none
 * of these.  chosen is left alone then. */
int release_list_select(
    const struct release_list *list, const char *text, struct release_list *chosen, struct diag *diag);

#endif
