/* pack.h - Debian packages of any suite, unpacked into a folder of the cache, without root.
 *
 * apt does the work with a state folder of its own (CACHE/apt/SUITE): sources made from this machine's own
 * archive (apt_source.h: bullseye to sid are suites of the same archive), its keyrings and its Acquire settings
 * (proxies), signatures checked by apt itself.  Nothing of the system's apt is touched; its hooks and pins have no say.
 *
 * CACHE/pack/NAME/ is complete when it holds .pack.json, written last:
 *   {"suite": STR, "wanted": STR, "packages": [{"name": STR, "version": STR, "architecture": STR}]}
 * It is made aside and moved into place, so that a get that was cut off leaves nothing half-made.
 *
 * The folder is laid out as an installed Debian is since usrmerge: /lib, /lib64, /bin and /sbin are links into /usr in
 * the packs of old suites too, so that one path holds for all (usr/lib/x86_64-linux-gnu).  Absolute links lead to the
 * same place below the folder, so that it serves as a sysroot and nothing leads out into this machine.  Packages'
 * scripts are not run. */
#ifndef TLSMATRIX_RUNNER_DEBIAN_PACK_H
#define TLSMATRIX_RUNNER_DEBIAN_PACK_H

#include "runner/setup/setup.h"

struct diag;

/* CACHE/pack/NAME, malloc'ed, whether it is there or not. */
char *pack_dir(const struct setup *setup, const char *name);

/* Is it wholly there, with these packages of that suite? */
int pack_ready(const struct setup *setup, const char *name, const char *suite, const char *packages);

/* The version of its first package ("2.31-13+deb11u11"), malloc'ed; NULL when it is not there. */
char *pack_version(const struct setup *setup, const char *name);

/* "libc6 2.31-13+deb11u11, libgcc-s1 10.2.1-6": what it holds, malloc'ed; NULL when it is not there. */
char *pack_contents(const struct setup *setup, const char *name);

/* Fetches and unpacks: packages is a list of words, "libc6", or "libc6:loong64" of another architecture.  0; -errno
 * with a line in diag: which suite, what apt said, what to do.  -ENOENT: the machine has no apt, or the suite no such
 * package.  What is there already is left; what was made from another list is replaced.  Takes a lock in the cache: two
 * at once wait for each other. */
int pack_get(const struct setup *setup, const char *name, const char *suite, const char *packages, struct diag *diag);

/* Gives an unpacked folder the layout described above.  0 or -errno. */
int pack_arrange(const char *folder);

#endif
