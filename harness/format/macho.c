/* macho.c - facts of Mach-O files: programs, libraries, bundles and objects of Darwin, and fat files of several.
 *
 * Besides the keys of all formats there is "macho" (harness/inspect.h).  C's thread-local variables are none of Go's
 * business: dyld finds them by descriptors in __thread_vars, each a function to call, a pthread key and an offset
 * (<mach-o/loader.h> S_THREAD_LOCAL_VARIABLES); a file with nothing but these has the model TLSDESC. */
#include "harness/format/macho.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMPORT_NAMES_MAX = 64, INITIALIZERS_MAX = 64, SLICES_MAX = 42, DYNAMIC_LOOKUP_ORDINAL = 0xfe };

struct named {
	uint32_t number;
	const char *name;
};

/* The name of a number, NULL for one that has none here. */
static const char *name_of(const struct named *names, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}
#define NAME_OF(names, number) name_of(names, ARCH_COUNT(names), number)

static const struct named filetypes[] = {
	{ 1, "OBJECT" },
	{ 2, "EXECUTE" },
	{ 3, "FVMLIB" },
	{ 4, "CORE" },
	{ 5, "PRELOAD" },
	{ 6, "DYLIB" },
	{ 7, "DYLINKER" },
	{ 8, "BUNDLE" },
	{ 9, "DYLIB_STUB" },
	{ 10, "DSYM" },
	{ 11, "KEXT_BUNDLE" },
	{ 12, "FILESET" },
};

static const struct named flag_names[] = {
	{ 0x1, "NOUNDEFS" },
	{ 0x2, "INCRLINK" },
	{ MH_DYLDLINK, "DYLDLINK" },
	{ 0x8, "BINDATLOAD" },
	{ 0x10, "PREBOUND" },
	{ 0x20, "SPLIT_SEGS" },
	{ MH_TWOLEVEL, "TWOLEVEL" },
	{ 0x100, "FORCE_FLAT" },
	{ 0x2000, "SUBSECTIONS_VIA_SYMBOLS" },
	{ 0x8000, "WEAK_DEFINES" },
	{ 0x10000, "BINDS_TO_WEAK" },
	{ MH_ALLOW_STACK_EXECUTION, "ALLOW_STACK_EXECUTION" },
	{ 0x100000, "NO_REEXPORTED_DYLIBS" },
	{ MH_PIE, "PIE" },
	{ 0x800000, "HAS_TLV_DESCRIPTORS" },
	{ 0x1000000, "NO_HEAP_EXECUTION" },
	{ 0x2000000, "APP_EXTENSION_SAFE" },
};

/* <mach-o/loader.h> PLATFORM_*. */
static const struct named platforms[] = {
	{ 1, "macOS" },
	{ 2, "iOS" },
	{ 3, "tvOS" },
	{ 4, "watchOS" },
	{ 5, "bridgeOS" },
	{ 6, "Mac Catalyst" },
	{ 7, "iOS simulator" },
	{ 8, "tvOS simulator" },
	{ 9, "watchOS simulator" },
	{ 10, "DriverKit" },
	{ 11, "visionOS" },
	{ 12, "visionOS simulator" },
};

/* Library ordinals that are none: <mach-o/nlist.h> SELF_, DYNAMIC_LOOKUP_ and EXECUTABLE_ORDINAL. */
static const struct named ordinals[] = { { 0, "this file" }, { DYNAMIC_LOOKUP_ORDINAL, "any library" },
	{ 0xff, "the program" } };

/* ---- TLS ----------------------------------------------------------------------------------- */

static uint64_t size_of_type(const struct macho_file *file, unsigned type)
{
	uint64_t size = 0;
	for (size_t i = 0; i < file->section_count; i++)
		size += (file->sections[i].flags & SECTION_TYPE) == type ? file->sections[i].size : 0;
	return size & INT64_MAX;
}

/* The words of check tls.access.  at has room for a number. */
static struct access_words words_of(const struct macho_file *file, const struct macho_code *code, char at[32])
{
	const struct insn_scan *scan = &code->scan;
	struct access_words words = { "none", scan->is_unknown ? "unknown" : "none", NULL };
	if (scan->segment && scan->go[ACCESS_LE]) {
		words.model = "FIXED";
		words.at = scan->offset.mixed ? "mixed" : at;
		snprintf(at, 32, "%cs:%#llx", scan->segment, (unsigned long long)scan->offset.value);
	} else if (!scan->segment && scan->go[ACCESS_IE]) {
		words.model = "KEY";
		words.at = scan->got.mixed                                      ? "mixed" :
		    code->has_tls_g && code->tls_g == (uint64_t)scan->got.value ? "runtime.tls_g" :
										  at;
		snprintf(at, 32, "%#llx", (unsigned long long)scan->got.value);
	} else if (!code->has_runtime && size_of_type(file, S_THREAD_LOCAL_VARIABLES)) {
		words.model = "TLSDESC";
	}
	return words;
}

static json_t *fixed_json(const struct insn_scan *scan)
{
	json_t *words = json_object();
	for (size_t i = 0; i < scan->fixed_count && i < FIXED_MAX; i++) {
		char name[32];
		snprintf(name, sizeof name, "%cs:%#llx", scan->segment, (unsigned long long)scan->fixed[i].offset);
		json_object_set_new(words, name, json_integer((json_int_t)scan->fixed[i].count));
	}
	return words;
}

static json_t *tlv_json(const struct macho_file *file)
{
	uint64_t descriptor = 3 * (uint64_t)file->class / 8;
	return json_pack("{s:I,s:I,s:I}", "vars",
	    (json_int_t)(size_of_type(file, S_THREAD_LOCAL_VARIABLES) / descriptor), "data",
	    (json_int_t)size_of_type(file, S_THREAD_LOCAL_REGULAR), "bss",
	    (json_int_t)size_of_type(file, S_THREAD_LOCAL_ZEROFILL));
}

/* ---- initializers -------------------------------------------------------------------------- */

struct initializers {
	const struct macho_code *code;
	json_t *list;
	json_int_t count, go_entries;
};

static void note_initializer(void *context, uint64_t address, const struct macho_symbol *symbol)
{
	struct initializers *all = context;
	const char *name = symbol ? macho_plain_name(symbol) : macho_function_at(all->code, address);
	all->count++;
	all->go_entries += format_is_go_entry(name);
	if (all->count <= INITIALIZERS_MAX)
		json_array_append_new(
		    all->list, json_pack("{s:I,s:o}", "address", (json_int_t)address, "symbol", facts_text(name)));
}

/* ---- imports ------------------------------------------------------------------------------- */

/* By library, as the ordinals of a two-level namespace tell; in a flat one every import may come from any. */
static json_t *libraries_json(const struct macho_file *file, const size_t counts[256])
{
	json_t *libraries = json_object();
	for (uint32_t i = 0; i < 256; i++) {
		const char *special = NAME_OF(ordinals, i),
			   *name = i && i <= file->needed_count ? file->needed[i - 1] : special;
		if (counts[i] && name)
			facts_count(libraries, name, counts[i]);
	}
	return libraries;
}

static json_t *imports_json(const struct macho_file *file)
{
	size_t counts[256] = { 0 };
	json_t *names = json_array();
	json_int_t count = 0;
	for (size_t i = 0; i < file->symbol_count; i++) {
		const struct macho_symbol *symbol = &file->symbols[i];
		if ((symbol->type & N_STAB) || (symbol->type & N_TYPE) != N_UNDF || !(symbol->type & N_EXT) ||
		    symbol->value || !symbol->name[0])
			continue;
		count++;
		if (file->filetype != MH_OBJECT)
			counts[file->flags & MH_TWOLEVEL ? symbol->desc >> 8 & 0xff : DYNAMIC_LOOKUP_ORDINAL]++;
		if (json_array_size(names) < IMPORT_NAMES_MAX)
			json_array_append_new(names, facts_text(symbol->name));
	}
	return json_pack("{s:I,s:o,s:o}", "count", count, "versions", libraries_json(file, counts), "symbols", names);
}

static json_t *needed_json(const struct macho_file *file)
{
	json_t *list = json_array();
	for (size_t i = 0; i < file->needed_count; i++)
		facts_list(list, file->needed[i]);
	return list;
}

static json_t *floor_json(const struct macho_file *file)
{
	json_t *list = json_array();
	for (size_t i = 0; i < file->floor_count; i++) {
		uint32_t version = file->floor[i].version;
		const char *platform = NAME_OF(platforms, file->floor[i].platform);
		char text[64];
		int end = platform ? snprintf(text, sizeof text, "%s", platform) :
				     snprintf(text, sizeof text, "platform %u", file->floor[i].platform);
		end += snprintf(text + end, sizeof text - (size_t)end, " %u.%u", version >> 16, version >> 8 & 0xff);
		if (version & 0xff)
			snprintf(text + end, sizeof text - (size_t)end, ".%u", version & 0xff);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

/* ---- the file ------------------------------------------------------------------------------ */

static json_t *flags_json(const struct macho_file *file)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ARCH_COUNT(flag_names); i++)
		if (file->flags & flag_names[i].number)
			json_array_append_new(list, json_string(flag_names[i].name));
	return list;
}

/* "macho".  Takes slices. */
static json_t *macho_json(const struct macho_file *file, const struct macho_code *code,
    const struct macho_fixups *fixups, json_int_t initializers, json_t *slices)
{
	json_int_t wx = 0;
	for (size_t i = 0; i < file->segment_count; i++)
		wx += (file->segments[i].protection & (VM_PROT_WRITE | VM_PROT_EXECUTE)) ==
			(VM_PROT_WRITE | VM_PROT_EXECUTE) &&
		    file->filetype != MH_OBJECT;
	const char *filetype = NAME_OF(filetypes, file->filetype);
	json_t *word = code->has_tls_g ? json_integer((json_int_t)code->tls_g) : json_null();
	return json_pack("{s:s,s:o,s:o,s:o,s:I,s:o,s:I,s:b,s:I,s:I,s:b,s:I,s:o}", "filetype",
	    filetype ? filetype : "other", "flags", flags_json(file), "tlv", tlv_json(file), "fixed_gs",
	    fixed_json(&code->scan), "tpidrro", (json_int_t)code->tpidrro, "slot_index", word, "mod_init", initializers,
	    "chained_fixups", file->has_chained, "rebases", (json_int_t)fixups->rebases, "binds",
	    (json_int_t)fixups->binds, "textrel", fixups->text, "wx_segments", wx, "slices", slices);
}

static const char *type_of(const struct macho_file *file)
{
	switch (file->filetype) {
	case MH_OBJECT:
		return "REL";
	case MH_CORE:
		return "CORE";
	case MH_EXECUTE:
		return file->flags & MH_PIE ? "DYN" : "EXEC";
	default:
		return "DYN";
	}
}

static json_t *facts_json(struct macho_file *file, json_t *slices)
{
	struct macho_code code;
	char machine[32], at[32];
	const struct macho_section *buildinfo = macho_section_named(file, "__go_buildinfo");
	struct bytes info = buildinfo ? macho_section_bytes(file, buildinfo) : (struct bytes){ 0 };
	int is_program = file->filetype == MH_EXECUTE;
	struct macho_fixups fixups;
	macho_fixups_read(file, &fixups); /* first: the chains tell how pointers are written */
	macho_code_read(file, info.size != 0, &code);
	struct access_words words = words_of(file, &code, at);
	struct initializers initializers = { .code = &code, .list = json_array() };
	macho_initializers(file, note_initializer, &initializers);
	json_t *object = macho_json(file, &code, &fixups, initializers.count, slices);
	snprintf(machine, sizeof machine, "cpu %#x", file->cpu_type);
	json_t *facts = json_pack("{s:s,s:i,s:s,s:o,s:s,s:b,s:I,s:o,s:o,s:o,s:b}", "format", "macho", "class",
	    file->class, "machine", file->cpu ? file->cpu->name : machine, "arch",
	    facts_text(file->cpu && file->cpu->arch ? file->cpu->arch->goarch : NULL), "type", type_of(file), "pie",
	    is_program && (file->flags & MH_PIE), "entry", (json_int_t)file->entry, "interp", facts_text(file->interp),
	    "soname", facts_text(file->soname), "needed", needed_json(file), "static", is_program && !file->interp);
	json_object_set_new(facts, "go", facts_go(info, code.has_runtime));
	json_object_set_new(facts, "tls", facts_tls(&words, &code.scan));
	json_object_set_new(facts, "init",
	    json_pack("{s:o,s:o}", "go_entries",
		code.function_count || !code.scan.is_unknown || !initializers.count ?
		    json_integer(initializers.go_entries) :
		    json_null(),
		"init_array", initializers.list));
	json_object_set_new(facts, "stack",
	    json_pack("{s:b,s:b}", "present", 1, "exec", (file->flags & MH_ALLOW_STACK_EXECUTION) != 0));
	json_object_set_new(facts, "imports", imports_json(file));
	json_object_set_new(facts, "floor", floor_json(file));
	json_object_set_new(facts, "macho", object);
	macho_code_close(&code);
	return facts;
}

static int read_image(const char *name, struct bytes bytes, json_t *slices, json_t **facts, struct diag *diag)
{
	struct macho_file file;
	int result = macho_read(name, bytes, &file, diag);
	if (result) {
		json_decref(slices);
		return result;
	}
	*facts = facts_json(&file, slices);
	macho_close(&file);
	return 0;
}

/* ---- fat files ----------------------------------------------------------------------------- */

static int is_image(const struct bytes *bytes)
{
	uint64_t magic = bytes_number(bytes, 0, 4);
	return magic == 0xfeedface || magic == 0xfeedfacf;
}

/* <mach-o/fat.h>: big-endian, for every slice a row with its processor, offset and size. */
static int read_fat(const char *name, struct bytes bytes, json_t **facts, struct diag *diag)
{
	bytes.big_endian = 1;
	int wide = bytes_number(&bytes, 0, 4) == 0xcafebabf;
	unsigned row = wide ? 32 : 20, width = wide ? 8 : 4;
	uint64_t count = bytes_number(&bytes, 4, 4);
	/* A Java class file begins with the same word and its version, 45 or more, where the count is here. */
	if (!count || count > SLICES_MAX)
		return diag_set(diag, EBADMSG, "%s: malformed: a fat Mach-O file of %llu slices (or a Java class file)",
		    name, (unsigned long long)count);
	if (!bytes_have(&bytes, 8, count * row))
		return diag_set(diag, EBADMSG, "%s: truncated: the table of %llu slices does not fit", name,
		    (unsigned long long)count);
	json_t *slices = json_array();
	struct bytes first = { 0 };
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = 8 + i * row, offset = bytes_number(&bytes, at + 8, width),
			 size = bytes_number(&bytes, at + 8 + width, width);
		uint32_t type = (uint32_t)bytes_number(&bytes, at, 4);
		const struct macho_cpu *cpu = macho_cpu_of(type);
		char text[32];
		snprintf(text, sizeof text, "cpu %#x", type);
		json_array_append_new(slices, json_string(cpu ? cpu->name : text));
		if (!bytes_have(&bytes, offset, size)) {
			json_decref(slices);
			return diag_set(diag, EBADMSG, "%s: truncated: slice %llu is beyond the end (%zu bytes)", name,
			    (unsigned long long)i, bytes.size);
		}
		first = i ? first : bytes_part(&bytes, offset, size);
	}
	first.big_endian = 0;
	if (!is_image(&first)) {
		json_decref(slices);
		return diag_set(diag, EBADMSG,
		    "%s: the first slice of the fat file is no Mach-O image (an archive? lipo -thin takes it out)",
		    name);
	}
	return read_image(name, first, slices, facts, diag);
}

int macho_facts(const char *name, struct bytes file, json_t **facts, struct diag *diag)
{
	file.big_endian = 0;
	return is_image(&file) ? read_image(name, file, json_null(), facts, diag) : read_fat(name, file, facts, diag);
}
