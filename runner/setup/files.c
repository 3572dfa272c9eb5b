#include "runner/setup/files.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "matrix/base/text.h"
#include "runner/process/env.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { USED_S = 24 * 60 * 60 };

char *path_absolute(const char *path)
{
	if (path[0] == '/')
		return xstrdup(path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	char cwd[PATH_MAX];
	if (!getcwd(cwd, sizeof(cwd)))
		return xstrdup(path);
	return xprintf("%s/%s", cwd, path);
}

static char *default_cache(void)
{
	const char *base = getenv("XDG_CACHE_HOME");
	if (base && base[0] == '/')
		return xprintf("%s/tlsmatrix", base);
	const char *home = getenv("HOME");
	const struct passwd *entry = home && home[0] == '/' ? NULL : getpwuid(geteuid());
	home = entry ? entry->pw_dir : home;
	return home && home[0] == '/' ? xprintf("%s/.cache/tlsmatrix", home) : xstrdup("");
}

int link_place(const char *folder, const char *name, const char *path)
{
	char *link = xprintf("%s/%s", folder, name), there[PATH_MAX];
	ssize_t len = readlink(link, there, sizeof(there));
	int error = 0;
	if (len < 0 || (size_t)len != strlen(path) || memcmp(there, path, (size_t)len) != 0) {
		unlink(link);
		error = make_folders(folder);
		if (!error && symlink(path, link) < 0 && errno != EEXIST)
			error = -errno;
	}
	free(link);
	return error;
}

/* The source tree that a build folder belongs to, build/ or, for another kind of build, build/asan/; or what `make
 * install` put of it beside lib/tlsmatrix. */
static char *root_of(const char *bin)
{
	static const char *const ups[] = { "..", "../..", "../../share/tlsmatrix" };
	for (size_t i = 0; i < sizeof(ups) / sizeof(ups[0]); i++) {
		char *root = xprintf("%s/%s", bin, ups[i]), *mark = xprintf("%s/cases/sources.def", root);
		char *real = file_exists(mark) ? realpath(root, NULL) : NULL;
		free(mark);
		free(root);
		if (real)
			return real;
	}
	return NULL;
}

int places_find(const char *out, const char *cache, struct places *places, struct diag *diag)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return diag_set(diag, errno, "/proc/self/exe: %s: mount /proc", strerror(errno));
	self[len] = '\0';
	char *bin = xstrdup(dirname(self));
	char *real = root_of(bin);
	if (!real) {
		int error = diag_set(diag, ENOENT,
		    "%s/../cases/sources.def: not found: run tlsmatrix from the build folder of its source tree, or "
		    "`make install` it",
		    bin);
		free(bin);
		return error;
	}
	places->root = real;
	places->bin = bin;
	places->out = path_absolute(out ? out : "out");
	places->cache = cache ? path_absolute(cache) : default_cache();
	return 0;
}

/* Is a group that may write to a folder nobody but us?  Root's is, and the group that login makes for each user
 * (USERGROUPS_ENAB of login.defs, whose umask lets it write): it bears his name and lists nobody else.  Not listed are
 * those whose first group it is, so that any other name means company. */
static int group_is_ours(gid_t gid, gid_t root)
{
	const struct group *group = gid == root ? NULL : getgrgid(gid);
	const struct passwd *user = getpwuid(geteuid());
	if (!group)
		return gid == root || gid == getegid();
	if (!user || strcmp(group->gr_name, user->pw_name) != 0)
		return 0;
	for (char **member = group->gr_mem; *member; member++)
		if (strcmp(*member, user->pw_name) != 0)
			return 0;
	return 1;
}

/* Why somebody else can change what lies in a folder, or where a link leads; NULL: nobody can.  Who owns "/" can do
 * anything: root, whom a user namespace may show as nobody. */
static const char *distrust(const struct stat *st)
{
	struct stat top = { .st_uid = 0 };
	stat("/", &top);
	if (st->st_uid != 0 && st->st_uid != top.st_uid && st->st_uid != geteuid())
		return "belongs to somebody else";
	if (S_ISLNK(st->st_mode) || (st->st_mode & S_ISVTX))
		return NULL;
	if (st->st_mode & S_IWOTH)
		return "may be written to by everybody";
	if ((st->st_mode & S_IWGRP) && st->st_gid != 0 && !group_is_ours(st->st_gid, top.st_gid))
		return "may be written to by a group of others";
	return NULL;
}

static int check_owners(const char *path, int *links, struct diag *diag);

static int check_folder(const char *folder, const struct stat *st, int *links, struct diag *diag)
{
	char to[PATH_MAX];
	const char *why = !S_ISLNK(st->st_mode) || (*links)-- > 0 ? distrust(st) : "is behind too many links";
	if (why)
		return diag_set(diag, EINVAL,
		    "%.500s: this folder %s, and what is built in the cache is run: name another with --cache", folder,
		    why);
	ssize_t size = S_ISLNK(st->st_mode) ? readlink(folder, to, sizeof(to) - 1) : 0;
	if (size <= 0)
		return 0;
	to[size] = '\0';
	/* Without links in it: those above have been looked at. */
	char *above = xprintf("%.*s", (int)(strrchr(folder, '/') - folder), folder), *real = realpath(above, NULL);
	char *target = to[0] == '/' ? xstrdup(to) : xprintf("%s/%s", real ? real : "", to);
	int error = check_owners(target, links, diag);
	free(target);
	free(real);
	free(above);
	return error;
}

/* The folders from "/" to the last that is there, and those that links among them lead through: who can write to one
 * can put something else in the place of the next. */
static int check_owners(const char *path, int *links, struct diag *diag)
{
	int error = 0, there = 1;
	for (size_t end = 1; !error && there;) {
		char *folder = xprintf("%.*s", (int)end, path);
		struct stat st;
		there = lstat(folder, &st) == 0;
		error = there ? check_folder(folder, &st, links, diag) : 0;
		free(folder);
		if (!path[end])
			break;
		end += strspn(path + end, "/");
		end += strcspn(path + end, "/");
	}
	return error;
}

struct path_rule { const char *what, *more, *readers, *remedy; };

/* What no reader of paths takes for something else; more: what the readers of this one leave alone, too. */
static int check_path(const char *path, const struct path_rule *rule, struct diag *diag)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=@%~!";
	struct buf shown = BUF_INIT;
	text_add(&shown, path, 0);
	int clean = strcmp(shown.data, path) == 0;
	buf_free(&shown);
	if (!clean)
		return diag_set(diag, EINVAL, "%.500s: control characters or broken UTF-8 in %s: %s", path, rule->what,
		    rule->remedy);
	for (const char *at = path; *at; at++)
		if (!(*at & 0x80) && !strchr(plain, *at) && !strchr(rule->more, *at))
			return diag_set(diag, EINVAL, "%.500s: '%c' in %s is misread by %s: %s", path, *at, rule->what,
			    rule->readers, rule->remedy);
	return 0;
}

int places_check(const struct places *places, struct diag *diag)
{
	static const struct path_rule tree = { "the path of this source tree", " ,:$\\", "linkers or a shell",
		"move the tree" },
				      cache = { "the cache's path", "", "cgo, linkers or the loader",
					      "name another with --cache" };
	int links = 40; /* as many as the kernel follows (path_resolution(7)) */
	if (!*places->cache)
		return diag_set(diag, EINVAL, "no cache folder: no HOME, and no home in passwd: name one with --cache");
	int error = check_path(places->root, &tree, diag);
	error = error ? error : check_path(places->cache, &cache, diag);
	if (error)
		return error;
	if (strlen(places->cache) > CACHE_PATH_MAX)
		return diag_set(diag, EINVAL,
		    "%.80s...: the cache's path has %zu bytes, at most %d are possible: name another with --cache",
		    places->cache, strlen(places->cache), CACHE_PATH_MAX);
	return check_owners(places->cache, &links, diag);
}

void places_free(struct places *places)
{
	free(places->root);
	free(places->bin);
	free(places->out);
	free(places->cache);
	memset(places, 0, sizeof(*places));
}

int make_folders(const char *path)
{
	char *copy = xstrdup(path);
	int error = 0;
	for (char *p = copy + 1; !error; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char kept = *p;
		*p = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			error = -errno;
		*p = kept;
		if (!kept)
			break;
	}
	free(copy);
	return error;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type == FTW_DP || type == FTW_D || type == FTW_DNR)
		return rmdir(path) ? -errno : 0;
	return unlink(path) ? -errno : 0;
}

int remove_tree(const char *path)
{
	struct stat st;
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	int error = nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
	return error == -1 ? -errno : error;
}

/* Who else may write to the folder must not be able to lay something there before us. */
static char *name_aside(const char *path)
{
	uint64_t number;
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		abort();
	return xprintf("%s.new-%016llx", path, (unsigned long long)number);
}

char *folder_aside(const char *path, int *error)
{
	char *aside = name_aside(path), *slash = strrchr(aside, '/');
	if (slash && slash > aside) {
		*slash = '\0';
		*error = make_folders(aside);
		*slash = '/';
	} else {
		*error = 0;
	}
	if (!*error && mkdir(aside, 0755))
		*error = -errno;
	if (!*error)
		return aside;
	free(aside);
	return NULL;
}

int folder_settle(char *aside, const char *path, int error)
{
	if (!error && rename(aside, path) && errno != EEXIST && errno != ENOTEMPTY)
		error = -errno;
	if (aside)
		remove_tree(aside);
	free(aside);
	return error;
}

int file_read(const char *path, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	struct stat st;
	if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
		int error = errno && !S_ISDIR(st.st_mode) ? -errno : -EISDIR;
		close(fd);
		return error;
	}
	struct buf buf = BUF_INIT;
	char block[65536];
	ssize_t n;
	while ((n = read(fd, block, sizeof(block))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add_bytes(&buf, block, (size_t)n);
	int error = n < 0 ? -errno : 0;
	close(fd);
	if (error) {
		buf_free(&buf);
		return error;
	}
	if (len)
		*len = buf.len;
	*text = buf_take(&buf);
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_aside(const char *path, mode_t mode, char **aside)
{
	char *name = name_aside(path);
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode), error = fd < 0 ? -errno : 0;
	if (error)
		free(name);
	else
		*aside = name;
	return error ? error : fd;
}

int file_settle(char *aside, const char *path, int error)
{
	if (!error && rename(aside, path))
		error = -errno;
	if (error)
		unlink(aside);
	free(aside);
	return error;
}

int file_write(const char *path, const char *text, size_t len)
{
	char *aside;
	int fd = file_aside(path, 0644, &aside);
	if (fd < 0)
		return fd;
	int error = write_all(fd, text, len);
	if (close(fd) && !error)
		error = -errno;
	return file_settle(aside, path, error);
}

int file_exists(const char *path) { return access(path, F_OK) == 0; }

int file_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -errno;
	struct stat st;
	char *aside;
	int error = fstat(in, &st) ? -errno : 0;
	int out = error ? -1 : file_aside(to, st.st_mode & 0777, &aside);
	if (!error && out < 0)
		error = out;
	if (!error && ioctl(out, FICLONE, in)) {
		char block[65536];
		ssize_t n;
		while (!error && (n = read(in, block, sizeof(block))) != 0)
			error = n < 0 ? (errno == EINTR ? 0 : -errno) : write_all(out, block, (size_t)n);
	}
	close(in);
	if (out >= 0 && close(out) && !error)
		error = -errno;
	return out >= 0 ? file_settle(aside, to, error) : error;
}

void file_used(const char *path)
{
	struct stat st;
	if (lstat(path, &st) == 0 && time(NULL) - st.st_mtime > USED_S)
		utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}

const char *file_hash(const char *path)
{
	static struct seen {
		char *path;
		char hex[HASH_HEX];
	} *seen;
	static size_t count, cap;
	for (size_t i = 0; i < count; i++)
		if (strcmp(seen[i].path, path) == 0)
			return seen[i].hex;
	if (count == cap) {
		cap = cap ? 2 * cap : 64;
		seen = xrealloc(seen, cap * sizeof(*seen));
	}
	struct seen *entry = &seen[count++];
	entry->path = xstrdup(path);
	struct hash *hash = hash_new();
	int error = hash_add_file(hash, path);
	hash_end(hash, entry->hex);
	if (error)
		entry->hex[0] = '\0';
	return entry->hex;
}

void file_sign(struct hash *hash, const char *path)
{
	struct stat st;
	if (stat(path, &st))
		return;
	long facts[3] = { (long)st.st_size, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
	hash_add(hash, facts, sizeof(facts));
}

char *program_find(const char *name, const char *path)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? realpath(name, NULL) : NULL;
	char *copy = xstrdup(path ? path : ENV_PATH), *rest = copy, *found = NULL;
	for (char *dir; !found && (dir = strsep(&rest, ":"));) {
		char *file = xprintf("%s/%s", *dir ? dir : ".", name);
		if (access(file, X_OK) == 0)
			found = realpath(file, NULL);
		free(file);
	}
	free(copy);
	return found;
}

void file_name_of(const char *id, char *name, size_t size)
{
	size_t n = 0;
	for (; id[n] && n + 1 < size; n++) {
		char c = id[n];
		int plain =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(".+-", c);
		name[n] = plain ? c : '_';
	}
	name[n] = '\0';
}

/* A line is "1: FLOCK ADVISORY READ PID MAJOR:MINOR:INODE 0 EOF". */
pid_t file_holder(int fd)
{
	struct stat st;
	char *text = NULL, *rest, *line;
	pid_t found = -1;
	if (fstat(fd, &st) || file_read("/proc/locks", &text, NULL))
		return -1;
	for (rest = text; found < 0 && (line = strsep(&rest, "\n"));) {
		int pid;
		unsigned long inode;
		if (sscanf(line, "%*s FLOCK %*s %*s %d %*x:%*x:%lu", &pid, &inode) == 2 && inode == st.st_ino &&
		    pid > 0)
			found = pid;
	}
	free(text);
	return found;
}
