/* Plan 9 executables: start code and accesses as Go's linker writes them, and each of them made wrong. */
#include "tests/unit/file_sample.h"

#include "harness/elf/arch.h"

enum { PRIVATES = 0x58c4, OTHER = 0x58c8 };

/* What a program is made of; the defaults are Go's. */
struct program {
	int wide;                /* amd64 */
	uint64_t stored, loaded; /* the variable that start code fills, and the one that f loads */
	int no_lea;              /* start code stores what it never took from the stack */
	unsigned disp;           /* of the access */
	int clobber;             /* the register is written between load and access */
	int symbols;             /* 1: f is Go's; 2: f stands outside runtime.text to etext; 0: stripped */
	int no_buildinfo;
};

#define GO_386 { .stored = PRIVATES, .loaded = PRIVATES, .symbols = 1 }
#define GO_AMD64 { .wide = 1, .stored = PRIVATES, .loaded = PRIVATES, .symbols = 1 }

static uint64_t base_of(int wide) { return wide ? 0x200000 : 0x1000; }

/* The opcode bytes and the address of a variable, absolute or relative to the next instruction. */
static void put_variable(struct sample *file, int wide, const char *opcode, uint64_t address)
{
	put_bytes(file, opcode, strlen(opcode));
	put(file, wide ? address - (base_of(1) + file->size + 4) : address, 4);
}

static void put_code(struct sample *file, const struct program *program)
{
	int wide = program->wide;
	uint64_t data = wide ? 0x300000 : 0;
	file->big_endian = 0;
	put_variable(file, wide, wide ? "\x48\x89\x05" : "\x89\x05", data + OTHER - 8);
	if (!program->no_lea)
		put_bytes(file, "\x48\x8d\x44\x24\x10" + !wide, 4 + (size_t)wide);
	put_variable(file, wide, wide ? "\x48\x89\x05" : "\x89\x05", data + program->stored);
	put(file, 0xc3, 1);
	while (file->size < 96)
		put(file, 0xcc, 1);
	put_variable(file, wide, wide ? "\x48\x8b\x0d" : "\x8b\x0d", data + program->loaded);
	if (program->clobber)
		put_bytes(file, "\x48\x89\xd9" + !wide, 2 + (size_t)wide); /* mov %rbx, %rcx */
	put_bytes(file, "\x4c\x89\xb1" + !wide, 2 + (size_t)wide);         /* mov %r14, disp(%rcx) */
	put(file, program->disp, 4);
	put_bytes(file, "\x48\x8b\x81\0\0\0\0" + !wide, 6 + (size_t)wide); /* mov 0(%rcx), %rax */
	put(file, 0xc3, 1);
	file->big_endian = 1;
}

static void put_symbol(struct sample *file, int wide, uint64_t value, char type, const char *name)
{
	put(file, value, wide ? 8 : 4);
	put(file, 0x80 | (unsigned char)type, 1);
	put_text(file, name);
}

static void build(struct sample *file, const struct program *program)
{
	unsigned header = program->wide ? 40 : 32;
	uint64_t base = base_of(program->wide);
	*file = (struct sample){ .big_endian = 1 };
	put_at(file, 0, program->wide ? 0x8a97 : 0x1eb, 4);
	put_at(file, 12, 0x100, 4);
	put_at(file, 20, base + header, 4);
	put_at(file, 28, 0, 4);
	if (program->wide)
		put(file, base + header, 8);
	put_code(file, program);
	put_at(file, 4, file->size - header, 4);
	size_t text_end = file->size;
	if (!program->no_buildinfo) {
		put_bytes(file, "\xff Go buildinf:\x08\x02", 16);
		put_bytes(file, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08go1.26.8\0", 26);
	}
	put_at(file, 8, file->size - text_end, 4);
	size_t data_end = file->size;
	if (program->symbols) {
		put_symbol(file, program->wide, base + header, 'T', "_rt0");
		put_symbol(file, program->wide, 1, 'f', "a.go");
		put(file, 0, program->wide ? 8 : 4);
		put_bytes(file, "\xfa\0\0\1\0\0", 6); /* z: the file of index 1 */
		put_symbol(file, program->wide, base + (program->symbols == 1 ? header : 0x1000), 'T', "runtime.text");
		put_symbol(file, program->wide, base + 96, 't', "f");
		put_symbol(file, program->wide, base + 0x2000, 'T', "runtime.etext");
	}
	put_at(file, 16, file->size - data_end, 4);
}

static void sees(const struct program *program, const char *wanted)
{
	struct sample file;
	build(&file, program);
	sample_sees(plan9_facts, &file, wanted);
}

#define FOUND "model=KEY at=_privates reloc=none form=two"
#define NOTHING "model=none at=none reloc=none form=none"

static void test_access(void **state)
{
	(void)state;
	static const struct program go[2] = { GO_386, GO_AMD64 };
	for (int i = 0; i < 2; i++) {
		struct program program = go[i];
		sees(&program, FOUND);
		program.symbols = 0;
		sees(&program, FOUND);
		program.no_buildinfo = 1; /* nothing says that it is Go's */
		sees(&program, NOTHING);
		program = go[i];
		program.symbols = 2;
		sees(&program, NOTHING);
		program = go[i];
		program.loaded = OTHER;
		sees(&program, NOTHING);
		program = go[i];
		program.stored = OTHER;
		sees(&program, NOTHING);
		program = go[i];
		program.no_lea = 1;
		sees(&program, NOTHING);
		program = go[i];
		program.clobber = 1;
		sees(&program, NOTHING);
	}
}

static void test_counts(void **state)
{
	(void)state;
	struct program program = GO_AMD64;
	struct sample file;
	for (unsigned disp = 0; disp <= 8; disp += 8) {
		program.disp = disp;
		build(&file, &program);
		json_t *facts = sample_facts(plan9_facts, &file);
		assert_int_equal(json_integer_value(
				     json_object_get(json_object_get(json_object_get(facts, "tls"), "insn"), "go_ie")),
		    disp ? 1 : 2);
		json_decref(facts);
	}
	program.symbols = 2;
	build(&file, &program);
	json_t *facts = sample_facts(plan9_facts, &file);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(json_object_get(facts, "tls"), "insn"), "c_ie")), 1);
	json_decref(facts);
}

static void test_facts(void **state)
{
	(void)state;
	struct program program = GO_386;
	struct sample file;
	build(&file, &program);
	json_t *facts = sample_facts(plan9_facts, &file);
	sample_is(facts, NULL, "arch", "\"386\"");
	sample_is(facts, NULL, "class", "32");
	sample_is(facts, NULL, "entry", "4128");
	sample_is(facts, "go", "version", "\"go1.26.8\"");
	sample_is(facts, "plan9", "magic", "491");
	sample_is(facts, "plan9", "header", "32");
	sample_is(facts, "plan9", "bss", "256");
	sample_is(facts, "plan9", "data", "42");
	json_decref(facts);
	program = (struct program)GO_AMD64;
	build(&file, &program);
	facts = sample_facts(plan9_facts, &file);
	sample_is(facts, NULL, "arch", "\"amd64\"");
	sample_is(facts, NULL, "entry", "2097192");
	sample_is(facts, "plan9", "header", "40");
	json_decref(facts);
}

/* arm: the thread pointer of the processor, and an offset that the linker puts behind the function. */
static void test_arm(void **state)
{
	(void)state;
	static const uint32_t code[] = {
		0xee1d0f70,
		0xe3c00003, /* mrc 15, 0, r0, cr13, cr0, 3; bic r0, r0, #3 */
		0xe59fb010,
		0xe080000b, /* ldr r11, [pc, #16]; add r0, r0, r11 */
		0xe580a000,
		0xe1a0000a, /* str r10, [r0]; mov r0, r10 */
		0xe28ef000,
		0xeafffffe, /* add pc, lr, #0; b . */
		0,
	};
	struct sample file = { .big_endian = 1 };
	put_at(&file, 0, 0x647, 4);
	put_at(&file, 4, sizeof code, 4);
	put_at(&file, 28, 0, 4);
	file.big_endian = 0;
	for (size_t i = 0; i < sizeof code / sizeof *code; i++)
		put(&file, code[i], 4);
	file.big_endian = 1;
	size_t end = file.size;
	put_symbol(&file, 0, 0x1020, 'T', "runtime.text");
	put_symbol(&file, 0, 0x1020, 'T', "runtime.save_g");
	put_symbol(&file, 0, 0x1020 + sizeof code, 'T', "runtime.etext");
	put_at(&file, 16, file.size - end, 4);
	sample_sees(plan9_facts, &file, "model=LE at=0 reloc=none form=two");
	file.data[32 + sizeof code - 4] = 8;
	sample_sees(plan9_facts, &file, "model=LE at=8 reloc=none form=two");
	file.data[32] = 0x71; /* another register of the coprocessor */
	sample_sees(plan9_facts, &file, NOTHING);
}

static void test_refused(void **state)
{
	(void)state;
	struct program program = GO_AMD64;
	struct sample file;
	build(&file, &program);
	sample_refused(plan9_facts, &file, 39, "truncated Plan 9 header (39 bytes)");
	sample_refused(plan9_facts, &file, file.size - 1, "are beyond the end");
	sample_cut(plan9_facts, &file);
	put_at(&file, 4, 0xffffffff, 4);
	sample_refused(plan9_facts, &file, file.size, "truncated: text 4294967295");
	put_at(&file, 0, 0x407, 4);
	sample_refused(plan9_facts, &file, file.size, "Plan 9 magic 0x407");
	/* A symbol without an end is left out, and so is what comes after it. */
	build(&file, &program);
	file.data[file.size - 1] = 'x';
	json_t *facts = sample_facts(plan9_facts, &file);
	sample_access(facts, NOTHING);
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
