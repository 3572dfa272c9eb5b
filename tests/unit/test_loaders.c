/* test_loaders.c - the rules about loaders that are not at hand: Android, OSv, Windows, macOS; what is not known. */
#include "harness/loader/loaders.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define ELF_DYN "'format':'elf','type':'DYN','pie':false,'static':false"
#define TLS_IE \
	"'tls':{'segments':1,'size':8,'align':8,'relocs':{'tpoff':1,'foreign':0,'dtpmod':0,'dtpoff':0,'tlsdesc':0}}"
#define TLS_GD \
	"'tls':{'segments':1,'size':8,'align':8,'relocs':{'tpoff':0,'foreign':0,'dtpmod':1,'dtpoff':1,'tlsdesc':0}}"
#define GO_1(minor) "'go':{'present':true,'version':'go1." minor "'}"

static const struct row {
	const char *facts, *target, *verdict, *word;
} rows[] = {
	/* Android: IE in dlopen, TLS before 29, alignment, text relocations, whose program */
	{ ELF_DYN "," TLS_IE, "android-30-dlopen", "refuses", "initial-exec" },
	{ ELF_DYN "," TLS_GD, "android-30-dlopen", "runs", NULL },
	{ ELF_DYN "," TLS_IE, "android-30", "runs", NULL },
	{ ELF_DYN "," TLS_GD, "android-28-dlopen", "refuses", "2 relocations" },
	{ ELF_DYN "," TLS_GD, "android-dlopen", "runs while", "the API level is 29 or newer" },
	{ ELF_DYN, "android-28-dlopen", "runs", NULL },
	{ "'format':'elf','type':'DYN','pie':true,'arch':'arm64','tls':{'segments':1,'align':8}", "android-29",
	    "refuses", "8 where it must be 64" },
	{ "'format':'elf','type':'DYN','pie':true,'arch':'arm64','tls':{'segments':1,'align':64}", "android-29", "runs",
	    NULL },
	{ "'format':'elf','type':'DYN','pie':true,'arch':'amd64','tls':{'segments':1,'align':8}", "android-29", "runs",
	    NULL },
	{ ELF_DYN ",'dynamic':{'textrel':true}", "android-23", "refuses", "text relocations" },
	{ ELF_DYN ",'dynamic':{'textrel':true}", "android-22", "runs", NULL },
	{ ELF_DYN ",'dynamic':{'textrel':false}", "android-23", "runs", NULL },
	{ "'format':'elf','type':'DYN','pie':true,'interp':'/lib64/ld-linux-x86-64.so.2'", "android", "refuses",
	    "ld-linux" },
	{ "'format':'elf','type':'DYN','pie':true,'interp':'/system/bin/linker64'", "android", "runs", NULL },
	{ "'format':'elf','type':'DYN','pie':true,'interp':'/system/bin/linker64'", "glibc", "refuses", "linker64" },
	{ ELF_DYN ",'needed':['libc.so.6'],'imports':{'count':3}", "android", "refuses", "libc.so.6" },
	/* Text relocations: of 64-bit files never, of others until API level 23 */
	{ ELF_DYN ",'class':64,'dynamic':{'textrel':true}", "android-21", "refuses", "64-bit" },
	{ ELF_DYN ",'class':32,'dynamic':{'textrel':true}", "android-22", "runs", NULL },
	{ ELF_DYN ",'class':32,'dynamic':{'textrel':true}", "android-23", "refuses", "text relocations" },
	/* 386: the word that glibc alone fills */
	{ ELF_DYN ",'syscalls':{'int80':3,'gs:0x10':40}", "musl", "dies", "40 of Go's system calls" },
	{ ELF_DYN ",'syscalls':{'int80':3,'gs:0x10':40}", "musl-dlopen", "dies", "%gs:0x10" },
	{ ELF_DYN ",'syscalls':{'int80':3,'gs:0x10':40}", "android-30", "dies", "%gs:0x10" },
	{ ELF_DYN ",'syscalls':{'int80':3,'gs:0x10':40}", "glibc", "runs", NULL },
	{ ELF_DYN ",'syscalls':{'int80':43,'gs:0x10':0}", "musl", "runs", NULL },
	{ ELF_DYN ",'syscalls':null", "musl", "runs", NULL },
	{ "'format':'elf','type':'EXEC','static':true,'syscalls':{'int80':3,'gs:0x10':40}", "musl", "runs", NULL },
	/* OSv: initializers by dlopen; of the rest it is not known */
	{ ELF_DYN ",'go':{'present':true},'init':{'go_entries':1}", "osv-dlopen", "dies", "argc 0" },
	{ ELF_DYN ",'go':{'present':true},'init':{'go_entries':1}", "osv", "unknown", NULL },
	{ ELF_DYN ",'go':{'present':false},'init':{'go_entries':0}", "osv-dlopen", "unknown", NULL },
	/* Initializers without names: of Go's files alone it is not known whose they are */
	{ ELF_DYN ",'go':{'present':true},'init':{'go_entries':null}", "musl", "unknown", "does not say" },
	{ ELF_DYN ",'go':{'present':false},'init':{'go_entries':null}", "musl", "runs", NULL },
	{ "'format':'elf','type':'EXEC','static':true,'go':{'present':true},'init':{'go_entries':1}", "glibc",
	    "unknown", "static" },
	{ "'format':'elf','type':'EXEC','static':true,'go':{'present':true},'init':{'go_entries':0}", "glibc", "runs",
	    NULL },
	/* Other systems, other formats */
	{ ELF_DYN ",'needed':['libc.so.7']", "glibc", "unknown", "libc.so.7" },
	{ ELF_DYN ",'floor':['FreeBSD 12.3']", "musl", "unknown", "another system" },
	{ ELF_DYN ",'needed':['libc.musl-x86_64.so.1']", "glibc-dlopen", "refuses", "libc.musl" },
	{ ELF_DYN ",'needed':['libc.musl-x86_64.so.1']", "musl-dlopen", "runs", NULL },
	{ ELF_DYN, "windows", "refuses", "elf" },
	{ "'format':'pe','type':'DYN'", "glibc", "refuses", "pe" },
	{ "'format':'pe','type':'DYN'", "macos", "refuses", "pe" },
	{ "'format':'archive','type':'ARCHIVE'", "musl", "unknown", "linker" },
	{ "'format':'elf','type':'REL'", "musl", "unknown", "linker" },
	/* Windows by Go's release and not by the header alone */
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("26.8"), "windows-7", "dies", "go1.26.8" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("26.8"), "windows-8.1", "unknown",
	    "asks for it" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("21.4"), "windows-7", "unknown", "go1.21.4" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("21.5"), "windows-7", "dies", "ProcessPrng" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("26.8"), "windows-10", "runs", NULL },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("26.8"), "windows", "runs while",
	    "Windows is 10 or newer" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("20.14"), "windows-7", "runs", NULL },
	{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("20.14"), "windows-6.0", "refuses",
	    "Windows 6.1" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 10.0'],'go':{'present':false}", "windows-8.1", "refuses",
	    "10.0" },
	{ "'format':'pe','type':'EXEC','floor':['Windows 10.0'],'go':{'present':false}", "windows-10", "runs", NULL },
	{ "'format':'pe','type':'EXEC','go':{'present':true,'version':null}", "windows-10", "unknown",
	    "does not say: its release of Go asks for it" },
	/* macOS likewise */
	{ "'format':'macho','type':'EXEC','floor':['macOS 11.0']," GO_1("25.1"), "macos-11", "unknown", "go1.25.1" },
	{ "'format':'macho','type':'EXEC','floor':['macOS 11.0']," GO_1("25.1"), "macos-12", "runs", NULL },
	{ "'format':'macho','type':'EXEC','floor':['macOS 11.0']," GO_1("25.1"), "macos", "runs while",
	    "macOS is 12 or newer" },
	{ "'format':'macho','type':'EXEC','floor':['macOS 13.0'],'go':{'present':false}", "macos-12.6", "unknown",
	    "13.0" },
	{ "'format':'macho','type':'EXEC','floor':['macOS 13.0'],'go':{'present':false}", "macos-13", "runs", NULL },
};

static json_t *facts_of(const char *text)
{
	char *quoted = xreplace(text, "'", "\""), *whole = xprintf("{%s}", quoted);
	json_error_t error;
	json_t *facts = json_loads(whole, 0, &error);
	if (!facts)
		fail_msg("%s: %s", text, error.text);
	free(whole);
	free(quoted);
	return facts;
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct diag diag = DIAG_INIT;
		struct loader_target target;
		struct buf line = BUF_INIT;
		json_t *facts = facts_of(rows[i].facts);
		assert_int_equal(loader_parse(rows[i].target, &target, &diag), 0);
		json_t *judged = loader_judge(facts, &target);
		loader_line(judged, &line);
		const char *verdict = json_string_value(json_object_get(judged, "verdict"));
		size_t reasons = json_array_size(json_object_get(judged, "reasons"));
		if (strcmp(verdict, rows[i].verdict) || !reasons != !rows[i].word ||
		    (rows[i].word && !strstr(line.data, rows[i].word)))
			fail_msg("%s on %s: %s", rows[i].facts, rows[i].target, line.data);
		json_decref(judged);
		json_decref(facts);
		buf_free(&line);
	}
}

/* Each row of the table speaks in some test: here, or of real files in tests/test_inspect_loaders.py. */
static void test_every_row_speaks(void **state)
{
	(void)state;
	size_t silent = 0;
	for (size_t i = 0; i < loader_rule_count; i++) {
		int spoke = 0;
		for (size_t k = 0; k < sizeof rows / sizeof rows[0] && !spoke; k++) {
			json_t *facts = facts_of(rows[k].facts);
			struct found found = { "", "" };
			spoke = loader_rules[i].holds(facts, &found) != NO;
			json_decref(facts);
		}
		silent += !spoke;
		assert_true(loader_rules[i].source[0] && loader_rules[i].text[0] && loader_rules[i].loaders);
	}
	/* needs_glibc_part, asks_glibc, ie_large, ie_aligned, exec_stack, relr (twice), flagged_pie */
	assert_int_equal(silent, 8);
}

static void test_release_order(void **state)
{
	(void)state;
	static const char *const rising[] = { "1.2", "1.2.3", "1.2.4", "1.10", "2.4", "2.31", "2.34", "10", "10.15",
		"11" };
	for (size_t i = 0; i < sizeof rising / sizeof rising[0]; i++)
		for (size_t k = 0; k < sizeof rising / sizeof rising[0]; k++) {
			int order = release_order(rising[i], rising[k]);
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
	assert_int_equal(release_order("10", "10.0"), 0);
}

/* What the file's Go release needs is said, not the lower number of its header. */
static void test_floor_of_go(void **state)
{
	(void)state;
	static const struct {
		const char *facts, *asks;
	} files[] = {
		{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("26.8"),
		    "Windows 10 or newer (go1.26.8)" },
		{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("20.14"),
		    "Windows 6.1 or newer (go1.20.14)" },
		{ "'format':'pe','type':'EXEC','floor':['Windows 6.1']," GO_1("9.7"), "Windows 6.1 or newer" },
		{ "'format':'pe','type':'EXEC','floor':['Windows 6.1'],'go':{'present':false}",
		    "Windows 6.1 or newer" },
		{ "'format':'macho','type':'EXEC','floor':['macOS 11.0']," GO_1("27.4"),
		    "macOS 13 or newer (go1.27.4)" },
		{ ELF_DYN "," GO_1("27.4"), "nothing out of the ordinary" },
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct buf asks = BUF_INIT;
		json_t *facts = facts_of(files[i].facts);
		loader_asks(facts, &asks);
		assert_string_equal(asks.data, files[i].asks);
		buf_free(&asks);
		json_decref(facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_every_row_speaks),
		cmocka_unit_test(test_release_order),
		cmocka_unit_test(test_floor_of_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
