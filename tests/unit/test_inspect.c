/* The inspector: what it refuses, what it sees in files made for the purpose, and that it sees
 * there what the oracle wants of Go's. */
#include "tests/unit/elf_sample.h"

#include "harness/format/elf_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

static long long fact(const json_t *facts, const char *group, const char *inner, const char *key)
{
	const json_t *object = json_object_get(facts, group);
	if (inner)
		object = json_object_get(object, inner);
	assert_non_null(json_object_get(object, key));
	return json_integer_value(json_object_get(object, key));
}

/* ---- what is refused ---------------------------------------------------------------------- */

static void refused(const char *name, int error, const char *why)
{
	char path[128];
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	assert_int_equal(inspect_file(sample_path(name, path), &facts, &diag), -error);
	assert_null(facts);
	assert_memory_equal(diag.line, path, strlen(path));
	if (!strstr(diag.line, why))
		fail_msg("'%s' does not say '%s'", diag.line, why);
}

static void test_refused(void **state)
{
	(void)state;
	char path[128];
	write_file("archive", "!<arch>\nfoo");
	refused("archive", EBADMSG, "archive: truncated: member header at 8 (11 bytes)");
	write_file("text", "a b\033c");
	refused("text", EBADMSG,
	    "of a known format (ELF, PE, COFF, Mach-O, XCOFF, Plan 9, wasm): starts with a\\040b\\033c");
	write_file("empty", "");
	refused("empty", EBADMSG, "it is empty");
	write_file("magic", "\177ELF");
	refused("magic", EBADMSG, "truncated or malformed ELF header (4 bytes)");
	refused("missing", ENOENT, "No such file");
	assert_int_equal(mkdir(sample_path("folder", path), 0700), 0);
	refused("folder", EINVAL, "not a regular file");
	assert_int_equal(mkfifo(sample_path("fifo", path), 0600), 0);
	refused("fifo", EINVAL, "not a regular file");
}

static void test_truncated(void **state)
{
	(void)state;
	char path[128];
	struct stat status;
	sh("cp %s/shared %s/cut", sample_dir, sample_dir);
	assert_int_equal(stat(sample_path("cut", path), &status), 0);
	assert_int_equal(truncate(path, status.st_size - 1), 0);
	refused("cut", EBADMSG, "truncated: section header table at ");
	refused("cut", EBADMSG, " is beyond the end (");
	/* At any length: an error with its line, never a crash. */
	for (off_t size = status.st_size - 2; size >= 0; size -= size > 1024 ? 97 : 1) {
		struct diag diag = DIAG_INIT;
		json_t *facts = NULL;
		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(inspect_file(path, &facts, &diag), -EBADMSG);
		assert_true(diag.line[0] != 0);
	}
}

/* ---- what is seen ------------------------------------------------------------------------- */

static void test_oracle(void **state)
{
	(void)state;
	size_t seen = 0;
	for (enum sample sample = 0; sample < SAMPLE_COUNT; sample++) {
		struct cell cell;
		struct diag diag = DIAG_INIT;
		assert_int_equal(cell_parse(samples[sample].cell, &cell, &diag), 0);
		for (size_t i = 0; i < checks_count; i++) {
			struct buf expected = BUF_INIT;
			const char *source;
			if (!judged(&checks[i], &cell))
				continue;
			char *observed = observed_in(samples[sample].name, checks[i].id);
			assert_int_equal(oracle_expect(&checks[i], &cell, &expected, &source), 0);
			if (strcmp(observed, expected.data))
				fail_msg("%s in %s: observed '%s', expected '%s'", checks[i].id, samples[sample].name,
				    observed, expected.data);
			free(observed);
			buf_free(&expected);
			seen++;
		}
	}
	assert_true(seen > 30);
}

/* Where it is not known which code is Go's, no check sees a number. */
static void test_unknown_is_observed(void **state)
{
	static const char *const rows[][2] = {
		{ "tls.model-reloc", "slot=unknown" },
		{ "tls.model-insn", "insn=unknown" },
		{ "tls.one-insn", "insn=unknown" },
		{ "tls.slot-offset", "insn=unknown" },
		{ "tls.le-users", "insn=unknown" },
		{ "init.array-entry", "go=unknown" },
		{ "init.c-calls-align", "c-calls=unknown" },
	};
	json_t *facts = json_pack("{s:{s:{s:n,s:b},s:{s:n}},s:{s:n}}", "tls", "insn", "go_le", "decoded", 1, "relocs",
	    "slot_tpoff", "init", "go_entries");
	(void)state;
	assert_non_null(facts);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf out = BUF_INIT;
		char *note = NULL;
		assert_int_equal(inspect_observe(rows[i][0], facts, &out, &note), 0);
		assert_string_equal(out.data, rows[i][1]);
		free(note);
		buf_free(&out);
	}
	json_decref(facts);
}

static void test_every_file_check_is_observed(void **state)
{
	(void)state;
	json_t *facts = facts_of("exe");
	for (size_t i = 0; i < checks_count; i++) {
		struct buf out = BUF_INIT;
		char *note = NULL;
		int result = inspect_observe(checks[i].id, facts, &out, &note);
		if (result != (checks[i].pass == PASS_FILE ? 0 : -ENOENT))
			fail_msg("%s: %d", checks[i].id, result);
		assert_true((out.len > 0) == (result == 0));
		free(note);
		buf_free(&out);
	}
	json_decref(facts);
}

static void test_promise(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	json_t *facts = facts_of("exe");
	long long value = fact(facts, "tls", "slot", "value"), size = fact(facts, "tls", NULL, "size");
	assert_int_equal(fact(facts, "tls", NULL, "align"), 64);
	assert_int_equal(fact(facts, "tls", NULL, "vaddr") % 64, 0);
	/* ELF TLS section 3, variant II and variant I with a TCB of 16 bytes; 64-byte steps. */
	char *program = xprintf("le:%lld", !strcmp(SAMPLE_ARCH, "amd64") ? value - (size + 63) / 64 * 64 : 64 + value);
	inspect_promise(facts, &out);
	assert_string_equal(out.data, program);
	json_decref(facts);
	facts = facts_of("pie");
	buf_clear(&out);
	inspect_promise(facts, &out);
	assert_string_equal(out.data, program);
	free(program);
	json_decref(facts);
	facts = facts_of("shared");
	buf_clear(&out);
	inspect_promise(facts, &out);
	char *wanted =
	    xprintf("ie:%#llx:%#llx", fact(facts, "tls", "slot", "got"), fact(facts, "tls", "slot", "value"));
	assert_string_equal(out.data, wanted);
	free(wanted);
	buf_free(&out);
	json_decref(facts);
}

/* Where another module may define the symbol, the file promises the GOT word only. */
static void test_external_slot(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	sh("cd %s && { echo '.globl " SLOT_SYMBOL
	   "'; cat go.s; } > global.s && cc -shared -fPIC -o global global.s c.c",
	    sample_dir);
	json_t *facts = facts_of("global");
	inspect_promise(facts, &out);
	char *wanted = xprintf("ie-ext:%#llx", fact(facts, "tls", "slot", "got"));
	assert_string_equal(out.data, wanted);
	assert_int_equal(fact(facts, "tls", "relocs", "slot_tpoff"), 1);
	free(wanted);
	buf_free(&out);
	json_decref(facts);
}

/* Each model of the C compiler is counted as what it is. */
static void test_c_models(void **state)
{
	(void)state;
	static const struct {
		const char *flags, *model, *key;
		const char *reloc;
	} rows[] = {
		{ "-fPIC -shared -ftls-model=initial-exec", "IE", "c_ie", "tpoff" },
		{ "-fPIE -pie -ftls-model=local-exec", "LE", "c_le", NULL },
#ifdef __x86_64__
		{ "-fPIC -shared -mtls-dialect=gnu -ftls-model=global-dynamic", "GD", "gd", "dtpmod" },
		{ "-fPIC -shared -mtls-dialect=gnu -ftls-model=local-dynamic -DLOCAL=static", "LD", "ld", "dtpmod" },
		{ "-fPIC -shared -mtls-dialect=gnu2 -ftls-model=global-dynamic", "TLSDESC", "tlsdesc", "tlsdesc" },
#else
		{ "-fPIC -shared -mtls-dialect=desc -ftls-model=global-dynamic", "TLSDESC", "tlsdesc", "tlsdesc" },
#endif
	};
	write_file("m.c",
	    "#ifndef LOCAL\n#define LOCAL\n#endif\nLOCAL __thread int a = 3, b;\nint f(void);\nint f(void) { a++; "
	    "return b++; }\nint main(void) { return f(); }\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		sh("cd %s && cc -O2 %s -o m m.c", sample_dir, rows[i].flags);
		json_t *facts = facts_of("m");
		const char *model = json_string_value(json_object_get(json_object_get(facts, "tls"), "model"));
		if (strcmp(model, rows[i].model) || fact(facts, "tls", "insn", rows[i].key) < 1 ||
		    (rows[i].reloc && fact(facts, "tls", "relocs", rows[i].reloc) < 1))
			fail_msg("%s: model %s, %lld accesses", rows[i].flags, model,
			    fact(facts, "tls", "insn", rows[i].key));
		assert_int_equal(fact(facts, "tls", "relocs", "slot_tpoff"), 0);
		assert_int_equal(fact(facts, "tls", "insn", "go_le") + fact(facts, "tls", "insn", "go_ie"), 0);
		json_decref(facts);
	}
}

/* The stack canary and the TCB are no variables. */
static void test_canary_is_no_variable(void **state)
{
	(void)state;
	write_file("k.c", "void g(char *);\nint f(void);\nint f(void) { char a[100]; g(a); return a[3]; }\n");
	sh("cd %s && cc -O2 -fstack-protector-all -fPIC -shared -o k k.c", sample_dir);
	json_t *facts = facts_of("k");
	assert_string_equal(json_string_value(json_object_get(json_object_get(facts, "tls"), "model")), "none");
	assert_int_equal(fact(facts, "tls", "insn", "c_le") + fact(facts, "tls", "insn", "c_other"), 0);
	json_decref(facts);
}

/* ---- how Go's code reaches the slot -------------------------------------------------------- */

#ifdef __aarch64__
#define CODE_IE "IE at=loader reloc=R_AARCH64_TLS_TPREL form=two"
#define LE_TWO "two"
#define LINK_LE "R_AARCH64_TLSLE_MOVW_TPREL_G0"
#define LINK_IE "R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21"
#define ALONE "16"
#define KEY_CODE \
	"adrp x27, runtime.tls_g\n ldr x27, [x27, :lo12:runtime.tls_g]\n mrs x0, tpidr_el0\n ldr x28, [x0, x27]\n " \
	"ret\n"
#else
#define CODE_IE "IE at=loader reloc=R_X86_64_TPOFF64 form=two"
#define LE_TWO "one"
#define LINK_LE "R_X86_64_TPOFF32"
#define LINK_IE "R_X86_64_GOTTPOFF"
#define ALONE "-8"
#define KEY_CODE "movq runtime.tls_g(%rip), %r14\n movq %fs:(%r14), %r14\n ret\n"
#endif
#define SLOT_ALONE \
	".section .tbss, \"awT\", %nobits\n.balign 8\n.type " SLOT_SYMBOL ", %object\n.size " SLOT_SYMBOL \
	", 8\n" SLOT_SYMBOL ": .zero 8\n"
#define GO_TEXT(code) \
	".text\nruntime.text:\n.type main.read, %function\nmain.read:\n" code \
	"runtime.etext:\n.globl main\n.type main, %function\nmain: ret\n"
#define PLAIN_STACK ".section .note.GNU-stack, \"\", %progbits\n"
#define SLOT_VARIABLE \
	".data\n.balign 8\n.type runtime.tls_g, %object\n.size runtime.tls_g, 8\nruntime.tls_g: .quad 16\n"

static const struct {
	const char *source, *flags, *observed;
} access_rows[] = {
	/* The slot alone, beside a C variable, and in a library. */
	{ SLOT_ALONE GO_TEXT(SLOT_LE), "-no-pie", "model=LE at=" ALONE " reloc=none form=" LE_TWO },
	{ SLOT_ALONE ".zero 132\n" GO_TEXT(SLOT_LE), "-no-pie", "model=LE at=pt-tls reloc=none form=" LE_TWO },
	{ SLOT_ALONE ".zero 132\n" GO_TEXT(SLOT_IE), "-pie", "model=LE at=pt-tls reloc=none form=two" },
	{ SLOT_ALONE GO_TEXT(SLOT_IE), "-shared", "model=" CODE_IE },
	/* As Android has it: no TLS variable, a word in data. */
	{ SLOT_VARIABLE GO_TEXT(KEY_CODE), "-pie", "model=KEY at=runtime.tls_g reloc=none form=two" },
/* The same word under another name is no key: the number in it is what the code carries. */
#ifndef __aarch64__
	{ ".data\n.balign 8\nother: .quad -24\n" GO_TEXT("movq other(%rip), %r14\n movq %fs:(%r14), %r14\n ret\n"),
	    "-pie", "model=IE at=-24 reloc=none form=two" },
	{ SLOT_ALONE GO_TEXT("movq %fs:-8, %r14\n movq %fs:-16, %r14\n ret\n"), "-no-pie",
	    "model=LE at=mixed reloc=none form=one" },
	{ SLOT_ALONE ".zero 132\n" GO_TEXT("movq %fs:-8, %r14\n ret\n"), "-no-pie",
	    "model=LE at=-8 reloc=none form=one" },
#endif
	/* Object files. */
	{ SLOT_ALONE GO_TEXT(SLOT_IE), "-c", "model=IE at=linker reloc=" LINK_IE " form=none" },
	{ SLOT_ALONE GO_TEXT(SLOT_LE), "-c", "model=LE at=linker reloc=" LINK_LE " form=none" },
	{ SLOT_ALONE GO_TEXT(SLOT_LE SLOT_IE), "-c", "model=mixed at=linker reloc=" LINK_LE " form=none" },
	{ ".globl runtime.tls_g\n" SLOT_VARIABLE GO_TEXT(KEY_CODE), "-c",
	    "model=KEY at=runtime.tls_g reloc=none form=none" },
	{ GO_TEXT("ret\n"), "-c", "model=none at=none reloc=none form=none" },
	{ GO_TEXT("ret\n"), "-no-pie", "model=none at=none reloc=none form=none" },
};

static void test_access(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof access_rows / sizeof *access_rows; i++) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s%s", access_rows[i].source, PLAIN_STACK);
		write_file("access.s", text.data);
		sh("cd %s && cc %s -o access access.s", sample_dir, access_rows[i].flags);
		char *observed = observed_in("access", "tls.access");
		if (strcmp(observed, access_rows[i].observed))
			fail_msg(
			    "row %zu, %s: '%s', not '%s'", i, access_rows[i].flags, observed, access_rows[i].observed);
		free(observed);
		buf_free(&text);
	}
}

/* What an object file has for the initializers' array. */
static void test_object_initializers(void **state)
{
	(void)state;
	sh("cd %s && { echo '.text'; echo '.globl main'; echo '.type main, %%function'; echo 'main: nop'; echo '.type "
	   "_rt0_" SAMPLE_ARCH "_linux_lib, %%function'; echo '_rt0_" SAMPLE_ARCH
	   "_linux_lib:'; echo '.section .init_array, \"aw\"';"
	   " echo '.quad _rt0_" SAMPLE_ARCH "_linux_lib, main'; } > entry.s && cc -c -o entry entry.s",
	    sample_dir);
	json_t *facts = facts_of("entry");
	assert_int_equal(fact(facts, "init", NULL, "go_entries"), 1);
	assert_int_equal(json_array_size(json_object_get(json_object_get(facts, "init"), "init_array")), 2);
	json_decref(facts);
}

/* ---- what the file needs at least ---------------------------------------------------------- */

static const struct {
	const char *note, *floor;
} floor_rows[] = {
	{ ".long 4, 16, 1\n.asciz \"GNU\"\n.long 0, 3, 17, 1\n", "Linux 3.17.1" },
	{ ".long 4, 16, 1\n.asciz \"GNU\"\n.long 9, 3, 17, 1\n", NULL },
	{ ".long 4, 16, 3\n.asciz \"GNU\"\n.long 0, 3, 17, 1\n", NULL },
	{ ".long 8, 4, 1\n.asciz \"FreeBSD\"\n.long 1203000\n", "FreeBSD 12.3" },
	{ ".long 7, 4, 1\n.asciz \"NetBSD\"\n.byte 0\n.long 700000000\n", "NetBSD 7.0" },
	{ ".long 7, 4, 1\n.asciz \"NetBSD\"\n.byte 0\n.long 1001000000\n", "NetBSD 10.1" },
	{ ".long 8, 4, 1\n.asciz \"OpenBSD\"\n.long 0\n", "OpenBSD" },
	{ ".long 10, 4, 1\n.asciz \"DragonFly\"\n.byte 0, 0\n.long 600400\n", "DragonFly 6.4" },
	{ ".long 8, 4, 1\n.asciz \"Android\"\n.long 29\n", "Android API 29" },
	{ ".long 8, 400, 1\n.asciz \"FreeBSD\"\n.long 1203000\n", NULL },
};

static void test_floor(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof floor_rows / sizeof *floor_rows; i++) {
		struct buf text = BUF_INIT;
		buf_printf(
		    &text, ".section .note.tag, \"a\", %%note\n.balign 4\n%s%s", floor_rows[i].note, PLAIN_STACK);
		write_file("floor.s", text.data);
		sh("cd %s && cc -shared -nostdlib -Wl,--build-id=none -o floor floor.s", sample_dir);
		json_t *facts = facts_of("floor"), *floor = json_object_get(facts, "floor");
		const char *seen = json_string_value(json_array_get(floor, 0));
		if (json_array_size(floor) != (floor_rows[i].floor != NULL) ||
		    (seen && strcmp(seen, floor_rows[i].floor)))
			fail_msg("row %zu: %s", i, seen ? seen : "nothing");
		json_decref(facts);
		buf_free(&text);
	}
	/* Of versions the highest, compared as numbers. */
	write_file("floor.c",
	    "#include <stdlib.h>\n#include <pthread.h>\nint main(void) { return !malloc(1) + "
	    "pthread_join(pthread_self(), 0); }\n");
	sh("cd %s && cc -o floor floor.c && readelf -V floor | grep -o 'GLIBC_2[.0-9]*' | sort -uV | tail -n 1 | tr -d "
	   "'\\n' > floor.want",
	    sample_dir);
	json_t *facts = facts_of("floor"), *floor = json_object_get(facts, "floor");
	char path[128], want[64] = "";
	FILE *file = fopen(sample_path("floor.want", path), "r");
	assert_non_null(file);
	assert_non_null(fgets(want, sizeof want, file));
	fclose(file);
	assert_string_equal(json_string_value(json_array_get(floor, json_array_size(floor) - 1)), want);
	json_decref(facts);
}

/* ---- the PLT ------------------------------------------------------------------------------ */

#ifdef __aarch64__
#define SLOT_JUMP(word) "adrp x16, " word "\n ldr x17, [x16, :lo12:" word "]\n add x16, x16, :lo12:" word "\n br x17\n"
static const struct {
	const char *code;
	long long entries;
	const char *observed;
} plt_rows[] = {
	{ SLOT_JUMP("slot"), 1, "clobbered=none" },
	{ "hint 34\n adrp x16, slot\n ldr x17, [x16, :lo12:slot]\n add x16, x16, :lo12:slot\n hint 12\n br x17\n "
	  "nop\n" SLOT_JUMP("slot"),
	    2, "clobbered=none" },
	{ "stp x16, x30, [sp, #-16]!\n" SLOT_JUMP("filled_unasked") "nop\nnop\nnop\n" SLOT_JUMP("slot"), 1,
	    "clobbered=none" },
	{ SLOT_JUMP("slot") "movz x9, #1\n" SLOT_JUMP("slot"), 2, "clobbered=x9" },
	/* What a TLS descriptor's resolver trampoline saves and uses is no call. */
	{ "stp x2, x3, [sp, #-16]!\n adrp x2, filled_unasked\n ldr x2, [x2, :lo12:filled_unasked]\n br x2\n", 0,
	    "clobbered=none plt=none" },
	{ "ldp x2, x3, [sp], #16\n ldr x1, [sp, #8]!\n mov x19, x0\n" SLOT_JUMP("slot"), 1, "clobbered=x1,x2,x3" },
};
#else
static const struct {
	const char *code;
	long long entries;
	const char *observed;
} plt_rows[] = {
	{ "jmp *slot(%rip)\n pushq $0\n jmp head\n jmp *slot(%rip)\n pushq $1\n jmp head\n", 2, "clobbered=none" },
	{ "jmp *slot(%rip)\n xchg %ax, %ax\n", 1, "clobbered=none" },
	{ "endbr64\n bnd jmp *slot(%rip)\n nopl 0(%rax,%rax)\n endbr64\n jmp *slot(%rip)\n", 2, "clobbered=none" },
	{ "endbr64\n pushq $0\n jmp head\n", 0, "clobbered=none plt=none" },
	{ "pushq filled_unasked(%rip)\n jmp *filled_unasked(%rip)\n nopl 0(%rax)\n jmp *slot(%rip)\n", 1,
	    "clobbered=none" },
	/* mold's header and entry; its int3 are no part of one. */
	{ "endbr64\n push %r11\n pushq filled_unasked(%rip)\n jmp *filled_unasked(%rip)\n int3\n int3\n endbr64\n movl "
	  "$1, %r11d\n jmp *slot(%rip)\n",
	    1, "clobbered=r11" },
	/* lld's with -z retpolineplt. */
	{ "movq slot(%rip), %r11\n call head\n jmp head\n pushq $0\n jmp head\n", 1, "clobbered=r11" },
	/* Closure context, g, scratch and what a byte of rax is part of. */
	{ "movl $1, %edx\n movq %rsp, %r12\n movb $1, %al\n popq %r9\n jmp *slot(%rip)\n", 1, "clobbered=rax,r9" },
	{ ".byte 0x06\n jmp *slot(%rip)\n", 1, "clobbered=none" },
};
#endif

/* Entries as linkers write them, in a section of their own, so that one linker can make them all. */
static void test_plt_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plt_rows / sizeof *plt_rows; i++) {
		struct buf text = BUF_INIT;
		buf_printf(&text,
		    ".section .plt.sample, \"ax\", %%progbits\n.balign 16\nhead: %s.data\n.balign 8\nslot: .quad "
		    "os.Exit\nfilled_unasked: .quad 0\n"
		    ".section .note.GNU-stack, \"\", %%progbits\n",
		    plt_rows[i].code);
		write_file("plt.s", text.data);
		sh("cd %s && cc -shared -nostdlib -o plt plt.s", sample_dir);
		json_t *facts = facts_of("plt");
		char *observed = observed_in("plt", "init.plt-registers");
		if (strcmp(observed, plt_rows[i].observed) ||
		    fact(facts, "plt", NULL, "entries") != plt_rows[i].entries)
			fail_msg("%s%s, %lld entries", plt_rows[i].code, observed, fact(facts, "plt", NULL, "entries"));
		assert_int_equal(fact(facts, "plt", NULL, "go_entries"), plt_rows[i].entries);
		free(observed);
		json_decref(facts);
		buf_free(&text);
	}
}

/* A copy of the sample with other bytes at a place of its ELF header, as the check sees it. */
static void observed_with(size_t place, const char *bytes, size_t size, const char *wanted)
{
	char path[128];
	sh("cp %s/std %s/bent", sample_dir, sample_dir);
	int fd = open(sample_path("bent", path), O_WRONLY);
	assert_true(fd >= 0 && pwrite(fd, bytes, size, (off_t)place) == (ssize_t)size && close(fd) == 0);
	char *observed = observed_in("bent", "init.plt-registers");
	assert_string_equal(observed, wanted);
	free(observed);
}

static void test_plt_of_a_file(void **state)
{
	(void)state;
	json_t *facts = facts_of("std");
	assert_true(fact(facts, "plt", NULL, "entries") > 0);
	assert_int_equal(fact(facts, "plt", NULL, "go_entries"), 1);
	json_decref(facts);
	/* Nothing seen is not said to be clean. */
	observed_with(offsetof(Elf64_Ehdr, e_shoff), "\0\0\0\0\0\0\0", 8, "clobbered=none plt=none");
	observed_with(offsetof(Elf64_Ehdr, e_machine), "\xf3", 2, "clobbered=none plt=unknown");
}

/* ---- the rule of the offset --------------------------------------------------------------- */

static void test_block_offset(void **state)
{
	(void)state;
	const struct arch *amd64 = arch_find(EM_X86_64, 64, 0), *arm64 = arch_find(EM_AARCH64, 64, 0),
			  *riscv = arch_find(EM_RISCV, 64, 0);
	const struct arch *ppc = arch_find(EM_PPC64, 64, 0), *arm = arch_find(EM_ARM, 32, 0);
	static const struct {
		uint64_t memsz, align, vaddr;
		int64_t amd64, arm64, riscv, ppc, arm;
	} rows[] = {
		{ 8, 8, 0x1000, -8, 16, 0, -0x7000, 8 },
		{ 132, 64, 0x1000, -192, 64, 0, -0x7000, 64 },
		{ 12, 4, 0x1004, -12, 16, 0, -0x7000, 8 },
		{ 8, 1, 0x1001, -8, 16, 0, -0x7000, 8 },
		/* p_vaddr 8 past an aligned address: the block is that far past one as well. */
		{ 8, 64, 0x1008, -56, 72, 8, 8 - 0x7000, 8 },
		{ 100, 64, 0x1030, -144, 48, 48, 48 - 0x7000, 48 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const GElf_Phdr segment = {
			.p_type = PT_TLS, .p_memsz = rows[i].memsz, .p_align = rows[i].align, .p_vaddr = rows[i].vaddr
		};
		assert_int_equal(tls_block_offset(amd64, &segment), rows[i].amd64);
		assert_int_equal(tls_block_offset(arm64, &segment), rows[i].arm64);
		assert_int_equal(tls_block_offset(riscv, &segment), rows[i].riscv);
		assert_int_equal(tls_block_offset(ppc, &segment), rows[i].ppc);
		assert_int_equal(tls_block_offset(arm, &segment), rows[i].arm);
	}
}

/* The rule is the loader's: the running program asks for its own variable. */
static void test_rule_is_the_loaders(void **state)
{
	(void)state;
	write_file("r.c",
	    "#include <stdio.h>\n__thread long first = 1; __thread char pad[77] = {2}; __thread long far "
	    "__attribute__((aligned(128)));\n"
	    "int main(void) { printf(\"%ld\\n\", (long)((char *)&far - (char *)__builtin_thread_pointer())); return 0; "
	    "}\n");
	sh("cd %s && cc -O1 -o r r.c && ./r > r.out", sample_dir);
	char path[128], line[64] = "";
	FILE *out = fopen(sample_path("r.out", path), "r");
	assert_non_null(out);
	assert_non_null(fgets(line, sizeof line, out));
	fclose(out);
	struct elf_file file;
	struct diag diag = DIAG_INIT;
	assert_int_equal(elf_open(sample_path("r", path), &file, &diag), 0);
	const struct elf_symbol *symbol = elf_symbol_named(elf_symbols(&file), "far");
	assert_non_null(symbol);
	assert_int_equal(tls_block_offset(file.arch, elf_segment(&file, PT_TLS)) + (int64_t)symbol->value, atol(line));
	elf_close(&file);
}

static void test_print(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	json_t *facts = facts_of("shared");
	inspect_print("shared", facts, &out);
	static const char *const words[] = { "shared: ELF 64-bit", "model            IE", "at               loader",
		"relocation       R_", "form             two", "needs at least   GLIBC_2", "Go's slot", "init array",
		"NODELETE", "_linux_lib" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strstr(out.data, words[i]))
			fail_msg("the page has no '%s':\n%s", words[i], out.data);
	buf_free(&out);
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_every_file_check_is_observed),
		cmocka_unit_test(test_promise),
		cmocka_unit_test(test_external_slot),
		cmocka_unit_test(test_c_models),
		cmocka_unit_test(test_canary_is_no_variable),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_object_initializers),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_plt_forms),
		cmocka_unit_test(test_plt_of_a_file),
		cmocka_unit_test(test_block_offset),
		cmocka_unit_test(test_rule_is_the_loaders),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_unknown_is_observed),
	};
	return cmocka_run_group_tests(tests, build_samples, remove_samples);
}
