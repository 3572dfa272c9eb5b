/* look.h - what lies in a cache: each kind of thing has a folder there.
 *
 * Last use is the time of an entry's .sum, of a result's record, of the file else: a run sets it at most once a day
 * (entry.h entry_used, files.h file_used).
 *
 * Leftovers are of no use to anybody: scratch in tmp while nobody uses the cache; what was being made aside (*.new
 * without its lock's owner); locks without an entry; entries without their sum or record, which this version does not
 * take; folders of keys of a kind that it does not know. */
#ifndef TLSMATRIX_RUNNER_CACHE_LOOK_H
#define TLSMATRIX_RUNNER_CACHE_LOOK_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct diag;

#define CACHE_LOCK "in-use"

enum cache_shape {
	SHAPE_ENTRY,  /* a folder with a sum (entry.h) */
	SHAPE_RESULT, /* a folder with result.json, a sealed record */
	SHAPE_RECORD, /* a sealed record (sealed.h) */
	SHAPE_MADE,   /* made aside and moved into place, without a sum */
	SHAPE_GO,     /* GOCACHE: its files lie a folder deeper */
	SHAPE_SCRATCH,
	SHAPE_OTHER /* somebody else's order */
};

struct cache_kind {
	const char *name;
	enum cache_shape shape;
	int cut; /* removed when it was not used for long: all of it is made again when it is wanted */
	const char *what;
};
extern const struct cache_kind cache_kinds[];
extern const size_t cache_kind_count;

struct cache_item {
	const struct cache_kind *kind; /* NULL: the folder of an unknown one */
	char *name;                    /* below the cache: build/KEY */
	long long size;                /* on the disk */
	time_t used;
	int left; /* a leftover */
	int bare; /* its sum or record is not there */
};

struct cache_total {
	size_t entries;
	long long size;
	time_t used; /* last; 0 for never */
};

struct cache {
	const char *path;
	pid_t user; /* use.h cache_user */
	struct cache_item *item;
	size_t count, room;
	struct cache_total *total; /* for each kind, without leftovers */
	struct cache_total left, all;
};

/* Looks at all of it, once.  alone: the caller has it for itself.  0, or -errno with a line in diag. */
int cache_look(const char *path, int alone, struct cache *cache, struct diag *diag);
void cache_free(struct cache *cache);

/* 0, or -EINVAL with a line in diag when something lies in the folder that is in no cache: it is left alone then, so
 * that --cache $HOME removes nobody's tmp. */
int cache_known(const char *path, struct diag *diag);

/* Removes scratch and what was being made aside, by names alone; nobody else may be using the cache. */
void cache_sweep(const char *path);

/* The file whose time is the last use, and that vouches for the item: malloc'ed, absolute. */
char *cache_record(const struct cache *cache, const struct cache_item *item);

#endif
