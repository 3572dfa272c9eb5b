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

static int ask(void *context, const unsigned char *in)
{
	struct world *world = context;
	for (size_t i = 0; i < world->asked; i++)
		assert_int_not_equal(memcmp(world->seen[i], in, world->count), 0);
	assert_true(world->asked < sizeof(world->seen) / sizeof(world->seen[0]));
	memcpy(world->seen[world->asked++], in, world->count);
	return world->asked == world->fails_at ? -EIO : answer_of(world, in);
}

static int find(struct world *world, const size_t *group, unsigned char *in, enum delta_answer *all)
{
	struct delta delta = { .count = world->count, .group = group, .ask = ask, .context = world };
	int error = delta_find(&delta, in, all);
	delta_free(&delta);
	return error;
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
		cmocka_unit_test(test_several_causes),
		cmocka_unit_test(test_all_do_not_fit),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
