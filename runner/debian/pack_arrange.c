/* pack_arrange.c - the layout of an unpacked folder: usrmerge, and links that stay inside. */
#include "runner/debian/pack.h"

#include "matrix/base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int entry_fn(const char *folder, const char *name, void *context);

static int each_entry(const char *folder, entry_fn *visit, void *context)
{
	/* Renames change what readdir sees, so the names are taken first. */
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, NULL), error = n < 0 ? -errno : 0;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		if (!error && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			error = visit(folder, name, context);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return error;
}

static int is_folder(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- usrmerge --------------------------------------------------------------------------------- */

static int merge(const char *from, const char *to);

static int merge_entry(const char *folder, const char *name, void *context)
{
	char *from = xprintf("%s/%s", folder, name), *to = xprintf("%s/%s", (const char *)context, name);
	int error = is_folder(from) && is_folder(to) ? merge(from, to) : rename(from, to) ? -errno : 0;
	free(to);
	free(from);
	return error;
}

static int merge(const char *from, const char *to)
{
	int error = mkdir(to, 0755) && errno != EEXIST ? -errno : 0;
	error = error ? error : each_entry(from, merge_entry, (void *)to);
	return error ? error : rmdir(from) ? -errno : 0;
}

static int merge_usr(const char *folder)
{
	static const char *const names[] = { "lib", "lib64", "lib32", "libx32", "bin", "sbin" };
	int error = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !error; i++) {
		char *top = xprintf("%s/%s", folder, names[i]), *usr = xprintf("%s/usr/%s", folder, names[i]),
		     *target = xprintf("usr/%s", names[i]);
		struct stat st;
		if (is_folder(top)) {
			char *parent = xprintf("%s/usr", folder);
			error = mkdir(parent, 0755) && errno != EEXIST ? -errno : merge(top, usr);
			free(parent);
		}
		if (!error && is_folder(usr) && lstat(top, &st) && symlink(target, top))
			error = -errno;
		free(target);
		free(usr);
		free(top);
	}
	return error;
}

/* ---- links --------------------------------------------------------------------------------------- */

/* A link into the kernel's or the running system's folders means those. */
static int is_systems(const char *target)
{
	static const char *const folders[] = { "/dev/", "/proc/", "/sys/", "/run/" };
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(target, folders[i], strlen(folders[i])) == 0)
			return 1;
	return 0;
}

static int relink(const char *path, int depth)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	if (*target != '/' || is_systems(target))
		return 0;
	struct buf relative = BUF_INIT;
	for (int i = 0; i < depth; i++)
		buf_add(&relative, "../");
	buf_add(&relative, target + 1);
	int error = unlink(path) || symlink(relative.len ? relative.data : ".", path) ? -errno : 0;
	buf_free(&relative);
	return error;
}

static int relink_entry(const char *folder, const char *name, void *context)
{
	int depth = *(int *)context, below = depth + 1, error = 0;
	char *path = xprintf("%s/%s", folder, name);
	struct stat st;
	if (lstat(path, &st))
		error = -errno;
	else if (S_ISLNK(st.st_mode))
		error = relink(path, depth);
	else if (S_ISDIR(st.st_mode))
		error = each_entry(path, relink_entry, &below);
	free(path);
	return error;
}

int pack_arrange(const char *folder)
{
	int depth = 0, error = merge_usr(folder);
	return error ? error : each_entry(folder, relink_entry, &depth);
}
