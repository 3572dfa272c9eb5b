/* use.h - who uses the cache: a lock on CACHE/in-use.
 *
 * A command that makes or reads things there shares it for its life; its tasks hold it with it.  Who removes things
 * (cache gc, cache verify) has it alone, and is refused while anybody shares it: what is found then in CACHE/tmp is of
 * no living run.  A run that begins meanwhile waits. */
#ifndef TLSMATRIX_RUNNER_CACHE_USE_H
#define TLSMATRIX_RUNNER_CACHE_USE_H

#include <sys/types.h>

struct diag;

/* Shares the cache until the process ends; with sweep, what killed runs left is removed (look.h) when nobody else has
 * it.  Where no lock can be made nothing happens: the command itself says what cannot be written. */
void cache_share(const char *cache, int sweep);

/* Has the cache alone until the process ends.  0, or -errno with a line in diag: -EWOULDBLOCK when it is in use,
 * -ENOENT when it is not there. */
int cache_take(const char *cache, struct diag *diag);

/* A process that uses the cache: 0 for none, -1 when it is one that /proc/locks does not name. */
pid_t cache_user(const char *cache);

#endif
