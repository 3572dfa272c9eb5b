/* wasm.c - WebAssembly modules: what they import and export, and that nothing in them is thread-local.
 *
 * A module is a magic number, a version and sections; a section is an id, a length and its bytes, all
 * numbers LEB128 (WebAssembly Core Specification, chapter 5).  Custom sections carry the rest: "name"
 * (appendix A.1), "producers", "target_features", "linking" and "reloc.*" (tool-conventions).
 *
 * Thread-local variables of C need threads, so a shared memory, and live where the linker's global
 * __tls_base points to, a different place in every instance (tool-conventions, Linking.md, TLS).  Go's
 * module has one thread and no such global: g is the wasm global 2, a register to Go's compiler
 * (cmd/internal/obj/wasm/wasmobj.go REG_g).  So NONE is said where the module is Go's, its memory is not
 * shared and neither a global, an export nor a data segment is thread-local. */
#include "harness/format/format.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64 }; /* of a list in the facts */

enum section_id {
	SECTION_CUSTOM,
	SECTION_IMPORT = 2,
	SECTION_MEMORY = 5,
	SECTION_GLOBAL,
	SECTION_EXPORT,
	SECTION_START
};
enum external { EXTERNAL_FUNCTION, EXTERNAL_TABLE, EXTERNAL_MEMORY, EXTERNAL_GLOBAL, EXTERNAL_TAG };
enum { LIMIT_MAX = 1, LIMIT_SHARED = 2, LIMIT_64 = 4, LIMIT_PAGE = 8 };
enum { NAME_FUNCTIONS = 1, NAME_GLOBALS = 7, NAME_SEGMENTS = 9 };
enum { LINKING_SEGMENTS = 5 };
enum { RELOC_TLS_SLEB = 21, RELOC_TLS_SLEB64 = 25 }; /* R_WASM_MEMORY_ADDR_TLS_SLEB, _SLEB64 */
/* Bit n: relocations of type n have an addend; those of memory addresses and of offsets in functions and sections. */
#define WITH_ADDEND 0x2e3cb38u
enum { VERSION_LAST = 0x80 }; /* a longer "language" version is none */

enum { NAME_LAST = FACTS_TEXT_MAX + 1 }; /* of a name, what is kept: one more than facts have, so that a cut shows */

struct text {
	const char *data;
	size_t size;
};

/* What is read, and whether it went past the end. */
struct cursor {
	struct bytes bytes;
	uint64_t at;
	int past;
};

struct module {
	uint32_t version;
	int is_object, is_library; /* custom sections "linking"; "dylink", "dylink.0" */
	int is_go, has_tls, shared, memory64, has_start, has_names;
	int has_command, has_reactor; /* exports _start, _initialize */
	int initializer_is_go;
	const char *reloc;
	uint64_t start, entry, memory_min, globals, import_count;
	json_t *modules, *imports, *exports, *features, *go_version;
};

/* ---- numbers and names -------------------------------------------------------------------- */

static uint64_t number(struct cursor *in)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (!bytes_have(&in->bytes, in->at, 1))
			break;
		unsigned char byte = in->bytes.data[in->at++];
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	in->past = 1;
	return 0;
}

/* The next size bytes. */
static struct cursor take(struct cursor *in, uint64_t size)
{
	struct cursor part = { .past = in->past };
	if (!bytes_have(&in->bytes, in->at, size)) {
		in->past = part.past = 1;
		return part;
	}
	part.bytes = bytes_part(&in->bytes, in->at, size);
	in->at += size;
	return part;
}

static struct text name(struct cursor *in)
{
	uint64_t size = number(in);
	struct cursor part = take(in, size);
	return (struct text){ (const char *)part.bytes.data, part.bytes.size };
}

static int is(struct text text, const char *word)
{
	return text.size == strlen(word) && !memcmp(text.data, word, text.size);
}

static int starts_with(struct text text, const char *word)
{
	return text.size >= strlen(word) && !memcmp(text.data, word, strlen(word));
}

static int ends_with(struct text text, const char *word)
{
	size_t size = strlen(word);
	return text.size >= size && !memcmp(text.data + text.size - size, word, size);
}

/* For "%.*s". */
static int length(struct text text) { return text.size < NAME_LAST ? (int)text.size : NAME_LAST; }

static json_t *text_json(struct text text) { return facts_bytes(text.size ? text.data : NULL, text.size); }

static int is_listed(const json_t *list, struct text text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));
		if (word && is(text, word))
			return 1;
	}
	return 0;
}

static void add_name(json_t *list, struct text text)
{
	if (json_array_size(list) < NAMES_MAX)
		json_array_append_new(list, text_json(text));
}

/* The linker's own names for the thread's block; wasm-ld keeps them in exports and in the name section. */
static int is_tls_name(struct text text) { return starts_with(text, "__tls_") || is(text, "__wasm_init_tls"); }

static int is_tls_segment(struct text text) { return starts_with(text, ".tdata") || starts_with(text, ".tbss"); }

/* ---- sections ----------------------------------------------------------------------------- */

static void read_limits(struct module *module, struct cursor *in, int is_memory)
{
	uint64_t flags = number(in), min = number(in);
	if (flags & LIMIT_MAX)
		number(in);
	if (flags & LIMIT_PAGE)
		number(in);
	if (!is_memory || in->past)
		return;
	module->memory_min = min;
	module->shared |= (flags & LIMIT_SHARED) != 0;
	module->memory64 |= (flags & LIMIT_64) != 0;
}

static void read_import(struct module *module, struct cursor *in)
{
	struct text from = name(in), what = name(in);
	switch (number(in)) {
	case EXTERNAL_TABLE:
		number(in);
		read_limits(module, in, 0);
		break;
	case EXTERNAL_MEMORY:
		read_limits(module, in, 1);
		break;
	case EXTERNAL_GLOBAL:
		number(in);
		number(in);
		module->has_tls |= is_tls_name(what);
		break;
	case EXTERNAL_TAG:
		number(in);
		number(in);
		break;
	default:
		number(in);
	}
	if (in->past)
		return;
	module->import_count++;
	if (!is_listed(module->modules, from))
		add_name(module->modules, from);
	if (json_array_size(module->imports) < NAMES_MAX) {
		char *both = xprintf(
		    "%.*s.%.*s", length(from), from.data ? from.data : "", length(what), what.data ? what.data : "");
		json_array_append_new(module->imports, facts_text(both));
		free(both);
	}
}

static void read_export(struct module *module, struct cursor *in)
{
	struct text what = name(in);
	uint64_t kind = number(in), index = number(in);
	if (in->past)
		return;
	add_name(module->exports, what);
	module->has_tls |= is_tls_name(what);
	if (kind != EXTERNAL_FUNCTION || !(is(what, "_start") || is(what, "_initialize")))
		return;
	module->entry = index;
	if (is(what, "_start"))
		module->has_command = 1;
	else
		module->has_reactor = 1;
}

/* Subsections of "name": the function that _initialize exports, and what a linker called its globals and
 * segments.  They come after the exports (a custom section may stand anywhere, "name" stands last). */
static void read_names(struct module *module, struct cursor *in)
{
	while (!in->past && in->at < in->bytes.size) {
		uint64_t id = number(in), size = number(in);
		struct cursor part = take(in, size);
		uint64_t count = number(&part);
		for (uint64_t i = 0;
		    i < count && !part.past && (id == NAME_FUNCTIONS || id == NAME_GLOBALS || id == NAME_SEGMENTS);
		    i++) {
			uint64_t index = number(&part);
			struct text what = name(&part);
			if (part.past)
				break;
			module->has_names |= id == NAME_FUNCTIONS;
			module->has_tls |=
			    (id == NAME_GLOBALS && is_tls_name(what)) || (id == NAME_SEGMENTS && is_tls_segment(what));
			module->initializer_is_go |= id == NAME_FUNCTIONS && module->has_reactor &&
			    index == module->entry && starts_with(what, "_rt0_") && ends_with(what, "_lib");
		}
	}
}

static void read_producers(struct module *module, struct cursor *in)
{
	for (uint64_t fields = number(in); fields && !in->past; fields--) {
		struct text field = name(in);
		for (uint64_t count = number(in); count && !in->past; count--) {
			struct text what = name(in), version = name(in);
			if (in->past || !is(field, "language") || !is(what, "Go"))
				continue;
			module->is_go = 1;
			if (!module->go_version && version.size < VERSION_LAST)
				module->go_version = text_json(version);
		}
	}
}

/* "+atomics": used, "-atomics": must not be used by what is linked to it. */
static void read_features(struct module *module, struct cursor *in)
{
	for (uint64_t count = number(in); count && !in->past; count--) {
		struct cursor prefix = take(in, 1);
		struct text what = name(in);
		if (in->past)
			return;
		char *both = xprintf("%c%.*s", prefix.bytes.data[0], length(what), what.data ? what.data : "");
		if (json_array_size(module->features) < NAMES_MAX)
			json_array_append_new(module->features, facts_text(both));
		free(both);
	}
}

/* WASM_SEGMENT_INFO: names of the data segments of an object file. */
static void read_linking(struct module *module, struct cursor *in)
{
	for (number(in); !in->past && in->at < in->bytes.size;) {
		uint64_t id = number(in), size = number(in);
		struct cursor part = take(in, size);
		for (uint64_t count = id == LINKING_SEGMENTS ? number(&part) : 0; count && !part.past; count--) {
			struct text what = name(&part);
			number(&part);
			number(&part);
			module->has_tls |= !part.past && is_tls_segment(what);
		}
	}
}

/* "reloc.CODE": type, offset, index, and for memory addresses an addend. */
static void read_relocs(struct module *module, struct cursor *in)
{
	number(in);
	for (uint64_t count = number(in); count && !in->past; count--) {
		uint64_t type = number(in);
		number(in);
		number(in);
		if (type < 32 && (WITH_ADDEND >> type & 1))
			number(in);
		if (in->past)
			return;
		if (type == RELOC_TLS_SLEB || type == RELOC_TLS_SLEB64)
			module->reloc =
			    type == RELOC_TLS_SLEB ? "R_WASM_MEMORY_ADDR_TLS_SLEB" : "R_WASM_MEMORY_ADDR_TLS_SLEB64";
	}
}

static void read_custom(struct module *module, struct cursor *in)
{
	struct text what = name(in);
	if (in->past)
		return;
	module->is_object |= is(what, "linking");
	module->is_library |= is(what, "dylink") || is(what, "dylink.0");
	module->is_go |= is(what, "go:buildid") || is(what, "go.buildid"); /* up to 1.19 */
	if (is(what, "name"))
		read_names(module, in);
	else if (is(what, "producers"))
		read_producers(module, in);
	else if (is(what, "target_features"))
		read_features(module, in);
	else if (is(what, "linking"))
		read_linking(module, in);
	else if (is(what, "reloc.CODE"))
		read_relocs(module, in);
}

static void read_section(struct module *module, uint64_t id, struct cursor *in)
{
	if (id == SECTION_CUSTOM) {
		read_custom(module, in);
	} else if (id == SECTION_GLOBAL) {
		module->globals = number(in);
	} else if (id == SECTION_START) {
		module->start = number(in);
		module->has_start = !in->past;
	} else if (id == SECTION_IMPORT || id == SECTION_MEMORY || id == SECTION_EXPORT) {
		for (uint64_t count = number(in); count && !in->past; count--) {
			if (id == SECTION_IMPORT)
				read_import(module, in);
			else if (id == SECTION_MEMORY)
				read_limits(module, in, 1);
			else
				read_export(module, in);
		}
	}
}

static int read_module(const char *path, struct bytes file, struct module *module, struct diag *diag)
{
	if (!bytes_have(&file, 0, 8))
		return diag_set(diag, EBADMSG, "%s: truncated wasm header (%zu bytes)", path, file.size);
	module->version = (uint32_t)bytes_number(&file, 4, 4);
	if (module->version != 1)
		return diag_set(diag, EBADMSG, "%s: wasm version %#x: only modules are read, and those are version 1",
		    path, module->version);
	struct cursor in = { .bytes = file, .at = 8 };
	while (in.at < file.size) {
		uint64_t start = in.at, id = number(&in), size = number(&in);
		struct cursor part = take(&in, size);
		if (in.past)
			return diag_set(diag, EBADMSG,
			    "%s: truncated: the wasm section at %#llx is beyond the end (%#zx)", path,
			    (unsigned long long)start, file.size);
		read_section(module, id, &part);
	}
	return 0;
}

/* ---- facts -------------------------------------------------------------------------------- */

static json_t *tls_json(const struct module *module)
{
	struct insn_scan scan;
	struct access_words words = { "none", "none", NULL };
	insn_scan_begin(&scan, NULL);
	if (module->is_object && module->reloc)
		words = (struct access_words){ "LE", "linker", module->reloc };
	else if (module->has_tls)
		words = (struct access_words){ "LE", module->is_object ? "linker" : "__tls_base", NULL };
	else if (module->is_go && !module->shared)
		words.model = "NONE";
	insn_scan_end(&scan);
	return facts_tls(&words, &scan);
}

static json_t *wasm_json(struct module *module)
{
	return json_pack("{s:I,s:o,s:I,s:b,s:I,s:O,s:O,s:b}", "version", (json_int_t)module->version, "start",
	    module->has_start ? json_integer((json_int_t)module->start) : json_null(), "memory_min",
	    (json_int_t)module->memory_min, "shared_memory", module->shared, "globals", (json_int_t)module->globals,
	    "exports", module->exports, "features", module->features, "reactor",
	    module->has_reactor && !module->has_command);
}

/* Without names, what a reactor of Go starts with can only be Go's. */
static int go_entries(const struct module *module)
{
	return module->has_reactor && (module->has_names ? module->initializer_is_go : module->is_go);
}

static json_t *facts_json(struct module *module)
{
	int library = module->is_library || (module->has_reactor && !module->has_command);
	json_t *version = module->go_version ? json_incref(module->go_version) : json_null();
	json_t *facts = json_pack("{s:s,s:i,s:s,s:s,s:s,s:b,s:I,s:n,s:n,s:O,s:b}", "format", "wasm", "class",
	    module->memory64 ? 64 : 32, "machine", "WebAssembly", "arch", "wasm", "type",
	    module->is_object ? "REL" :
		library       ? "DYN" :
				"EXEC",
	    "pie", 0, "entry", (json_int_t)(module->has_command || module->has_reactor ? module->entry : module->start),
	    "interp", "soname", "needed", module->modules, "static", !module->is_object && !module->import_count);
	json_object_set_new(
	    facts, "go", json_pack("{s:b,s:o,s:n}", "present", module->is_go, "version", version, "build"));
	json_object_set_new(facts, "tls", tls_json(module));
	json_object_set_new(facts, "init", json_pack("{s:i}", "go_entries", go_entries(module)));
	json_object_set_new(facts, "imports",
	    json_pack(
		"{s:I,s:{},s:O}", "count", (json_int_t)module->import_count, "versions", "symbols", module->imports));
	json_object_set_new(facts, "floor", json_array());
	json_object_set_new(facts, "wasm", wasm_json(module));
	return facts;
}

int wasm_facts(const char *path, struct bytes file, json_t **facts, struct diag *diag)
{
	struct module module = {
		.modules = json_array(), .imports = json_array(), .exports = json_array(), .features = json_array()
	};
	int result = read_module(path, file, &module, diag);
	if (!result)
		*facts = facts_json(&module);
	json_decref(module.modules);
	json_decref(module.imports);
	json_decref(module.exports);
	json_decref(module.features);
	json_decref(module.go_version);
	return result;
}
