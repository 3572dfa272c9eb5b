#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/hunk_symbol.h"

#include <stdlib.h>
#include <string.h>

/* What cmd/link of 1.15 and 1.17 said of mixtures, and lines that are near to it. */
static void test_missing_symbol(void **state)
{
	(void)state;
	static const char said[] =
	    "# case\nbroken runtime.osArchInit: relocation target runtime.uname not defined\n"
	    "runtime.pclntab: relocation target runtime.call16.args_stackmap not defined\n"
	    "x: relocation target runtime/internal/atomic.Load8\u00b7f not defined\n"
	    "x: relocation target main.a not defined for ABI0 (but is defined for ABIInternal)\n"
	    "a/asm.go:1:2: undefined: rs\nld.go:1: r.Reader.Sym(li).IsDict undefined (type *goobj.Sym has no field)\n"
	    "b.go:2:1: undefined: objabi.R_X\n"
	    "x: relocation target is not, relocation target nodot not defined\nrelocation target runtime.cut";
	static const char *const names[] = { "uname", "call16", "Load8\u00b7f", "a", "rs", "IsDict", "R_X" };
	char name[12] = "";
	int linked = 7;
	const char *at = said;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = missing_symbol(at, name, sizeof(name), &linked);
		assert_non_null(at);
		assert_string_equal(name, names[i]);
		assert_int_equal(linked, i < 4);
	}
	assert_null(missing_symbol(at, name, sizeof(name), &linked));
	assert_string_equal(name, "R_X");
	assert_null(missing_symbol("relocation target runtime.uname not defined", name, 5, &linked));
}

static const char old[] = "// uname\n"
			  "TEXT runtime\u00b7uname(SB),$0\n"
			  "	RET\n"
			  "TEXT runtime\u00b7clone(SB),$0\n"
			  "	CALL runtime\u00b7uname(SB)\n"
			  "func uname2() {\n";

/* One change per hunk, all of them made but for those that skip says. */
static void expect(struct hunk *hunks, size_t count, size_t skip, enum symbol_loss loss, const char *marks)
{
	unsigned char in[4] = { 1, 1, 1, 1 }, culprit[4] = { 0 };
	size_t marked = 0;
	if (skip < 4)
		in[skip] = 0;
	size_t found = hunks_lose(old, hunks, count, in, "uname", loss, culprit);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(culprit[i], marks[i] == 'x');
		marked += culprit[i];
	}
	assert_int_equal(found, marked);
}

static void test_what_takes_it_away(void **state)
{
	(void)state;
	struct hunk hunks[] = {
		{ 0, 1, "" },                                       /* a comment */
		{ 1, 2, "" },                                       /* its definition */
		{ 4, 1, "	CALL runtime\u00b7uname<>(SB)\n" }, /* a call for a call */
		{ 5, 1, "" },                                       /* that of another */
	};
	expect(hunks, 4, 4, LOSS_UNDEFINED, ".x..");
	expect(hunks, 4, 1, LOSS_UNDEFINED, "....");
	expect(hunks, 4, 4, LOSS_NAMED, "..x.");
	expect(hunks, 4, 2, LOSS_NAMED, "....");
	hunks[1].adds = "TEXT runtime\u00b7uname(SB),NOSPLIT,$0\n"; /* it is defined otherwise */
	expect(hunks, 4, 4, LOSS_UNDEFINED, "....");
}

/* A file that goes as a whole. */
static void test_a_whole_file(void **state)
{
	(void)state;
	struct hunk gone = { 0, (size_t)-1, "" }, stays = { 0, (size_t)-1, (char *)old };
	expect(&gone, 1, 4, LOSS_UNDEFINED, "x");
	expect(&stays, 1, 4, LOSS_UNDEFINED, ".");
	expect(&stays, 1, 4, LOSS_NAMED, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing_symbol),
		cmocka_unit_test(test_what_takes_it_away),
		cmocka_unit_test(test_a_whole_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
