/* print.c - the facts of inspect.h as a page for people: one line a fact, in groups; what a format does
 * not have is not spoken of. */
#include "harness/inspect.h"
#include "harness/loader/loaders.h"
#include "harness/print_object.h"
#include "matrix/base/buf.h"
#include "matrix/base/text.h"

#include <stdio.h>
#include <string.h>

static void line(struct buf *out, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void line(struct buf *out, const char *label, const char *format, ...)
{
	struct buf made = BUF_INIT;
	va_list args;
	va_start(args, format);
	buf_printf(&made, "  %-16s ", label);
	buf_vprintf(&made, format, args);
	va_end(args);
	print_line(&made, out);
}

static json_t *get(const json_t *object, const char *key) { return json_object_get(object, key); }

static const char *text(const json_t *object, const char *key, const char *none)
{
	const char *value = json_string_value(get(object, key));
	return value ? value : none;
}

static long long number(const json_t *object, const char *key) { return json_integer_value(get(object, key)); }

static int is_true(const json_t *object, const char *key) { return json_is_true(get(object, key)); }

/* A value under its label, where the key is there. */
static void line_of(struct buf *out, const char *label, const json_t *object, const char *key)
{
	if (get(object, key)) {
		struct buf made = BUF_INIT;
		buf_printf(&made, "  %-16s ", label);
		print_value(get(object, key), PRINT_COUNTS, &made);
		print_line(&made, out);
	}
}

/* Object files are not for a loader: what only a linked file has is not spoken of. */
static int is_object(const json_t *facts)
{
	const char *type = text(facts, "type", "");
	return !strcmp(type, "REL") || !strcmp(type, "ARCHIVE");
}

/* Is there Go code in the file, and not known where? */
static int is_unknown(const json_t *tls) { return json_is_null(get(get(tls, "insn"), "go_le")); }

/* ---- thread-local storage ----------------------------------------------------------------- */

struct meaning { const char *word, *text; };

static const struct meaning models[] = {
	{ "LE", "local-exec: the offset is in the instructions" },
	{ "IE", "initial-exec: the offset is loaded from a word that the loader fills" },
	{ "GD", "general-dynamic: a call to __tls_get_addr" },
	{ "LD", "local-dynamic: a call to __tls_get_addr for the whole module" },
	{ "TLSDESC", "a call through a descriptor that the loader fills" },
	{ "FIXED", "an offset that the platform reserved for Go" },
	{ "KEY", "an offset that start code asks the system for and keeps in a variable" },
	{ "NONE", "Go keeps g in a register or a global, not in TLS" },
	{ "none", "nothing seen" },
};

static const struct meaning places[] = {
	{ "pt-tls", "where this link's PT_TLS has it, among other variables" },
	{ "loader", "where the loader puts it" },
	{ "linker", "where the linker will put it" },
	{ "runtime.tls_g", "at the offset in the variable runtime.tls_g" },
	{ "mixed", "accesses that do not agree" },
	{ "unknown", "instructions of this machine are not read, or it is not known which are Go's" },
	{ "none", "no access seen" },
};

static const char *meaning_of(const struct meaning *rows, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].word, word))
			return rows[i].text;
	return NULL;
}

static void print_access(struct buf *out, const json_t *tls)
{
	const char *model = text(tls, "model", "none"), *at = text(tls, "at", "none"),
		   *form = text(tls, "form", "none");
	const char *model_text = is_unknown(tls) && !strcmp(model, "none") ?
	    "not known" :
	    meaning_of(models, sizeof models / sizeof models[0], model),
		   *place = meaning_of(places, sizeof places / sizeof places[0], at);
	line(out, "model", "%s%s%s%s", model, model_text ? " (" : "", model_text ? model_text : "",
	    model_text ? ")" : "");
	if (!place)
		place = strncmp(at, "0x", 2) ? "from the thread pointer" : "address of the word that has the offset";
	line(out, "at", "%s (%s)", at, place);
	line(out, "relocation", "%s", text(tls, "reloc", is_unknown(tls) ? "unknown" : "none"));
	line(out, "form", "%s%s", form,
	    !strcmp(form, "one")     ? " instruction" :
		!strcmp(form, "two") ? " instructions" :
				       "");
}

static void print_slot(struct buf *out, const json_t *tls)
{
	const json_t *slot = get(tls, "slot"), *relocs = get(tls, "relocs");
	if (json_is_null(get(relocs, "slot_tpoff"))) {
		line(out, "Go's slot", "unknown: no symbols, and Go's function table was not found or not understood");
		return;
	}
	if (!json_is_integer(get(slot, "value")))
		line(out, "Go's slot", "not in this file%s",
		    json_is_integer(get(slot, "insn_offset")) ? "'s PT_TLS" : "");
	else
		line(out, "Go's slot", "%s, %lld bytes at %lld of the segment",
		    text(slot, "symbol", "without a symbol"), number(slot, "size"), number(slot, "value"));
	if (json_is_integer(get(slot, "offset")))
		line(out, "offset", "%lld from the thread pointer", number(slot, "offset"));
	if (json_is_integer(get(slot, "insn_offset")))
		line(out, "in instructions", "%lld", number(slot, "insn_offset"));
	if (json_is_integer(get(slot, "got")))
		line(out, "GOT word", "%#llx%s", (unsigned long long)number(slot, "got"),
		    is_true(slot, "external") ? ", of a symbol that another module may define" : "");
	line(out, "slot relocations", "%lld TPOFF, %lld DTPMOD or DTPOFF, %lld TLSDESC", number(relocs, "slot_tpoff"),
	    number(relocs, "slot_dtp"), number(relocs, "slot_desc"));
}

static void print_variables(struct buf *out, const json_t *tls)
{
	const json_t *symbols = get(tls, "symbols");
	for (size_t i = 0; i < json_array_size(symbols); i++) {
		const json_t *symbol = json_array_get(symbols, i);
		line(out, i ? "" : "variables", "%s, %lld bytes at %lld, %s%s", text(symbol, "name", "?"),
		    number(symbol, "size"), number(symbol, "value"), text(symbol, "binding", "?"),
		    is_true(symbol, "defined") ? "" : ", undefined");
	}
	long long rest = number(get(tls, "variables"), "all") - (long long)json_array_size(symbols);
	if (rest > 0)
		line(out, "", "%lld more", rest);
}

/* The accesses of Go's code, C's, or of either. */
static void print_counts(struct buf *out, const char *label, const json_t *insn, const char *whose)
{
	static const char *const forms[] = { "le", "ie", "relaxed", "other" };
	long long counts[4];
	for (size_t i = 0; i < 4; i++) {
		char key[32];
		snprintf(key, sizeof key, "%s_%s", whose, forms[i]);
		counts[i] = number(insn, key);
	}
	line(out, label, "%lld LE, %lld IE, %lld relaxed, %lld of unknown form", counts[0], counts[1], counts[2],
	    counts[3]);
}

static void print_instructions(struct buf *out, const json_t *insn)
{
	if (!is_true(insn, "decoded")) {
		line(out, "instructions", "not decoded");
		return;
	}
	if (json_is_null(get(insn, "go_le"))) {
		line(out, "Go's code", "unknown: not told from C's");
		print_counts(out, "all code", insn, "unknown");
	} else {
		print_counts(out, "Go's code", insn, "go");
		if (json_is_null(get(insn, "c_le"))) {
			line(out, "C's code", "unknown: without section headers data is not told from code");
			print_counts(out, "other bytes", insn, "unknown");
		} else {
			print_counts(out, "C's code", insn, "c");
		}
	}
	line(out, "dynamic models", "%lld GD, %lld LD, %lld TLSDESC", number(insn, "gd"), number(insn, "ld"),
	    number(insn, "tlsdesc"));
	line_of(out, "LE users", insn, "le_users");
}

static void print_tls(struct buf *out, const json_t *facts)
{
	const json_t *tls = get(facts, "tls");
	buf_add(out,
	    is_true(get(facts, "go"), "present") ? "thread-local storage: how Go's code finds its goroutine\n" :
						   "thread-local storage: by the strongest user in the file\n");
	print_access(out, tls);
	if (get(tls, "segments") && !is_object(facts)) {
		line_of(out, "models in use", tls, "users");
		line(out, "PT_TLS", "%lld; memsz %lld, filesz %lld, align %lld", number(tls, "segments"),
		    number(tls, "size"), number(tls, "filesz"), number(tls, "align"));
		print_slot(out, tls);
		line_of(out, "DF_STATIC_TLS", tls, "static_flag");
	}
	line_of(out, "TLS relocations", get(tls, "relocs"), "names");
	print_variables(out, tls);
	if (get(tls, "insn"))
		print_instructions(out, get(tls, "insn"));
}

/* ---- the rest ----------------------------------------------------------------------------- */

static void print_init(struct buf *out, const json_t *init)
{
	const json_t *array = get(init, "init_array"), *start = get(init, "init");
	buf_add(out, "initializers\n");
	if (json_is_integer(start))
		line(out, "DT_INIT", "%#llx", (unsigned long long)json_integer_value(start));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *entry = json_array_get(array, i);
		line(out, i ? "" : "init array", "%#llx %s", (unsigned long long)number(entry, "address"),
		    text(entry, "symbol", "?"));
	}
	long long rest = number(init, "count") - (long long)json_array_size(array);
	if (rest > 0)
		line(out, "", "%lld more", rest);
	if (get(init, "preinit_array"))
		line(out, "others", "%lld preinit, %lld fini", number(init, "preinit_array"),
		    number(init, "fini_array"));
	if (json_is_null(get(init, "go_entries")))
		line(out, "Go's", "unknown: initializers have no names here");
	else
		line(out, "Go's", "%lld", number(init, "go_entries"));
	const json_t *calls = get(init, "c_calls");
	if (json_is_object(calls))
		line(out, "it calls C", "%lld times, %lld with a misaligned stack, %lld not known",
		    number(calls, "count"), number(calls, "off"), number(calls, "unknown"));
}

static void print_plt(struct buf *out, const json_t *plt)
{
	if (!is_true(plt, "decoded")) {
		line(out, "PLT", "not decoded for this machine");
		return;
	}
	line(out, "PLT", "%lld entries, %lld to Go functions", number(plt, "entries"), number(plt, "go_entries"));
	line_of(out, "PLT writes", plt, "writes");
	line_of(out, "of Go's arguments", plt, "clobbers");
}

/* What only ELF has. */
static void print_elf(struct buf *out, const json_t *facts)
{
	const json_t *dynamic = get(facts, "dynamic"), *stack = get(facts, "stack"), *relocs = get(facts, "relocs");
	line_of(out, "flags", dynamic, "flags");
	line_of(out, "flags_1", dynamic, "flags_1");
	line_of(out, "text relocations", dynamic, "textrel");
	if (json_is_string(get(dynamic, "rpath")))
		line_of(out, "RPATH", dynamic, "rpath");
	if (json_is_string(get(dynamic, "runpath")))
		line_of(out, "RUNPATH", dynamic, "runpath");
	line(out, "stack", "%s%s", is_true(stack, "present") ? "PT_GNU_STACK" : "no PT_GNU_STACK",
	    is_true(stack, "exec") ? ", executable" : "");
	line(out, "segments", "%srelro, %lld writable and executable", is_true(facts, "relro") ? "" : "no ",
	    number(facts, "wx_segments"));
	line(out, "relocations", "%lld, %lld outside writable segments, %lld copy", number(relocs, "count"),
	    number(relocs, "outside"), number(relocs, "copy"));
	line_of(out, "", relocs, "types");
	print_plt(out, get(facts, "plt"));
	if (json_is_object(get(facts, "syscalls")) && is_true(get(facts, "go"), "present"))
		line(out, "Go's system calls", "%lld by int $0x80, %lld by call *%%gs:0x10",
		    number(get(facts, "syscalls"), "int80"), number(get(facts, "syscalls"), "gs:0x10"));
}

static void print_loading(struct buf *out, const json_t *facts)
{
	const json_t *imports = get(facts, "imports");
	if (is_object(facts) || (!imports && !get(facts, "floor")))
		return;
	buf_add(out, "loading\n");
	line_of(out, "needs at least", facts, "floor");
	struct found go;
	if (!loader_go_floor(facts, &go))
		line(out, "", "%s by its Go release, %s, whatever the header says", go.detail,
		    text(get(facts, "go"), "version", ""));
	if (get(facts, "dynamic"))
		print_elf(out, facts);
	if (imports) {
		line(out, "imports", "%lld", number(imports, "count"));
		line_of(out, "versions", imports, "versions");
	}
}

static void print_file(struct buf *out, const json_t *facts)
{
	const json_t *go = get(facts, "go");
	buf_add(out, "file\n");
	line(out, "Go", "%s", is_true(go, "present") ? text(go, "version", "yes, of unknown release") : "no");
	if (json_is_object(get(go, "build"))) {
		const char *key;
		json_t *value;
		json_object_foreach(get(go, "build"), key, value)
		{
			struct buf made = BUF_INIT;
			buf_printf(&made, "  %-16s %s", key, json_is_string(value) ? json_string_value(value) : "?");
			print_line(&made, out);
		}
	}
	if (is_object(facts))
		return;
	if (get(facts, "entry"))
		line(out, "entry", "%#llx", (unsigned long long)number(facts, "entry"));
	line_of(out, "interpreter", facts, "interp");
	line_of(out, "soname", facts, "soname");
	line_of(out, "needed", facts, "needed");
}

/* What the file asks, and who gives it: the sentence before the facts that it comes from. */
static void print_loaders(struct buf *out, const json_t *facts)
{
	struct buf asked = BUF_INIT;
	loader_asks(facts, &asked);
	if (asked.len)
		line(out, "asks", "%s", asked.data);
	buf_free(&asked);
	json_t *all = loader_judge_all(facts), *judged;
	size_t i;
	json_array_foreach(all, i, judged)
	{
		struct buf told = BUF_INIT;
		loader_line(judged, &told);
		line(out, text(judged, "loader", "?"), "%s", told.data);
		buf_free(&told);
	}
	json_decref(all);
}

static void print_archive(struct buf *out, const json_t *archive)
{
	const json_t *members = get(archive, "members");
	buf_printf(out, "archive\n");
	line(out, "members", "%lld", number(archive, "count"));
	line(out, "Go's member", "%s", text(archive, "go_member", "none"));
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i), *tls = get(member, "tls");
		if (!json_is_string(get(member, "format")))
			line(out, text(member, "name", "?"), "no object file");
		else
			line(out, text(member, "name", "?"), "%s %s, model %s", text(member, "format", "?"),
			    text(member, "arch", "of another machine"), text(tls, "model", "none"));
	}
}

void inspect_print(const char *path, const json_t *facts, struct buf *out)
{
	struct buf head = BUF_INIT;
	text_add(out, path, 0);
	buf_printf(&head, ": %s", print_format(facts));
	if (json_is_integer(get(facts, "class")))
		buf_printf(&head, " %lld-bit", number(facts, "class"));
	if (json_is_string(get(facts, "machine")) && strcmp(text(facts, "machine", ""), print_format(facts)))
		buf_printf(&head, " %s", text(facts, "machine", ""));
	if (!get(facts, "archive"))
		buf_printf(&head, ", %s", text(facts, "type", "?"));
	buf_printf(&head, "%s%s", is_true(facts, "pie") ? " (pie)" : "", is_true(facts, "static") ? ", static" : "");
	print_line(&head, out);
	print_loaders(out, facts);
	print_file(out, facts);
	print_tls(out, facts);
	if (get(facts, "init"))
		print_init(out, get(facts, "init"));
	print_loading(out, facts);
	print_objects(facts, out);
	if (get(facts, "archive"))
		print_archive(out, get(facts, "archive"));
}
