#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/target_facts.h"

#include <errno.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct cell cell_of(const char *id)
{
	struct cell cell;
	struct diag diag = DIAG_INIT;
	if (cell_parse(id, &cell, &diag) != 0)
		fail_msg("%s", diag.line);
	return cell;
}

static int matches(const char *text, const struct filter_subject *subject)
{
	struct filter *filter;
	struct diag diag = DIAG_INIT;
	if (filter_parse(text, &filter, &diag) != 0)
		fail_msg("%s", diag.line);
	int match = filter_match(filter, subject);
	filter_free(filter);
	/* The cached way must give the same answer, the first time and again. */
	assert_int_equal(filter_text_match(text, subject), match);
	assert_int_equal(filter_text_match(text, subject), match);
	return match;
}

static const char shared_id[] = "go1.21.3/linux/amd64/c-shared/cgo1/external-lld@glibc-2.36:dlopen-lazy";

/* What a target was found to be; not asked yet, it may be anything; where nothing runs there is nothing. */
static void test_facts_of_targets(void **state)
{
	static const struct target_facts glibc = { 1, "glibc-2.36", "Linux-6.1.0", "" };
	static const struct target_facts qemu = { 1, "glibc-2.41", "Linux-6.1.0", "qemu-i386-7.2.22" };
	static const struct target_facts wasm = { .known = 1 }, unknown = { 0 };
	static const struct {
		const char *text;
		int glibc, qemu, wasm, unknown, none;
	} cases[] = {
		{ "libc=glibc-*", 1, 1, 0, 1, 0 },
		{ "libc=glibc-2.36,musl-*", 1, 0, 0, 1, 0 },
		{ "libc!=glibc-2.36", 0, 1, 1, 1, 1 },
		{ "!libc=glibc-*", 0, 0, 1, 1, 1 },
		{ "kernel=Linux-6.*", 1, 1, 0, 1, 0 },
		{ "emulator=qemu-*-7.*", 0, 1, 0, 1, 0 },
		{ "emulator=*", 0, 1, 0, 1, 0 },
		{ "emulator=qemu-* & mode=exe", 0, 0, 0, 0, 0 },
		{ "emulator=qemu-* | mode=c-shared", 1, 1, 1, 1, 1 },
	};
	(void)state;
	struct cell cell = cell_of(shared_id), none = cell;
	snprintf(none.target, sizeof none.target, "none");
	const struct filter_subject subject = { &cell, NULL, NULL, NULL }, of_none = { &none, NULL, NULL, NULL };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cell.facts = &glibc;
		assert_int_equal(matches(cases[i].text, &subject), cases[i].glibc);
		cell.facts = &qemu;
		assert_int_equal(matches(cases[i].text, &subject), cases[i].qemu);
		cell.facts = &wasm;
		assert_int_equal(matches(cases[i].text, &subject), cases[i].wasm);
		cell.facts = &unknown;
		assert_int_equal(matches(cases[i].text, &subject), cases[i].unknown);
		cell.facts = NULL;
		assert_int_equal(matches(cases[i].text, &subject), cases[i].unknown);
		assert_int_equal(matches(cases[i].text, &of_none), cases[i].none);
	}
}

/* The id of a cell is that cell: not its variants, not the other patches of its minor release. */
static void test_a_cell_is_a_filter(void **state)
{
	static const char id[] = "go1.21.3/linux/arm/exe/cgo0/internal@none";
	static const struct {
		const char *text, *cell;
		int matches;
	} cases[] = {
		{ id, id, 1 },
		{ id, "go1.21.3/linux/arm.5/exe/cgo0/internal@none", 0 },
		{ id, "go1.21.4/linux/arm/exe/cgo0/internal@none", 0 },
		{ "go1.21/linux/arm/exe/cgo0/internal@none", id, 0 },
		{ "!go1.21.3/linux/arm/exe/cgo0/internal@none", id, 0 },
		{ "( go1.21.3/linux/arm/exe/cgo0/internal@none )|mode=pie", id, 1 },
		{ "go1.21.3/linux/arm/exe/cgo0/internal@none&mode=pie", id, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cell cell = cell_of(cases[i].cell);
		assert_int_equal(
		    matches(cases[i].text, &(struct filter_subject){ &cell, NULL, NULL, NULL }), cases[i].matches);
	}
	struct diag diag = DIAG_INIT;
	struct filter *filter;
	assert_int_equal(filter_parse("mode=exe & go1.21.3/linux/arm/exe/cgo0/intrnal@none", &filter, &diag), -EINVAL);
	assert_non_null(strstr(diag.line, "unknown link mode 'intrnal'; did you mean 'internal'?"));
	assert_int_equal(filter_parse(id, &filter, NULL), 0);
	assert_true(filter_takes_release(filter, "go1.21.3") && !filter_takes_release(filter, "go1.21.4"));
	filter_free(filter);
}

static void test_who_asks_for_facts(void **state)
{
	static const struct {
		const char *text;
		int asks, place;
	} cases[] = { { "", 0, 0 }, { "mode=exe & target=a", 0, 1 }, { "mode=exe & (cgo=1 | !libc=a)", 1, 1 },
		{ "kernel!=x", 1, 1 }, { "emulator=x", 1, 1 }, { "cgo=0 | !os=linux", 0, 1 }, { "arch=arm", 0, 1 },
		{ "mode=exe & go1.21.3/linux/arm/exe/cgo0/internal@none", 0, 1 },
		{ "go=1.26 & mode=exe & cgo=0 & link=internal & load=exec & check=tls.*", 0, 0 } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct filter *filter;
		assert_int_equal(filter_parse(cases[i].text, &filter, NULL), 0);
		assert_int_equal(filter_asks_facts(filter), cases[i].asks);
		assert_int_equal(filter_asks_place(filter), cases[i].place);
		filter_free(filter);
	}
}

/* Words as the programs of targets print them (cases/target/facts.c; --version of QEMU, Wine and so on). */
static void test_facts_are_taken(void **state)
{
	static const struct {
		const char *told, *taken;
	} cases[] = {
		{ "glibc 2.36", "glibc-2.36" },
		{ "musl 1.2.3", "musl-1.2.3" },
		{ "Linux 6.1.0-9-amd64 x86_64", "Linux-6.1.0-9-amd64" },
		{ "qemu-i386 version 7.2.22 (Debian 1:7.2+dfsg-7)", "qemu-i386-7.2.22" },
		{ "valgrind-3.19.0", "valgrind-3.19.0" },
		{ "wine-8.0 (Debian 8.0~repack-4)", "wine-8.0" },
		{ "runsc version release-20221107.0-debian", "runsc-release-20221107.0-debian" },
		{ "v18.20.4", "v18.20.4" },
		{ "(nothing", "" },
		{ "", "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct target_facts facts;
		json_t *found = json_pack("{s:s}", "emulator", cases[i].told);
		target_facts_take(found, &facts);
		json_decref(found);
		assert_int_equal(facts.known, 1);
		assert_string_equal(facts.emulator, cases[i].taken);
		assert_string_equal(facts.libc, "");
	}
	char *large = calloc(1, 5000);
	struct target_facts facts;
	memset(large, 'a', 4999);
	json_t *found = json_pack("{s:s, s:s}", "libc", large, "kernel", large);
	target_facts_take(found, &facts);
	assert_int_equal(strlen(facts.libc), sizeof facts.libc - 1);
	assert_int_equal(strlen(facts.kernel), sizeof facts.kernel - 1);
	json_decref(found);
	free(large);
	target_facts_take(NULL, &facts);
	assert_int_equal(facts.known, 0);
}

/* arch=arm is arm and every variant of it; a dot asks for variants. */
static void test_arch_takes_variants(void **state)
{
	static const struct {
		const char *text;
		int plain, five;
	} cases[] = {
		{ "arch=arm", 1, 1 },
		{ "arch=arm.5", 0, 1 },
		{ "arch=arm.*", 0, 1 },
		{ "arch=*.5,*.6", 0, 1 },
		{ "!arch=*.*", 1, 0 },
		{ "arch=a*", 1, 1 },
		{ "arch=arm.7", 0, 0 },
	};
	(void)state;
	struct cell plain, five;
	assert_int_equal(cell_parse("go1.26.8/linux/arm/exe/cgo0/internal@none", &plain, NULL), 0);
	assert_int_equal(cell_parse("go1.26.8/linux/arm.5/exe/cgo0/internal@none", &five, NULL), 0);
	const struct filter_subject of_plain = { &plain, NULL, NULL, NULL }, of_five = { &five, NULL, NULL, NULL };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(matches(cases[i].text, &of_plain), cases[i].plain);
		assert_int_equal(matches(cases[i].text, &of_five), cases[i].five);
	}
}

static const struct {
	const char *text;
	int match;
} shared_cases[] = {
	{ "", 1 },
	{ "  \t", 1 },
	{ "mode=c-shared", 1 },
	{ "mode=exe", 0 },
	{ "mode=exe,c-shared", 1 },
	{ "mode=c-*", 1 },
	{ "mode!=c-shared", 0 },
	{ "mode!=exe,pie", 1 },
	{ "mode!=exe,c-shared", 0 },
	{ "!mode=exe", 1 },
	{ "!!mode=exe", 0 },
	{ "mode = c-shared", 1 },
	{ "mode=exe , c-shared", 1 },
	{ " mode=c-shared & os=linux ", 1 },
	{ "mode=c-shared&os=linux", 1 },
	{ "os=linux", 1 },
	{ "os=lin?x", 1 },
	{ "os=win*", 0 },
	{ "arch=amd64", 1 },
	{ "arch!=amd64", 0 },
	{ "cgo=1", 1 },
	{ "cgo=0", 0 },
	{ "cgo=0,1", 1 },
	{ "cgo=*", 1 },
	{ "link=external-lld", 1 },
	{ "link=external", 0 },
	{ "link=external*", 1 },
	{ "link=*-static", 0 },
	{ "target=glibc-*", 1 },
	{ "target=glibc-2.3?", 1 },
	{ "target=musl-*", 0 },
	{ "load=dlopen", 0 },
	{ "load=dlopen*", 1 },
	{ "load=dlopen*,dlmopen", 1 },
	{ "load=needed,none", 0 },
	{ "go=1.21.3", 1 },
	{ "go=go1.21.3", 1 },
	{ "go=1.21", 1 },
	{ "go=1.2", 0 },
	{ "go!=1.21", 0 },
	{ "go>1.21", 0 },
	{ "go<=1.21", 1 },
	{ "go=1.21.0..1.21.2", 0 },
	{ "go=1.21.0..1.21.3", 1 },
	{ "go=1.5..1.21", 1 },
	{ "go=1.5..1.20", 0 },
	{ "go=1.5..1.20,1.21..1.27", 1 },
	{ "go!=1.5..1.27", 0 },
	{ "go=1.21*", 1 },
	{ "go=go1.2?.3", 1 },
	{ "go!=1.21.3", 0 },
	{ "go>=1.21", 1 },
	{ "go>1.21.3", 0 },
	{ "go<=1.21.3", 1 },
	{ "go<1.22", 1 },
	{ "go<1.4", 0 },
	{ "go>1.4", 1 },
	{ "go<1.22beta1", 1 },
	{ "go>1.21rc4", 1 },
	{ "go>=1.4 & go<1.10", 0 },
	{ "mode=exe | mode=c-shared", 1 },
	{ "mode=exe | mode=pie & cgo=1", 0 },
	{ "mode=c-shared | mode=pie & cgo=0", 1 },
	{ "(mode=c-shared | mode=pie) & cgo=0", 0 },
	{ "!(mode=exe | cgo=0)", 1 },
	{ "!mode=exe & !cgo=0", 1 },
	{ "!(mode=c-shared & cgo=1)", 0 },
	{ "mode=c-shared & go>=1.21 & !arch=386 & target=glibc-*", 1 },
	{ "((((mode=c-shared))))", 1 },
	{ "target=[a]", 0 },
};

static int count_releases(const char *text, int bound, void *data)
{
	buf_printf(data, "%s%s ", bound ? "~" : "", text);
	return 0;
}

static void test_which_releases_it_takes(void **state)
{
	static const struct {
		const char *text;
		int old, new, asks; /* does it take 1.6.4, 1.26.8? */
		const char *named;
	} rows[] = {
		{ "", 1, 1, 0, "" },
		{ "mode=pie & !target=none", 1, 1, 0, "" },
		{ "go=1.6.4 & mode=pie", 1, 0, 1, "1.6.4 " },
		{ "go=1.6.4,1.26 & check=tls.*", 1, 1, 1, "1.26 1.6.4 " },
		{ "!(go=1.6.4 & mode=pie)", 1, 1, 1, "1.6.4 " },
		{ "!go=1.6.4", 0, 1, 1, "1.6.4 " },
		{ "go>=1.21 | mode=pie", 1, 1, 1, "~1.21 " },
		{ "go>=1.21 & mode=pie", 0, 1, 1, "~1.21 " },
		{ "go=1.5..1.7", 1, 0, 1, "1.5..1.7 " },
		{ "go!=1.*", 0, 0, 1, "~1.* " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct filter *filter;
		struct buf named = BUF_INIT;
		assert_int_equal(filter_parse(rows[i].text, &filter, NULL), 0);
		if (filter_takes_release(filter, "go1.6.4") != rows[i].old ||
		    filter_takes_release(filter, "go1.26.8") != rows[i].new)
			fail_msg("'%s' takes others", rows[i].text);
		assert_int_equal(filter_each_release(filter, count_releases, &named), rows[i].asks);
		assert_int_equal(filter_each_release(filter, NULL, NULL), rows[i].asks);
		assert_string_equal(named.data, rows[i].named);
		buf_free(&named);
		filter_free(filter);
	}
}

static void test_fields_operators_and_joints(void **state)
{
	(void)state;
	struct cell cell = cell_of(shared_id);
	const struct filter_subject subject = { &cell, NULL, NULL, NULL };
	for (size_t i = 0; i < sizeof shared_cases / sizeof *shared_cases; i++)
		if (matches(shared_cases[i].text, &subject) != shared_cases[i].match)
			fail_msg("'%s' is not %d", shared_cases[i].text, shared_cases[i].match);
}

static void test_release_equals_its_short_name(void **state)
{
	(void)state;
	struct cell zero = cell_of("go1.21.0/linux/amd64/exe/cgo1/internal@host:exec"),
		    plain = cell_of("go1.20/linux/amd64/exe/cgo1/internal@host:exec");
	const struct filter_subject a = { &zero, NULL, NULL, NULL }, b = { &plain, NULL, NULL, NULL };
	assert_true(matches("go=1.21", &a));
	assert_true(matches("go=1.20.0", &b));
	assert_true(matches("go>=1.21 & go<=1.21", &a));
	assert_false(matches("go>=1.21", &b));
}

/* Without a check or status the answer is open, and what may match is kept. */
static void test_open_questions_match(void **state)
{
	static const struct {
		const char *text;
		int open, tls_fail, init_pass;
	} cases[] = {
		{ "check=tls.*", 1, 1, 0 },
		{ "!check=tls.*", 1, 0, 1 },
		{ "check!=tls.*", 1, 0, 1 },
		{ "status=fail", 1, 1, 0 },
		{ "!status=fail", 1, 0, 1 },
		{ "check=tls.* & mode=exe", 0, 0, 0 },
		{ "check=tls.* | mode=c-shared", 1, 1, 1 },
		{ "!(check=tls.* | mode=c-shared)", 0, 0, 0 },
		{ "!(check=tls.* & status=fail)", 1, 0, 1 },
		{ "check=init.*,tls.* & status=p*", 1, 0, 1 },
		{ "check=tls.sizes", 1, 1, 0 },
		{ "status=known", 1, 0, 0 },
		{ "check=tls.* | mode=exe", 1, 1, 0 },
		{ "!(check=tls.* & mode=c-shared)", 1, 0, 1 },
		{ "!(mode=c-shared & check=tls.*)", 1, 0, 1 },
	};
	(void)state;
	struct cell cell = cell_of(shared_id);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct filter_subject open = { &cell, NULL, NULL, NULL },
					    tls = { &cell, "tls.sizes", "fail", NULL },
					    init = { &cell, "init.auxv", "pass", NULL };
		if (matches(cases[i].text, &open) != cases[i].open ||
		    matches(cases[i].text, &tls) != cases[i].tls_fail ||
		    matches(cases[i].text, &init) != cases[i].init_pass)
			fail_msg("'%s'", cases[i].text);
	}
}

/* A result has both, and what is not the one may not be taken for the other. */
static void test_status_is_status_or_verdict(void **state)
{
	static const struct {
		const char *text;
		int matches;
	} cases[] = {
		{ "status=fail", 1 },
		{ "status=known", 1 },
		{ "status=pass", 0 },
		{ "!status=fail", 0 },
		{ "!status=known", 0 },
		{ "status!=fail", 0 },
		{ "status=pass,known", 1 },
		{ "!status=ok", 1 },
	};
	struct cell cell = cell_of(shared_id);
	const struct filter_subject subject = { &cell, "tls.sizes", "fail", "known" };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (matches(cases[i].text, &subject) != cases[i].matches)
			fail_msg("'%s'", cases[i].text);
}

static void fails_with(const char *text, const char *line)
{
	struct diag diag = DIAG_INIT;
	struct filter *filter = (struct filter *)&diag;
	assert_int_equal(filter_parse(text, &filter, &diag), -EINVAL);
	assert_string_equal(diag.line, line);
	assert_ptr_equal(filter, &diag);
}

#define FIELDS "go os arch mode cgo link target load libc kernel emulator check status"
#define MODES "exe pie c-archive c-shared shared plugin"

static void test_unknown_words_name_the_nearest_and_all(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "modee=x", "unknown field 'modee' at column 1 of 'modee=x'; did you mean 'mode'? known: " FIELDS },
		{ "zzzzzz=x", "unknown field 'zzzzzz' at column 1 of 'zzzzzz=x'; known: " FIELDS },
		{ "goos=x", "unknown field 'goos' at column 1 of 'goos=x'; did you mean 'os'? known: " FIELDS },
		{ "BuildMode=x",
		    "unknown field 'BuildMode' at column 1 of 'BuildMode=x'; did you mean 'mode'? known: " FIELDS },
		{ "mode=c-shred",
		    "unknown mode 'c-shred' at column 6 of 'mode=c-shred'; did you mean 'c-shared'? known: " MODES },
		{ "mode=exe,qqq", "unknown mode 'qqq' at column 10 of 'mode=exe,qqq'; known: " MODES },
		{ "link=bfd",
		    "unknown link 'bfd' at column 6 of 'link=bfd'; did you mean 'external'? known: internal external "
		    "external-gold external-lld "
		    "external-mold "
		    "external-static external-gold-static external-lld-static external-mold-static" },
		{ "load=dlopn",
		    "unknown load 'dlopn' at column 6 of 'load=dlopn'; did you mean 'dlopen'? known: none exec needed "
		    "dlopen dlopen-lazy dlopen-global dlopen-lazy-global dlmopen preload gomain archive archive-pie "
		    "archive-so plugin wasi js" },
		{ "cgo=2", "unknown cgo '2' at column 5 of 'cgo=2'; known: 0 1" },
		{ "check=tls.modl-insn",
		    "unknown check 'tls.modl-insn' at column 7 of 'check=tls.modl-insn'; did you mean "
		    "'tls.model-insn'? known: `tlsmatrix list --checks`" },
		/* Patterns of checks too, each by itself, also behind !=: what matches none is mistyped. */
		{ "check=tls.modl-*,tls.*",
		    "no check matches 'tls.modl-*' at column 7 of 'check=tls.modl-*,tls.*'; did you mean "
		    "'tls.model-reloc' or 'tls.model-insn'? known: `tlsmatrix list --checks`" },
		{ "check!=tls.*,zzz*",
		    "no check matches 'zzz*' at column 14 of 'check!=tls.*,zzz*'; known: `tlsmatrix list --checks`" },
		{ "check=nothing-like-it",
		    "unknown check 'nothing-like-it' at column 7 of 'check=nothing-like-it'; known: `tlsmatrix list "
		    "--checks`" },
		{ "status=crahs",
		    "unknown status 'crahs' at column 8 of 'status=crahs'; did you mean 'crash'? known: pass skip "
		    "notrun "
		    "fail miss leak timeout crash broken infra ok known fixed flaky new changed regressed gone" },
		{ "Mode=exe", "unknown field 'Mode' at column 1 of 'Mode=exe'; did you mean 'mode'? known: " FIELDS },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		fails_with(cases[i].text, cases[i].line);
}

static void test_errors_name_place_and_remedy(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "mode", "expected = or != at column 5 of 'mode'" },
		{ "go", "expected = != < <= > or >= at column 3 of 'go'" },
		{ "mode>exe", "only go has an order: '=' or '!=' expected at column 5 of 'mode>exe'" },
		{ "mode=", "expected a value at column 6 of 'mode='" },
		{ "mode=exe,", "expected a value at column 10 of 'mode=exe,'" },
		{ "mode==exe", "expected a value at column 6 of 'mode==exe'" },
		{ "target=(x", "expected a value at column 8 of 'target=(x'" },
		{ "go>=abc",
		    "expected a Go release such as 1.21, 1.21.3, 1.22rc1 or 1.5..1.27 at column 5 of 'go>=abc'" },
		{ "go>=1.2*",
		    "a pattern or range has no order: a Go release such as 1.21 expected at column 5 of 'go>=1.2*'" },
		{ "go=1.7..1.5",
		    "the second release of the range is older than the first at column 4 of 'go=1.7..1.5'" },
		{ "os=linux mode=exe", "expected '&' or '|' at column 10 of 'os=linux mode=exe'" },
		{ "os=linux)", "expected '&' or '|' at column 9 of 'os=linux)'" },
		{ "(os=linux", "expected '&', '|' or ')' at column 10 of '(os=linux'" },
		{ "(os=linux & arch=386", "expected '&', '|' or ')' at column 21 of '(os=linux & arch=386'" },
		{ "os=linux &", "the expression ends: a field is missing at column 11 of 'os=linux &'" },
		{ "os=linux & | cgo=1", "expected a field, '!' or '(' at column 12 of 'os=linux & | cgo=1'" },
		{ "os=a && cgo=1", "expected a field, '!' or '(' at column 7 of 'os=a && cgo=1'" },
		{ "!", "the expression ends: a field is missing at column 2 of '!'" },
		{ "()", "expected a field, '!' or '(' at column 2 of '()'" },
		{ "=x", "expected a field, '!' or '(' at column 1 of '=x'" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		fails_with(cases[i].text, cases[i].line);
}

static void test_long_and_deep_texts(void **state)
{
	(void)state;
	struct cell cell = cell_of(shared_id);
	const struct filter_subject subject = { &cell, NULL, NULL, NULL };
	struct buf wide = BUF_INIT, deep = BUF_INIT;
	for (int i = 0; i < 50000; i++)
		buf_add(&wide, "mode=exe | ");
	buf_add(&wide, "mode=c-shared");
	struct filter *filter;
	assert_int_equal(filter_parse(wide.data, &filter, NULL), 0);
	assert_true(filter_match(filter, &subject));
	filter_free(filter);
	for (int i = 0; i < 100000; i++)
		buf_add(&deep, i % 2 ? "(" : "!");
	struct diag diag = DIAG_INIT;
	assert_int_equal(filter_parse(deep.data, &filter, &diag), -EINVAL);
	assert_non_null(strstr(diag.line, "too deeply nested at column 201"));
	buf_free(&wide);
	buf_free(&deep);
}

/* A text at an address that held another one before must not get the old one's filter. */
static void test_texts_are_kept_by_content(void **state)
{
	(void)state;
	struct cell cell = cell_of(shared_id);
	const struct filter_subject subject = { &cell, NULL, NULL, NULL };
	char text[32];
	for (int i = 0; i < 1000; i++) {
		strcpy(text, i % 2 ? "mode=c-shared" : "mode!=c-shared");
		assert_int_equal(filter_text_match(text, &subject), i % 2);
	}
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* `list` of everything has 50 ms, of which this is the plan. The bound is loose for sanitizers. */
static void test_planning_is_cheap(void **state)
{
	enum { CELLS = 5000 };
	(void)state;
	struct cells cells = host_matrix("amd64");
	size_t planned = 0;
	double start = now();
	for (size_t i = 0; i < CELLS; i++)
		for (size_t check = 0; check < checks_count; check++)
			planned += (size_t)check_planned(&checks[check], &cells.cell[i % cells.count]);
	double seconds = now() - start;
	cells_free(&cells);
	assert_true(planned > CELLS);
	print_message("%d cells x %zu checks: %.1f ms, %zu planned\n", CELLS, checks_count, seconds * 1e3, planned);
	assert_true(seconds < 1.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_operators_and_joints),
		cmocka_unit_test(test_which_releases_it_takes),
		cmocka_unit_test(test_arch_takes_variants),
		cmocka_unit_test(test_facts_of_targets),
		cmocka_unit_test(test_a_cell_is_a_filter),
		cmocka_unit_test(test_who_asks_for_facts),
		cmocka_unit_test(test_facts_are_taken),
		cmocka_unit_test(test_release_equals_its_short_name),
		cmocka_unit_test(test_open_questions_match),
		cmocka_unit_test(test_status_is_status_or_verdict),
		cmocka_unit_test(test_unknown_words_name_the_nearest_and_all),
		cmocka_unit_test(test_errors_name_place_and_remedy),
		cmocka_unit_test(test_long_and_deep_texts),
		cmocka_unit_test(test_texts_are_kept_by_content),
		cmocka_unit_test(test_planning_is_cheap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
