/* print_object.c - the objects of the formats as lines: a row for each key. */
#include "harness/print_object.h"
#include "matrix/base/buf.h"
#include "matrix/base/text.h"

#include <string.h>

void print_line(struct buf *line, struct buf *out)
{
	text_add(out, line->data, TEXT_ASCII);
	buf_add(out, "\n");
	buf_free(line);
}

static void print_scalar(const json_t *value, enum print_style style, struct buf *out)
{
	const char *text = json_string_value(value);
	long long number = json_integer_value(value);
	if (text)
		buf_add(out, text);
	else if (json_is_integer(value))
		buf_printf(out, style == PRINT_HEX ? "%#llx" : style == PRINT_COUNTS ? "x%lld" : "%lld", number);
	else
		buf_add(out, json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "none");
}

static void print_array(const json_t *array, enum print_style style, struct buf *out)
{
	if (!json_array_size(array))
		buf_add(out, "none");
	for (size_t i = 0; i < json_array_size(array); i++) {
		buf_add(out, i ? ", " : "");
		print_scalar(json_array_get(array, i), style, out);
	}
}

static void print_object(json_t *object, enum print_style style, struct buf *out)
{
	const char *key;
	json_t *inner;
	size_t count = 0;
	json_object_foreach(object, key, inner)
	{
		buf_printf(out, "%s%s ", count++ ? ", " : "", key);
		if (json_is_array(inner))
			print_array(inner, style, out);
		else
			print_scalar(inner, style, out);
	}
	if (!count)
		buf_add(out, "none");
}

void print_value(json_t *value, enum print_style style, struct buf *out)
{
	if (json_is_array(value))
		print_array(value, style, out);
	else if (json_is_object(value))
		print_object(value, style, out);
	else
		print_scalar(value, style, out);
}

/* ---- the formats -------------------------------------------------------------------------- */

struct row {
	const char *key, *label;
	enum print_style style;
};

static const struct row pe[] = {
	{ "subsystem", "subsystem", PRINT_PLAIN },
	{ "image_base", "image base", PRINT_HEX },
	{ "dll", "DLL", PRINT_PLAIN },
	{ "dynamic_base", "may be moved", PRINT_PLAIN },
	{ "nx", "no exec of data", PRINT_PLAIN },
	{ "tls_directory", "TLS directory", PRINT_HEX },
	{ "slot_index", "slot index word", PRINT_HEX },
	{ "teb_offsets", "TEB offsets", PRINT_COUNTS },
	{ "base_relocations", "base relocations", PRINT_PLAIN },
	{ "wx_sections", "W+X sections", PRINT_PLAIN },
	{ "init_section", "init section", PRINT_PLAIN },
};
static const struct row coff[] = { { "relocations", "relocations", PRINT_COUNTS } };
static const struct row macho[] = {
	{ "filetype", "file type", PRINT_PLAIN },
	{ "flags", "flags", PRINT_PLAIN },
	{ "tlv", "TLS variables", PRINT_PLAIN },
	{ "fixed_gs", "fixed %gs", PRINT_COUNTS },
	{ "tpidrro", "TPIDRRO reads", PRINT_PLAIN },
	{ "slot_index", "slot index word", PRINT_HEX },
	{ "mod_init", "initializers", PRINT_PLAIN },
	{ "chained_fixups", "chained fixups", PRINT_PLAIN },
	{ "slices", "slices", PRINT_PLAIN },
};
static const struct row xcoff[] = {
	{ "tls_sections", "TLS sections", PRINT_PLAIN },
	{ "loader_relocs", "loader relocs", PRINT_PLAIN },
	{ "loader_tls_relocs", "of these for TLS", PRINT_COUNTS },
	{ "init", "initializer", PRINT_PLAIN },
	{ "toc", "TOC", PRINT_HEX },
};
static const struct row plan9[] = {
	{ "magic", "magic", PRINT_HEX },
	{ "text", "text bytes", PRINT_PLAIN },
	{ "data", "data bytes", PRINT_PLAIN },
	{ "bss", "bss bytes", PRINT_PLAIN },
	{ "syms", "symbol bytes", PRINT_PLAIN },
	{ "header", "header bytes", PRINT_PLAIN },
};
static const struct row wasm[] = {
	{ "version", "version", PRINT_PLAIN },
	{ "start", "start function", PRINT_PLAIN },
	{ "reactor", "reactor", PRINT_PLAIN },
	{ "memory_min", "memory, pages", PRINT_PLAIN },
	{ "shared_memory", "shared memory", PRINT_PLAIN },
	{ "globals", "globals", PRINT_PLAIN },
	{ "exports", "exports", PRINT_PLAIN },
	{ "features", "features", PRINT_PLAIN },
};

static const struct group {
	const char *format, *name, *title;
	const struct row *rows;
	size_t count;
} groups[] = {
#define GROUP(format, name, title) { #format, name, title, format, sizeof format / sizeof format[0] }
	GROUP(pe, "PE", "Windows image"),
	GROUP(coff, "COFF", "Windows object file"),
	GROUP(macho, "Mach-O", "Mach-O"),
	GROUP(xcoff, "XCOFF", "XCOFF"),
	GROUP(plan9, "Plan 9 a.out", "Plan 9"),
	GROUP(wasm, "WebAssembly", "WebAssembly"),
	{ "elf", "ELF", NULL, NULL, 0 },
	{ "archive", "archive", NULL, NULL, 0 },
#undef GROUP
};

const char *print_format(const json_t *facts)
{
	const char *format = json_string_value(json_object_get(facts, "format"));
	for (size_t i = 0; format && i < sizeof groups / sizeof groups[0]; i++)
		if (!strcmp(groups[i].format, format))
			return groups[i].name;
	return format ? format : "?";
}

void print_objects(const json_t *facts, struct buf *out)
{
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
		const json_t *object = groups[i].rows ? json_object_get(facts, groups[i].format) : NULL;
		if (!object)
			continue;
		buf_printf(out, "%s\n", groups[i].title);
		for (size_t k = 0; k < groups[i].count; k++) {
			json_t *value = json_object_get(object, groups[i].rows[k].key);
			if (!value)
				continue;
			struct buf line = BUF_INIT;
			buf_printf(&line, "  %-16s ", groups[i].rows[k].label);
			print_value(value, groups[i].rows[k].style, &line);
			print_line(&line, out);
		}
	}
}
