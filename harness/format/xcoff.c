/* xcoff.c - AIX programs, libraries and objects: what they import, and how their code reaches TLS.
 *
 * The thread pointer of AIX is r13, in 64-bit code 0x7800 above the start of the program's TLS block, which is the
 * sections .tdata and .tbss (cmd/link/internal/ppc64/asm.go computeTLSLEReloc; IBM, XCOFF, thread-local storage).
 * Go's slot is runtime.tls_g in .tbss, and since registers carry g in Go code, only runtime.save_g and load_g
 * touch it (runtime/tls_ppc64x.s).  Local-exec code carries the offset, so that nothing is left for the loader;
 * other models load it from words that relocations of the .loader section fill: R_TLS_IE with the offset from the
 * thread pointer, R_TLSM and R_TLS with a module's handle and the offset in it, R_TLSML and R_TLS_LD for the module
 * itself.  In an object file the linker's own relocations say it.
 *
 * Initializers: ld -binitfini makes the structure __rtinit and exports it; it lists functions with their names
 * (<rtinit.h>; bfd/coff-rs6000.c xcoff_generate_rtinit). */
#include "harness/elf/arch.h"
#include "harness/format/format.h"
#include "harness/format/xcoff_file.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREAD_POINTER_BIAS = 0x7800 };
enum { NAMES_MAX = 64 }; /* of a list in the facts */
enum { INITIALIZERS_MAX = 64 };
enum { TEXT_SECTIONS_MAX = 64 }; /* that are read; cmd/link and AIX ld write one, -bbigtoc a few */

/* The strongest first: what a file that does both is called after. */
static const struct tls_reloc {
	unsigned type;
	const char *name, *model;
} tls_relocs[] = {
	{ XCOFF_R_TLS_LE, "R_TLS_LE", "LE" },
	{ XCOFF_R_TLS_IE, "R_TLS_IE", "IE" },
	{ XCOFF_R_TLS_LD, "R_TLS_LD", "LD" },
	{ XCOFF_R_TLSML, "R_TLSML", "LD" },
	{ XCOFF_R_TLS, "R_TLS", "GD" },
	{ XCOFF_R_TLSM, "R_TLSM", "GD" },
};

/* How many relocations of each kind, of the loader or of the linker. */
struct tls_counts { uint64_t of[ARCH_COUNT(tls_relocs)]; };

/* A symbol in text.  Read-only data lies there too; Go's, behind runtime.etext, is three quarters of it. */
struct label {
	uint64_t address;
	const char *name;
	int is_code;
};

struct symbols {
	struct label *label; /* by address */
	size_t count;
	uint64_t go_start, go_end;
	int has_start, has_end, has_slot;
	uint64_t slot; /* index of runtime.tls_g */
};

static void count_reloc(struct tls_counts *counts, unsigned type)
{
	for (size_t i = 0; i < ARCH_COUNT(tls_relocs); i++)
		counts->of[i] += tls_relocs[i].type == type;
}

/* The first kind that there is, or NULL. */
static const struct tls_reloc *strongest(const struct tls_counts *counts)
{
	for (size_t i = 0; i < ARCH_COUNT(tls_relocs); i++)
		if (counts->of[i])
			return &tls_relocs[i];
	return NULL;
}

static int is_object(const struct xcoff_file *file) { return !(file->flags & (XCOFF_F_EXEC | XCOFF_F_SHROBJ)); }

/* ---- symbols and code --------------------------------------------------------------------- */

static int is_text(const struct xcoff_file *file, int section)
{
	return section > 0 && (size_t)section <= file->section_count && file->section[section - 1].type == XCOFF_TEXT;
}

static const struct xcoff_section *first_section(const struct xcoff_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->section_count; i++)
		if (file->section[i].type == type)
			return &file->section[i];
	return NULL;
}

/* At one address data comes last and counts: runtime.etext is called code, and is none. */
static int label_order(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	return x->address != y->address ? (x->address > y->address) - (x->address < y->address) :
					  y->is_code - x->is_code;
}

/* In 64-bit files alone, where all names have a place in the string table. */
static void read_symbols(const struct xcoff_file *file, struct symbols *symbols)
{
	struct xcoff_symbol symbol;
	size_t room = 0;
	for (uint64_t i = 0, next; !xcoff_symbol(file, i, &symbol, &next); i = next) {
		if (!symbol.is_csect)
			continue;
		if (!strcmp(xcoff_name(&symbol), "runtime.tls_g")) {
			symbols->slot = i;
			symbols->has_slot = 1;
		}
		if (!symbol.long_name || !is_text(file, symbol.section))
			continue;
		if (symbols->count == room) {
			room = room ? room * 2 : 256;
			symbols->label = xrealloc(symbols->label, room * sizeof *symbols->label);
		}
		symbols->label[symbols->count++] = (struct label){ symbol.value, symbol.long_name,
			symbol.mapping == XCOFF_XMC_PR || symbol.mapping == XCOFF_XMC_GL };
		if (!strcmp(symbol.long_name, "runtime.text")) {
			symbols->go_start = symbol.value;
			symbols->has_start = 1;
		} else if (!strcmp(symbol.long_name, "runtime.etext")) {
			symbols->go_end = symbol.value;
			symbols->has_end = 1;
		}
	}
	if (symbols->count)
		qsort(symbols->label, symbols->count, sizeof *symbols->label, label_order);
}

/* In a stripped file Go's own description of its text: the words minpc, maxpc, text, etext in runtime.firstmoduledata
 * (runtime/symtab.go), the first two equal to the others.  What follows cannot be told from data, and is not read. */
static void find_bounds(const struct xcoff_file *file, struct symbols *symbols)
{
	const struct xcoff_section *code = first_section(file, XCOFF_TEXT), *data = first_section(file, XCOFF_DATA);
	if (!file->wide || !code || !data)
		return;
	struct bytes content = xcoff_content(file, data);
	for (uint64_t at = 0; at + 32 <= content.size; at += 8) {
		uint64_t text = bytes_number(&content, at + 16, 8), etext = bytes_number(&content, at + 24, 8);
		if (text < code->address || text >= etext || etext - code->address > code->size ||
		    bytes_number(&content, at, 8) != text || bytes_number(&content, at + 8, 8) != etext)
			continue;
		symbols->label = xcalloc(1, sizeof *symbols->label);
		symbols->label[0] = (struct label){ .address = etext, .name = "runtime.etext" };
		symbols->count = 1;
		symbols->go_start = text;
		symbols->go_end = etext;
		symbols->has_start = symbols->has_end = 1;
		return;
	}
}

/* Reads the code of a section that begins with the labels from first on, until one of data; the label behind. */
static size_t scan_run(struct insn_scan *scan, const struct symbols *symbols, const struct format_code *all,
    uint64_t start, size_t first, struct code_function *functions)
{
	struct format_code run = *all;
	uint64_t end = all->address + all->code.size;
	size_t last = first;
	for (; last < symbols->count && symbols->label[last].is_code && symbols->label[last].address < end; last++)
		functions[last - first] =
		    (struct code_function){ symbols->label[last].address, symbols->label[last].name };
	if (last < symbols->count && symbols->label[last].address < end)
		end = symbols->label[last].address;
	run.address = start;
	run.code = bytes_part(&all->code, start - all->address, end - start);
	run.functions = functions;
	run.count = last - first;
	format_scan(scan, &run);
	return last;
}

/* A section from label to label, without the read-only data between them. */
static void scan_section(struct insn_scan *scan, const struct symbols *symbols, const struct format_code *all,
    struct code_function *functions)
{
	uint64_t start = all->address, end = start + all->code.size;
	size_t next = 0;
	while (next < symbols->count && symbols->label[next].address < start)
		next++;
	while (start < end) {
		next = scan_run(scan, symbols, all, start, next, functions);
		while (next < symbols->count && !symbols->label[next].is_code)
			next++;
		start = next < symbols->count ? symbols->label[next].address : end;
	}
}

static void scan_code(struct insn_scan *scan, const struct xcoff_file *file, const struct symbols *symbols, int is_go,
    const struct arch *arch)
{
	size_t read = 0, texts = 0;
	struct code_function *functions = xcalloc(symbols->count + 1, sizeof *functions);
	insn_scan_begin(scan, file->wide && !is_object(file) ? arch : NULL);
	for (size_t i = 0; i < file->section_count && texts < TEXT_SECTIONS_MAX; i++) {
		struct bytes content = xcoff_content(file, &file->section[i]);
		/* Sections do not overlap, so together they are no longer than the file. */
		if (file->section[i].type != XCOFF_TEXT || !content.size || content.size > file->bytes.size - read)
			continue;
		struct format_code code = { .address = file->section[i].address, .code = content };
		if (symbols->has_start && symbols->has_end) {
			code.go_start = symbols->go_start;
			code.go_end = symbols->go_end;
		} else {
			code.go_all = !symbols->count && is_go;
		}
		scan_section(scan, symbols, &code, functions);
		read += content.size;
		texts++;
	}
	insn_scan_end(scan);
	free(functions);
}

/* ---- TLS ---------------------------------------------------------------------------------- */

/* The linker's relocations of an object file; where Go's slot is a symbol, those against it. */
static void count_object(const struct xcoff_file *file, const struct symbols *symbols, struct tls_counts *counts)
{
	uint64_t left = file->bytes.size / XCOFF_RELOC_SIZE; /* relocations do not overlap either */
	struct xcoff_reloc reloc;
	for (size_t i = 0; i < file->section_count; i++)
		for (uint64_t k = 0; left && !xcoff_reloc(file, &file->section[i], k, &reloc); k++, left--)
			if (!symbols->has_slot || reloc.symbol == symbols->slot)
				count_reloc(counts, reloc.type);
}

static json_t *tls_json(
    const struct xcoff_file *file, const struct symbols *symbols, const struct tls_counts *loader, int is_go)
{
	char at[24] = "mixed";
	struct arch arch = arch_ppc64;
	struct insn_scan scan;
	struct tls_counts object = { { 0 } };
	struct access_words words = { "none", "none", NULL };
	arch.bias = THREAD_POINTER_BIAS;
	scan_code(&scan, file, symbols, is_go, &arch);
	if (is_object(file))
		count_object(file, symbols, &object);
	const struct tls_reloc *reloc = strongest(is_object(file) ? &object : loader);
	if (scan.go[ACCESS_LE] || scan.go[ACCESS_RELAXED]) {
		if (!scan.offset.mixed)
			snprintf(at, sizeof at, "%" PRId64, scan.offset.value);
		words = (struct access_words){ "LE", at, reloc && !strcmp(reloc->model, "LE") ? reloc->name : NULL };
	} else if (reloc) {
		words = (struct access_words){ reloc->model, is_object(file) ? "linker" : "loader", reloc->name };
	}
	return facts_tls(&words, &scan);
}

/* ---- the loader section ------------------------------------------------------------------- */

struct imports {
	char **file;
	size_t count;
}; /* "libc.a(shr_64.o)", by number */

/* Import files are three texts each, path, base and member; the first is the library path instead. */
static void read_imports(const struct xcoff_file *file, struct imports *imports)
{
	uint64_t at = 0;
	*imports = (struct imports){ 0 };
	for (uint64_t i = 0; i < file->loader.import_count && imports->count <= FACTS_LIST_MAX; i++) {
		const char *part[3];
		for (int k = 0; k < 3; k++) {
			part[k] = xcoff_text(&file->loader.imports, at);
			if (!part[k])
				return;
			at += strlen(part[k]) + 1;
		}
		if ((imports->count & (imports->count - 1)) == 0)
			imports->file =
			    xrealloc(imports->file, (imports->count ? imports->count * 2 : 1) * sizeof *imports->file);
		imports->file[imports->count++] = xprintf("%s%s%s%s%s%s", part[0], part[0][0] ? "/" : "", part[1],
		    part[2][0] ? "(" : "", part[2], part[2][0] ? ")" : "");
	}
}

static void free_imports(struct imports *imports)
{
	for (size_t i = 0; i < imports->count; i++)
		free(imports->file[i]);
	free(imports->file);
}

static json_t *imports_json(const struct xcoff_file *file, const struct imports *imports)
{
	json_t *names = json_array();
	json_int_t count = 0;
	struct xcoff_symbol symbol;
	for (uint64_t i = 0; !xcoff_loader_symbol(file, i, &symbol); i++) {
		if (!(symbol.flags & XCOFF_L_IMPORT))
			continue;
		count++;
		if (json_array_size(names) >= NAMES_MAX)
			continue;
		int known = symbol.file && symbol.file < imports->count;
		char *name =
		    xprintf("%s%s%s", known ? imports->file[symbol.file] : "", known ? "!" : "", xcoff_name(&symbol));
		json_array_append_new(names, facts_text(name));
		free(name);
	}
	return json_pack("{s:I,s:{},s:o}", "count", count, "versions", "symbols", names);
}

static json_t *needed_json(const struct imports *imports)
{
	json_t *list = json_array();
	for (size_t i = 1; i < imports->count; i++)
		facts_list(list, imports->file[i]);
	return list;
}

/* ---- initializers ------------------------------------------------------------------------- */

static struct bytes rtinit_of(const struct xcoff_file *file)
{
	struct xcoff_symbol symbol;
	for (uint64_t i = 0; !xcoff_loader_symbol(file, i, &symbol); i++) {
		if (!(symbol.flags & XCOFF_L_EXPORT) || strcmp(xcoff_name(&symbol), "__rtinit") || symbol.section < 1 ||
		    (size_t)symbol.section > file->section_count)
			continue;
		const struct xcoff_section *section = &file->section[symbol.section - 1];
		struct bytes content = xcoff_content(file, section);
		if (symbol.value >= section->address)
			return bytes_part(&content, symbol.value - section->address, content.size);
	}
	return (struct bytes){ 0 };
}

/* Does a name belong to an entry of Go's runtime, _rt0_ppc64_aix_lib? */
static int enters_go(const char *name) { return format_is_go_entry(name + strspn(name, ".")); }

/* The name of the first initializer, NULL for none; *go counts those that enter Go.  The structure: an address, the
 * offsets of the two lists, the size of a descriptor; a descriptor: an address, the offset of its name, flags. */
static const char *read_rtinit(const struct xcoff_file *file, int *go)
{
	struct bytes rtinit = rtinit_of(file);
	unsigned word = file->wide ? 8 : 4;
	uint64_t list = bytes_number(&rtinit, word, 4), size = bytes_number(&rtinit, word + 8, 4);
	const char *first = NULL;
	*go = 0;
	for (uint64_t i = 0; list && size >= word + 4 && i < INITIALIZERS_MAX; i++) {
		uint64_t name_at = bytes_number(&rtinit, list + i * size + word, 4);
		const char *name = name_at ? xcoff_text(&rtinit, name_at) : NULL;
		if (!name)
			break;
		first = first ? first : name;
		*go += enters_go(name);
	}
	return first;
}

/* ---- facts -------------------------------------------------------------------------------- */

static struct bytes buildinfo_of(const struct xcoff_file *file)
{
	static const char magic[] = "\xff Go buildinf:";
	for (size_t i = 0; i < file->section_count; i++) {
		struct bytes content = xcoff_content(file, &file->section[i]);
		int64_t at = file->section[i].type == XCOFF_DATA ? bytes_find(&content, magic, sizeof magic - 1) : -1;
		if (at >= 0)
			return bytes_part(&content, (uint64_t)at, content.size);
	}
	return (struct bytes){ 0 };
}

static json_t *xcoff_json(
    const struct xcoff_file *file, const struct tls_counts *counts, uint64_t relocs, const char *init)
{
	json_t *sections = json_array(), *kinds = json_object();
	for (size_t i = 0; i < file->section_count; i++)
		if ((file->section[i].type == XCOFF_TDATA || file->section[i].type == XCOFF_TBSS) &&
		    json_array_size(sections) < NAMES_MAX)
			json_array_append_new(sections, facts_text(file->section[i].name));
	for (size_t i = 0; i < ARCH_COUNT(tls_relocs); i++)
		if (counts->of[i])
			json_object_set_new(kinds, tls_relocs[i].name, json_integer((json_int_t)counts->of[i]));
	return json_pack("{s:o,s:I,s:o,s:o,s:I}", "tls_sections", sections, "loader_relocs", (json_int_t)relocs,
	    "loader_tls_relocs", kinds, "init", facts_text(init), "toc", (json_int_t)file->toc);
}

static json_t *facts_json(const struct xcoff_file *file, const struct symbols *symbols, const struct imports *imports)
{
	struct tls_counts loader = { { 0 } };
	struct xcoff_reloc reloc;
	uint64_t relocs = 0;
	int go_entries;
	while (!xcoff_loader_reloc(file, relocs, &reloc)) {
		count_reloc(&loader, reloc.type);
		relocs++;
	}
	const char *init = read_rtinit(file, &go_entries);
	struct bytes buildinfo = buildinfo_of(file);
	int is_go = buildinfo.size || symbols->has_start;
	const char *type = is_object(file) ? "REL" : file->flags & XCOFF_F_SHROBJ ? "DYN" : "EXEC";
	json_t *facts = json_pack("{s:s,s:i,s:s,s:o,s:s,s:b,s:I,s:n,s:n,s:o,s:b}", "format", "xcoff", "class",
	    file->wide ? 64 : 32, "machine", file->wide ? arch_ppc64.name : "ppc", "arch",
	    facts_text(file->wide ? arch_ppc64.goarch : NULL), "type", type, "pie", 0, "entry", (json_int_t)file->entry,
	    "interp", "soname", "needed", needed_json(imports), "static", !is_object(file) && imports->count < 2);
	json_object_set_new(facts, "go", facts_go(buildinfo, is_go));
	json_object_set_new(facts, "tls", tls_json(file, symbols, &loader, is_go));
	json_object_set_new(facts, "init", json_pack("{s:i}", "go_entries", go_entries));
	json_object_set_new(facts, "imports", imports_json(file, imports));
	json_object_set_new(facts, "floor", json_array());
	json_object_set_new(facts, "xcoff", xcoff_json(file, &loader, relocs, init));
	return facts;
}

int xcoff_facts(const char *name, struct bytes bytes, json_t **facts, struct diag *diag)
{
	struct xcoff_file file;
	struct symbols symbols = { 0 };
	struct imports imports;
	int result = xcoff_open(name, bytes, &file, diag);
	if (result)
		return result;
	read_symbols(&file, &symbols);
	if (!symbols.count)
		find_bounds(&file, &symbols);
	read_imports(&file, &imports);
	*facts = facts_json(&file, &symbols, &imports);
	free_imports(&imports);
	free(symbols.label);
	xcoff_close(&file);
	return 0;
}
