/* elf_sample.h - small ELF files that look like Go's to the inspector: assembly with the symbols
 * and the TLS sequences of Go's compiler, and C variables beside them.  Built with the machine's
 * C compiler, so that no Go release is needed to test the inspector. */
#ifndef TLSMATRIX_TESTS_UNIT_ELF_SAMPLE_H
#define TLSMATRIX_TESTS_UNIT_ELF_SAMPLE_H

#include "tests/unit/unit.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __aarch64__
#define SAMPLE_ARCH "arm64"
#define SLOT_SYMBOL "runtime.tls_g"
#define SLOT_IE \
	"adrp x27, :gottprel:runtime.tls_g\n ldr x27, [x27, :gottprel_lo12:runtime.tls_g]\n mrs x0, tpidr_el0\n ldr " \
	"x28, [x0, x27]\n ret\n"
#define SLOT_LE "movz x27, #:tprel_g0:runtime.tls_g\n mrs x0, tpidr_el0\n ldr x28, [x0, x27]\n ret\n"
#define CALL_STD "bl os.Exit.abiinternal\n ret\n"
#define INITIALIZER "ret\n"
#else
#define SAMPLE_ARCH "amd64"
#define SLOT_SYMBOL "runtime.tlsg"
#define SLOT_IE "movq runtime.tlsg@gottpoff(%rip), %r14\n movq %fs:(%r14), %r14\n ret\n"
#define SLOT_LE "movq %fs:runtime.tlsg@tpoff, %r14\n ret\n"
#define CALL_STD "call os.Exit.abiinternal@PLT\n ret\n"
#define INITIALIZER \
	"movq %rsp, %rbx\n andq $-16, %rsp\n movq thread_create(%rip), %rax\n call *%rax\n movq %rbx, %rsp\n ret\n" \
	".data\nthread_create: .quad 0\n"
#endif

enum sample { SAMPLE_EXE, SAMPLE_PIE, SAMPLE_SHARED, SAMPLE_STD, SAMPLE_COUNT };

/* A sample, the cell it stands for, and how it is linked.  Programs that run need libneeded.so besides, which these do
 * not: they stand for those that are inspected only. */
static const struct {
	const char *name, *cell, *flags;
	int le, entry;
} samples[SAMPLE_COUNT] = {
	[SAMPLE_EXE] = { "exe", "go1.26.8/linux/" SAMPLE_ARCH "/exe/cgo1/external@none", "-no-pie -fno-pie", 1, 0 },
	[SAMPLE_PIE] = { "pie", "go1.26.8/linux/" SAMPLE_ARCH "/pie/cgo1/external@none", "-pie -fPIE", 0, 0 },
	[SAMPLE_SHARED] = { "shared", "go1.26.8/linux/" SAMPLE_ARCH "/c-shared/cgo1/external@host:dlopen",
	    "-shared -fPIC -Wl,-z,nodelete -Wl,-Bsymbolic", 0, 1 },
	/* By GNU ld, whatever linker is the machine's usual one: mold's entries are what the check is against. */
	[SAMPLE_STD] = { "std", "go1.26.8/linux/" SAMPLE_ARCH "/shared/cgo1/external@host:exec",
	    "-shared -fPIC -Wl,-z,now -fuse-ld=bfd", 0, 0 },
};

static char sample_dir[] = "/tmp/tlsmatrix-elf-XXXXXX";

static inline const char *sample_path(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", sample_dir, name);
	return path;
}

static inline void write_file(const char *name, const char *content)
{
	char path[128];
	FILE *file = fopen(sample_path(name, path), "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void sh(const char *format, ...)
{
	struct buf command = BUF_INIT;
	va_list args;
	va_start(args, format);
	buf_vprintf(&command, format, args);
	va_end(args);
	assert_int_equal(system(command.data), 0);
	buf_free(&command);
}

/* The C variables that share the segment, which they align to 64. */
static const char sample_c[] =
    "__thread int tb_gd = 5;\n__thread char tb_big[100];\n"
    "static __thread long tb_st __attribute__((aligned(64))) = 7;\n"
    "__attribute__((constructor)) static void start(void) { tb_gd = 6; }\n"
    "int touch(int n);\nint touch(int n) { tb_gd += n; tb_big[n] = 1; return tb_gd + (int)tb_st++; }\n";

static inline void build_sample(enum sample sample)
{
	struct buf text = BUF_INIT;
	buf_printf(&text,
	    ".section .tbss, \"awT\", %%nobits\n.balign 8\n.type " SLOT_SYMBOL ", %%object\n.size " SLOT_SYMBOL
	    ", 8\n" SLOT_SYMBOL ": .zero 8\n"
	    ".text\nruntime.text:\n.type main.read, %%function\nmain.read:\n%s.type main.again, "
	    "%%function\nmain.again:\n%sruntime.etext:\n",
	    samples[sample].le ? SLOT_LE : SLOT_IE, samples[sample].le ? SLOT_LE : SLOT_IE);
	/* A library's exports, as cgo makes them: in C and in Go. */
	static const char *const exports[] = { "goBack", "goOnCThread", "goTLSWork", "tlsm_answer", "tlsm_check",
#ifdef __x86_64__
		"tlsm_deep",
#endif
		"tlsm_first_call", "tlsm_signal" };
	for (size_t i = 0; samples[sample].entry && i < sizeof exports / sizeof *exports; i++)
		buf_printf(&text,
		    ".globl %s, _cgoexp_3c477ae7c1cf_%s\n.type %s, %%function\n.type _cgoexp_3c477ae7c1cf_%s, "
		    "%%function\n%s:\n_cgoexp_3c477ae7c1cf_%s: ret\n",
		    exports[i], exports[i], exports[i], exports[i], exports[i], exports[i]);
	if (samples[sample].entry)
		buf_add(&text,
		    ".type _rt0_" SAMPLE_ARCH "_linux_lib, %function\n_rt0_" SAMPLE_ARCH "_linux_lib: " INITIALIZER
		    ".section .init_array, \"aw\"\n.balign 8\n.quad _rt0_" SAMPLE_ARCH "_linux_lib\n");
	else if (sample == SAMPLE_STD)
		buf_add(&text, ".type main.call, %function\nmain.call: " CALL_STD);
	else
		buf_add(&text, ".globl main\n.type main, %function\nmain: ret\n");
	if (sample == SAMPLE_STD)
		buf_add(&text,
		    ".section .note.go.pkg-list, \"\", %note\n.balign 4\n.long 4, 4, 1\n.asciz \"Go\\0\"\n.ascii "
		    "\"time\"\n"
		    ".section .note.go.deps, \"\", %note\n.balign 4\n.long 4, 0, 3\n.asciz \"Go\\0\"\n"
		    ".section .note.go.abihash, \"a\", %note\n.balign 4\n.long 4, 4, 2\n.asciz \"Go\\0\"\n.ascii "
		    "\"hash\"\n");
	else
		buf_add(&text,
		    ".section .note.go.buildid, \"a\", %note\n.balign 4\n.long 4, 8, 4\n.asciz \"Go\\0\"\n"
		    ".ascii \"build ID\"\n");
	buf_add(&text, ".section .note.GNU-stack, \"\", %progbits\n");
	write_file("go.s", text.data);
	write_file("c.c", sample_c);
	sh("cd %s && cc -O2 -Wl,--build-id %s -o %s go.s c.c", sample_dir, samples[sample].flags, samples[sample].name);
	buf_free(&text);
}

static inline int build_samples(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(sample_dir));
	for (enum sample sample = 0; sample < SAMPLE_COUNT; sample++)
		build_sample(sample);
	return 0;
}

static inline int remove_samples(void **state)
{
	(void)state;
	sh("rm -rf %s", sample_dir);
	return 0;
}

static inline json_t *facts_of(const char *name)
{
	char path[128];
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	if (inspect_file(sample_path(name, path), &facts, &diag))
		fail_msg("%s", diag.line);
	return facts;
}

/* What a check observes in a sample file; for the caller to free. */
static inline char *observed_in(const char *name, const char *check)
{
	struct buf out = BUF_INIT;
	char *note = NULL;
	json_t *facts = facts_of(name);
	assert_int_equal(inspect_observe(check, facts, &out, &note), 0);
	free(note);
	json_decref(facts);
	return buf_take(&out);
}

/* Is the check judged on this sample?  No sample has what only Go's linker and arm64's libc decide. */
static inline int judged(const struct check *check, const struct cell *cell)
{
	int odd = !strcmp(SAMPLE_ARCH, "arm64") &&
	    (!strcmp(check->id, "tls.symbols") || !strcmp(check->id, "tls.static-flag"));
	return check->pass == PASS_FILE && check_planned(check, cell) && !odd;
}

#endif
