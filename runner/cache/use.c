#include "runner/cache/use.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/cache/look.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 50, QUIET_MS = 1000 };

static int lock_open(const char *cache, int flags)
{
	char *path = xprintf("%s/" CACHE_LOCK, cache);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0644), error = errno;
	free(path);
	return fd < 0 ? -error : fd;
}

/* Blocks as flock would, and says why when that lasts. */
static void share(int fd, const char *cache)
{
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	for (long waited = 0; flock(fd, LOCK_SH | LOCK_NB); waited += POLL_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return;
		if (waited == QUIET_MS)
			fprintf(stderr, "tlsmatrix: %s: waiting for process %d, which cleans the cache\n", cache,
			    (int)file_holder(fd));
		nanosleep(&pause, NULL);
	}
}

void cache_share(const char *cache, int sweep)
{
	if (make_folders(cache))
		return;
	int fd = lock_open(cache, O_CREAT);
	if (fd < 0)
		return;
	if (sweep && flock(fd, LOCK_EX | LOCK_NB) == 0)
		cache_sweep(cache);
	share(fd, cache);
}

int cache_take(const char *cache, struct diag *diag)
{
	/* A folder that is no cache gets no file of ours. */
	int error = cache_known(cache, diag);
	if (error)
		return error;
	int fd = lock_open(cache, O_CREAT);
	if (fd < 0)
		return diag_set(diag, -fd, "%s: cannot lock the cache: %s", cache, strerror(-fd));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	error = -errno;
	pid_t user = file_holder(fd);
	close(fd);
	if (error != -EWOULDBLOCK)
		return diag_set(diag, -error, "%s: cannot lock the cache: %s", cache, strerror(-error));
	char *who = user > 0 ? xprintf("process %d", (int)user) : xstrdup("another tlsmatrix");
	diag_set(
	    diag, EWOULDBLOCK, "%s: %s is using the cache, nothing was done: try again when it has ended", cache, who);
	free(who);
	return error;
}

pid_t cache_user(const char *cache)
{
	int fd = lock_open(cache, 0);
	if (fd < 0)
		return 0;
	pid_t user = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : file_holder(fd);
	close(fd);
	return user;
}
