#include "runner/cache/look.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/cache/use.h"
#include "runner/setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cache_kind cache_kinds[] = {
	{ "result", SHAPE_RESULT, 1, "what was observed in a cell, and its log" },
	{ "control", SHAPE_RESULT, 1, "the same of selfcheck's controls" },
	{ "facts", SHAPE_RECORD, 1, "what inspection found in a build's files" },
	{ "build", SHAPE_ENTRY, 1, "what go and the C compiler made for a cell" },
	{ "src", SHAPE_ENTRY, 1, "Go packages of builds" },
	{ "hosts", SHAPE_ENTRY, 1, "C programs and libraries that serve many builds" },
	{ "mix", SHAPE_ENTRY, 1, "trees of one release with files of another: `tlsmatrix blame`" },
	{ "osv", SHAPE_MADE, 1, "disk images for OSv" },
	{ "gocache", SHAPE_GO, 0, "go's own: std and packages, compiled" },
	{ "target", SHAPE_MADE, 0, "programs that targets are checked by" },
	{ "pack", SHAPE_MADE, 0, "Debian packages of targets, unpacked" },
	{ "apt", SHAPE_OTHER, 0, "apt's lists and archives for them" },
	{ "pkgdir", SHAPE_OTHER, 0, "std compiled by releases before 1.10" },
	{ "release", SHAPE_ENTRY, 0, "Go releases: `tlsmatrix toolchain`" },
	{ "toolchains", SHAPE_OTHER, 0, "the Go that `make` fetched" },
	{ "ports", SHAPE_MADE, 0, "what a release says of its ports" },
	{ "variant", SHAPE_MADE, 0, "marks: this std is in gocache" },
	{ "zig", SHAPE_OTHER, 0, "zig's own" },
	{ "wine", SHAPE_OTHER, 0, "Wine prefixes" },
	{ "cc", SHAPE_OTHER, 0, "links named gcc to cross compilers" },
	{ "gopath", SHAPE_OTHER, 0, "GOPATH of builds" },
	{ "home", SHAPE_OTHER, 0, "HOME of builds and programs" },
	{ "corpus", SHAPE_OTHER, 0, "packages that inspect is held against: `make corpus`" },
	{ "musl-source", SHAPE_OTHER, 0, "musl with planted faults: `make selfcheck`, `make test`" },
	{ "history", SHAPE_MADE, 0, "every run: `tlsmatrix history`; not made again" },
	{ "tmp", SHAPE_SCRATCH, 0, "scratch of running builds" },
};
const size_t cache_kind_count = sizeof(cache_kinds) / sizeof(cache_kinds[0]);

static const struct cache_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < cache_kind_count; i++)
		if (strcmp(cache_kinds[i].name, name) == 0)
			return &cache_kinds[i];
	return NULL;
}

/* ---- names ---------------------------------------------------------------------------------------- */

static int ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);
	return len > tail && strcmp(name + len - tail, end) == 0;
}

/* KEY.new of entry.h, KEY.new-PID of files.h. */
static int is_aside(const char *name)
{
	const char *at = strstr(name, ".new-");
	return ends_with(name, ".new") || (at && at[5] && strspn(at + 5, "0123456789") == strlen(at + 5));
}

static int is_ours(const struct cache_kind *kind) { return kind->shape <= SHAPE_MADE; }

static int is_visible(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Calls take for each name in a folder until it returns 0; 1 when all were taken, 0 else, -errno. */
static int each_name(const char *path, int (*take)(const char *path, const char *name, void *context), void *context)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_visible, NULL), all = n < 0 ? -errno : 1;
	for (int i = 0; i < n; i++) {
		if (all == 1)
			all = take(path, entries[i]->d_name, context);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return all;
}

static int is_key(const char *path, const char *name, void *context)
{
	(void)path, (void)context;
	return strspn(name, "0123456789abcdef") >= HASH_HEX - 1;
}

static int is_of_cache(const char *path, const char *name, void *context)
{
	if (kind_find(name) || strcmp(name, CACHE_LOCK) == 0)
		return 1;
	char *folder = xprintf("%s/%s", path, name);
	int ours = each_name(folder, is_key, NULL) == 1;
	free(folder);
	if (!ours)
		*(char **)context = xstrdup(name);
	return ours;
}

/* The name of something in the folder that is in no cache, malloc'ed; NULL when there is nothing such. */
static char *foreign_name(const char *path)
{
	char *foreign = NULL;
	each_name(path, is_of_cache, &foreign);
	return foreign;
}

int cache_known(const char *path, struct diag *diag)
{
	char *foreign = foreign_name(path);
	int error = foreign ?
	    diag_set(diag, EINVAL, "%s: holds %s, which no tlsmatrix made: is it the right --cache?", path, foreign) :
	    0;
	free(foreign);
	return error;
}

/* ---- sweeping --------------------------------------------------------------------------------------- */

static int sweep_one(const char *path, const char *name, void *context)
{
	const struct cache_kind *kind = context;
	char *item = xprintf("%s/%s", path, name);
	if (kind->shape == SHAPE_SCRATCH || is_aside(name))
		remove_tree(item);
	free(item);
	return 1;
}

void cache_sweep(const char *path)
{
	char *foreign = foreign_name(path);
	for (size_t i = 0; !foreign && i < cache_kind_count; i++) {
		const struct cache_kind *kind = &cache_kinds[i];
		char *folder = xprintf("%s/%s", path, kind->name);
		if (kind->shape == SHAPE_SCRATCH || is_ours(kind))
			each_name(folder, sweep_one, (void *)kind);
		free(folder);
	}
	free(foreign);
}

/* ---- looking ---------------------------------------------------------------------------------------- */

struct looking {
	struct cache *cache;
	const struct cache_kind *kind; /* of the folder that is being read */
	size_t item;                   /* + 1; 0: what is read is no item's */
};

/* Is the lock that a name aside belongs to, or that the name is, nobody's? */
static int lock_is_free(const char *path)
{
	char *lock =
	    ends_with(path, ".lock") ? xstrdup(path) : xprintf("%.*s.lock", (int)(strlen(path) - strlen(".new")), path);
	int fd = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), is_free = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (fd >= 0)
		close(fd);
	free(lock);
	return is_free;
}

static int lock_is_alone(const char *path)
{
	char *base = xprintf("%.*s", (int)(strlen(path) - strlen(".lock")), path), *aside = xprintf("%s.new", base);
	int alone = !file_exists(base) && !file_exists(aside) && lock_is_free(path);
	free(aside);
	free(base);
	return alone;
}

char *cache_record(const struct cache *cache, const struct cache_item *item)
{
	enum cache_shape shape = item->kind ? item->kind->shape : SHAPE_OTHER;
	return xprintf("%s/%s%s", cache->path, item->name,
	    shape == SHAPE_ENTRY      ? "/.sum" :
		shape == SHAPE_RESULT ? "/result.json" :
					"");
}

/* The name below the cache, whose path may end with a slash. */
static const char *below(const struct cache *cache, const FTSENT *at)
{
	const char *name = at->fts_path + strlen(cache->path);
	return name + strspn(name, "/");
}

static void item_add(struct looking *looking, const FTSENT *at)
{
	struct cache *cache = looking->cache;
	const struct cache_kind *kind = looking->kind;
	struct cache_item item = { .kind = kind, .name = xstrdup(below(cache, at)) };
	struct stat st;
	char *record = cache_record(cache, &item);
	item.bare = lstat(record, &st) != 0;
	item.used = item.bare ? at->fts_statp->st_mtime : st.st_mtime;
	free(record);
	if (!kind)
		item.left = 1;
	else if (kind->shape == SHAPE_SCRATCH)
		item.left = !cache->user;
	else if (is_ours(kind) && ends_with(at->fts_name, ".new"))
		item.left = lock_is_free(at->fts_path);
	else if (is_ours(kind) && is_aside(at->fts_name))
		item.left = !cache->user;
	else
		item.left = item.bare;
	if (cache->count == cache->room) {
		cache->room = cache->room ? 2 * cache->room : 1024;
		cache->item = xrealloc(cache->item, cache->room * sizeof(*cache->item));
	}
	cache->item[cache->count++] = item;
	looking->item = cache->count;
}

/* How deep below the cache the items of a kind lie. */
static int item_level(const struct cache_kind *kind) { return !kind ? 1 : kind->shape == SHAPE_GO ? 3 : 2; }

/* A lock is an item only when it is one without an entry. */
static int begins_item(const struct looking *looking, const FTSENT *at)
{
	const struct cache_kind *kind = looking->kind;
	if (at->fts_level != item_level(kind))
		return 0;
	if (!kind)
		return strcmp(at->fts_name, CACHE_LOCK) != 0;
	return kind->shape != SHAPE_ENTRY || !ends_with(at->fts_name, ".lock") || lock_is_alone(at->fts_path);
}

static void look_at(struct looking *looking, const FTSENT *at)
{
	struct cache *cache = looking->cache;
	if (at->fts_level == 1)
		looking->kind = kind_find(at->fts_name);
	if (at->fts_level <= item_level(looking->kind))
		looking->item = 0;
	if (begins_item(looking, at))
		item_add(looking, at);
	long long size = (long long)at->fts_statp->st_blocks * 512;
	cache->all.size += size;
	if (looking->item)
		cache->item[looking->item - 1].size += size;
	else if (looking->kind)
		cache->total[looking->kind - cache_kinds].size += size;
}

static void add_up(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++) {
		const struct cache_item *item = &cache->item[i];
		struct cache_total *total = item->left ? &cache->left : &cache->total[item->kind - cache_kinds];
		total->entries++;
		total->size += item->size;
		total->used = item->used > total->used ? item->used : total->used;
		cache->all.entries++;
	}
}

int cache_look(const char *path, int alone, struct cache *cache, struct diag *diag)
{
	char *const paths[] = { (char *)path, NULL };
	int error = cache_known(path, diag);
	if (error)
		return error;
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return diag_set(diag, errno, "%s: cannot read: %s", path, strerror(errno));
	*cache = (struct cache){ .path = path, .user = alone ? 0 : cache_user(path) };
	cache->total = xcalloc(cache_kind_count, sizeof(*cache->total));
	struct looking looking = { .cache = cache };
	/* What goes away while it is looked at is not there. */
	for (FTSENT *at; (at = fts_read(tree));)
		if (at->fts_info != FTS_DP && at->fts_info != FTS_NS && at->fts_info != FTS_ERR)
			look_at(&looking, at);
	fts_close(tree);
	add_up(cache);
	return 0;
}

void cache_free(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		free(cache->item[i].name);
	free(cache->item);
	free(cache->total);
	memset(cache, 0, sizeof(*cache));
}
