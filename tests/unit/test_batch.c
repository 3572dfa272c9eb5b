/* What the records of one process leave of the checks a, b and c that it was asked for.
 *
 * A script is written as the process would speak: "+a" a begins, "a" it reports, "-a" it skips with a class of its own,
 * "~a" with one that is not, "!" the record before the next came to harm.  What is left is a letter for each check:
 * o(pen), s(aid), x (spoiled) and . (silent). */
#include "runner/trial/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct check a = { .id = "thread.a" }, b = { .id = "tls.b" }, c = { .id = "init.c" };
static const struct check *const asked[] = { &a, &b, &c };

static const struct {
	const char *script, *left;
	size_t settled;
	const char *words; /* of the first that is spoiled */
} rows[] = {
	{ "", "...", 0, NULL },
	{ "+a a +b b +c c", "sss", 3, NULL },
	{ "+a", "o..", 0, NULL },
	{ "+a a", "s..", 1, NULL },
	{ "+a a +b", "so.", 1, NULL },
	/* Skips. */
	{ "+a -a +b -b +c -c", "sss", 3, NULL },
	{ "+a ~a +b b", "xs.", 2, "it skips for the class 'limitless'" },
	/* One that never began, one that never reported, one that was passed over. */
	{ "+a a b +c c", "sxs", 3, "it reported and had not begun" },
	{ "+a +b b +c c", "xxs", 3, "a record of tls.b came, which was not being made" },
	{ "+a a +c c", "sxs", 3, "its records did not come" },
	/* Twice, before its time, after it, never asked for. */
	{ "+a a a +b b +c c", "xss", 3, "it reported twice: yes, yes" },
	{ "+a a +a +b b +c c", "xss", 3, "a record of it came" },
	{ "+a c a +b b +c c", "xsx", 3, "a record of init.c came" },
	{ "+a a +b b a +c c", "xxs", 3, "a record of it came" },
	{ "+a z a +b b +c c", "xss", 3, "a record of other.z came" },
	/* Harm is that of the check that was being made, and of none that came whole. */
	{ "+a ! +b b +c c", "xss", 3, "1 of its records garbled or lost" },
	{ "+a ! a +b b +c c", "xss", 3, "1 of its records garbled or lost" },
	{ "+a a ! b +c c", "xxs", 3, "1 of its records garbled or lost" },
	{ "+a a +b ! ! c", "sxx", 3, "2 of its records garbled or lost" },
	{ "! a +b b +c c", "xss", 3, "it reported and had not begun" },
	{ "+a a +b b +c !", "ssx", 3, "1 of its records garbled or lost" },
	{ "+a a +b b +c c !", "ssx", 3, "1 of its records garbled or lost" },
};

static struct record record_of(const char *word, size_t harmed)
{
	static char *ids[] = { "thread.a", "tls.b", "init.c", "other.z" },
		    *own[] = { "limit", "other-module", "target" };
	char sign = word[0], name = word[strspn(word, "+-~")];
	size_t number = name == 'z' ? 3 : (size_t)(name - 'a');
	struct record record = { RECORD_OBS, ids[number], "yes", "", harmed };
	if (sign == '+') {
		record.kind = RECORD_BEGIN;
		record.text = "";
	} else if (sign == '-' || sign == '~') {
		record.kind = RECORD_SKIP;
		record.text = sign == '-' ? own[number] : "limitless";
	}
	return record;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct record record[16];
		struct records records = { record, 0, 1, 0, 0 };
		char script[64], *rest = script;
		strcpy(script, rows[i].script);
		for (char *word; (word = strsep(&rest, " "));)
			if (*word == '!')
				records.lost++;
			else if (*word)
				record[records.count++] = record_of(word, records.lost);
		struct batch_check said[3];
		batch_read(asked, 3, &records, said);
		char left[4] = "";
		const char *words = NULL;
		for (int k = 0; k < 3; k++) {
			left[k] = ".osx"[said[k].state];
			if (said[k].state == BATCH_SPOILED && !words)
				words = said[k].why;
			assert_int_equal(said[k].state == BATCH_SAID, said[k].record != NULL);
		}
		if (strcmp(left, rows[i].left) != 0)
			fail_msg("'%s' leaves %s, not %s", rows[i].script, left, rows[i].left);
		if (rows[i].words ? !words || !strstr(words, rows[i].words) : words != NULL)
			fail_msg("'%s' says: %s", rows[i].script, words ? words : "nothing");
		assert_int_equal(batch_settled(said, 3), rows[i].settled);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
