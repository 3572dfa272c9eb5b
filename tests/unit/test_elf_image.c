/* What elf_image.h says of notes: counted by what a reader of PT_NOTE finds, once each; and of how segments are
 * aligned. */
#include "tests/unit/elf_sample.h"

/* A library whose notes have these alignments, Go's ahead of glibc's kind. */
static void notes_of(unsigned go_align, unsigned other_align, const char *linker, json_int_t expected)
{
	struct buf text = BUF_INIT;
	buf_printf(&text,
	    ".section .note.other, \"a\", %%note\n.balign %u\n.long 4, 4, 9\n.asciz \"OWN\"\n.long 7\n.balign %u\n"
	    ".section .note.go.buildid, \"a\", %%note\n.balign %u\n.long 4, 8, 4\n.asciz \"Go\\0\"\n.ascii \"build "
	    "ID\"\n",
	    other_align, other_align, go_align);
	write_file("notes.s", text.data);
	sh("cd %s && cc -shared -nostdlib -fuse-ld=%s -Wl,--build-id=none -o notes notes.s", sample_dir, linker);
	json_t *facts = facts_of("notes");
	const json_t *notes = json_object_get(facts, "notes");
	assert_int_equal(json_integer_value(json_object_get(notes, "go_build_ids")), expected);
	assert_int_equal(json_integer_value(json_object_get(notes, "gnu_build_ids")), 0);
	json_decref(facts);
	buf_free(&text);
}

static void test_notes(void **state)
{
	(void)state;
	notes_of(4, 4, "bfd", 1);
	/* gold lists it in a segment of its own and in that of the others. */
	notes_of(32, 4, "gold", 1);
	/* Of unlike alignments GNU ld makes two segments. */
	notes_of(4, 8, "bfd", 1);
}

/* The strictest alignment of what is loaded, which the linker was asked for. */
static void test_align(void **state)
{
	static const json_int_t asked[] = { 4096, 65536 };
	(void)state;
	write_file("align.s", ".data\n.long 1\n.text\nnop\n");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		sh("cd %s && cc -shared -nostdlib -Wl,-z,max-page-size=%lld -o align align.s", sample_dir,
		    (long long)asked[i]);
		json_t *facts = facts_of("align");
		const json_t *load = json_object_get(facts, "load");
		assert_int_equal(json_integer_value(json_object_get(load, "align")), asked[i]);
		json_decref(facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_notes), cmocka_unit_test(test_align) };
	return cmocka_run_group_tests(tests, build_samples, remove_samples);
}
