#include "tests/unit/unit.h"

#include "matrix/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 48 };

/* A world: which changes it takes, and which do not build without which others. */
struct world {
	size_t count;
	unsigned char cause[MOST];       /* all of these make the difference */
	unsigned char never;             /* none does */
	unsigned char needs[MOST][MOST]; /* needs[i][j]: i does not build without j */
	unsigned char broken[MOST];      /* it does not build, and the compiler says where */
	size_t rivals[2];                /* these two do not build together, when they are two */
	unsigned char seen[4096][MOST];
	size_t asked, fails_at;
};

static int answer_of(const struct world *world, const unsigned char *in)
{
	int flips = !world->never;
	if (world->rivals[0] != world->rivals[1] && in[world->rivals[0]] && in[world->rivals[1]])
		return DELTA_UNRESOLVED;
	for (size_t i = 0; i < world->count; i++) {
		for (size_t j = 0; in[i] && j < world->count; j++)
			if (world->needs[i][j] && !in[j])
				return DELTA_UNRESOLVED;
		flips &= in[i] || !world->cause[i];
	}
	return flips ? DELTA_FLIPS : DELTA_STAYS;
}

static int ask(void *context, const unsigned char *in, unsigned char *culprit)
{
	struct world *world = context;
	int broken = 0;
	for (size_t i = 0; i < world->asked; i++)
		assert_int_not_equal(memcmp(world->seen[i], in, world->count), 0);
	assert_true(world->asked < sizeof(world->seen) / sizeof(world->seen[0]));
	memcpy(world->seen[world->asked++], in, world->count);
	for (size_t i = 0; i < world->count; i++)
		broken |= culprit[i] = in[i] && world->broken[i];
	return world->asked == world->fails_at ? -EIO : broken ? DELTA_UNRESOLVED : answer_of(world, in);
}

static int find_from(
    struct world *world, const size_t *group, const size_t *part, unsigned char *in, enum delta_answer *all)
{
	struct delta delta = { .count = world->count, .group = group, .part = part, .ask = ask, .context = world };
	int error = delta_find(&delta, in, all);
	delta_free(&delta);
	return error;
}

/* All are asked first. */
static int find_in(
    struct world *world, const size_t *group, const size_t *part, unsigned char *in, enum delta_answer *all)
{
	memset(in, 1, world->count);
	return find_from(world, group, part, in, all);
}

static int find(struct world *world, const size_t *group, unsigned char *in, enum delta_answer *all)
{
	return find_in(world, group, NULL, in, all);
}

/* Of two that do not build together one is known to be left out: the cause is found across two groups, where no group
 * has all of it. */
static void test_begins_with_what_fits(void **state)
{
	(void)state;
	static const size_t group[] = { 0, 0, 0, 1, 1, 1 };
	struct world world = { .count = 6, .cause = { [1] = 1, [4] = 1 }, .rivals = { 0, 5 } }, again = world;
	unsigned char in[MOST] = { 1, 1, 1, 1, 1, 0 };
	enum delta_answer all;
	assert_int_equal(find_from(&world, group, group, in, &all), 0);
	assert_int_equal(all, DELTA_FLIPS);
	assert_memory_equal(in, ((unsigned char[]){ 0, 1, 0, 0, 1, 0 }), 6);
	assert_int_equal(find(&again, group, in, &all), -ENOENT);
	assert_int_equal(all, DELTA_UNRESOLVED);
}

/* It flips, and no one of it can be left out. */
static void assert_smallest(const struct world *world, unsigned char *in)
{
	assert_int_equal(answer_of(world, in), DELTA_FLIPS);
	for (size_t i = 0; i < world->count; i++) {
		if (!in[i])
			continue;
		in[i] = 0;
		assert_int_not_equal(answer_of(world, in), DELTA_FLIPS);
		in[i] = 1;
	}
}

/* One cause among up to 48, which all fit each other: found alone, with 2 questions for each halving at most. */
static void test_one_cause(void **state)
{
	(void)state;
	for (size_t count = 1; count <= MOST; count++) {
		for (size_t cause = 0; cause < count; cause++) {
			struct world world = { .count = count };
			unsigned char in[MOST], only[MOST] = { 0 };
			enum delta_answer all;
			world.cause[cause] = only[cause] = 1;
			assert_int_equal(find(&world, NULL, in, &all), 0);
			assert_memory_equal(in, only, count);
			assert_true(world.asked <= 1 + 2 * 6);
		}
	}
}

/* Any causes, any needs that the whole satisfies: what is found is as small as it can be. */
static void test_several_causes(void **state)
{
	(void)state;
	srand(20161128);
	for (int round = 0; round < 3000; round++) {
		static struct world world;
		unsigned char in[MOST];
		enum delta_answer all;
		memset(&world, 0, sizeof(world));
		world.count = 1 + (size_t)rand() % 16;
		for (int k = rand() % 4; k >= 0; k--)
			world.cause[(size_t)rand() % world.count] = 1;
		for (int k = rand() % 6; k > 0; k--)
			world.needs[(size_t)rand() % world.count][(size_t)rand() % world.count] = 1;
		assert_int_equal(find(&world, NULL, in, &all), 0);
		assert_int_equal(all, DELTA_FLIPS);
		assert_smallest(&world, in);
	}
}

/* All at once do not build: the cause is found in its group; where it takes two of two groups, it is not. */
static void test_all_do_not_fit(void **state)
{
	(void)state;
	static const size_t group[12] = { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2 };
	for (size_t first = 0; first < 12; first++) {
		for (size_t second = first; second < 12; second++) {
			struct world world = { .count = 12, .rivals = { first < 5 ? 10 : 0, 11 } };
			unsigned char in[MOST];
			enum delta_answer all;
			world.cause[first] = world.cause[second] = 1;
			int error = find(&world, group, in, &all);
			assert_int_equal(all, DELTA_UNRESOLVED);
			if (group[first] == group[second] && group[first] != 2) {
				assert_int_equal(error, 0);
				assert_smallest(&world, in);
			} else if (group[first] != group[second]) {
				assert_int_equal(error, -ENOENT);
			}
		}
	}
}

/* Files of three changes: the last file does not build as a whole, and one change of it is the cause.  Nothing inside a
 * file is asked for that leaves it as it was. */
static void test_inside_a_part(void **state)
{
	(void)state;
	static const size_t group[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1 },
			    part[12] = { 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3 };
	for (size_t cause = 6; cause < 8; cause++) {
		struct world world = { .count = 12, .rivals = { cause == 6 ? 7 : 6, 8 } };
		unsigned char in[MOST], only[MOST] = { 0 };
		enum delta_answer all;
		world.cause[cause] = only[cause] = 1;
		assert_int_equal(find_in(&world, group, part, in, &all), 0);
		assert_int_equal(all, DELTA_UNRESOLVED);
		assert_memory_equal(in, only, 12);
		for (size_t i = 0; i < world.asked; i++)
			for (size_t file = 0; file < 2; file++)
				assert_true(world.seen[i][3 * file] == world.seen[i][3 * file + 1] &&
				    world.seen[i][3 * file] == world.seen[i][3 * file + 2]);
	}
}

/* Parts are taken away before changes: of causes anywhere, what is found is as small as it can be. */
static void test_parts_then_changes(void **state)
{
	(void)state;
	static const size_t part[16] = { 0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5, 5 };
	srand(1970);
	for (int round = 0; round < 2000; round++) {
		struct world world = { .count = 16 };
		unsigned char in[MOST];
		enum delta_answer all;
		for (int k = rand() % 4; k >= 0; k--)
			world.cause[rand() % 16] = 1;
		assert_int_equal(find_in(&world, NULL, part, in, &all), 0);
		assert_memory_equal(in, world.cause, 16);
	}
}

/* Changes that the compiler points at are left out, all at once; what is left is asked. */
static void test_culprits_are_left_out(void **state)
{
	(void)state;
	srand(116);
	for (int round = 0; round < 500; round++) {
		struct world world = { .count = 40 };
		unsigned char in[MOST], only[MOST] = { 0 };
		enum delta_answer all;
		size_t cause = (size_t)rand() % 40;
		for (size_t i = 0; i < 20; i++)
			world.broken[rand() % 40] = 1;
		world.broken[cause] = 0;
		world.cause[cause] = only[cause] = 1;
		assert_int_equal(find(&world, NULL, in, &all), 0);
		assert_int_equal(all, DELTA_UNRESOLVED);
		assert_memory_equal(in, only, 40);
		assert_true(world.asked <= 2 + 2 * 6);
	}
}

static void test_none(void **state)
{
	(void)state;
	struct world world = { .count = 9, .never = 1 };
	unsigned char in[MOST];
	enum delta_answer all;
	assert_int_equal(find(&world, NULL, in, &all), -ENOENT);
	assert_int_equal(all, DELTA_STAYS);
	assert_int_equal(world.asked, 1);
}

/* An error ends it at once, whichever question it was. */
static void test_errors(void **state)
{
	(void)state;
	for (size_t fails_at = 1; fails_at < 9; fails_at++) {
		struct world world = { .count = 16, .fails_at = fails_at };
		unsigned char in[MOST];
		enum delta_answer all;
		world.cause[3] = world.cause[12] = 1;
		assert_int_equal(find(&world, NULL, in, &all), -EIO);
		assert_int_equal(world.asked, fails_at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_cause),
		cmocka_unit_test(test_begins_with_what_fits),
		cmocka_unit_test(test_several_causes),
		cmocka_unit_test(test_all_do_not_fit),
		cmocka_unit_test(test_inside_a_part),
		cmocka_unit_test(test_parts_then_changes),
		cmocka_unit_test(test_culprits_are_left_out),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
