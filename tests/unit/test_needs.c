#include "tests/unit/unit.h"

#include "matrix/needs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct need *unmet(const char *check, const char *id, const char *fact, const char *text, const char **why)
{
	struct cell cell;
	json_t *facts = json_pack("{s:s}", fact, text);
	assert_int_equal(cell_parse(id, &cell, NULL), 0);
	const struct need *need = need_unmet(check_find(check), &cell, facts, why);
	*why = need ? strdup(*why) : NULL; /* it lay in facts */
	json_decref(facts);
	return need;
}

/* Only "no" is a lack: what is there and fails is run, and shows it. */
static void test_what_is_lacked(void **state)
{
	static const char exe[] = "go1.26.8/linux/amd64/exe/cgo0/internal@t:exec";
	static const char dlmopen[] = "go1.26.8/linux/amd64/c-shared/cgo1/external@t:dlmopen";
	static const char dlopen[] = "go1.26.8/linux/amd64/c-shared/cgo1/external@t:dlopen";
	static const struct {
		const char *check, *cell, *fact, *text, *skip_class, *why;
	} cases[] = {
		{ "thread.fork-exec", exe, "fork", "no: fork: Function not implemented", "no-fork",
		    "fork: Function not implemented" },
		{ "thread.fork-exec", exe, "fork", "no", "no-fork", "" },
		{ "thread.fork-exec", exe, "fork", "yes", NULL, NULL },
		{ "thread.fork-exec", exe, "fork", "fails: fork: Cannot allocate memory", NULL, NULL },
		{ "thread.fork-exec", exe, "fork", "nothing that was known", NULL, NULL },
		{ "thread.fork-exec", exe, "fork", "", NULL, NULL },
		{ "thread.fork-exec", exe, "dlmopen", "no", NULL, NULL },
		{ "thread.thousand", exe, "fork", "no", NULL, NULL },
		{ "thread.thousand", dlmopen, "dlmopen", "no: gone", "no-dlmopen", "gone" },
		{ "thread.thousand", dlopen, "dlmopen", "no: gone", NULL, NULL },
		{ "tls.access", dlmopen, "dlmopen", "no: gone", NULL, NULL }, /* read, not run */
		{ "thread.clone-flags", exe, "trace", "no: tlstrace saw 0 calls of 7", "no-tracer",
		    "tlstrace saw 0 calls of 7" },
		{ "thread.fork-exec", exe, "trace", "no", NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *why = NULL;
		const struct need *need = unmet(cases[i].check, cases[i].cell, cases[i].fact, cases[i].text, &why);
		assert_int_equal(need != NULL, cases[i].skip_class != NULL);
		if (need) {
			assert_string_equal(need->skip_class, cases[i].skip_class);
			assert_string_equal(why, cases[i].why);
			free((char *)(uintptr_t)why);
		}
	}
}

static void test_nothing_known_is_nothing_lacked(void **state)
{
	const char *why;
	struct cell cell;
	(void)state;
	assert_int_equal(cell_parse("go1.26.8/linux/amd64/exe/cgo0/internal@t:exec", &cell, NULL), 0);
	assert_null(need_unmet(check_find("thread.fork-exec"), &cell, NULL, &why));
}

/* Every row speaks of some check of the list. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < needs_count; i++) {
		size_t takes = 0;
		struct cell cell;
		json_t *facts = json_pack("{s:s}", needs[i].fact, "no");
		assert_int_equal(cell_parse("go1.26.8/linux/amd64/c-shared/cgo1/external@t:dlmopen", &cell, NULL), 0);
		for (size_t k = 0; k < checks_count; k++) {
			const char *why;
			takes += need_unmet(&checks[k], &cell, facts, &why) == &needs[i];
		}
		json_decref(facts);
		assert_true(takes > 0);
		assert_true(*needs[i].skip_class && *needs[i].meaning);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_lacked),
		cmocka_unit_test(test_nothing_known_is_nothing_lacked),
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
