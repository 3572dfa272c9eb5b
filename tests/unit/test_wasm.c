/* WebAssembly modules: what is seen in modules made for the purpose, and that NONE is said of Go's alone. */
#include "tests/unit/file_sample.h"

static void begin(struct sample *module)
{
	*module = (struct sample){ 0 };
	put_bytes(module, "\0asm\1\0\0\0", 8);
}

/* A section of fewer than 128 bytes; a custom one begins with its name. */
static void section(struct sample *module, int id, const char *bytes, size_t size)
{
	assert_true(size < 128);
	put(module, (uint64_t)id, 1);
	put(module, size, 1);
	put_bytes(module, bytes, size);
}

#define SECTION(module, id, text) section(module, id, text, sizeof(text) - 1)

#define PRODUCERS "\x09producers\x01\x08language\x01\x02Go\x08go1.26.8"
#define MEMORY "\x01\x00\x20"
#define MEMORY_SHARED "\x01\x03\x20\x40"
#define GLOBALS "\x08\x7f\x01\x41\x00\x0b"

/* A module of Go with that memory, as cmd/link/internal/wasm/asm.go orders it. */
static void go_module(struct sample *module, const char *memory, size_t memory_size)
{
	begin(module);
	SECTION(module, 0, "\x0ago:buildid\xff Go build ID: \"x\"\n \xff");
	SECTION(module, 2, "\x02\x04gojs\x10runtime.wasmExit\x00\x01\x04gojs\x11runtime.wasmWrite\x00\x01");
	section(module, 5, memory, memory_size);
	SECTION(module, 6, GLOBALS);
	SECTION(module, 7, "\x02\x03run\x00\x10\x03mem\x02\x00");
	SECTION(module, 0, PRODUCERS);
}

static void test_go(void **state)
{
	(void)state;
	struct sample module;
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	json_t *facts = sample_facts(wasm_facts, &module);
	sample_access(facts, "model=NONE at=none reloc=none form=none");
	sample_is(facts, NULL, "format", "\"wasm\"");
	sample_is(facts, NULL, "type", "\"EXEC\"");
	sample_is(facts, NULL, "needed", "[\"gojs\"]");
	sample_is(facts, "go", "version", "\"go1.26.8\"");
	sample_is(facts, "imports", "symbols", "[\"gojs.runtime.wasmExit\",\"gojs.runtime.wasmWrite\"]");
	sample_is(facts, "wasm", "exports", "[\"run\",\"mem\"]");
	sample_is(facts, "wasm", "shared_memory", "false");
	sample_is(facts, "wasm", "reactor", "false");
	sample_is(facts, "wasm", "start", "null");
	assert_int_equal(sample_number(facts, "wasm", "memory_min"), 32);
	assert_int_equal(sample_number(facts, "wasm", "globals"), 8);
	assert_int_equal(sample_number(facts, "init", "go_entries"), 0);
	json_decref(facts);
}

/* What would make g thread-local, or leave it open, is not called NONE. */
static void test_not_none(void **state)
{
	(void)state;
	struct sample module;
	go_module(&module, MEMORY_SHARED, sizeof MEMORY_SHARED - 1);
	sample_sees(wasm_facts, &module, "model=none at=none reloc=none form=none");
	SECTION(&module, 0, "\x04name\x07\x0d\x01\x02\x0a__tls_base");
	sample_sees(wasm_facts, &module, "model=LE at=__tls_base reloc=none form=none");
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	SECTION(&module, 0, "\x04name\x09\x09\x01\x00\x06.tdata");
	sample_sees(wasm_facts, &module, "model=LE at=__tls_base reloc=none form=none");
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	SECTION(&module, 7, "\x01\x0f__wasm_init_tls\x00\x03");
	sample_sees(wasm_facts, &module, "model=LE at=__tls_base reloc=none form=none");
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	SECTION(&module, 2,
	    "\x01\x03"
	    "env\x0a__tls_base\x03\x7f\x01");
	sample_sees(wasm_facts, &module, "model=LE at=__tls_base reloc=none form=none");
	/* The same words in a function's name say nothing. */
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	SECTION(&module, 0, "\x04name\x01\x0d\x01\x02\x0a__tls_base");
	sample_sees(wasm_facts, &module, "model=NONE at=none reloc=none form=none");
	/* A module of C is not said to be Go's. */
	begin(&module);
	SECTION(&module, 5, MEMORY);
	sample_sees(wasm_facts, &module, "model=none at=none reloc=none form=none");
}

static void test_object(void **state)
{
	(void)state;
	struct sample module;
	begin(&module);
	SECTION(&module, 2,
	    "\x01\x03"
	    "env\x0a__tls_base\x03\x7f\x01");
	SECTION(&module, 0, "\x07linking\x02\x05\x0b\x01\x07.tdata.\x00\x01");
	sample_sees(wasm_facts, &module, "model=LE at=linker reloc=none form=none");
	/* A type index without addend, a memory address with one, then the thread-local one. */
	SECTION(&module, 0, "\x0areloc.CODE\x03\x03\x06\x10\x00\x03\x18\x01\x04\x15\x20\x00\x00");
	json_t *facts = sample_facts(wasm_facts, &module);
	sample_access(facts, "model=LE at=linker reloc=R_WASM_MEMORY_ADDR_TLS_SLEB form=none");
	sample_is(facts, NULL, "type", "\"REL\"");
	json_decref(facts);
}

#define NAMES_OF(size, name) \
	"\x04name\x01" size "\x02\x00\x01" \
	"f\x10" name

static void test_reactor(void **state)
{
	(void)state;
	struct sample module;
	begin(&module);
	SECTION(&module, 7, "\x01\x0b_initialize\x00\x10");
	SECTION(&module, 0, PRODUCERS);
	json_t *facts = sample_facts(wasm_facts, &module);
	sample_is(facts, "wasm", "reactor", "true");
	sample_is(facts, NULL, "type", "\"DYN\"");
	assert_int_equal(sample_number(facts, NULL, "entry"), 16);
	assert_int_equal(sample_number(facts, "init", "go_entries"), 1);
	json_decref(facts);
	/* With names, the entry's own decides. */
	SECTION(&module, 0, NAMES_OF("\x1a", "\x14_rt0_wasm_wasip1_lib"));
	facts = sample_facts(wasm_facts, &module);
	assert_int_equal(sample_number(facts, "init", "go_entries"), 1);
	json_decref(facts);
	begin(&module);
	SECTION(&module, 7, "\x01\x0b_initialize\x00\x10");
	SECTION(&module, 0, PRODUCERS);
	SECTION(&module, 0, NAMES_OF("\x0b", "\x05start"));
	facts = sample_facts(wasm_facts, &module);
	assert_int_equal(sample_number(facts, "init", "go_entries"), 0);
	json_decref(facts);
	begin(&module);
	SECTION(&module, 7, "\x02\x0b_initialize\x00\x10\x06_start\x00\x11");
	facts = sample_facts(wasm_facts, &module);
	sample_is(facts, "wasm", "reactor", "false");
	json_decref(facts);
}

static void test_sections(void **state)
{
	(void)state;
	struct sample module;
	begin(&module);
	/* A table, an imported memory of 64 bits, a global, a tag; then a function whose module is listed already. */
	SECTION(&module, 2,
	    "\x05\x01"
	    "e\x01t\x01\x70\x01\x01\x02\x01"
	    "e\x01m\x02\x05\x02\x03\x01"
	    "e\x01g\x03\x7f\x00\x01"
	    "e\x01x\x04\x00\x00\x01w\x01"
	    "f\x00\x00");
	SECTION(&module, 8, "\x81\x01");
	SECTION(&module, 0,
	    "\x0ftarget_features\x02+\x07"
	    "atomics-\x04simd");
	json_t *facts = sample_facts(wasm_facts, &module);
	assert_int_equal(sample_number(facts, NULL, "class"), 64);
	assert_int_equal(sample_number(facts, "imports", "count"), 5);
	assert_int_equal(sample_number(facts, "wasm", "memory_min"), 2);
	assert_int_equal(sample_number(facts, "wasm", "start"), 129);
	sample_is(facts, NULL, "needed", "[\"e\",\"w\"]");
	sample_is(facts, "imports", "symbols", "[\"e.t\",\"e.m\",\"e.g\",\"e.x\",\"w.f\"]");
	sample_is(facts, "wasm", "features", "[\"+atomics\",\"-simd\"]");
	json_decref(facts);
}

static void test_refused(void **state)
{
	(void)state;
	struct sample module;
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	sample_refused(wasm_facts, &module, 7, "truncated wasm header (7 bytes)");
	sample_refused(wasm_facts, &module, module.size - 1, "is beyond the end");
	module.data[4] = 2;
	sample_refused(wasm_facts, &module, module.size, "wasm version 0x2");
	/* A number that does not end. */
	begin(&module);
	put_bytes(&module, "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	sample_refused(wasm_facts, &module, module.size, "the wasm section at 0x8 is beyond the end (0x14)");
	go_module(&module, MEMORY, sizeof MEMORY - 1);
	SECTION(&module, 0, NAMES_OF("\x1a", "\x14_rt0_wasm_wasip1_lib"));
	sample_cut(wasm_facts, &module);
}

/* Counts that promise more than there is end with what is there. */
static void test_counts(void **state)
{
	(void)state;
	struct sample module;
	begin(&module);
	SECTION(&module, 2,
	    "\xff\xff\xff\xff\x0f\x01"
	    "e\x01"
	    "f\x00\x00");
	SECTION(&module, 7,
	    "\xff\xff\xff\xff\x0f\x01"
	    "e\x00\x01\xff\xff");
	SECTION(&module, 0, "\x09producers\xff\xff\xff\xff\x0f\x08language\xff\xff\xff\xff\x0f\x02Go\x08go1.26.8");
	json_t *facts = sample_facts(wasm_facts, &module);
	assert_int_equal(sample_number(facts, "imports", "count"), 1);
	sample_is(facts, "wasm", "exports", "[\"e\"]");
	sample_is(facts, "go", "version", "\"go1.26.8\"");
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go),
		cmocka_unit_test(test_not_none),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_reactor),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
