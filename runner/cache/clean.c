#include "runner/cache/clean.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/setup/entry.h"
#include "runner/setup/sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY_S = 24 * 60 * 60 };

/* ---- removing --------------------------------------------------------------------------------------- */

/* With its lock: nobody else is here to take it. */
static int item_remove(const struct cache *cache, const struct cache_item *item, struct diag *diag)
{
	char *path = xprintf("%s/%s", cache->path, item->name);
	int error = item->kind && item->kind->shape == SHAPE_ENTRY ? entry_remove(path) : remove_tree(path);
	if (error)
		diag_set(diag, -error, "%s: cannot remove: %s", path, strerror(-error));
	free(path);
	return error;
}

static int cut_one(const struct cache *cache, const struct cache_item *item, struct cache_cut *cut,
    struct cache_total *total, struct diag *diag)
{
	int error = item_remove(cache, item, diag);
	if (error)
		return error;
	cut->size -= item->size;
	total->size += item->size;
	total->entries++;
	return 0;
}

/* ---- the last run -------------------------------------------------------------------------------------- */

struct last {
	json_t *names; /* an object with build/KEY and result/KEY; NULL: there was no run */
	time_t since;
};

static void keep(struct last *last, const char *kind, const json_t *cell, const char *field)
{
	char *name = xprintf("%s/%s", kind, json_string_value(json_object_get(cell, field)));
	json_object_set_new(last->names, name, json_true());
	free(name);
}

static void last_read(const char *out, struct last *last)
{
	char *path = xprintf("%s/plan.json", out);
	json_t *plan = json_load_file(path, 0, NULL), *cell;
	const char *started = json_string_value(json_object_get(plan, "started"));
	struct tm tm = { 0 };
	size_t i;
	*last = (struct last){ NULL, 0 };
	free(path);
	if (started && strptime(started, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		last->names = json_object();
		last->since = timegm(&tm) - DAY_S;
		json_array_foreach(json_object_get(plan, "cells"), i, cell)
		{
			keep(last, "build", cell, "build");
			keep(last, "result", cell, "key");
		}
	}
	json_decref(plan);
}

/* A build that was made for another run an hour ago is not the last run's: what the plan names is known by name. */
static int is_of_last(const struct last *last, const struct cache_item *item)
{
	if (!last->names || json_object_get(last->names, item->name))
		return last->names != NULL;
	int named = strcmp(item->kind->name, "build") == 0 || strcmp(item->kind->name, "result") == 0;
	return !named && item->used >= last->since;
}

/* ---- cutting -------------------------------------------------------------------------------------------- */

/* Least recently used first, go's own files behind all others; of one time in the order of their kinds. */
static int by_use(const void *a, const void *b)
{
	const struct cache_item *x = *(const struct cache_item *const *)a, *y = *(const struct cache_item *const *)b;
	if (x->kind->cut != y->kind->cut)
		return y->kind->cut - x->kind->cut;
	if (x->used != y->used)
		return x->used < y->used ? -1 : 1;
	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp(x->name, y->name);
}

static int cut_left(const struct cache *cache, struct cache_cut *cut, struct diag *diag)
{
	int error = 0;
	for (size_t i = 0; i < cache->count && !error; i++)
		if (cache->item[i].left)
			error = cut_one(cache, &cache->item[i], cut, &cut->left, diag);
	return error;
}

/* What go has to compile again is no longer there; the marks would let two builds do so at the same time. */
static void forget_variants(const struct cache *cache)
{
	char *path = xprintf("%s/variant", cache->path);
	remove_tree(path);
	free(path);
}

static int cut_used(
    const struct cache *cache, const struct last *last, long long bound, struct cache_cut *cut, struct diag *diag)
{
	const struct cache_item **order = xcalloc(cache->count + 1, sizeof(*order));
	size_t count = 0;
	int error = 0;
	for (size_t i = 0; i < cache->count; i++) {
		const struct cache_item *item = &cache->item[i];
		if (!item->left && (item->kind->shape == SHAPE_GO || (item->kind->cut && !is_of_last(last, item))))
			order[count++] = item;
	}
	qsort(order, count, sizeof(*order), by_use);
	for (size_t i = 0; i < count && cut->size > bound && !error; i++) {
		int go = !order[i]->kind->cut;
		if (go && !cut->go.entries)
			forget_variants(cache);
		error = cut_one(cache, order[i], cut, go ? &cut->go : &cut->entries, diag);
	}
	free(order);
	return error;
}

int cache_cut(const struct cache *cache, const char *out, long long bound, struct cache_cut *cut, struct diag *diag)
{
	struct last last;
	*cut = (struct cache_cut){ .size = cache->all.size };
	/* Releases that somebody asked for are his affair: with them the bound would leave no room for builds. */
	for (size_t i = 0; i < cache_kind_count; i++)
		cut->size -= strcmp(cache_kinds[i].name, "release") == 0 ? cache->total[i].size : 0;
	last_read(out, &last);
	int error = cut_left(cache, cut, diag);
	error = error ? error : cut_used(cache, &last, bound, cut, diag);
	json_decref(last.names);
	return error;
}

/* ---- verifying -------------------------------------------------------------------------------------------- */

static int item_is_whole(const struct setup *setup, const struct cache *cache, const struct cache_item *item)
{
	char *path = xprintf("%s/%s", cache->path, item->name), *record = cache_record(cache, item);
	int whole = 1;
	if (item->kind->shape == SHAPE_ENTRY) {
		whole = entry_is_whole(path);
	} else if (item->kind->shape <= SHAPE_RECORD) {
		json_t *json = sealed_read(setup, record);
		whole = json != NULL;
		json_decref(json);
	}
	free(record);
	free(path);
	return whole;
}

int cache_verify(const struct setup *setup, const struct cache *cache, void (*told)(const char *name, void *context),
    void *context, struct diag *diag)
{
	int error = 0;
	for (size_t i = 0; i < cache->count && !error; i++) {
		const struct cache_item *item = &cache->item[i];
		/* A leftover is nobody's, but for an entry that has lost its sum. */
		if ((item->left && !item->bare) || !item->kind || item->kind->shape > SHAPE_RECORD ||
		    item_is_whole(setup, cache, item))
			continue;
		error = item_remove(cache, item, diag);
		if (!error)
			told(item->name, context);
	}
	return error;
}
