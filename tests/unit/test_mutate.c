/* Every mutation makes its check see something else, and every FILE check has one. */
#include "tests/unit/elf_sample.h"
#include "tests/unit/insn_made.h"

#include "harness/elf/arch.h"
#include "harness/mutate.h"
#include "matrix/filter.h"
#include "runner/build/facts.h"
#include "runner/trial/violation.h"

#include <errno.h>

#define CONTROL(check, kind, where, argument, status) { check, where, argument },
static const struct {
	const char *check, *where, *mutation;
} controls[] = {
#include "cases/control/file.def"
};
#undef CONTROL
enum { CONTROLS = sizeof controls / sizeof *controls };

static const char *mutation_of(size_t control)
{
	int of_caller;
	return violation_mutation(controls[control].mutation, &of_caller);
}

/* The first sample that a control could be tried on; SAMPLE_COUNT for one that only Go's own
 * linker makes. */
static enum sample sample_for(size_t control)
{
	const struct check *check = check_find(controls[control].check);
	assert_non_null(check);
	for (enum sample sample = 0; sample < SAMPLE_COUNT; sample++) {
		struct cell cell;
		struct diag diag = DIAG_INIT;
		assert_int_equal(cell_parse(samples[sample].cell, &cell, &diag), 0);
		struct filter_subject subject = { &cell, NULL, NULL, NULL };
		if (filter_text_match(controls[control].where, &subject) && check_planned(check, &cell))
			return sample;
	}
	return SAMPLE_COUNT;
}

static void test_each_is_noticed(void **state)
{
	(void)state;
	size_t tried = 0;
	for (size_t i = 0; i < CONTROLS; i++) {
		enum sample sample = sample_for(i);
		char path[128];
		struct diag diag = DIAG_INIT;
		if (sample == SAMPLE_COUNT)
			continue;
		sh("cp %s/%s %s/mutant", sample_dir, samples[sample].name, sample_dir);
		char *before = observed_in("mutant", controls[i].check);
		if (mutate_file(sample_path("mutant", path), mutation_of(i), &diag))
			fail_msg("%s: %s", controls[i].check, diag.line);
		char *after = observed_in("mutant", controls[i].check);
		if (!strcmp(before, after))
			fail_msg("%s: %s on %s goes unnoticed: '%s'", controls[i].check, controls[i].mutation,
			    samples[sample].name, after);
		free(before);
		free(after);
		tried++;
	}
	assert_true(tried > 10);
}

static void test_every_file_check_has_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < checks_count; i++) {
		size_t rows = 0;
		for (size_t k = 0; k < CONTROLS; k++)
			rows += !strcmp(controls[k].check, checks[i].id);
		if (checks[i].pass == PASS_FILE && !rows)
			fail_msg("%s has no control", checks[i].id);
	}
	for (size_t i = 0; i < mutation_count; i++) {
		size_t rows = 0;
		for (size_t k = 0; k < CONTROLS; k++)
			rows += !strcmp(mutation_of(k), mutations[i].name);
		if (!rows)
			fail_msg("nobody uses mutation %s", mutations[i].name);
	}
}

#ifdef __aarch64__
#define CLOBBERED "x9"
#else
#define CLOBBERED "r11"
#endif

/* The library is right in each row; what is wrong is the program's alone. */
static void test_plt_of_a_caller(void **state)
{
	(void)state;
	static const struct {
		const char *made, *mutation, *observed;
	} rows[] = {
		{ "cp std caller", NULL, "clobbered=none" },
		{ "cp std caller", "plt-clobber-go", "clobbered=" CLOBBERED },
		{ "cp exe caller", NULL, "clobbered=none caller=none" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char library[128], caller[128];
		struct diag diag = DIAG_INIT;
		struct buf out = BUF_INIT;
		char *note = NULL;
		json_t *facts;
		sh("cd %s && %s", sample_dir, rows[i].made);
		sample_path("std", library);
		sample_path("caller", caller);
		if (rows[i].mutation && mutate_file(caller, rows[i].mutation, &diag))
			fail_msg("%s", diag.line);
		if (module_facts(library, caller, &facts, &diag))
			fail_msg("%s", diag.line);
		assert_int_equal(inspect_observe("init.plt-registers", facts, &out, &note), 0);
		assert_string_equal(out.data, rows[i].observed);
		assert_non_null(strstr(note, "; program: "));
		assert_int_equal(module_facts(library, "/nowhere", &facts, &diag), -ENOENT);
		free(note);
		buf_free(&out);
		json_decref(facts);
	}
}

/* Of 386, for which this machine need have no compiler; the access to Go's slot is seen as before. */
static void test_syscalls_of_386(void **state)
{
	(void)state;
	static const struct made empty = { .arch = &arch_386, .type = ET_EXEC, .tls_size = 4, .slot = NO_SLOT };
	static const char code[] = "\xcd\x80\x3d\x01\xf0\xff\xff\xcd\x80\x65\x8b\x0d\0\0\0\0\x8b\x89\xfc\xff\xff\xff",
			  *const access = "model=LE at=-4 reloc=none form=two";
	struct made made = empty;
	char path[128];
	struct diag diag = DIAG_INIT;
	made_file(&made);
	made_observed(&made, "file.syscalls", "syscalls=none");
	memcpy(made.bytes + CODE, code, sizeof code - 1);
	made_observed(&made, "file.syscalls", "syscalls=int80");
	made_observed(&made, "tls.access", access);
	FILE *file = fopen(sample_path("386", path), "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(made.bytes, 1, PAGE, file), PAGE);
	assert_int_equal(fclose(file), 0);
	if (mutate_file(path, "syscall-gs", &diag))
		fail_msg("%s", diag.line);
	char *syscalls = observed_in("386", "file.syscalls"), *slot = observed_in("386", "tls.access");
	assert_string_equal(syscalls, "syscalls=int80,gs:0x10");
	assert_string_equal(slot, access);
	assert_int_equal(mutate_file(path, "syscall-gs", &diag), -ENOENT);
	assert_int_equal(mutate_file(path, "tls-align", &diag), -EINVAL);
	free(syscalls);
	free(slot);
	char *other = observed_in("exe", "file.syscalls");
	assert_string_equal(other, "syscalls=unknown");
	free(other);
}

static void test_refusals(void **state)
{
	(void)state;
	char path[128];
	struct diag unknown = DIAG_INIT, missing = DIAG_INIT, text = DIAG_INIT;
	sh("cp %s/exe %s/kept", sample_dir, sample_dir);
	assert_int_equal(mutate_file(sample_path("kept", path), "nonsense", &unknown), -EINVAL);
	assert_string_equal(unknown.line, "unknown mutation 'nonsense'");
	assert_int_equal(mutate_file(path, "slot-dtpoff", &missing), -ENOENT);
	assert_non_null(strstr(missing.line, "slot-dtpoff: the file has no thread-pointer-offset relocation"));
	write_file("text", "no ELF");
	assert_int_equal(mutate_file(sample_path("text", path), "tls-align", &text), -EBADMSG);
	struct diag other = DIAG_INIT;
	assert_int_equal(mutate_file(sample_path("kept", path), "syscall-gs", &other), -EINVAL);
	assert_non_null(strstr(other.line, "only i386 files can be mutated"));
	sh("cmp -s %s/exe %s/kept", sample_dir, sample_dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_noticed),
		cmocka_unit_test(test_every_file_check_has_one),
		cmocka_unit_test(test_plt_of_a_caller),
		cmocka_unit_test(test_syscalls_of_386),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, build_samples, remove_samples);
}
