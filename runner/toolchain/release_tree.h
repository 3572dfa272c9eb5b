/* release_tree.h - the tree of a fetched release, without what no cell needs. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_TREE_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_TREE_H

/* Removes tests and their data, the precompiled std of -race, the blog, and programs that build nothing; sets the run
 * bits of the others, which a module has not.  Sources of all ports stay.  0 or -errno. */
int tree_trim(const char *goroot);

#endif
