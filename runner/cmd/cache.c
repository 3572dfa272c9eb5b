/* cache.c - cache list|gc|verify: what lies in the cache, what of it can go, is it as it was made? */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "runner/cache/clean.h"
#include "runner/cache/look.h"
#include "runner/cache/use.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int as_json;
static const char *bound_text = "10G";
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "list: the table as JSON, sizes in bytes", &as_json },
	{ "--size", OPTION_TEXT, "SIZE", "gc: what may stay; units K, M, G (10G)", &bound_text },
};

/* ---- sizes and times ---------------------------------------------------------------------------------- */

/* 0, or -EINVAL. */
static int parse_size(const char *text, long long *size)
{
	static const char units[] = "KMG";
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;
	if (text[0] < '0' || text[0] > '9' || errno || (*end && (!unit || end[1])) || number > (LLONG_MAX >> shift))
		return -EINVAL;
	*size = number << shift;
	return 0;
}

enum { SIZE_TEXT = 24, TIME_TEXT = 32 };

static const char *size_text(long long size, char text[SIZE_TEXT])
{
	static const char units[] = "KMGTP";
	double in_units = (double)size / 1024;
	size_t at = 0;
	while (in_units >= 1024 && units[at + 1]) {
		in_units /= 1024;
		at++;
	}
	snprintf(text, SIZE_TEXT, in_units < 10 ? "%.1f%c" : "%.0f%c", in_units, units[at]);
	return text;
}

static const char *time_text(time_t used, const char *format, char text[TIME_TEXT])
{
	struct tm tm;
	strftime(text, TIME_TEXT, format, gmtime_r(&used, &tm));
	return used ? text : NULL;
}

/* ---- list ----------------------------------------------------------------------------------------------- */

static json_t *total_json(const struct cache_total *total)
{
	return json_pack("{s:I, s:I}", "entries", (json_int_t)total->entries, "size", (json_int_t)total->size);
}

static void print_json(const struct cache *cache)
{
	char used[TIME_TEXT];
	json_t *kinds = json_array();
	for (size_t i = 0; i < cache_kind_count; i++) {
		json_t *kind = total_json(&cache->total[i]);
		json_object_set_new(kind, "kind", json_string(cache_kinds[i].name));
		const char *when = time_text(cache->total[i].used, "%Y-%m-%dT%H:%M:%SZ", used);
		json_object_set_new(kind, "used", when ? json_string(when) : json_null());
		json_object_set_new(kind, "what", json_string(cache_kinds[i].what));
		json_array_append_new(kinds, kind);
	}
	json_t *all = json_pack("{s:s, s:b, s:I, s:o, s:o}", "cache", cache->path, "in_use", cache->user != 0, "size",
	    (json_int_t)cache->all.size, "leftovers", total_json(&cache->left), "kinds", kinds);
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
}

static void print_row(const char *name, const struct cache_total *total, const char *what)
{
	char size[SIZE_TEXT], used[TIME_TEXT];
	const char *when = time_text(total->used, "%Y-%m-%d %H:%M", used);
	printf("%-9s  %7zu  %6s  %-16s  %s\n", name, total->entries, size_text(total->size, size), when ? when : "-",
	    what);
}

static void print_table(const struct cache *cache)
{
	printf("%-9s  %7s  %6s  %-16s  %s\n", "kind", "entries", "size", "last use (UTC)", "what it is");
	for (size_t i = 0; i < cache_kind_count; i++)
		if (cache->total[i].size)
			print_row(cache_kinds[i].name, &cache->total[i], cache_kinds[i].what);
	print_row("total", &cache->all, cache->path);
	print_row("leftovers", &cache->left,
	    cache->left.entries ? "of killed runs and other versions: `tlsmatrix cache gc` removes them" : "none");
	if (cache->user > 0)
		printf("process %d is using the cache\n", (int)cache->user);
}

/* A cache that nobody has made yet is an empty one. */
static int is_there(const struct setup *setup)
{
	if (file_exists(setup->places.cache))
		return 1;
	if (as_json)
		printf("null\n");
	else
		printf("%s: there is no cache yet\n", setup->places.cache);
	return 0;
}

static int fail(const struct diag *diag, int error)
{
	return cmd_fail(diag, error == -EINVAL ? EXIT_USAGE : EXIT_INFRA);
}

static int list(const struct setup *setup)
{
	struct diag diag = DIAG_INIT;
	struct cache cache;
	int error = cache_look(setup->places.cache, 0, &cache, &diag);
	if (error)
		return fail(&diag, error);
	if (as_json)
		print_json(&cache);
	else
		print_table(&cache);
	cache_free(&cache);
	return EXIT_OK;
}

/* ---- gc and verify -------------------------------------------------------------------------------------- */

/* Alone with it, and looked at. */
static int take(const struct setup *setup, struct cache *cache, struct diag *diag)
{
	int error = cache_take(setup->places.cache, diag);
	return error ? error : cache_look(setup->places.cache, 1, cache, diag);
}

static int gc(const struct setup *setup)
{
	struct diag diag = DIAG_INIT;
	struct cache cache;
	struct cache_cut cut;
	long long bound;
	char left[SIZE_TEXT], entries[SIZE_TEXT], go[SIZE_TEXT], size[SIZE_TEXT];
	if (parse_size(bound_text, &bound)) {
		diag_set(
		    &diag, EINVAL, "--size %s: is not a size: a number with K, M, G or nothing behind it", bound_text);
		return cmd_fail(&diag, EXIT_USAGE);
	}
	int error = take(setup, &cache, &diag);
	if (error)
		return fail(&diag, error);
	error = cache_cut(&cache, setup->places.out, bound, &cut, &diag);
	printf("%s: removed %zu leftovers (%s), %zu entries (%s), %zu files of gocache (%s); %s stay%s\n", cache.path,
	    cut.left.entries, size_text(cut.left.size, left), cut.entries.entries, size_text(cut.entries.size, entries),
	    cut.go.entries, size_text(cut.go.size, go), size_text(cut.size, size),
	    cut.size > bound && !error ? ", more than asked for: the last run used it, or it is never cut" : "");
	cache_free(&cache);
	return error ? fail(&diag, error) : EXIT_OK;
}

static void on_spoiled(const char *name, void *context)
{
	++*(size_t *)context;
	printf("%s: is not as it was made: removed\n", name);
}

static int verify(const struct setup *setup)
{
	struct diag diag = DIAG_INIT;
	struct cache cache;
	size_t spoiled = 0;
	int error = take(setup, &cache, &diag);
	if (error)
		return fail(&diag, error);
	error = cache_verify(setup, &cache, on_spoiled, &spoiled, &diag);
	if (!error)
		printf("%s: %zu spoiled\n", cache.path, spoiled);
	cache_free(&cache);
	return error ? fail(&diag, error) : spoiled ? EXIT_UNEXPECTED : EXIT_OK;
}

/* ---- the command ------------------------------------------------------------------------------------------ */

static int run(struct setup *setup, const struct option_words *words)
{
	static const struct action {
		const char *name;
		int (*act)(const struct setup *setup);
	} actions[] = { { "list", list }, { "gc", gc }, { "verify", verify } };
	const char *name = words->count ? words->word[0] : "list";
	struct diag diag = DIAG_INIT;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]) && words->count <= 1; i++)
		if (strcmp(actions[i].name, name) == 0)
			return is_there(setup) ? actions[i].act(setup) : EXIT_OK;
	diag_set(&diag, 0, "cache %s: takes list, gc or verify, one of them", words->word[words->count > 1]);
	return cmd_fail(&diag, EXIT_USAGE);
}

const struct command cmd_cache = {
	.name = "cache",
	.synopsis = "cache [list|gc|verify]",
	.summary = "what lies in the cache; make it smaller; is it as it was made",
	.help = "list    each kind of thing: how many, how large, last used; what killed runs left (the default)\n"
		"gc      removes leftovers, then what was used least recently until SIZE is kept; never what the\n"
		"        last run in --out used\n"
		"verify  sums every entry, reads every record; names what is spoiled and removes it: exit status 1\n"
		"gc and verify want the cache alone: exit status 3 while a run uses it.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
