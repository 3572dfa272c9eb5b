#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"
#include "matrix/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cells with pointers to them, as groups_find takes them. */
struct world {
	struct cell *cell;
	const struct cell **at;
	unsigned char *chosen;
	size_t count;
};

static void add_cell(struct world *world, const char *id)
{
	struct diag diag = DIAG_INIT;
	if ((world->count & (world->count - 1)) == 0)
		world->cell = xrealloc(world->cell, (world->count * 2 + 1) * sizeof(*world->cell));
	if (cell_parse(id, &world->cell[world->count++], &diag))
		fail_msg("%s", diag.line);
}

/* After the last cell: nothing is chosen yet. */
static void close_world(struct world *world)
{
	world->at = xcalloc(world->count + 1, sizeof(*world->at));
	world->chosen = xcalloc(world->count + 1, 1);
	for (size_t i = 0; i < world->count; i++)
		world->at[i] = &world->cell[i];
}

static void free_world(struct world *world)
{
	free(world->cell);
	free(world->at);
	free(world->chosen);
}

static struct filter *filter_of(const char *text)
{
	struct filter *filter;
	struct diag diag = DIAG_INIT;
	if (filter_parse(text, &filter, &diag))
		fail_msg("%s", diag.line);
	return filter;
}

static int selects(const struct filter *filter, const struct cell *cell)
{
	return filter_match(filter, &(struct filter_subject){ .cell = cell });
}

static size_t choose(struct world *world, const char *text)
{
	struct filter *filter = filter_of(text);
	size_t count = 0;
	for (size_t i = 0; i < world->count; i++)
		count += world->chosen[i] = selects(filter, world->at[i]) != 0;
	filter_free(filter);
	return count;
}

/* All that groups.h promises. */
static void check(const struct world *world, size_t most, const struct cell_groups *groups)
{
	unsigned char *covered = xcalloc(world->count + 1, 1);
	assert_true(groups->count <= most);
	for (size_t g = 0; g < groups->count; g++) {
		const struct cell_group *group = &groups->group[g];
		struct filter *filter = filter_of(group->filter);
		size_t next = 0;
		assert_true(group->count > 0);
		assert_true(!g || group->count <= groups->group[g - 1].count);
		for (size_t i = 0; i < world->count; i++) {
			int in = next < group->count && group->cell[next] == i;
			if (in != !!selects(filter, world->at[i]) || (in && !world->chosen[i]))
				fail_msg("'%s': cell %zu is %sin the group", group->filter, i, in ? "" : "not ");
			next += (size_t)in;
			covered[i] |= (unsigned char)in;
		}
		assert_int_equal(next, group->count);
		filter_free(filter);
	}
	size_t next = 0;
	for (size_t i = 0; i < world->count; i++) {
		int rest = next < groups->rest_count && groups->rest[next] == i;
		assert_false(rest && covered[i]);
		assert_int_equal(rest || covered[i], world->chosen[i] != 0);
		next += (size_t)rest;
	}
	assert_int_equal(next, groups->rest_count);
	free(covered);
}

static void find(const struct world *world, size_t most, struct cell_groups *groups)
{
	struct group_cells *of = group_cells_new(world->at, world->count);
	groups_find(of, world->chosen, most, groups);
	group_cells_free(of);
}

/* "2: mode=c-shared; 1: go=1.24", malloc'ed. */
static char *words(const struct world *world, size_t most)
{
	struct cell_groups groups;
	struct buf text = BUF_INIT;
	find(world, most, &groups);
	check(world, most, &groups);
	for (size_t i = 0; i < groups.count; i++)
		buf_printf(&text, "%s%zu: %s", i ? "; " : "", groups.group[i].count, groups.group[i].filter);
	if (groups.rest_count)
		buf_printf(&text, "; rest %zu", groups.rest_count);
	groups_free(&groups);
	assert_null(groups.group);
	return buf_take(&text);
}

/* ---- a world as it is --------------------------------------------------------------------------- */

static const char *const releases[] = { "go1.16.15", "go1.20.14", "go1.24.13", "go1.25.1", "go1.26.0", "go1.26.8" };
static const char *const targets[] = { "host", "glibc-2.36", "glibc-2.41", "musl-1.2.3", "musl-1.2.5", "osv" };
static const char *const builds[] = { "exe/cgo0/internal", "exe/cgo1/external", "pie/cgo1/external",
	"c-shared/cgo1/external", "c-shared/cgo1/external-lld", "c-archive/cgo1/external", "plugin/cgo1/external" };
static const char *const loads[] = { "exec", "exec", "exec", "dlopen needed", "dlopen needed", "archive", "plugin" };

static struct world make_world(void)
{
	struct world world = { 0 };
	char id[CELL_ID_MAX];
	for (size_t go = 0; go < 6; go++)
		for (size_t t = 0; t < 6; t++)
			for (size_t b = 0; b < 7; b++)
				for (const char *load = loads[b]; *load; load += strcspn(load, " ")) {
					load += strspn(load, " ");
					snprintf(id, sizeof id, "%s/linux/amd64/%s@%s:%.*s", releases[go], builds[b],
					    targets[t], (int)strcspn(load, " "), load);
					add_cell(&world, id);
				}
	static const char *const ports[] = { "amd64.asan", "amd64.race", "arm64", "arm64.race", "arm.5", "arm.6" };
	for (size_t go = 2; go < 6; go++)
		for (size_t p = 0; p < 6; p++) {
			snprintf(id, sizeof id, "%s/linux/%s/exe/cgo1/external@none", releases[go], ports[p]);
			add_cell(&world, id);
			snprintf(id, sizeof id, "%s/linux/%s/pie/cgo1/external@none", releases[go], ports[p]);
			add_cell(&world, id);
		}
	add_cell(&world, "go1.26.8/windows/amd64/exe/cgo0/internal@none");
	add_cell(&world, "go1.26.8/windows/amd64/c-shared/cgo1/external@none");
	close_world(&world);
	return world;
}

/* What is chosen, and what is said of it. */
static void test_what_is_said(void **state)
{
	static const struct {
		const char *chosen, *said;
	} rows[] = {
		{ "", "374: " },
		{ "mode=c-shared", "145: mode=c-shared" },
		{ "mode=c-shared & target=musl-*", "48: mode=c-shared & target=musl-*" },
		{ "mode=c-shared & target=musl-* & go>=1.24", "32: go>=1.24 & mode=c-shared & target=musl-*" },
		{ "go>=1.24", "266: go>=1.24" },
		{ "go<1.24", "108: go<1.24" },
		{ "go=1.20..1.25", "186: go=1.20..1.25" },
		{ "go=1.26.0", "66: go=1.26.0" },
		{ "go=1.26", "134: go=1.26" },
		{ "go!=1.24", "308: go!=1.24" },
		{ "go=1.16,1.25", "120: go=1.16,1.25" },
		{ "mode!=exe", "277: mode!=exe" },
		{ "mode!=exe & target!=none", "252: mode!=exe & load!=none" },
		{ "mode=c-shared,plugin", "181: mode=c-shared,plugin" },
		{ "cgo=0", "37: cgo=0" },
		{ "link=external-lld", "72: link=external-lld" },
		{ "load=dlopen", "72: load=dlopen" },
		{ "target!=musl-*", "266: target!=musl-*" },
		{ "target=musl-*,osv", "162: target=musl-*,osv" },
		{ "os=windows", "2: os=windows" },
		{ "arch=*.*", "40: arch=*.*" },
		{ "arch!=*.*", "334: arch!=*.*" },
		{ "arch=*.race", "16: arch=*.race" },
		{ "arch=*.asan,*.race", "24: arch=*.asan,*.race" },
		{ "arch!=*.asan,*.race", "350: arch!=*.asan,*.race" },
		{ "arch=*.* & arch!=*.race", "24: arch=*.5,*.6,*.asan" },
		{ "arch=amd64.race", "8: arch=amd64.race" },
		{ "arch=arm64", "16: arch=arm64" },
		{ "arch=arm64 & !arch=*.*", "8: arch=arm64 & arch!=*.*" },
		{ "mode=plugin & target=osv | cgo=0 & go<1.20", "6: go=1.16 & cgo=0; 6: mode=plugin & target=osv" },
		/* target=osv & mode=c-shared,plugin would be exact, too, but plugins are explained already. */
		{ "mode=plugin | mode=c-shared & target=osv", "36: mode=plugin; 24: mode=c-shared & target=osv" },
		{ "mode=plugin | link=external-lld & target=host",
		    "36: mode=plugin; 12: link=external-lld & target=host" },
		{ "go=1.24.13 & mode=pie & target=osv", "1: go=1.24 & mode=pie & target=osv" },
	};
	(void)state;
	struct world world = make_world();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(choose(&world, rows[i].chosen) > 0);
		char *said = words(&world, 10);
		assert_string_equal(said, rows[i].said);
		free(said);
	}
	free_world(&world);
}

/* ---- releases ----------------------------------------------------------------------------------- */

/* A list of releases and what is chosen of it; "+" stands before the chosen ones. */
static void test_releases(void **state)
{
	static const struct {
		const char *list, *said;
	} rows[] = {
		{ "+go1.24.13", "1: " },
		{ "go1.8 +go1.8.7", "1: go=1.8.7" },
		{ "+go1.8 go1.8.7", "1: go=1.8.0" },
		{ "go1.7.6 +go1.8 go1.9.7", "1: go=1.8" },
		{ "go1.7.6 +go1.8 +go1.8.7 go1.9.7", "2: go=1.8" },
		{ "go1.8.3 +go1.8.7 +go1.9 +go1.10", "3: go>=1.8.7" },
		{ "go1.24.1 +go1.24.13 +go1.25.1 +go1.26.0", "3: go>=1.24.13" },
		{ "go1.23.1 +go1.24.13 +go1.25.1 +go1.26.0", "3: go>=1.24" },
		{ "+go1.5.4 +go1.16.15 go1.17.1", "2: go<1.17" },
		{ "+go1.5.4 +go1.17.1 go1.17.13", "2: go<1.17.13" },
		{ "+go1.5.4 +go1.17.1 go1.17.13 +go1.20.1", "3: go!=1.17.13" },
		{ "go1.8.7 +go1.9 +go1.12.17 go1.13", "2: go=1.9..1.12" },
		{ "go1.20.14 +go1.21rc1 +go1.21.0", "2: go>1.20" },
		{ "go1.20.14 go1.21rc1 +go1.21.0 +go1.21.1", "2: go=1.21" },
		{ "go1.20.14 +go1.21rc1 go1.21.0", "1: go=1.21rc1" },
		{ "go1.20.14 +go1.21rc1 +go1.21rc2 go1.21.0", "2: go=1.21rc1..1.21rc2" },
		{ "+go1.5.4 go1.6.4 +go1.7.6 go1.8.7 +go1.9.7 +go1.10.8", "4: go!=1.6,1.8" },
		{ "go1.5.4 +go1.6.4 go1.7.6 +go1.8.7 go1.9.7 go1.10.8", "2: go=1.6,1.8" },
		{ "go1.16 +go1.16-0123456789ab", "1: go=1.16-0123456789ab" },
		{ "+go1.16 go1.16-0123456789ab", "1: go!=1.16-0123456789ab" },
		{ "go1.15 +go1.16 +go1.16-0123456789ab", "2: go=1.16,1.16-0123456789ab" },
		{ "go1.15 +go1.16-0123456789ab +go1.16-abcdef012345 go1.16.1",
		    "2: go=1.16-0123456789ab,1.16-abcdef012345" },
		{ "go1.15 +go1.16.1 go1.16.1-mine +go1.17 +go1.18", "3: go>=1.16 & go!=1.16.1-mine" },
		{ "go1.15 go1.16.1 +go1.16.1-mine +go1.17 +go1.18", "3: go=1.17..1.18,1.16.1-mine" },
		{ "go1.16.1 +go1.16.1-aaaaaaaaaaaa +go1.16.1-bbbbbbbbbbbb +go1.16.1-cccccccccccc", "3: go=*-*" },
		{ "+go1.16.1 go1.16.1-aaaaaaaaaaaa go1.16.1-bbbbbbbbbbbb go1.16.1-cccccccccccc +go1.17", "2: go!=*-*" },
		{ "+go1.16.1 go1.16.1-mine go1.17 +go1.18", "2: go!=1.17,1.16.1-mine" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world world = { 0 };
		unsigned char chosen[16] = { 0 };
		for (const char *at = rows[i].list; *at; at += strspn(at, " ")) {
			char id[CELL_ID_MAX];
			chosen[world.count] = *at == '+';
			at += *at == '+';
			snprintf(id, sizeof id, "%.*s/linux/amd64/exe/cgo0/internal@none", (int)strcspn(at, " "), at);
			add_cell(&world, id);
			at += strcspn(at, " ");
		}
		close_world(&world);
		memcpy(world.chosen, chosen, world.count);
		char *said = words(&world, 4);
		assert_string_equal(said, rows[i].said);
		free(said);
		free_world(&world);
	}
}

/* ---- edges -------------------------------------------------------------------------------------- */

static void test_nothing(void **state)
{
	(void)state;
	struct cell_groups groups;
	find(&(struct world){ .count = 0 }, 3, &groups);
	assert_int_equal(groups.count + groups.rest_count, 0);
	groups_free(&groups);
	struct world world = make_world();
	char *said = words(&world, 3);
	assert_string_equal(said, "");
	free(said);
	choose(&world, "mode=plugin");
	said = words(&world, 0);
	assert_string_equal(said, "; rest 36");
	free(said);
	choose(&world, "mode=plugin | cgo=0 & go<1.20 | link=external-lld & target=osv & go>=1.26");
	said = words(&world, 1);
	assert_string_equal(said, "36: mode=plugin; rest 10");
	free(said);
	free_world(&world);
}

/* No filter tells the chosen one of two cells with the same id. */
static void test_twins(void **state)
{
	(void)state;
	struct world world = { 0 };
	add_cell(&world, "go1.26.8/linux/amd64/exe/cgo0/internal@none");
	add_cell(&world, "go1.26.8/linux/amd64/exe/cgo0/internal@none");
	add_cell(&world, "go1.26.8/linux/amd64/pie/cgo0/internal@none");
	close_world(&world);
	world.chosen[1] = world.chosen[2] = 1;
	char *said = words(&world, 3);
	assert_string_equal(said, "1: mode=pie; rest 1");
	free(said);
	free_world(&world);
}

/* A cell that exists alone is selected alone, whichever it is. */
static void test_each_cell(void **state)
{
	(void)state;
	struct world world = make_world();
	for (size_t i = 0; i < world.count; i++) {
		memset(world.chosen, 0, world.count);
		world.chosen[i] = 1;
		char *said = words(&world, 1);
		assert_memory_equal(said, "1: ", 3);
		free(said);
	}
	free_world(&world);
}

/* ---- any world ---------------------------------------------------------------------------------- */

/* xorshift64: the same numbers everywhere. */
static size_t below(uint64_t *seed, size_t limit)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (size_t)(*seed >> 11) % limit;
}

/* What each place of an id is drawn from. */
static const char *const parts[][9] = {
	{ "go1.8", "go1.8.7", "go1.9.7", "go1.24rc1", "go1.24.0", "go1.24.0-mine", "go1.24.13", "go1.25.1",
	    "go1.26.8" },
	{ "linux", "windows" },
	{ "amd64", "amd64.asan", "amd64.race", "arm64", "arm64.race", "arm.5" },
	{ "exe", "pie", "c-shared", "c-archive", "plugin" },
	{ "cgo0", "cgo1" },
	{ "internal", "external", "external-lld", "external-lld-static", "external-static" },
	{ "host", "glibc-2.36", "glibc-2.41", "musl-1.2.3", "musl-1.2.6-9", "osv", "osv-2" },
	{ "exec", "needed", "dlopen", "dlopen-lazy" },
};
enum { PARTS = sizeof parts / sizeof *parts };

static const char *draw(uint64_t *seed, size_t part)
{
	size_t count = 0;
	while (count < 9 && parts[part][count])
		count++;
	return parts[part][below(seed, count)];
}

/* Up to some hundred cells, each once: few values of each part, so that much of their product is there. */
static struct world any_world(uint64_t *seed)
{
	struct world world = { 0 };
	const char *value[PARTS][4];
	size_t wanted = 1 + below(seed, 400);
	for (size_t p = 0; p < PARTS; p++)
		for (size_t i = 0; i < 4; i++)
			value[p][i] = draw(seed, p);
	for (size_t n = 0; n < wanted; n++) {
		const char *word[PARTS];
		char id[CELL_ID_MAX], other[CELL_ID_MAX];
		for (size_t p = 0; p < PARTS; p++)
			word[p] = value[p][below(seed, 4)];
		snprintf(id, sizeof id, "%s/%s/%s/%s/%s/%s@%s:%s", word[0], word[1], word[2], word[3], word[4], word[5],
		    word[6], word[7]);
		size_t i = 0;
		while (i < world.count && strcmp(cell_id(&world.cell[i], other), id) != 0)
			i++;
		if (i == world.count)
			add_cell(&world, id);
	}
	close_world(&world);
	return world;
}

/* A test on some fields, with values that some cell has: a box. */
static char *any_box(uint64_t *seed, const struct world *world)
{
	struct buf text = BUF_INIT;
	const struct cell *a = world->at[below(seed, world->count)], *b = world->at[below(seed, world->count)];
	if (below(seed, 2))
		buf_printf(&text, "mode=%s,%s", mode_name(a->mode), mode_name(b->mode));
	if (below(seed, 2))
		buf_printf(&text, "%starget=%s,%s", text.len ? " & " : "", a->target, b->target);
	if (below(seed, 2))
		buf_printf(&text, "%slink=%s", text.len ? " & " : "", link_name(a->link));
	if (below(seed, 3) == 0)
		buf_printf(&text, "%scgo=%d", text.len ? " & " : "", a->cgo);
	if (below(seed, 2))
		buf_printf(&text, "%sgo>=1.24", text.len ? " & " : "");
	if (below(seed, 3) == 0)
		buf_printf(&text, "%sarch=%s", text.len ? " & " : "", a->arch);
	if (below(seed, 3) == 0)
		buf_printf(&text, "%sarch%s*.*", text.len ? " & " : "", *a->variant ? "=" : "!=");
	return buf_take(&text);
}

static void test_any_world(void **state)
{
	(void)state;
	uint64_t seed = 20240229;
	for (int round = 0; round < 400; round++) {
		struct world world = any_world(&seed);
		char *one = any_box(&seed, &world), *two = any_box(&seed, &world);
		/* Two boxes, one of which may be empty or all. */
		char *both = xprintf("%s%s%s", one, *one && *two ? " | " : "", *one ? two : "");
		size_t noise = round % 3 == 2 ? 1 + below(&seed, 4) : 0;
		size_t count = choose(&world, round % 3 ? both : one);
		for (size_t i = 0; noise && i < world.count; i++)
			if (below(&seed, 4) < noise) {
				count -= world.chosen[i];
				count += world.chosen[i] = !world.chosen[i];
			}
		struct cell_groups groups, again;
		find(&world, count, &groups);
		check(&world, count, &groups);
		assert_int_equal(groups.rest_count, 0);
		if (round % 3 == 0)
			assert_int_equal(groups.count, count > 0);
		if (round % 3 == 1 && groups.count > 3)
			fail_msg("'%s': %zu groups", both, groups.count);
		/* The same again, and with less room. */
		find(&world, count, &again);
		assert_int_equal(again.count, groups.count);
		for (size_t i = 0; i < groups.count; i++)
			assert_string_equal(again.group[i].filter, groups.group[i].filter);
		groups_free(&again);
		find(&world, 2, &again);
		check(&world, 2, &again);
		groups_free(&again);
		groups_free(&groups);
		free(one);
		free(two);
		free(both);
		free_world(&world);
	}
}

/* ---- many cells --------------------------------------------------------------------------------- */

/* 100,000 of them: 50 releases, 40 targets, 5 modes, 5 link modes, 2 load modes. */
static struct world large_world(void)
{
	struct world world = { 0 };
	struct diag diag = DIAG_INIT;
	struct cell cell;
	assert_int_equal(cell_parse("go1.5/linux/amd64/exe/cgo1/external@host:exec", &cell, &diag), 0);
	world.cell = xcalloc(100000, sizeof(*world.cell));
	for (int i = 0; i < 100000; i++) {
		snprintf(cell.go, sizeof cell.go, "go1.%d.%d", 5 + i / 2 % 25, i % 2 ? 13 : 1);
		snprintf(cell.target, sizeof cell.target, "%s-%d", i / 50 % 2 ? "musl" : "glibc", i / 100 % 20);
		cell.mode = (enum mode)(i / 2000 % 5);
		cell.link = (enum link)(i / 10000 % 5);
		cell.load = (enum load)(LOAD_EXEC + i / 50000);
		world.cell[world.count++] = cell;
	}
	close_world(&world);
	return world;
}

static void test_many_cells(void **state)
{
	(void)state;
	struct world world = large_world();
	choose(&world, "mode=c-shared & go>=1.20 & target=musl-*");
	char *said = words(&world, 20);
	assert_string_equal(said, "4000: go>=1.20 & mode=c-shared & target=musl-*");
	free(said);
	choose(&world,
	    "mode=c-shared & go>=1.20 & target=musl-* | link=external-lld & go<1.10 | target=glibc-7 & mode!=exe");
	said = words(&world, 20);
	assert_string_equal(said,
	    "4000: go<1.10 & link=external-lld;"
	    " 4000: go>=1.20 & mode=c-shared & target=musl-*; 2000: mode!=exe & target=glibc-7");
	free(said);
	/* No order at all. */
	uint64_t seed = 7;
	for (size_t i = 0; i < world.count; i++)
		world.chosen[i] = below(&seed, 10) == 0;
	said = words(&world, 20);
	assert_non_null(strstr(said, "; rest "));
	free(said);
	free_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_each_cell),
		cmocka_unit_test(test_any_world),
		cmocka_unit_test(test_many_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
