/* pe_slot.c - where Go's code is in a PE image or COFF object, how it reaches its slot, and which
 * constructors enter it.
 *
 * A thread's TEB lies at %gs (amd64), %fs (386) or X18 (arm64).  Go's slot is one word of it:
 *
 *     since go1.20 (386: 1.21; arm64: always) runtime.wintls asks TlsAlloc for an index and keeps
 *     TlsSlots + index * word in runtime.tls_g; where the index is 64 or more, ArbitraryUserPointer:
 *         mov runtime.tls_g(%rip),%rbx; mov %gs:(%rbx),%rbx           KEY
 *         mov x0,x18; adrp x27,..; ldr x27,[x27,#lo]; ldr x28,[x0,x27]
 *     before that ArbitraryUserPointer, whoever else used it:
 *         mov %gs:0x28,%rbx        mov %fs:0x14,%ecx                  FIXED
 *
 * On x86 that word holds the address of m.tls, whose first word is g; on arm64 it holds g itself.
 * Sources: runtime/sys_windows_*.s wintls and settls, runtime/tls_arm64.s,
 * cmd/internal/obj/x86/obj6.go progedit (asm6.go before); winternl.h and ntddk.h TEB. */
#include "harness/format/pe.h"
#include "matrix/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STORAGE_EXTERNAL = 2, STORAGE_STATIC = 3, ENTRIES_MAX = 4, MENTIONS_MAX = 64 };

/* The segment of the TEB, and its fields that code reads for their own sake.  What is not here Go may have
 * for a slot: ArbitraryUserPointer (0x28, 0x14) above all. */
static const int fields_64[] = { 0x00, 0x08, 0x10, 0x30, 0x40, 0x48, 0x58, 0x60, 0x68 };
static const int fields_32[] = { 0x00, 0x04, 0x08, 0x18, 0x20, 0x24, 0x2c, 0x30, 0x34 };

static const struct teb {
	unsigned machine;
	int segment;
	const char *name;
	const int *fields;
	size_t count;
} tebs[] = {
	{ PE_AMD64, 'g', "gs", fields_64, sizeof fields_64 / sizeof *fields_64 },
	{ PE_386, 'f', "fs", fields_32, sizeof fields_32 / sizeof *fields_32 },
	{ PE_ARM64, 'x', "x18", fields_64, sizeof fields_64 / sizeof *fields_64 },
};

static const struct teb *teb_of(const struct pe *pe)
{
	for (size_t i = 0; i < sizeof tebs / sizeof *tebs; i++)
		if (tebs[i].machine == pe->machine)
			return &tebs[i];
	return NULL;
}

/* ---- functions ---------------------------------------------------------------------------- */

/* cmd/link calls the text of a host object "runtime/cgo(.text)"; "func(...int)" is a type in a Go name. */
static int is_host_text(const char *name)
{
	const char *section = strrchr(name, '(');
	return section && section[1] == '.' && section[2] != '.' && section[strlen(section) - 1] == ')';
}

/* Does the name have a package, as Go's have and C's do not?  "f.part.0" is what gcc makes of a part of f. */
static int has_package(const char *name)
{
	static const char *const parts[] = { ".part.", ".constprop.", ".isra.", ".cold", ".lto_priv." };
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strstr(name, parts[i]))
			return 0;
	return !is_host_text(name) && strpbrk(name + (name[0] != 0), ".:");
}

static int is_function(const struct pe *pe, const struct pe_symbol *symbol)
{
	if (!symbol->name || symbol->section < 1 || (uint64_t)symbol->section > pe->section_count ||
	    symbol->name[0] == '.')
		return 0;
	return pe_is_code(&pe->section[symbol->section - 1]) &&
	    (symbol->storage == STORAGE_EXTERNAL || symbol->storage == STORAGE_STATIC);
}

static void functions_of_symbols(const struct pe *pe, struct pe_go *go)
{
	const struct pe_symbol *start = pe_symbol_named(pe, "runtime.text"),
			       *end = pe_symbol_named(pe, "runtime.etext");
	go->functions = xcalloc(pe->symbol_count + 1, sizeof *go->functions);
	for (size_t i = 0; i < pe->symbol_count; i++)
		if (is_function(pe, &pe->symbol[i]))
			go->functions[go->function_count++] =
			    (struct code_function){ pe->symbol[i].address, pe->symbol[i].name };
	if (start && end) {
		go->start = start->address;
		go->end = end->address;
	}
}

/* Without these symbols by Go's own table; lld writes no symbols into an image whose debug information is DWARF or PDB,
 * and -ldflags=-s takes them away. */
static void functions_of_table(const struct pe *pe, struct pe_go *go)
{
	struct pclntab_range *ranges = xcalloc(pe->section_count + 1, sizeof *ranges);
	const struct pclntab_image image = {
		.range = ranges, .count = pe->section_count, .word = (unsigned)pe->class / 8, .size = pe->file.size
	};
	for (size_t i = 0; i < pe->section_count; i++)
		ranges[i] = (struct pclntab_range){ pe->section[i].address, pe->section[i].raw, NULL };
	pclntab_read(&image, &go->table);
	free(ranges);
	go->functions = xrealloc(go->functions, (go->function_count + go->table.count + 1) * sizeof *go->functions);
	if (go->table.count)
		memcpy(
		    go->functions + go->function_count, go->table.functions, go->table.count * sizeof *go->functions);
	go->function_count += go->table.count;
	go->start = go->table.text;
	go->end = go->table.etext;
}

/* The internal linker puts all text of host objects first (cmd/link/internal/loader
 * AssignTextSymbolOrder); Go's begins after the last of them, with the first name that has a package.  The table does
 * not name host objects, and their functions come first in it. */
static void skip_host_text(struct pe_go *go)
{
	size_t last = go->table.count ? 0 : go->function_count;
	for (size_t i = 0; i < go->function_count; i++)
		if (go->functions[i].address >= go->start && go->functions[i].address < go->end &&
		    is_host_text(go->functions[i].name))
			last = i;
	for (size_t i = last; i < go->function_count; i++)
		if (go->functions[i].address >= go->start && has_package(go->functions[i].name)) {
			go->start = go->functions[i].address;
			return;
		}
}

/* One name for an address: that of the function rather than of the host object it begins. */
static void drop_doubles(struct pe_go *go)
{
	size_t kept = 0;
	for (size_t i = 0; i < go->function_count; i++) {
		if (!kept || go->functions[kept - 1].address != go->functions[i].address)
			go->functions[kept++] = go->functions[i];
		else if (is_host_text(go->functions[kept - 1].name))
			go->functions[kept - 1].name = go->functions[i].name;
	}
	go->function_count = kept;
}

static void read_functions(const struct pe *pe, struct pe_go *go)
{
	functions_of_symbols(pe, go);
	if (go->end <= go->start && !pe->is_object)
		functions_of_table(pe, go);
	format_sort(go->functions, go->function_count);
	skip_host_text(go);
	drop_doubles(go);
	go->has_runtime = go->end > go->start;
}

const char *pe_function_at(const struct pe_go *go, uint64_t address)
{
	return format_function_at(go->functions, go->function_count, address);
}

/* ---- code --------------------------------------------------------------------------------- */

/* cmd/link puts the build id at the start of Go's text in files that have no notes
 * (cmd/link/internal/ld/data.go textbuildid): text, not code.  Its length; *at is where it begins. */
static uint64_t find_build_id(const struct bytes *code, uint64_t *at)
{
	static const char start[] = "\xff Go build ID: \"", end[] = "\"\n \xff";
	int64_t found = bytes_find(code, start, sizeof start - 1);
	struct bytes text = found < 0 ? (struct bytes){ 0 } : bytes_part(code, (uint64_t)found, 512);
	int64_t length = bytes_find(&text, end, sizeof end - 1);
	*at = length < 0 ? code->size : (uint64_t)found;
	return length < 0 ? 0 : (uint64_t)length + sizeof end - 1;
}

static void scan_part(const struct pe *pe, struct pe_go *go, uint64_t address, struct bytes code)
{
	struct format_code part = {
		.address = address,
		.code = code,
		.functions = go->functions,
		.count = go->function_count,
		.go_start = go->start,
		.go_end = go->end,
		.go_all = pe->is_object && !go->has_runtime && pe_symbol_named(pe, "runtime.tls_g"),
	};
	if (!code.size)
		return;
	format_narrow(&part);
	format_scan(&go->scan, &part);
}

static void scan_section(const struct pe *pe, struct pe_go *go, const struct pe_section *section, struct bytes code)
{
	uint64_t at, length = find_build_id(&code, &at);
	scan_part(pe, go, section->address, bytes_part(&code, 0, at));
	scan_part(pe, go, section->address + at + length, bytes_part(&code, at + length, code.size));
}

/* An image of Go's, and it is not known where its code is? */
static int is_unknown(const struct pe *pe, const struct pe_go *go)
{
	return !pe->is_object && !go->has_runtime && (go->buildinfo.size || go->table.found);
}

/* Sections of a valid file do not overlap: what is read of them is no more than the file. */
static void scan(const struct pe *pe, struct pe_go *go)
{
	const struct teb *teb = teb_of(pe);
	uint64_t budget = pe->file.size, relocs = pe->file.size;
	insn_scan_begin(&go->scan, pe->arch);
	go->scan.is_unknown = go->scan.decoded && is_unknown(pe, go);
	if (teb) {
		go->scan.segment = teb->segment;
		go->scan.fields = teb->fields;
		go->scan.field_count = teb->count;
	}
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->section[i];
		if (!pe_is_code(section) || !section->raw.size || section->raw.size > budget)
			continue;
		budget -= section->raw.size;
		unsigned char *copy = pe->is_object ? pe_relocated(pe, section, &relocs) : NULL;
		scan_section(pe, go, section, (struct bytes){ copy ? copy : section->raw.data, section->raw.size, 0 });
		free(copy);
	}
	insn_scan_end(&go->scan);
}

/* ---- the slot ----------------------------------------------------------------------------- */

/* Does the word lie where start code can write it? */
static int is_variable(const struct pe *pe, uint64_t address)
{
	const struct pe_section *section = pe_section_at(pe, address);
	return section && (section->flags & PE_WRITE);
}

static void read_slot(const struct pe *pe, struct pe_go *go)
{
	const struct insn_scan *found = &go->scan;
	const struct pe_symbol *symbol = pe_symbol_named(pe, "runtime.tls_g");
	const struct teb *teb = teb_of(pe);
	int key = found->go[ACCESS_IE] > 0, fixed = found->go[ACCESS_LE] > 0;
	go->words = (struct access_words){ key ? "KEY" :
		    fixed                      ? "FIXED" :
						 "none",
		found->is_unknown ? "unknown" : "none", NULL };
	go->tls_g = symbol ? symbol->address : 0;
	if (!key && !fixed)
		return;
	go->words.at = go->at;
	if ((key && fixed) || (key && found->got.mixed) || (fixed && found->offset.mixed))
		snprintf(go->at, sizeof go->at, "mixed");
	else if (fixed)
		snprintf(
		    go->at, sizeof go->at, "%s:%#llx", teb ? teb->name : "?", (unsigned long long)found->offset.value);
	else if (symbol ? (uint64_t)found->got.value == symbol->address : is_variable(pe, (uint64_t)found->got.value)) {
		snprintf(go->at, sizeof go->at, "runtime.tls_g");
		go->tls_g = (uint64_t)found->got.value;
	} else
		snprintf(go->at, sizeof go->at, "%#llx", (unsigned long long)found->got.value);
}

/* ---- constructors ------------------------------------------------------------------------- */

/* Go's entry as a constructor, or main's: cmd/link names the entry symbol in .ctors of every file that
 * another linker finishes (pe.go addInitArray), programs included. */
static int is_entry(const char *name)
{
	return format_is_go_entry(name) || (name && (!strcmp(name, "main") || !strcmp(name, "_main")));
}

static void add_constructors(
    struct pe_go *go, const struct bytes *words, unsigned width, uint64_t at, const char *section)
{
	while (go->constructor_count < CONSTRUCTORS_MAX && bytes_have(words, at, width)) {
		uint64_t address = bytes_number(words, at, width);
		if (!address)
			return;
		go->constructor[go->constructor_count++] = address;
		go->init_section = section;
		at += width;
	}
}

/* An object: .ctors and .CRT$XCx hold addresses, each by a relocation. */
static void object_constructors(const struct pe *pe, struct pe_go *go)
{
	uint64_t relocs = pe->file.size;
	for (size_t i = 0; i < pe->section_count && go->constructor_count < CONSTRUCTORS_MAX; i++) {
		const struct pe_section *section = &pe->section[i];
		int ctors = !strncmp(section->name, ".ctors", 6), crt = !strncmp(section->name, ".CRT$XC", 7);
		if ((!ctors && !crt) || !section->raw.size || section->raw.size > CONSTRUCTORS_MAX * 8)
			continue;
		unsigned char *copy = pe_relocated(pe, section, &relocs);
		const struct bytes words = { copy, section->raw.size, 0 };
		add_constructors(go, &words, (unsigned)pe->class / 8, 0, ctors ? ".ctors" : ".CRT$XCU");
		free(copy);
	}
}

/* The start of a list that the word at an offset belongs to: -1, then code addresses; -1 for none. */
static int64_t list_start(const struct pe *pe, const struct bytes *raw, uint64_t at, unsigned width)
{
	for (unsigned back = 0; back < CONSTRUCTORS_MAX && at >= width; back++) {
		at -= width;
		uint64_t word = bytes_number(raw, at, width);
		if (word == (width == 8 ? UINT64_MAX : UINT32_MAX))
			return (int64_t)(at + width);
		const struct pe_section *section = pe_section_at(pe, word);
		if (!section || !pe_is_code(section))
			return -1;
	}
	return -1;
}

/* An image without symbols: the list that Go's entry, known from Go's function table, stands in. */
static int find_list(const struct pe *pe, struct pe_go *go, uint64_t entry)
{
	uint64_t budget = pe->file.size;
	unsigned width = (unsigned)pe->class / 8, mentions = 0;
	for (size_t i = 0; i < pe->section_count && mentions < MENTIONS_MAX; i++) {
		const struct bytes *raw = &pe->section[i].raw;
		if (raw->size > budget)
			continue;
		budget -= raw->size;
		for (uint64_t at = 0; bytes_have(raw, at, width) && mentions < MENTIONS_MAX; at += width) {
			if (bytes_number(raw, at, width) != entry)
				continue;
			int64_t start = list_start(pe, raw, at, width);
			mentions++;
			if (start < 0)
				continue;
			add_constructors(go, raw, width, (uint64_t)start, ".ctors");
			return 1;
		}
	}
	return 0;
}

/* An image: GNU ld and lld gather .ctors between -1 and 0, from __CTOR_LIST__ on. */
static void image_constructors(const struct pe *pe, struct pe_go *go)
{
	const struct pe_symbol *list = pe_symbol_named(pe, "__CTOR_LIST__");
	unsigned width = (unsigned)pe->class / 8;
	struct bytes words = list ? pe_at(pe, list->address) : (struct bytes){ 0 };
	if (words.size) {
		add_constructors(go, &words, width, width, ".ctors");
		return;
	}
	unsigned entries = 0;
	for (size_t i = 0; i < go->function_count && entries < ENTRIES_MAX; i++)
		if (is_entry(go->functions[i].name)) {
			entries++;
			if (find_list(pe, go, go->functions[i].address))
				return;
		}
}

/* How the last of them that is Go's calls C. */
static void read_initializer(const struct pe *pe, struct pe_go *go)
{
	const struct pe_section *section = NULL;
	uint64_t entry = 0, relocs = pe->file.size;
	for (size_t i = 0; i < go->constructor_count; i++)
		if (format_is_go_entry(pe_function_at(go, go->constructor[i]))) {
			entry = go->constructor[i];
			section = pe_section_at(pe, entry);
		}
	if (!section || !section->raw.size)
		return;
	unsigned char *copy = pe->is_object ? pe_relocated(pe, section, &relocs) : NULL;
	initializer_read(pe->arch, (struct bytes){ copy ? copy : section->raw.data, section->raw.size, 0 },
	    section->address, entry, &go->initializer);
	free(copy);
}

json_t *pe_init(const struct pe_go *go)
{
	json_int_t entries = 0;
	for (size_t i = 0; i < go->constructor_count; i++)
		entries += format_is_go_entry(pe_function_at(go, go->constructor[i]));
	/* Without names the list is not found, or not read. */
	int is_known = !go->scan.is_unknown || go->function_count;
	return json_pack("{s:o,s:o}", "go_entries", is_known ? json_integer(entries) : json_null(), "c_calls",
	    initializer_json(&go->initializer));
}

json_t *pe_constructors(const struct pe_go *go)
{
	json_t *list = json_array();
	for (size_t i = 0; i < go->constructor_count; i++)
		json_array_append_new(list,
		    json_pack("{s:I,s:o}", "address", (json_int_t)go->constructor[i], "symbol",
			facts_text(pe_function_at(go, go->constructor[i]))));
	return list;
}

json_t *pe_teb_offsets(const struct pe *pe, const struct pe_go *go)
{
	json_t *offsets = json_object();
	const struct teb *teb = teb_of(pe);
	for (size_t i = 0; teb && i < go->scan.fixed_count && i < FIXED_MAX; i++) {
		char key[32];
		snprintf(key, sizeof key, "%s:%#llx", teb->name, (unsigned long long)go->scan.fixed[i].offset);
		json_object_set_new(offsets, key, json_integer((json_int_t)go->scan.fixed[i].count));
	}
	return offsets;
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* In the first writable section, as the go command looks for it (debug/buildinfo peExe.DataStart). */
static struct bytes find_buildinfo(const struct pe *pe)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if ((pe->section[i].flags & PE_WRITE) && pe->section[i].raw.size)
			return facts_find_buildinfo(pe->section[i].raw, pe->section[i].address);
	return (struct bytes){ 0 };
}

void pe_go_read(const struct pe *pe, struct pe_go *go)
{
	*go = (struct pe_go){ .buildinfo = find_buildinfo(pe) };
	read_functions(pe, go);
	scan(pe, go);
	read_slot(pe, go);
	if (pe->is_object)
		object_constructors(pe, go);
	else
		image_constructors(pe, go);
	read_initializer(pe, go);
}

void pe_go_close(struct pe_go *go)
{
	free(go->functions);
	pclntab_free(&go->table);
	go->functions = NULL;
	go->function_count = 0;
}
