/* commits.h - the commits of a git checkout of Go.
 *
 * git is the user's own, in his environment.  It only reads: neither the checkout nor its index is touched. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_COMMITS_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_COMMITS_H

#include <stddef.h>

struct diag;

/* How many digits of a hash a name has, as git's own --abbrev=12. */
enum { COMMIT_DIGITS = 12 };

struct commit {
	char hash[65];
	size_t parents;
	char *subject; /* "2020-03-27 runtime: use CLONE_SETTLS" */
};

/* In the order of the history.  Free with commits_free. */
struct commits {
	struct commit *commit;
	size_t count;
};
#define COMMITS_INIT { NULL, 0 }

/* From one revision (hash, tag, branch) of the checkout at tree to another, either of which may be the younger: along
 * the first parents, both ends included.  Where neither comes from the other, as with the tags of two releases, it goes
 * from the first to where they part, and from there to the last.  0; -errno with a line in diag. */
int commits_between(const char *tree, const char *first, const char *last, struct commits *commits, struct diag *diag);

/* What a merge brought in: from where its branch began along the branch, and the merge.  0; -errno with a line in
 * diag. */
int commits_merged(const char *tree, const struct commit *merge, struct commits *commits, struct diag *diag);

void commits_free(struct commits *commits);

/* The name of a commit's toolchain, "go1.16-0123456789ab": the version is what VERSION of its tree says, and else the
 * release that it was to become (internal/goversion, the tags of go/build before 1.13).  0; -errno with a line in diag
 * when its tree is none of Go. */
int commit_name(const char *tree, const char *hash, char name[32], struct diag *diag);

/* Writes its files into a folder that is there.  0; -errno with a line in diag. */
int commit_unpack(const char *tree, const char *hash, const char *folder, struct diag *diag);

#endif
