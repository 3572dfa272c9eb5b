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
	enum missing_to to = MISSING_PACKAGE;
	const char *at = said;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = missing_symbol(at, name, sizeof(name), &to);
		assert_non_null(at);
		assert_string_equal(name, names[i]);
		assert_int_equal(to, i < 4 ? MISSING_TO_LINKER : MISSING_TO_COMPILER);
	}
	assert_null(missing_symbol(at, name, sizeof(name), &to));
	assert_string_equal(name, "R_X");
	assert_null(missing_symbol("relocation target runtime.uname not defined", name, 5, &to));
}

/* What cmd/asm of 1.15 said of a mixture, and cmd/go of 1.17, of 1.21 and without modules. */
static void test_missing_by_line(void **state)
{
	(void)state;
	static const char said[] =
	    "runtime/sys_linux_amd64.s:793: illegal or missing addressing mode for symbol SYS_uname\n"
	    "mix/go/src/runtime/stubs.go:9:2: package internal/goarch is not in GOROOT (mix/go/src/internal/goarch)\n"
	    "package runtime\n\timports internal/abi: package internal/abi is not in std (mix/go/src/internal/abi)\n"
	    "a.go:8:2: cannot find package \"internal/cpu\" in any of:\n"
	    "package main is not in a module, package x\ncannot find package \"internal/cpu\"";
	static const char *const names[] = { "SYS_uname", "internal/goarch", "internal/abi", "internal/cpu" };
	char name[40] = "";
	enum missing_to to = MISSING_TO_LINKER;
	const char *at = said;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = missing_symbol(at, name, sizeof(name), &to);
		assert_non_null(at);
		assert_string_equal(name, names[i]);
		assert_int_equal(to, i ? MISSING_PACKAGE : MISSING_TO_COMPILER);
	}
	assert_null(missing_symbol(at, name, sizeof(name), &to));
}

/* What cmd/link of 1.5.4, 1.6.4 and 1.7.6 said, the same of all three, of a function without a body and of calls and
 * data that are not there; and cmd/asm of those up to 1.27.4, of macros. */
static void test_missing_up_to_1_7(void **state)
{
	(void)state;
	static const char said[] =
	    "# p\nmain.asm: call to external function runtime.uname\nmain.main: main.missing: not defined\n"
	    "main.asm: runtime.uname: not defined\nmain.asm: runtime/internal/atomic.Load: not defined\n"
	    "x: plain: not defined\nx: main.a: not defined here\n"
	    "../q/a.s:3: unrecognized instruction \"NO_LOCAL_POINTERS\"\n"
	    "../q/a.s:4: unrecognized instruction \"CALLFN\"\nasm: asm: assembly of ../q/a.s failed\n"
	    "main.main: undefined: main.missing\nmain.main: undefined: \"main.missing\"\n";
	static const struct {
		const char *name;
		enum missing_to to;
	} rows[] = {
		{ "missing", MISSING_TO_LINKER },
		{ "uname", MISSING_TO_LINKER },
		{ "Load", MISSING_TO_LINKER },
		{ "NO_LOCAL_POINTERS", MISSING_TO_COMPILER },
		{ "CALLFN", MISSING_TO_COMPILER },
		{ "missing", MISSING_TO_COMPILER }, /* once more, after "not defined" */
	};
	char name[40] = "";
	enum missing_to to = MISSING_PACKAGE;
	const char *at = said;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at = missing_symbol(at, name, sizeof(name), &to);
		assert_non_null(at);
		assert_string_equal(name, rows[i].name);
		assert_int_equal(to, rows[i].to);
	}
	assert_null(missing_symbol(at, name, sizeof(name), &to));
}

/* What cmd/asm of 1.5.4 to 1.27.4 said of a JMP in line 2 of a file of 3. */
static void test_a_missing_label(void **state)
{
	(void)state;
	static const char said[] = "./a.s:4: undefined label notthere\nasm: assembly of ./a.s failed\n";
	char name[40] = "";
	assert_int_equal(missing_label(said + strlen("./a.s:4"), name, sizeof(name)), 1);
	assert_string_equal(name, "notthere");
	assert_int_equal(missing_label(said, name, sizeof(name)), 0);
	assert_int_equal(missing_label(": undefined label ", name, sizeof(name)), 0);
	assert_int_equal(missing_label(": undefined label notthere", name, 4), 0);
}

/* Three functions that have a label "ok" each; the line that is named is the next function's. */
static void test_what_takes_a_label_away(void **state)
{
	(void)state;
	static const char text[] = "TEXT runtime\u00b7a(SB),$0\n"
				   "	JMP ok\n"
				   "ok:	RET\n"
				   "TEXT runtime\u00b7b(SB),$0\n"
				   "	JMP ok\n"
				   "ok:	RET\n"
				   "TEXT runtime\u00b7c(SB),$0\n"
				   "ok:	RET\n";
	struct hunk hunks[] = {
		{ 2, 1, "	RET\n" },                                     /* a's label */
		{ 5, 2, "	RET\nTEXT runtime\u00b7c(SB),NOSPLIT,$0\n" }, /* b's, and the line that is named */
		{ 7, 1, "	JMP ok\n	RET\n" },                     /* c's, and one wants it */
	};
	static const struct {
		unsigned char in[3];
		size_t line;
		unsigned char marks[3];
	} rows[] = {
		{ { 1, 1, 1 }, 4, { 1, 0, 0 } },
		{ { 1, 1, 1 }, 7, { 0, 1, 0 } },
		{ { 1, 1, 1 }, 10, { 0, 0, 1 } },
		{ { 0, 1, 1 }, 4, { 0, 0, 0 } }, /* it is there */
		{ { 1, 1, 1 }, 1, { 0, 0, 0 } }, /* before any function */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char culprit[3] = { 0 };
		size_t found = hunks_lose_label(text, hunks, 3, rows[i].in, rows[i].line, "ok", culprit);
		assert_memory_equal(culprit, rows[i].marks, 3);
		assert_int_equal(found, rows[i].marks[0] + rows[i].marks[1] + rows[i].marks[2]);
	}
	/* Nobody takes it away: a line that wants it was added. */
	struct hunk wants = { 4, 0, "	JMP other\n" };
	unsigned char in = 1, culprit = 0;
	assert_int_equal(hunks_lose_label(text, &wants, 1, &in, 8, "other", &culprit), 1);
	assert_int_equal(culprit, 1);
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

/* 1.16 took the number and the function away, in two hunks; without the number the function that stays is no code. */
static void test_a_number_that_is_taken_away(void **state)
{
	(void)state;
	static const char text[] = "#define SYS_uname		63\n"
				   "#define SYS_uname2		64\n"
				   "	MOVL $SYS_uname, AX\n";
	struct hunk hunks[] = { { 0, 1, "" }, { 1, 1, "" }, { 2, 1, "" } };
	const unsigned char in[] = { 1, 1, 1 };
	unsigned char culprit[] = { 0, 0, 0 };
	assert_int_equal(hunks_lose(text, hunks, 3, in, "SYS_uname", LOSS_UNDEFINED, culprit), 1);
	assert_memory_equal(culprit, ((unsigned char[]){ 1, 0, 0 }), 3);
}

/* Of Go's: a variable, a member of a group, one of a function; not what uses them. */
static void test_what_go_defines(void **state)
{
	(void)state;
	static const char text[] = "var rows = 3\n"
				   "const (\n"
				   "	C_UCON // a class\n"
				   ")\n"
				   "	a := rows\n"
				   "	b(C_UCON, a, rows)\n";
	struct hunk hunks[] = { { 0, 1, "" }, { 2, 1, "" }, { 4, 1, "" }, { 5, 1, "" } };
	static const struct {
		const char *symbol;
		unsigned char marks[4];
	} rows[] = { { "rows", { 1, 0, 0, 0 } }, { "C_UCON", { 0, 1, 0, 0 } }, { "a", { 0, 0, 1, 0 } } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const unsigned char in[] = { 1, 1, 1, 1 };
		unsigned char culprit[4] = { 0 };
		assert_int_equal(hunks_lose(text, hunks, 4, in, rows[i].symbol, LOSS_UNDEFINED, culprit), 1);
		assert_memory_equal(culprit, rows[i].marks, 4);
	}
}

/* All that import a package go at once, and what is written with it where nothing was. */
static void test_a_package_that_is_missing(void **state)
{
	(void)state;
	struct hunk hunks[] = {
		{ 0, 0, "	\"internal/goarch\"\n" },
		{ 1, 0, "	x := goarch.PtrSize\n" },
		{ 2, 0, "	\"internal/goarch2\"\n	goarch := mygoarch.PtrSize\n" },
	};
	static const struct {
		const char *text;
		unsigned char in[3], marks[3];
	} rows[] = {
		{ "a\nb\nc\n", { 1, 1, 1 }, { 1, 1, 0 } },
		{ "a\n	y := goarch.Y\nc\n", { 1, 1, 1 }, { 1, 0, 0 } }, /* another of that name */
		{ "a\nb\nc\n", { 0, 1, 1 }, { 0, 0, 0 } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char culprit[3] = { 0 };
		size_t found =
		    hunks_lose(rows[i].text, hunks, 3, rows[i].in, "internal/goarch", LOSS_IMPORTED, culprit);
		assert_memory_equal(culprit, rows[i].marks, 3);
		assert_int_equal(found, rows[i].marks[0] + rows[i].marks[1] + rows[i].marks[2]);
	}
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
		cmocka_unit_test(test_missing_up_to_1_7),
		cmocka_unit_test(test_a_missing_label),
		cmocka_unit_test(test_what_takes_a_label_away),
		cmocka_unit_test(test_missing_by_line),
		cmocka_unit_test(test_what_takes_it_away),
		cmocka_unit_test(test_a_number_that_is_taken_away),
		cmocka_unit_test(test_what_go_defines),
		cmocka_unit_test(test_a_package_that_is_missing),
		cmocka_unit_test(test_a_whole_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
