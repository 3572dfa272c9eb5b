/* observe.c - what each FILE check sees in the facts, in the words of matrix/oracle.def.
 *
 * No observation knows the cell: the same file gives the same text whatever is expected of it. */
#include "harness/inspect.h"
#include "matrix/base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading facts ------------------------------------------------------------------------ */

/* The value at a path like "tls.slot.offset"; NULL where a part is missing. */
static const json_t *fact(const json_t *facts, const char *path)
{
	while (facts && *path) {
		char key[32];
		size_t length = strcspn(path, ".");
		if (length >= sizeof key)
			return NULL;
		memcpy(key, path, length);
		key[length] = 0;
		facts = json_object_get(facts, key);
		path += length + (path[length] == '.');
	}
	return facts;
}

static long long number(const json_t *facts, const char *path) { return json_integer_value(fact(facts, path)); }

static int is_known(const json_t *facts, const char *path)
{
	const json_t *value = fact(facts, path);
	return value && !json_is_null(value);
}

static int is_true(const json_t *facts, const char *path) { return json_is_true(fact(facts, path)); }

/* The strings of an array, or "none". */
static void add_names(struct buf *out, const json_t *list)
{
	if (!json_array_size(list))
		buf_add(out, "none");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		buf_printf(out, "%s%s", i ? "," : "", name ? name : "?");
	}
}

static const char *yes_no(int condition) { return condition ? "yes" : "no"; }

static int is_null(const json_t *facts, const char *path) { return json_is_null(fact(facts, path)); }

/* "%fs:" accesses could not be read, or not told from C's, so nothing may be said of them. */
static int not_decoded(const json_t *facts, struct buf *out, char **note)
{
	if (is_null(facts, "tls.insn.go_le")) {
		buf_add(out, "insn=unknown");
		*note = xstrdup("it is not known which code is Go's");
		return 1;
	}
	if (is_true(facts, "tls.insn.decoded"))
		return 0;
	const char *machine = json_string_value(fact(facts, "machine"));
	buf_add(out, "insn=unknown");
	*note = xprintf("instructions of %s are not decoded", machine ? machine : "this machine");
	return 1;
}

/* ---- TLS ---------------------------------------------------------------------------------- */

static const char *word(const json_t *facts, const char *path)
{
	const char *text = json_string_value(fact(facts, path));
	return text ? text : "none";
}

/* The four words that every format has; how many accesses they were read from goes into the note. */
static void access_words(const json_t *facts, struct buf *out, char **note)
{
	static const char *const forms[] = { "le", "ie", "relaxed", "other" };
	buf_printf(out, "model=%s at=%s reloc=%s form=%s", word(facts, "tls.model"), word(facts, "tls.at"),
	    word(facts, "tls.reloc"), word(facts, "tls.form"));
	long long count = 0;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		char *path = xprintf("tls.insn.go_%s", forms[i]);
		count += number(facts, path);
		free(path);
	}
	if (is_null(facts, "tls.insn.go_le"))
		*note = xstrdup("it is not known which code is Go's");
	else if (is_true(facts, "tls.insn.decoded"))
		*note = xprintf("of %lld accesses in Go's code", count);
	else
		*note = xstrdup("instructions were not read");
}

static void pt_tls_size(const json_t *facts, struct buf *out, char **note)
{
	long long value = number(facts, "tls.slot.value"), size = number(facts, "tls.slot.size"),
		  memsz = number(facts, "tls.size");
	long long word = number(facts, "class") / 8;
	int placed = is_known(facts, "tls.slot.value") && number(facts, "tls.segments") > 0;
	int inside = placed && value >= 0 && size >= word && value <= memsz && size <= memsz - value;
	buf_printf(out, "segments=%lld slot=%s", number(facts, "tls.segments"),
	    !placed    ? "none" :
		inside ? "inside" :
			 "outside");
	/* Without a symbol PT_TLS alone describes the slot, and has nothing else in it. */
	if (placed && !is_known(facts, "tls.slot.symbol"))
		buf_printf(out, " memsz=%lld filesz=%lld", memsz, number(facts, "tls.filesz"));
	*note = xprintf("PT_TLS memsz %lld; a slot of %lld bytes at %lld", memsz, size, value);
}

static void pt_tls_align(const json_t *facts, struct buf *out, char **note)
{
	uint64_t align = (uint64_t)number(facts, "tls.align"), vaddr = (uint64_t)number(facts, "tls.vaddr"),
		 offset = (uint64_t)number(facts, "tls.file_offset");
	uint64_t value = (uint64_t)number(facts, "tls.slot.value"), word = (uint64_t)number(facts, "class") / 8;
	if (number(facts, "tls.segments") == 0) {
		buf_add(out, "segments=0");
		return;
	}
	int power = align && !(align & (align - 1));
	int covers = align >= (uint64_t)number(facts, "tls.section_align") &&
	    (!is_known(facts, "tls.slot.value") || (align >= word && word && value % word == 0));
	/* gABI: "p_vaddr should equal p_offset, modulo p_align".  Where there are no bytes in the file,
	 * p_offset says nothing, and what counts is that the block starts aligned. */
	int congruent = align && (number(facts, "tls.filesz") ? vaddr % align == offset % align : vaddr % align == 0);
	buf_printf(
	    out, "power-of-two=%s covers=%s vaddr-congruent=%s", yes_no(power), yes_no(covers), yes_no(congruent));
	*note = xprintf("p_align %llu, sections want %lld, p_vaddr %#llx, p_offset %#llx", (unsigned long long)align,
	    number(facts, "tls.section_align"), (unsigned long long)vaddr, (unsigned long long)offset);
}

static void symbols(const json_t *facts, struct buf *out, char **note)
{
	const json_t *list = fact(facts, "tls.symbols");
	struct buf names = BUF_INIT;
	long long count = number(facts, "tls.variables.go");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *symbol = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(symbol, "name"));
		if (!name || strncmp(name, "runtime.", 8) || !is_true(symbol, "defined"))
			continue;
		buf_printf(&names, "%s%s", names.len ? ", " : "", name);
	}
	buf_printf(out, "tlsg=%lld size=%lld", count, count ? number(facts, "tls.slot.size") : 0);
	if (names.len)
		*note = buf_take(&names);
	buf_free(&names);
}

static void model_reloc(const json_t *facts, struct buf *out, char **note)
{
	if (is_null(facts, "tls.relocs.slot_tpoff")) {
		buf_add(out, "slot=unknown");
		return;
	}
	buf_printf(out, "slot-tpoff=%lld slot-dtp=%lld slot-desc=%lld", number(facts, "tls.relocs.slot_tpoff"),
	    number(facts, "tls.relocs.slot_dtp"), number(facts, "tls.relocs.slot_desc"));
	*note = xprintf("of %lld TPOFF, %lld DTPMOD, %lld DTPOFF and %lld TLSDESC relocations in all",
	    number(facts, "tls.relocs.tpoff"), number(facts, "tls.relocs.dtpmod"), number(facts, "tls.relocs.dtpoff"),
	    number(facts, "tls.relocs.tlsdesc"));
}

static void model_insn(const json_t *facts, struct buf *out, char **note)
{
	long long le = number(facts, "tls.insn.go_le"), ie = number(facts, "tls.insn.go_ie"),
		  relaxed = number(facts, "tls.insn.go_relaxed"), other = number(facts, "tls.insn.go_other");
	if (not_decoded(facts, out, note))
		return;
	buf_printf(out, "go-le=%s go-ie=%s go-relaxed=%s", yes_no(le > 0), yes_no(ie > 0), yes_no(relaxed > 0));
	if (other)
		buf_printf(out, " go-other=%lld", other);
	*note = xprintf("%lld LE, %lld IE, %lld relaxed, %lld of unknown form", le, ie, relaxed, other);
}

static void one_insn(const json_t *facts, struct buf *out, char **note)
{
	const char *form = word(facts, "tls.form");
	int mixed = !strcmp(form, "mixed");
	if (not_decoded(facts, out, note))
		return;
	buf_printf(out, "one=%s two=%s", yes_no(mixed || !strcmp(form, "one")), yes_no(mixed || !strcmp(form, "two")));
	*note = xprintf("%lld LE, %lld IE, %lld relaxed", number(facts, "tls.insn.go_le"),
	    number(facts, "tls.insn.go_ie"), number(facts, "tls.insn.go_relaxed"));
}

static void slot_offset(const json_t *facts, struct buf *out, char **note)
{
	int insn = is_known(facts, "tls.slot.insn_offset"), segment = is_known(facts, "tls.slot.offset");
	long long carried = number(facts, "tls.slot.insn_offset"), given = number(facts, "tls.slot.offset");
	if (not_decoded(facts, out, note))
		return;
	if (insn && segment && carried == given) {
		buf_add(out, "insn=pt-tls");
		*note = xprintf("both %lld", given);
		return;
	}
	if (insn)
		buf_printf(out, "insn=%lld", carried);
	else
		buf_add(out, is_true(facts, "tls.insn.offsets_mixed") ? "insn=mixed" : "insn=none");
	if (segment)
		buf_printf(out, " pt-tls=%lld", given);
	else
		buf_add(out, " pt-tls=none");
}

static void static_flag(const json_t *facts, struct buf *out, char **note)
{
	buf_printf(out, "tpoff=%s flag=%s", yes_no(number(facts, "tls.relocs.tpoff") > 0),
	    yes_no(is_true(facts, "tls.static_flag")));
	*note = xprintf("%lld thread-pointer-offset relocations", number(facts, "tls.relocs.tpoff"));
}

static void le_users(const json_t *facts, struct buf *out, char **note)
{
	if (not_decoded(facts, out, note))
		return;
	buf_add(out, "le=");
	add_names(out, fact(facts, "tls.insn.le_users"));
}

static void c_models(const json_t *facts, struct buf *out, char **note)
{
	long long variables = number(facts, "tls.variables.c");
	long long dynamic = number(facts, "tls.relocs.dtpmod") + number(facts, "tls.relocs.tlsdesc");
	long long own = number(facts, "tls.relocs.tpoff") - number(facts, "tls.relocs.slot_tpoff") -
	    number(facts, "tls.relocs.foreign");
	buf_printf(out, "c-dynamic=%s c-ie=%s", yes_no(variables > 0 && dynamic > 0), yes_no(own > 0));
	*note = xprintf(
	    "%lld C variables, %lld dynamic and %lld initial-exec relocations for them", variables, dynamic, own);
}

/* ---- initializers and loading ------------------------------------------------------------- */

static void array_entry(const json_t *facts, struct buf *out, char **note)
{
	if (is_null(facts, "init.go_entries"))
		buf_add(out, "go=unknown");
	else
		buf_printf(out, "go=%lld", number(facts, "init.go_entries"));
	*note = xprintf("of %zu initializers", json_array_size(fact(facts, "init.init_array")));
}

/* A file whose initializer calls no C has shown nothing of its stack. */
static void c_calls_align(const json_t *facts, struct buf *out, char **note)
{
	long long count = number(facts, "init.c_calls.count"), off = number(facts, "init.c_calls.off"),
		  unknown = number(facts, "init.c_calls.unknown");
	if (!is_known(facts, "init.c_calls")) {
		buf_add(out, "c-calls=unknown");
		*note = xstrdup(is_null(facts, "init.go_entries") ? "it is not known which initializer is Go's" :
								    "nothing to read");
		return;
	}
	buf_printf(out, "c-calls=%s stack=%s", yes_no(count > 0),
	    off ? "off" :
		unknown ? "unknown" :
		count   ? "aligned" :
			  "none");
	*note = xprintf("%lld calls of C, %lld with a stack pointer that is no multiple of 16", count, off);
}

static void nodelete(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(out, "nodelete=%s", yes_no(is_true(facts, "dynamic.nodelete")));
}

static void no_textrel(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(out, "textrel=%s", yes_no(is_true(facts, "dynamic.textrel")));
}

static void gnu_stack(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(
	    out, "present=%s exec=%s", yes_no(is_true(facts, "stack.present")), yes_no(is_true(facts, "stack.exec")));
}

static void relocs_writable(const json_t *facts, struct buf *out, char **note)
{
	/* A file without relocations has shown nothing. */
	if (!number(facts, "relocs.count")) {
		buf_add(out, "relocs=none");
		return;
	}
	buf_printf(out, "outside=%lld", number(facts, "relocs.outside"));
	*note = xprintf("of %lld dynamic relocations", number(facts, "relocs.count"));
}

/* Both lists, each name once; a new reference. */
static json_t *names_of_both(const json_t *one, const json_t *other)
{
	json_t *both = json_array();
	const json_t *const lists[] = { one, other };
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < json_array_size(lists[i]); k++) {
			json_t *name = json_array_get(lists[i], k);
			size_t at = 0;
			while (at < json_array_size(both) && !json_equal(json_array_get(both, at), name))
				at++;
			if (at == json_array_size(both))
				json_array_append(both, name);
		}
	return both;
}

static void add_plt_note(struct buf *out, const char *whose, const json_t *facts, const char *path)
{
	const json_t *plt = fact(facts, path);
	buf_printf(out, "%s%lld entries, %lld to Go functions; registers written: ", whose, number(plt, "entries"),
	    number(plt, "go_entries"));
	add_names(out, fact(plt, "writes"));
}

/* Of the module, and of the program that calls it where there is one.  A file without entries has shown nothing, and
 * does not pass for one with clean entries; of the program, it is those to Go that count. */
static void plt_registers(const json_t *facts, struct buf *out, char **note)
{
	int called = is_known(facts, "caller");
	const char *machine = json_string_value(fact(facts, "machine"));
	json_t *both = names_of_both(fact(facts, "plt.clobbers"), fact(facts, "caller.plt.clobbers"));
	buf_add(out, "clobbered=");
	add_names(out, both);
	json_decref(both);
	if (!is_true(facts, "plt.decoded") || (called && !is_true(facts, "caller.plt.decoded"))) {
		buf_add(out, " plt=unknown");
		*note = xprintf("PLT entries of %s are not decoded", machine ? machine : "this machine");
		return;
	}
	if (!number(facts, "plt.entries")) {
		buf_add(out, " plt=none");
		*note = xstrdup("no PLT entry in the sections of the file, or no sections");
		return;
	}
	if (called && !number(facts, "caller.plt.go_entries"))
		buf_add(out, " caller=none");
	struct buf text = BUF_INIT;
	add_plt_note(&text, called ? "library: " : "", facts, "plt");
	if (called)
		add_plt_note(&text, "; program: ", facts, "caller.plt");
	*note = buf_take(&text);
}

/* ---- the file as a whole ------------------------------------------------------------------ */

static void segments(const json_t *facts, struct buf *out, char **note)
{
	/* What is moved as a whole has its lowest address from the loader.  Linux gives none below vm.mmap_min_addr. */
	enum { LOWEST = 65536 };
	int low = !strcmp(word(facts, "type"), "EXEC") && number(facts, "load.lowest") < LOWEST;
	buf_printf(out, "wx=%lld congruent=%s ascending=%s fits=%s low=%s", number(facts, "wx_segments"),
	    yes_no(is_true(facts, "load.congruent")), yes_no(is_true(facts, "load.ascending")),
	    yes_no(is_true(facts, "load.fits")), yes_no(low));
	*note =
	    xprintf("%lld PT_LOAD, the lowest at %#llx", number(facts, "load.segments"), number(facts, "load.lowest"));
}

static void kind(const json_t *facts, struct buf *out, char **note)
{
	buf_printf(out, "type=%s pie=%s interp=%s", word(facts, "type"), yes_no(is_true(facts, "pie")),
	    yes_no(is_known(facts, "interp")));
	*note = xprintf("interpreter %s", word(facts, "interp"));
}

static void library_entry(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(
	    out, "entry=%s main=%s", number(facts, "entry") ? "set" : "0", yes_no(is_true(facts, "exports.main")));
}

static void exports(const json_t *facts, struct buf *out, char **note)
{
	buf_add(out, "exports=");
	add_names(out, fact(facts, "exports.go"));
	*note = xprintf("of %lld names that it has for others", number(facts, "exports.count"));
}

static void reloc_types(const json_t *facts, struct buf *out, char **note)
{
	int library = !strcmp(word(facts, "type"), "DYN") && !is_true(facts, "pie");
	if (!number(facts, "relocs.count")) {
		buf_add(out, "relocs=none");
		return;
	}
	buf_add(out, "others=");
	add_names(out, fact(facts, "relocs.others"));
	buf_printf(out, " copy-in-library=%s", yes_no(library && number(facts, "relocs.copy")));
	*note = xprintf("%zu types, %lld copy relocations", json_object_size(fact(facts, "relocs.types")),
	    number(facts, "relocs.copy"));
}

static void stack_segment(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(out, "gnu=%s sun=%s exec=%s", yes_no(is_true(facts, "stack.present")),
	    yes_no(is_true(facts, "stack.sun")),
	    yes_no(is_true(facts, "stack.exec") || is_true(facts, "stack.sun_exec")));
}

static void go_build_id(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(out, "go=%lld", number(facts, "notes.go_build_ids"));
}

static void go_notes(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(out, "packages=%s needed=%s abi=%s", json_string_value(fact(facts, "notes.go_packages")),
	    json_string_value(fact(facts, "notes.go_needed")), json_string_value(fact(facts, "notes.go_abi")));
}

static void dup_symbols(const json_t *facts, struct buf *out, char **note)
{
	long long count = number(facts, "symbols.count");
	buf_printf(out, "dup=%s", count ? yes_no(number(facts, "symbols.dups")) : "unknown");
	*note = xprintf("%lld of %lld symbols", number(facts, "symbols.dups"), count);
}

static void gnu_build_id(const json_t *facts, struct buf *out, char **note)
{
	(void)note;
	buf_printf(out, "gnu=%lld", number(facts, "notes.gnu_build_ids"));
}

static void tls_android(const json_t *facts, struct buf *out, char **note)
{
	/* Bionic's linker aborts below this (bionic/bionic_elf_tls.cpp). */
	long long least = number(facts, "class") == 64 ? 64 : 32;
	int none = !number(facts, "tls.segments");
	buf_printf(out, "tls=%s", none ? "none" : number(facts, "tls.align") >= least ? "aligned" : "underaligned");
	if (!none)
		*note = xprintf("p_align %lld, at least %lld is wanted", number(facts, "tls.align"), least);
}

static void syscalls(const json_t *facts, struct buf *out, char **note)
{
	static const char *const ways[] = { "int80", "gs:0x10" };
	const json_t *counts = fact(facts, "syscalls");
	json_t *used = json_array();
	if (!json_is_object(counts)) {
		buf_add(out, "syscalls=unknown");
		*note = xstrdup("it is not known which code is Go's, or not decoded");
	} else {
		for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
			if (number(counts, ways[i]))
				json_array_append_new(used, json_string(ways[i]));
		buf_add(out, "syscalls=");
		add_names(out, used);
		*note = xprintf("%lld int $0x80 and %lld call *%%gs:0x10 in Go's code", number(counts, "int80"),
		    number(counts, "gs:0x10"));
	}
	json_decref(used);
}

static const struct {
	const char *check;
	void (*observe)(const json_t *facts, struct buf *out, char **note);
} observers[] = {
	{ "tls.access", access_words },
	{ "tls.pt-tls-size", pt_tls_size },
	{ "tls.pt-tls-align", pt_tls_align },
	{ "tls.symbols", symbols },
	{ "tls.model-reloc", model_reloc },
	{ "tls.model-insn", model_insn },
	{ "tls.one-insn", one_insn },
	{ "tls.slot-offset", slot_offset },
	{ "tls.static-flag", static_flag },
	{ "tls.le-users", le_users },
	{ "tls.c-models", c_models },
	{ "init.array-entry", array_entry },
	{ "init.c-calls-align", c_calls_align },
	{ "init.nodelete", nodelete },
	{ "init.no-textrel", no_textrel },
	{ "init.gnu-stack", gnu_stack },
	{ "init.relocs-writable", relocs_writable },
	{ "init.plt-registers", plt_registers },
	{ "file.segments", segments },
	{ "file.kind", kind },
	{ "file.entry", library_entry },
	{ "file.exports", exports },
	{ "file.reloc-types", reloc_types },
	{ "file.stack", stack_segment },
	{ "file.go-build-id", go_build_id },
	{ "file.gnu-build-id", gnu_build_id },
	{ "file.go-notes", go_notes },
	{ "file.dup-symbols", dup_symbols },
	{ "file.tls-android", tls_android },
	{ "file.syscalls", syscalls },
};

int inspect_observe(const char *check, const json_t *facts, struct buf *out, char **note)
{
	for (size_t i = 0; i < sizeof observers / sizeof observers[0]; i++)
		if (!strcmp(observers[i].check, check)) {
			*note = NULL;
			observers[i].observe(facts, out, note);
			return 0;
		}
	return -ENOENT;
}

void inspect_promise(const json_t *facts, struct buf *out)
{
	if (is_known(facts, "tls.slot.got") && is_true(facts, "tls.slot.external"))
		buf_printf(out, "ie-ext:%#llx", number(facts, "tls.slot.got"));
	else if (is_known(facts, "tls.slot.got") && is_known(facts, "tls.slot.value"))
		buf_printf(out, "ie:%#llx:%#llx", number(facts, "tls.slot.got"), number(facts, "tls.slot.value"));
	else if (!is_known(facts, "tls.slot.symbol") && is_known(facts, "tls.slot.insn_offset"))
		/* cmd/link names no TLS variable, and a static program of its making has no PT_TLS: the instructions
		 * are the promise. */
		buf_printf(out, "le:%lld", number(facts, "tls.slot.insn_offset"));
	else if (is_known(facts, "tls.slot.offset"))
		buf_printf(out, "le:%lld", number(facts, "tls.slot.offset"));
	else if (is_known(facts, "pe.slot_index") && is_known(facts, "pe.image_base"))
		buf_printf(out, "key:%#llx", number(facts, "pe.slot_index") - number(facts, "pe.image_base"));
	else
		buf_add(out, "none");
}
