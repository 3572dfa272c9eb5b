/* The Mach-O reader: what it refuses, what it sees in good files, and that a file made wrong in one place says another
 * thing. */
#include "tests/unit/macho_sample.h"
#include "tests/unit/unit.h"

#include "harness/format/format.h"
#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"

#include <errno.h>
#include <stdlib.h>

static json_t *facts_of(const void *bytes, size_t size)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	if (macho_facts("file", (struct bytes){ bytes, size, 0 }, &facts, &diag))
		fail_msg("%s", diag.line);
	return facts;
}

static json_t *facts_of_sample(const struct macho_sample *sample) { return facts_of(sample->bytes, SAMPLE_SIZE); }

/* "a.b.c" of the facts; not a new reference. */
static const json_t *at(const json_t *facts, const char *path)
{
	char text[128];
	snprintf(text, sizeof text, "%s", path);
	for (char *rest = text, *word; (word = strsep(&rest, "/"));)
		facts = json_is_array(facts) ? json_array_get(facts, (size_t)atoi(word)) : json_object_get(facts, word);
	if (!facts)
		fail_msg("no %s", path);
	return facts;
}

static long long number(const json_t *facts, const char *path) { return json_integer_value(at(facts, path)); }

static void is_text(const json_t *facts, const char *path, const char *expected)
{
	const char *value = json_string_value(at(facts, path));
	assert_string_equal(value ? value : "(null)", expected);
}

/* What check tls.access observes; frees the facts. */
static void accesses(json_t *facts, const char *expected)
{
	struct buf out = BUF_INIT;
	char *note = NULL;
	assert_int_equal(inspect_observe("tls.access", facts, &out, &note), 0);
	assert_string_equal(out.data, expected);
	free(note);
	buf_free(&out);
	json_decref(facts);
}

#define FIXED "model=FIXED at=gs:0x30 reloc=none form=one"
#define KEY "model=KEY at=runtime.tls_g reloc=none form=two"

/* ---- what is refused ----------------------------------------------------------------------- */

static void refused(const void *bytes, size_t size, const char *why)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	assert_int_equal(macho_facts("file", (struct bytes){ bytes, size, 0 }, &facts, &diag), -EBADMSG);
	assert_null(facts);
	if (strncmp(diag.line, "file: ", 6) || !strstr(diag.line, why))
		fail_msg("'%s' does not say '%s'", diag.line, why);
}

/* One number of a good program made wrong. */
static const struct {
	size_t at, width;
	uint64_t value;
	const char *why;
} wrong[] = {
	{ 20, 4, 0xffffffff, "truncated: 4294967295 bytes of load commands" },
	{ 4, 4, 7, "a 64-bit Mach-O header for i386" },
	{ 36, 4, 4, "load command 0 at 32 does not fit" },
	{ 36, 4, 0xffffffff, "load command 0 at 32 does not fit" },
	{ 16, 4, 99, "does not fit into" },
	{ 36, 4, 56, "a segment command is too short: load command 0 at 32" },
	{ 96, 4, 9, "more sections than its command has room for: load command 0 at 32" },
	{ 80, 8, 0x10000, "truncated: a segment is beyond the end: load command 0 at 32" },
	{ 72, 8, 0xffffffffffffffff, "truncated: a segment is beyond the end" },
};

static void test_refused(void **state)
{
	(void)state;
	struct macho_sample sample;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		sample_make(&sample, 0, SAMPLE_EXECUTE);
		sample_put(&sample, wrong[i].at, (unsigned)wrong[i].width, wrong[i].value);
		refused(sample.bytes, SAMPLE_SIZE, wrong[i].why);
	}
	refused("\xcf\xfa\xed\xfe", 4, "truncated: a Mach-O header has 32 bytes, the file 4");
	refused("\xce\xfa\xed\xfe", 4, "truncated: a Mach-O header has 28 bytes");
	refused("\xca\xfe\xba\xbe\0\0\0\0", 8, "a fat Mach-O file of 0 slices");
	refused("\xca\xfe\xba\xbe\0\0\0\x34", 8, "of 52 slices (or a Java class file)");
	refused("\xca\xfe\xba\xbe\0\0\0\1", 8, "the table of 1 slices does not fit");
	refused("\xca\xfe\xba\xbe\0\0\0\1\1\0\0\7\0\0\0\3\0\0\0\x1c\0\0\0\1\0\0\0", 28,
	    "truncated: slice 0 is beyond the end (28 bytes)");
	refused("\xca\xfe\xba\xbe\0\0\0\1\1\0\0\7\0\0\0\3\0\0\0\x1c\0\0\0\10\0\0\0\0!<arch>\n", 36,
	    "no Mach-O image (an archive? lipo -thin takes it out)");
}

/* Every length: refused with a line, or fewer facts; nothing is read behind the end (ASan). */
static void test_truncated(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	for (size_t size = 0; size < SAMPLE_SIZE; size++) {
		unsigned char *exact = malloc(size + 1);
		memcpy(exact, sample.bytes, size);
		refused(exact, size, size < 4 ? "malformed: a fat" : "truncated");
		free(exact);
	}
}

/* ---- TLS ----------------------------------------------------------------------------------- */

/* What the samples observe is what the oracle expects of the ports. */
static void test_oracle(void **state)
{
	(void)state;
	static const struct {
		const char *cell;
		int arm64;
		uint32_t filetype;
	} rows[] = {
		{ "go1.26.8/darwin/amd64/exe/cgo0/internal@none", 0, SAMPLE_EXECUTE },
		{ "go1.26.8/darwin/amd64/pie/cgo1/external@none", 0, SAMPLE_EXECUTE },
		{ "go1.26.8/darwin/amd64/c-shared/cgo1/external@none", 0, SAMPLE_DYLIB },
		{ "go1.26.8/darwin/amd64/plugin/cgo1/external@none", 0, SAMPLE_DYLIB },
		{ "go1.26.8/darwin/amd64/c-archive/cgo1/external@none", 0, SAMPLE_OBJECT },
		{ "go1.26.8/ios/amd64/exe/cgo0/internal@none", 0, SAMPLE_EXECUTE },
		{ "go1.26.8/darwin/arm64/exe/cgo0/internal@none", 1, SAMPLE_EXECUTE },
		{ "go1.26.8/darwin/arm64/pie/cgo1/external@none", 1, SAMPLE_EXECUTE },
		{ "go1.26.8/darwin/arm64/c-shared/cgo1/external@none", 1, SAMPLE_DYLIB },
		{ "go1.26.8/darwin/arm64/plugin/cgo1/external@none", 1, SAMPLE_DYLIB },
		{ "go1.26.8/darwin/arm64/c-archive/cgo1/external@none", 1, SAMPLE_OBJECT },
		{ "go1.26.8/ios/arm64/exe/cgo1/external@none", 1, SAMPLE_EXECUTE },
	};
	const struct check *check = check_find("tls.access");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cell cell;
		struct diag diag = DIAG_INIT;
		struct buf expected = BUF_INIT;
		struct macho_sample sample;
		const char *source;
		assert_int_equal(cell_parse(rows[i].cell, &cell, &diag), 0);
		assert_int_equal(oracle_expect(check, &cell, &expected, &source), 0);
		sample_make(&sample, rows[i].arm64, rows[i].filetype);
		if (rows[i].arm64 && rows[i].filetype == SAMPLE_OBJECT) {
			sample_reloc(&sample, 104, 8, 5, 1, 3);
			sample_reloc(&sample, 104, 12, 5, 1, 4);
		}
		accesses(facts_of_sample(&sample), expected.data);
		buf_free(&expected);
	}
}

/* The same with one thing made wrong: each says what is there. */
static void test_fixed_made_wrong(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	accesses(facts_of_sample(&sample), FIXED);
	sample.bytes[SAMPLE_CODE + 5] = 0x28;
	accesses(facts_of_sample(&sample), "model=FIXED at=gs:0x28 reloc=none form=one");
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	memcpy(sample.bytes + SAMPLE_CODE + 0x20, sample.bytes + SAMPLE_CODE, 9);
	sample.bytes[SAMPLE_CODE + 0x25] = 0x38;
	json_t *facts = facts_of_sample(&sample);
	assert_int_equal(number(facts, "macho/fixed_gs/gs:0x30"), 1);
	assert_int_equal(number(facts, "macho/fixed_gs/gs:0x38"), 1);
	accesses(facts, "model=FIXED at=mixed reloc=none form=one");
	/* In C's code it is no access of Go's; with %fs it is none of Darwin's. */
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	memmove(sample.bytes + SAMPLE_C_CODE, sample.bytes + SAMPLE_CODE, 9);
	memset(sample.bytes + SAMPLE_CODE, 0x90, 16);
	accesses(facts_of_sample(&sample), "model=none at=none reloc=none form=none");
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	sample.bytes[SAMPLE_CODE] = 0x64;
	accesses(facts_of_sample(&sample), "model=none at=none reloc=none form=none");
}

/* cmd/link's build ID before the first function is text: here it would be an XOR of %gs:0x67(%rsp,%r13,2). */
static void test_build_id_is_no_code(void **state)
{
	(void)state;
	static const char id[] = "\xff Go build ID: \"\x65\x4e\x30\x54\x6c\x67/x\"\n \xff";
	struct macho_sample sample;
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	memmove(sample.bytes + SAMPLE_CODE + 0x30, sample.bytes + SAMPLE_CODE, 10);
	memset(sample.bytes + SAMPLE_CODE, 0xcc, 0x30);
	memcpy(sample.bytes + SAMPLE_CODE, id, sizeof id - 1);
	json_t *facts = facts_of_sample(&sample);
	assert_int_equal(number(facts, "tls/insn/go_other"), 0);
	accesses(facts, FIXED);
}

static void test_key_made_wrong(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	json_t *facts = facts_of_sample(&sample);
	assert_int_equal(number(facts, "macho/tpidrro"), 1);
	accesses(facts, KEY);
	/* Another word than runtime.tls_g. */
	sample_put(&sample, SAMPLE_CODE + 12, 4, 0xf940037b | 2 << 10);
	accesses(facts_of_sample(&sample), "model=KEY at=0x11010 reloc=none form=two");
	/* Not the thread pointer: TPIDR_EL1. */
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	sample_put(&sample, SAMPLE_CODE, 4, 0xd538d080);
	accesses(facts_of_sample(&sample), "model=none at=none reloc=none form=none");
	/* The other bits cleared: no thread pointer any more. */
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	sample_put(&sample, SAMPLE_CODE + 4, 4, 0x9240f000);
	accesses(facts_of_sample(&sample), "model=none at=none reloc=none form=none");
	/* A plugin's: adrp; add; ldr, what the linker makes of a load from the GOT. */
	static const uint32_t plugin[] = { 0xd53bd060, 0x927df000, 0xb000001b, 0x9102037b, 0xf940037b, 0xf87b681c };
	sample_make(&sample, 1, SAMPLE_DYLIB);
	for (size_t i = 0; i < 6; i++)
		sample_put(&sample, SAMPLE_CODE + 4 * i, 4, plugin[i]);
	accesses(facts_of_sample(&sample), KEY);
}

/* In an object file only the relocations say which word is meant. */
static void test_object_code(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 1, SAMPLE_OBJECT);
	accesses(facts_of_sample(&sample), "model=KEY at=0 reloc=none form=two");
	sample_reloc(&sample, 104, 8, 5, 1, 3);
	sample_reloc(&sample, 104, 12, 5, 1, 4);
	accesses(facts_of_sample(&sample), KEY);
	/* Eight further: ARM64_RELOC_ADDEND before each. */
	sample_make(&sample, 1, SAMPLE_OBJECT);
	sample_reloc(&sample, 104, 8, 8, 0, 10);
	sample_reloc(&sample, 104, 8, 5, 1, 3);
	sample_reloc(&sample, 104, 12, 8, 0, 10);
	sample_reloc(&sample, 104, 12, 5, 1, 4);
	accesses(facts_of_sample(&sample), "model=KEY at=0x1088 reloc=none form=two");
	/* Symbols and places that are not there change nothing. */
	sample_make(&sample, 1, SAMPLE_OBJECT);
	sample_reloc(&sample, 104, 8, 0xffffff, 1, 3);
	sample_reloc(&sample, 104, 0x7e, 5, 1, 4);
	sample_reloc(&sample, 104, 0xfffffffc, 5, 1, 4);
	accesses(facts_of_sample(&sample), "model=KEY at=0 reloc=none form=two");
}

/* Without symbols a file with Go's line table is taken for Go's; C's thread-local variables are descriptors. */
static void test_without_symbols(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	memset(sample.bytes + SAMPLE_SYMBOLS, 0, 0x100);
	accesses(facts_of_sample(&sample), "model=none at=none reloc=none form=none");
	memcpy(sample.bytes + sample.data + 80, "__gopclntab", 12);
	/* A section of that name without a table in it: Go's, and not known where. */
	accesses(facts_of_sample(&sample), "model=none at=unknown reloc=none form=unknown");
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	memset(sample.bytes + SAMPLE_SYMBOLS, 0, 0x100);
	sample_put(&sample, sample.data + 64, 4, 0x13);
	sample_put(&sample, sample.data + 40, 8, 48);
	sample_put(&sample, sample.data + 80 + 64, 4, 0x12);
	json_t *facts = facts_of_sample(&sample);
	assert_int_equal(number(facts, "macho/tlv/vars"), 2);
	assert_int_equal(number(facts, "macho/tlv/bss"), 8);
	assert_false(json_is_true(at(facts, "go/present")));
	accesses(facts, "model=TLSDESC at=none reloc=none form=none");
}

/* ---- initializers and fixups --------------------------------------------------------------- */

static void entries(const struct macho_sample *sample, long long all, long long go, const char *first)
{
	json_t *facts = facts_of_sample(sample);
	assert_int_equal(number(facts, "macho/mod_init"), all);
	assert_int_equal(number(facts, "init/go_entries"), go);
	if (all)
		is_text(facts, "init/init_array/0/symbol", first);
	json_decref(facts);
}

static void test_initializers(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 0, SAMPLE_DYLIB);
	entries(&sample, 2, 1, "_rt0_amd64_darwin_lib");
	sample_put(&sample, SAMPLE_DATA, 8, SAMPLE_BASE + SAMPLE_CODE);
	entries(&sample, 2, 0, "runtime.load_g.abi0");
	sample_make(&sample, 0, SAMPLE_DYLIB);
	sample_put(&sample, sample.data + 64, 4, 1);
	entries(&sample, 0, 0, NULL);
	/* ld's -init_offsets: words of 32 bits. */
	sample_make(&sample, 1, SAMPLE_DYLIB);
	sample_put(&sample, sample.data + 64, 4, 0x16);
	sample_put(&sample, sample.data + 40, 8, 8);
	sample_put(&sample, SAMPLE_DATA, 4, SAMPLE_CODE + SAMPLE_RT0);
	sample_put(&sample, SAMPLE_DATA + 4, 4, SAMPLE_CODE);
	entries(&sample, 2, 1, "_rt0_arm64_darwin_lib");
	/* In an object file relocations fill them: by symbol, or where the word itself says. */
	sample_make(&sample, 1, SAMPLE_OBJECT);
	memset(sample.bytes + SAMPLE_DATA, 0, 8);
	sample_reloc(&sample, sample.data, 0, 2, 1, 0);
	sample_reloc(&sample, sample.data, 8, 1, 0, 0);
	entries(&sample, 2, 1, "_rt0_arm64_darwin_lib");
	sample_make(&sample, 1, SAMPLE_OBJECT);
	sample_reloc(&sample, sample.data, 0, 4, 1, 0);
	entries(&sample, 1, 0, "c_code");
}

/* A chain of three in the data: an initializer, a bind, and a pointer at 0x80; by format. */
static void test_chains(void **state)
{
	(void)state;
	static const struct {
		unsigned format, stride, next_at, bind;
		int is_offset;
		uint64_t sign;
	} rows[] = {
		{ 1, 8, 51, 62, 0, 0 },
		{ 1, 8, 51, 62, 1, 1ULL << 63 },
		{ 2, 4, 51, 63, 0, 0 },
		{ 6, 4, 51, 63, 1, 0 },
		{ 9, 8, 51, 62, 1, 0 },
		{ 12, 8, 51, 62, 1, 1ULL << 63 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t target = SAMPLE_CODE + SAMPLE_RT0 + (rows[i].is_offset ? 0 : SAMPLE_BASE);
		struct macho_sample sample;
		sample_make(&sample, 1, SAMPLE_DYLIB);
		sample_chain(&sample, rows[i].format);
		sample_put(
		    &sample, SAMPLE_DATA, 8, target | rows[i].sign | (uint64_t)(8 / rows[i].stride) << rows[i].next_at);
		sample_put(&sample, SAMPLE_DATA + 8, 8,
		    1ULL << rows[i].bind | (uint64_t)(0x78 / rows[i].stride) << rows[i].next_at);
		entries(&sample, 2, 1, "_rt0_arm64_darwin_lib");
		json_t *facts = facts_of_sample(&sample);
		assert_true(json_is_true(at(facts, "macho/chained_fixups")));
		assert_int_equal(number(facts, "macho/rebases"), 2);
		assert_int_equal(number(facts, "macho/binds"), 1);
		assert_false(json_is_true(at(facts, "macho/textrel")));
		json_decref(facts);
		/* The initializer bound instead: its address is not in the file. */
		sample_put(&sample, SAMPLE_DATA, 8, target | 1ULL << rows[i].bind);
		facts = facts_of_sample(&sample);
		assert_int_equal(number(facts, "init/go_entries"), 0);
		assert_int_equal(number(facts, "init/init_array/0/address"), 0);
		json_decref(facts);
	}
}

static const unsigned char rebases[] = { 0x11, 0x21, 0x10, 0x53, 0x60, 0x82, 0x01, 0x70, 8, 0x80, 5, 16, 0x31, 2, 0x00,
	0x5f }; /* 3 + 130 + 1 + 5 */
static const unsigned char binds[] = { 0x11, 0x40, '_', 'm', 0, 0x51, 0x71, 0x20, 0x90, 0xa0, 8, 0xb1, 0xc0, 7, 8, 0x00,
	0x90 }; /* 1 + 1 + 1 + 7 */
static const unsigned char lazy[] = { 0x71, 0x28, 0x11, 0x40, '_', 'm', 0, 0x90, 0x00, 0x71, 0x30, 0x40, '_', 'n', 0,
	0x90, 0x00 }; /* 2 */

static json_t *facts_with_opcodes(const unsigned char *rebase, size_t size)
{
	struct macho_sample sample;
	sample_make(&sample, 1, SAMPLE_DYLIB);
	SAMPLE_COMMAND(&sample, 0x80000022, NULL, SAMPLE_FIXUPS, 0x20, SAMPLE_FIXUPS + 0x20, 0x20, 0, 0,
	    SAMPLE_FIXUPS + 0x40, 0x20, 0, 0);
	memcpy(sample.bytes + SAMPLE_FIXUPS, rebase, size);
	memcpy(sample.bytes + SAMPLE_FIXUPS + 0x20, binds, sizeof binds);
	memcpy(sample.bytes + SAMPLE_FIXUPS + 0x40, lazy, sizeof lazy);
	return facts_of_sample(&sample);
}

static void test_opcodes(void **state)
{
	(void)state;
	json_t *facts = facts_with_opcodes(rebases, sizeof rebases);
	assert_int_equal(number(facts, "macho/rebases"), 139);
	assert_int_equal(number(facts, "macho/binds"), 12);
	assert_false(json_is_true(at(facts, "macho/textrel")));
	json_decref(facts);
	/* In the segment of the text, which is not mapped for writing. */
	static const unsigned char text[] = { 0x20, 0x10, 0x51, 0x00 };
	facts = facts_with_opcodes(text, sizeof text);
	assert_true(json_is_true(at(facts, "macho/textrel")));
	json_decref(facts);
	/* More than there are numbers. */
	static const unsigned char many[] = { 0x21, 0, 0x60, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0x7f, 0x51 };
	facts = facts_with_opcodes(many, sizeof many);
	assert_true(number(facts, "macho/rebases") == INT64_MAX);
	json_decref(facts);
}

/* ---- what the file says -------------------------------------------------------------------- */

static void test_header(void **state)
{
	(void)state;
	struct macho_sample sample;
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	sample_dylib(&sample, 0x80000018, "@rpath/weak.dylib");
	sample_put(&sample, 24, 4, 0x85 | 0x200000 | 0x20000);
	json_t *facts = facts_of_sample(&sample);
	is_text(facts, "machine", "arm64");
	is_text(facts, "arch", "arm64");
	is_text(facts, "type", "DYN");
	assert_true(json_is_true(at(facts, "pie")));
	assert_int_equal(number(facts, "entry"), SAMPLE_BASE + SAMPLE_CODE);
	is_text(facts, "interp", "/usr/lib/dyld");
	is_text(facts, "needed/0", "/usr/lib/libSystem.B.dylib");
	is_text(facts, "needed/1", "@rpath/weak.dylib");
	is_text(facts, "floor/0", "macOS 12.0");
	assert_true(json_is_true(at(facts, "stack/exec")));
	assert_int_equal(number(facts, "imports/count"), 2);
	const json_t *libraries = at(facts, "imports/versions");
	assert_int_equal(json_integer_value(json_object_get(libraries, "/usr/lib/libSystem.B.dylib")), 1);
	assert_int_equal(json_integer_value(json_object_get(libraries, "any library")), 1);
	json_decref(facts);
}

/* The older commands, and what a flat namespace says. */
static void test_older_header(void **state)
{
	(void)state;
	uint32_t thread[44] = { 4, 42 };
	struct macho_sample sample;
	thread[2 + 32] = 0x1234;
	sample_make(&sample, 0, SAMPLE_DYLIB);
	sample_put(&sample, 24, 4, 0);
	sample_command(&sample, 5, thread, 44, NULL);
	SAMPLE_COMMAND(&sample, 0x25, NULL, 9 << 16 | 3 << 8 | 1, 0);
	SAMPLE_COMMAND(&sample, 0x32, NULL, 77, 1 << 16, 0, 0);
	sample_put(&sample, 32 + 60, 4, 7);
	json_t *facts = facts_of_sample(&sample);
	assert_int_equal(number(facts, "entry"), 0x1234);
	is_text(facts, "soname", "libcase.dylib");
	is_text(facts, "type", "DYN");
	assert_false(json_is_true(at(facts, "stack/exec")));
	is_text(facts, "floor/1", "iOS 9.3.1");
	is_text(facts, "floor/2", "platform 77 1.0");
	assert_int_equal(number(facts, "imports/versions/any library"), 2);
	assert_int_equal(number(facts, "macho/wx_segments"), 1);
	json_decref(facts);
}

/* 32 bits: the same commands with shorter numbers. */
static void test_i386(void **state)
{
	(void)state;
	unsigned char bytes[28 + 124 + 16] = { 0xce, 0xfa, 0xed, 0xfe, 7 };
	static const struct {
		size_t at;
		uint32_t value;
	} words[] = {
		{ 12, 2 },
		{ 16, 1 },
		{ 20, 124 },
		{ 28, 1 },
		{ 32, 124 },
		{ 28 + 24, 0x1000 },
		{ 28 + 28, 0x1000 },
		{ 28 + 36, 28 + 124 + 16 },
		{ 28 + 48, 1 },
		{ 84 + 32, 0x1098 },
		{ 84 + 36, 16 },
		{ 84 + 40, 28 + 124 },
		{ 84 + 56, 9 },
		{ 28 + 124, 0x1004 },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (unsigned b = 0; b < 4; b++)
			bytes[words[i].at + b] = (unsigned char)(words[i].value >> 8 * b);
	json_t *facts = facts_of(bytes, sizeof bytes);
	assert_int_equal(number(facts, "class"), 32);
	is_text(facts, "machine", "i386");
	is_text(facts, "arch", "386");
	assert_int_equal(number(facts, "macho/mod_init"), 4);
	assert_int_equal(number(facts, "init/init_array/0/address"), 0x1004);
	json_decref(facts);
}

/* The first slice's facts, the names of all. */
static void test_fat(void **state)
{
	(void)state;
	static const unsigned char head[] = { 0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, 1, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 64,
		0, 0, 0x10, 0, 0, 0, 0, 6, 1, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0x10, 64, 0, 0, 0x10, 0, 0, 0, 0, 6 };
	unsigned char *bytes = calloc(1, 64 + 2 * SAMPLE_SIZE);
	struct macho_sample sample;
	memcpy(bytes, head, sizeof head);
	sample_make(&sample, 1, SAMPLE_EXECUTE);
	memcpy(bytes + 64, sample.bytes, SAMPLE_SIZE);
	sample_make(&sample, 0, SAMPLE_EXECUTE);
	memcpy(bytes + 64 + SAMPLE_SIZE, sample.bytes, SAMPLE_SIZE);
	json_t *facts = facts_of(bytes, 64 + 2 * SAMPLE_SIZE);
	is_text(facts, "macho/slices/0", "arm64");
	is_text(facts, "macho/slices/1", "x86_64");
	accesses(facts, KEY);
	refused(bytes, 63 + 2 * SAMPLE_SIZE, "truncated: slice 1 is beyond the end");
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_fixed_made_wrong),
		cmocka_unit_test(test_build_id_is_no_code),
		cmocka_unit_test(test_key_made_wrong),
		cmocka_unit_test(test_object_code),
		cmocka_unit_test(test_without_symbols),
		cmocka_unit_test(test_initializers),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_older_header),
		cmocka_unit_test(test_i386),
		cmocka_unit_test(test_fat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
