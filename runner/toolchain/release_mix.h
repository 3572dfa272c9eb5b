/* release_mix.h - a mixture: the tree of one release with some source files of another.
 *
 * CACHE/mix/go1.6.4-0123456789ab/ is an entry (entry.h) with the tree as go/; the digits are a hash of what is mixed,
 * so that the same mixture has the same name.  Its files are links to the first release's but for those that are
 * exchanged, so that it takes no room.  Its tools are the first release's; what is compiled of std before 1.20 is not
 * in it, so that it is compiled from the mixture.  Whether it builds is for who uses it to see. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_MIX_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_MIX_H

#include "runner/toolchain/release_sources.h"

struct mix {
	const char *base, *other; /* versions of releases in the setup */
	const struct source_list *files;
	const unsigned char *in; /* of files->changes: which are made */
};

/* How many of the changes of file i are made. */
size_t mix_changes(const struct mix *mix, size_t i);

/* What it is called. */
void mix_name(const struct mix *mix, char name[32]);

/* Has it in the setup, as a release of that name: made where it is not there yet.  0; -errno with a line in diag. */
int mix_want(struct setup *setup, const struct mix *mix, struct diag *diag);

/* Keeps it beside the releases (release_kept.h), so that a filter can name it; from says what it is, in words.
 * 0; -errno with a line in diag. */
int mix_keep(const struct setup *setup, const struct mix *mix, const char *from, struct diag *diag);

#endif
