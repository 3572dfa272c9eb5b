#include "runner/setup/entry.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 1800, POLL_MS = 50 };

#define SUM ".sum"

/* ---- the sum ------------------------------------------------------------------------------------- */

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

/* Has the file's bytes on the disk. */
static int sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	int error = fsync(fd) ? -errno : 0;
	close(fd);
	return error;
}

static int add_file(struct hash *hash, const FTSENT *file, size_t root, int sync)
{
	hash_add_text(hash, file->fts_path + root);
	hash_add_text(hash, file->fts_statp->st_mode & 0111 ? "x" : "-");
	int error = hash_add_file(hash, file->fts_accpath);
	return !error && sync ? sync_path(file->fts_accpath, 0) : error;
}

/* The sum of the files below path, in the order of their names; with sync they are on the disk afterwards. */
static int folder_sum(const char *path, int sync, char sum[HASH_HEX])
{
	char *const paths[] = { (char *)path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!tree)
		return -errno;
	struct hash *hash = hash_new();
	int error = 0;
	for (FTSENT *at; !error && (at = fts_read(tree));) {
		if (at->fts_info == FTS_F && !(at->fts_level == 1 && strcmp(at->fts_name, SUM) == 0))
			error = add_file(hash, at, strlen(path), sync);
		else if (at->fts_info == FTS_ERR || at->fts_info == FTS_DNR || at->fts_info == FTS_NS)
			error = -at->fts_errno;
		else if (at->fts_info == FTS_DP && sync)
			error = sync_path(at->fts_accpath, O_DIRECTORY);
	}
	fts_close(tree);
	hash_end(hash, sum);
	return error;
}

int entry_is_whole(const char *path)
{
	char *name = xprintf("%s/" SUM, path), *written = NULL, sum[HASH_HEX];
	int whole = file_read(name, &written, NULL) == 0 && folder_sum(path, 0, sum) == 0 && strcmp(written, sum) == 0;
	free(written);
	free(name);
	return whole;
}

int entry_remove(const char *path)
{
	char *lock = xprintf("%s.lock", path);
	int error = remove_tree(path);
	if (!error)
		unlink(lock);
	free(lock);
	return error;
}

void entry_used(const char *path)
{
	char *name = xprintf("%s/" SUM, path);
	file_used(name);
	free(name);
}

/* ---- the lock ------------------------------------------------------------------------------------ */

/* Who holds it, for the line that says so: the number written into the lock's file. */
static int lock_failed(const char *path, const char *name, struct diag *diag)
{
	char *owner = NULL;
	if (file_read(name, &owner, NULL))
		owner = xstrdup("?");
	int error = diag_set(diag, EWOULDBLOCK,
	    "%s: process %s has been making it for %d minutes: end it and run again", path, owner, PATIENCE_S / 60);
	free(owner);
	return error;
}

static int lock_take(const char *path, int *lock, struct diag *diag)
{
	char *name = xprintf("%s.lock", path), number[16];
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), error = 0;
	if (fd < 0)
		error = diag_set(diag, errno, "%s: cannot make: %s", name, strerror(errno));
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	for (long waited = 0; !error && flock(fd, LOCK_EX | LOCK_NB); waited += POLL_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			error = diag_set(diag, errno, "%s: cannot lock: %s", name, strerror(errno));
		else if (waited > PATIENCE_S * 1000L)
			error = lock_failed(path, name, diag);
		else
			nanosleep(&pause, NULL);
	}
	int len = snprintf(number, sizeof(number), "%d", (int)getpid());
	if (!error && (ftruncate(fd, 0) || pwrite(fd, number, (size_t)len, 0) != len))
		error = diag_set(diag, errno, "%s: cannot write: %s", name, strerror(errno));
	free(name);
	if (error && fd >= 0)
		close(fd);
	if (!error)
		*lock = fd;
	return error;
}

/* ---- begin and end ------------------------------------------------------------------------------- */

static void entry_free(struct entry *entry)
{
	close(entry->lock);
	free(entry->aside);
	free(entry->path);
	memset(entry, 0, sizeof(*entry));
}

static int make_parent(const char *path)
{
	char *parent = xstrdup(path);
	*strrchr(parent, '/') = '\0';
	int error = make_folders(parent);
	free(parent);
	return error;
}

int entry_begin(const char *path, int again, struct entry *entry, struct diag *diag)
{
	int lock = -1, error = make_parent(path);
	if (error)
		return diag_set(diag, -error, "%s: cannot make: %s", path, strerror(-error));
	error = lock_take(path, &lock, diag);
	if (error)
		return error;
	struct entry begun = { .path = xstrdup(path), .aside = xprintf("%s.new", path), .lock = lock };
	if (!again && entry_is_whole(path)) {
		entry_used(path);
		entry_free(&begun);
		return 1;
	}
	error = remove_tree(begun.aside);
	error = error ? error : make_folders(begun.aside);
	if (error) {
		diag_set(diag, -error, "%s: cannot make: %s", begun.aside, strerror(-error));
		entry_free(&begun);
		return error;
	}
	*entry = begun;
	return 0;
}

/* Into its place; what was there before goes.  A run that has it open keeps it. */
static int move(const struct entry *entry)
{
	if (renameat2(AT_FDCWD, entry->aside, AT_FDCWD, entry->path, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno == ENOENT)
		return rename(entry->aside, entry->path) ? -errno : 0;
	if (errno != EINVAL && errno != ENOSYS) /* a file system that exchanges nothing */
		return -errno;
	int error = remove_tree(entry->path);
	return error ? error : rename(entry->aside, entry->path) ? -errno : 0;
}

int entry_end(struct entry *entry, int error, struct diag *diag)
{
	char sum[HASH_HEX], *name = xprintf("%s/" SUM, entry->aside);
	if (!error) {
		int failed = folder_sum(entry->aside, 1, sum);
		failed = failed ? failed : file_write(name, sum, strlen(sum));
		failed = failed ? failed : sync_path(name, 0);
		failed = failed ? failed : move(entry);
		if (failed)
			error = diag_set(diag, -failed, "%s: cannot write: %s", entry->path, strerror(-failed));
	}
	remove_tree(entry->aside);
	free(name);
	entry_free(entry);
	return error;
}

char *entry_sum(const char *path) { return xprintf("%s/" SUM, path); }
