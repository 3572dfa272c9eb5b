/* release_mix.h - a mixture: the tree of one release with some source files of another.
 *
 * CACHE/mix/go1.6.4-0123456789ab/ is an entry (entry.h) with the tree as go/; the digits are a hash of what is mixed,
 * so that the same mixture has the same name.  Its files are links to the first release's but for those that are
 * exchanged, so that it takes no room.  Its tools are the first release's, but those of which sources are mixed: they
 * are built from them by the first release, so that they have its version and read what its compiler writes.  Where it
 * is not cmd/link alone, compiler, assembler and linker are built, and say that they are the mixture's: cmd/go tells by
 * that what must be compiled anew, and a linker what is for it.  What is compiled of std before 1.20 is not in it, so
 * that it is compiled from the mixture.  Whether std builds is for who uses it to see; what a tool that does not build
 * said is kept beside the tree, as said. */
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

/* Has it in the setup, as a release of that name: made where it is not there yet.  0; -ENOEXEC when a tool of it does
 * not build, with what was said, malloc'ed, in *said; otherwise -errno with a line in diag. */
int mix_want(struct setup *setup, const struct mix *mix, char **said, struct diag *diag);

/* Of what such a tool said the line that tells most. */
void mix_said(const char *said, char *line, size_t size);

/* Keeps it beside the releases (release_kept.h), so that a filter can name it; from says what it is, in words.
 * 0; -errno with a line in diag. */
int mix_keep(const struct setup *setup, const struct mix *mix, const char *from, struct diag *diag);

#endif
