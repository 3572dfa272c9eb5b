/* commit_build.h - the toolchain of a commit of Go, built by its own src/make.bash with a release that is kept.
 *
 * It is an entry beside the releases (release_kept.h) under the name that commits.h gives it: what is built by it is
 * what a release of that version builds, by the same rules.  What its make.bash said stands there as make.log.  A tree
 * that make.bash does not build is an entry too, with make.log and `by`, the release that it was tried with, so that it
 * is not tried again by the same one. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_COMMIT_BUILD_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_COMMIT_BUILD_H

#include "runner/setup/setup.h"
#include "runner/toolchain/commits.h"

struct diag;

/* The name of a commit's toolchain that is kept, in name.  0; -ENOENT without a line when it was not tried yet;
 * -ENOEXEC with a line in diag when it is known not to build. */
int commit_known(const struct setup *setup, const struct commit *commit, char name[32], struct diag *diag);

/* The same, and it is built when it was not yet, which takes minutes: begun is called before, with the name of the
 * toolchain and of the release that builds it.  0; with a line in diag -ENOEXEC when it does not build, -errno when
 * there is nothing to build it with, or no room. */
int commit_build(const struct setup *setup, const char *tree, const struct commit *commit,
    void (*begun)(const char *name, const char *by), char name[32], struct diag *diag);

#endif
