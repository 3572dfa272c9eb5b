/* print.c - the facts of inspect.h as a page for people. */
#include "harness/inspect.h"
#include "matrix/base/buf.h"

#include <string.h>

static void line(struct buf *out, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void line(struct buf *out, const char *label, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_printf(out, "  %-16s ", label);
	buf_vprintf(out, format, args);
	buf_add(out, "\n");
	va_end(args);
}

static const char *text(const json_t *object, const char *key, const char *none)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : none;
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static const char *yes_no(const json_t *object, const char *key)
{
	return is_true(object, key) ? "yes" : "no";
}

/* The strings of an array, joined; "none" for an empty one. */
static void line_of_list(struct buf *out, const char *label, const json_t *list)
{
	struct buf words = BUF_INIT;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));
		buf_printf(&words, "%s%s", i ? ", " : "", word ? word : "?");
	}
	line(out, label, "%s", words.len ? words.data : "none");
	buf_free(&words);
}

/* "NAME xCOUNT, ..." of an object of counts. */
static void line_of_counts(struct buf *out, const char *label, json_t *counts)
{
	struct buf words = BUF_INIT;
	const char *key;
	json_t *value;
	json_object_foreach(counts, key, value)
		buf_printf(&words, "%s%s x%lld", words.len ? ", " : "", key, (long long)json_integer_value(value));
	line(out, label, "%s", words.len ? words.data : "none");
	buf_free(&words);
}

static void print_slot(struct buf *out, const json_t *tls)
{
	const json_t *slot = json_object_get(tls, "slot"), *relocs = json_object_get(tls, "relocs");
	if (!json_is_integer(json_object_get(slot, "value")))
		line(out, "Go's slot", "not in this file%s", json_is_integer(json_object_get(slot, "insn_offset")) ? "'s PT_TLS" : "");
	else
		line(out, "Go's slot", "%s, %lld bytes at %lld of the segment", text(slot, "symbol", "without a symbol"), number(slot, "size"), number(slot, "value"));
	if (json_is_integer(json_object_get(slot, "offset")))
		line(out, "offset", "%lld from the thread pointer", number(slot, "offset"));
	if (json_is_integer(json_object_get(slot, "insn_offset")))
		line(out, "in instructions", "%lld", number(slot, "insn_offset"));
	if (json_is_integer(json_object_get(slot, "got")))
		line(out, "GOT word", "%#llx%s", (unsigned long long)number(slot, "got"), is_true(slot, "external") ? ", of a symbol that another module may define" : "");
	line(out, "slot relocations", "%lld TPOFF, %lld DTPMOD or DTPOFF, %lld TLSDESC", number(relocs, "slot_tpoff"), number(relocs, "slot_dtp"), number(relocs, "slot_desc"));
	line_of_counts(out, "TLS relocations", json_object_get(relocs, "names"));
}

static void print_tls(struct buf *out, const json_t *tls)
{
	const json_t *insn = json_object_get(tls, "insn"), *symbols = json_object_get(tls, "symbols");
	buf_add(out, "thread-local storage\n");
	line(out, "model", "%s", text(tls, "model", "none"));
	line_of_list(out, "models in use", json_object_get(tls, "users"));
	line(out, "PT_TLS", "%lld; memsz %lld, filesz %lld, align %lld", number(tls, "segments"), number(tls, "size"), number(tls, "filesz"), number(tls, "align"));
	print_slot(out, tls);
	line(out, "DF_STATIC_TLS", "%s", yes_no(tls, "static_flag"));
	for (size_t i = 0; i < json_array_size(symbols); i++) {
		const json_t *symbol = json_array_get(symbols, i);
		line(out, i ? "" : "variables", "%s, %lld bytes at %lld, %s%s", text(symbol, "name", "?"), number(symbol, "size"), number(symbol, "value"),
			text(symbol, "binding", "?"), is_true(symbol, "defined") ? "" : ", undefined");
	}
	if (!is_true(insn, "decoded")) {
		line(out, "instructions", "not decoded for this machine");
		return;
	}
	line(out, "Go's code", "%lld LE, %lld IE, %lld relaxed, %lld of unknown form", number(insn, "go_le"), number(insn, "go_ie"), number(insn, "go_relaxed"), number(insn, "go_other"));
	line(out, "C's code", "%lld LE, %lld IE, %lld relaxed, %lld of unknown form", number(insn, "c_le"), number(insn, "c_ie"), number(insn, "c_relaxed"), number(insn, "c_other"));
	line(out, "dynamic models", "%lld GD, %lld LD, %lld TLSDESC", number(insn, "gd"), number(insn, "ld"), number(insn, "tlsdesc"));
	line_of_list(out, "LE users", json_object_get(insn, "le_users"));
}

static void print_init(struct buf *out, const json_t *init)
{
	const json_t *array = json_object_get(init, "init_array"), *start = json_object_get(init, "init");
	buf_add(out, "initializers\n");
	if (json_is_integer(start))
		line(out, "DT_INIT", "%#llx", (unsigned long long)json_integer_value(start));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *entry = json_array_get(array, i);
		line(out, i ? "" : "init array", "%#llx %s", (unsigned long long)number(entry, "address"), text(entry, "symbol", "?"));
	}
	line(out, "others", "%lld preinit, %lld fini", number(init, "preinit_array"), number(init, "fini_array"));
	line(out, "Go's", "%lld", number(init, "go_entries"));
}

static void print_loading(struct buf *out, const json_t *facts)
{
	const json_t *dynamic = json_object_get(facts, "dynamic"), *stack = json_object_get(facts, "stack");
	const json_t *relocs = json_object_get(facts, "relocs"), *imports = json_object_get(facts, "imports");
	const json_t *plt = json_object_get(facts, "plt");
	buf_add(out, "loading\n");
	line_of_list(out, "flags", json_object_get(dynamic, "flags"));
	line_of_list(out, "flags_1", json_object_get(dynamic, "flags_1"));
	line(out, "text relocations", "%s", yes_no(dynamic, "textrel"));
	line(out, "stack", "%s%s", is_true(stack, "present") ? "PT_GNU_STACK" : "no PT_GNU_STACK", is_true(stack, "exec") ? ", executable" : "");
	line(out, "segments", "%srelro, %lld writable and executable", is_true(facts, "relro") ? "" : "no ", number(facts, "wx_segments"));
	line(out, "relocations", "%lld, %lld outside writable segments, %lld copy", number(relocs, "count"), number(relocs, "outside"), number(relocs, "copy"));
	line_of_counts(out, "", json_object_get(relocs, "types"));
	if (is_true(plt, "decoded")) {
		line(out, "PLT", "%lld entries, %lld to Go functions", number(plt, "entries"), number(plt, "go_entries"));
		line_of_list(out, "PLT writes", json_object_get(plt, "writes"));
		line_of_list(out, "of Go's arguments", json_object_get(plt, "clobbers"));
	} else {
		line(out, "PLT", "not decoded for this machine");
	}
	line(out, "imports", "%lld", number(imports, "count"));
	line_of_counts(out, "versions", json_object_get(imports, "versions"));
}

void inspect_print(const char *path, const json_t *facts, struct buf *out)
{
	const json_t *go = json_object_get(facts, "go");
	buf_printf(out, "%s: ELF %lld-bit %s, %s%s%s\n", path, number(facts, "class"), text(facts, "machine", "?"), text(facts, "type", "?"),
		is_true(facts, "pie") ? " (pie)" : "", is_true(facts, "static") ? ", static" : "");
	buf_add(out, "file\n");
	line(out, "Go", "%s", is_true(go, "present") ? text(go, "version", "yes, of unknown release") : "no");
	line(out, "entry", "%#llx", (unsigned long long)number(facts, "entry"));
	line(out, "interpreter", "%s", text(facts, "interp", "none"));
	line(out, "soname", "%s", text(facts, "soname", "none"));
	line_of_list(out, "needed", json_object_get(facts, "needed"));
	print_tls(out, json_object_get(facts, "tls"));
	print_init(out, json_object_get(facts, "init"));
	print_loading(out, facts);
}
