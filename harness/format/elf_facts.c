/* elf_facts.c - the facts of an ELF file as one JSON object. */
#include "harness/code/go_code.h"
#include "harness/code/initializer.h"
#include "harness/code/plt.h"
#include "harness/format/elf_exports.h"
#include "harness/format/elf_floor.h"
#include "harness/format/elf_image.h"
#include "harness/format/elf_tls.h"
#include "harness/format/format.h"
#include "matrix/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMPORT_NAMES_MAX = 64 };

/* ---- initializers ------------------------------------------------------------------------- */

/* What the loader will find in the word at address: the relocation decides, else the file. */
static uint64_t loaded_word(const struct elf_file *file, uint64_t address)
{
	for (size_t i = 0; i < file->reloc_count; i++) {
		const struct elf_reloc *reloc = &file->reloc[i];
		if (reloc->offset != address)
			continue;
		if (reloc->kind == RELOC_RELATIVE)
			return (uint64_t)reloc->addend;
		if (reloc->kind == RELOC_SYMBOL && reloc->symbol < file->dynamic_symbols.count)
			return file->dynamic_symbols.symbol[reloc->symbol].value + (uint64_t)reloc->addend;
	}
	return elf_word(file, address);
}

/* The function at an address, of an object file in a section; where several names share it, Go's entry
 * goes first.  SHN_UNDEF is any section. */
static const char *function_at(const struct elf_file *file, unsigned section, uint64_t address)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	const char *name = NULL;
	for (size_t i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->symbol[i];
		if (section != SHN_UNDEF && symbol->section != section)
			continue;
		if (symbol->value != address || symbol->section == SHN_UNDEF ||
		    (symbol->type != STT_FUNC && symbol->type != STT_NOTYPE) || !symbol->name[0])
			continue;
		if (format_is_go_entry(symbol->name))
			return symbol->name;
		if (!name || symbol->type == STT_FUNC)
			name = symbol->name;
	}
	return name;
}

/* The extent of an array of function pointers: from the dynamic array, or in a static program,
 * whose own start code walks it, from the section. */
static uint64_t pointer_array(
    const struct elf_file *file, int64_t tag, int64_t size_tag, uint32_t type, uint64_t *address)
{
	uint64_t size = 0;
	*address = 0;
	if (file->dynamic)
		return elf_dynamic(file, tag, address) && elf_dynamic(file, size_tag, &size) ? size : 0;
	for (size_t i = 0; i < file->section_count; i++)
		if (file->section[i].header.sh_type == type) {
			*address = file->section[i].header.sh_addr;
			return file->section[i].header.sh_size;
		}
	return 0;
}

/* How many of them are looked at: each costs a walk over relocations and symbols.  The most seen is 827 (a JVM). */
enum { INITIALIZERS_READ = 1024 };

struct entries {
	json_int_t count, go;
	uint64_t address; /* of the last that is Go's */
};

static void add_entry(json_t *array, struct entries *entries, uint64_t address, const char *name)
{
	if (format_is_go_entry(name)) {
		entries->go++;
		entries->address = address;
	}
	if (json_array_size(array) < FACTS_LIST_MAX)
		json_array_append_new(
		    array, json_pack("{s:I,s:o}", "address", (json_int_t)address, "symbol", facts_text(name)));
}

/* The initializers of an object file are what the linker is to put into its array. */
static json_t *object_entries(const struct elf_file *file, struct entries *entries)
{
	json_t *array = json_array();
	for (size_t i = 0; i < file->link_reloc_count; i++) {
		const struct elf_reloc *reloc = &file->link_reloc[i];
		const struct elf_section *section = &file->section[reloc->section];
		if (section->header.sh_type != SHT_INIT_ARRAY || reloc->symbol >= file->static_symbols.count)
			continue;
		if (entries->count++ >= INITIALIZERS_READ)
			continue;
		const struct elf_symbol *symbol = &file->static_symbols.symbol[reloc->symbol];
		/* Assemblers name a local function by its section. */
		uint64_t address = symbol->value + (uint64_t)reloc->addend;
		const char *name = symbol->name[0] ? symbol->name : function_at(file, symbol->section, address);
		add_entry(array, entries, address, name);
	}
	return array;
}

static json_t *array_entries(const struct elf_file *file, const struct go_code *code, struct entries *entries)
{
	uint64_t address, word = elf_word_size(file),
			  size = pointer_array(file, DT_INIT_ARRAY, DT_INIT_ARRAYSZ, SHT_INIT_ARRAY, &address);
	json_t *array = json_array();
	for (uint64_t at = 0; at + word <= size && elf_at(file, address + at, word); at += word) {
		if (entries->count++ >= INITIALIZERS_READ)
			continue;
		uint64_t function = loaded_word(file, address + at);
		const char *symbol = function_at(file, SHN_UNDEF, function),
			   *name = symbol ? symbol : go_code_function_at(code, function);
		add_entry(array, entries, function, name);
	}
	return array;
}

static json_t *init_json(const struct elf_file *file, const struct go_code *code)
{
	uint64_t address, init, word = elf_word_size(file);
	struct entries entries = { 0 };
	struct initializer initializer = { 0 };
	json_t *array =
	    file->header.e_type == ET_REL ? object_entries(file, &entries) : array_entries(file, code, &entries);
	uint64_t fini = pointer_array(file, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, SHT_FINI_ARRAY, &address) / word;
	uint64_t pre = pointer_array(file, DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ, SHT_PREINIT_ARRAY, &address) / word;
	json_t *start = elf_dynamic(file, DT_INIT, &init) ? json_integer((json_int_t)init) : json_null();
	/* Of initializers without names, or not looked at, none can be said to be Go's, or not to be. */
	int known = !entries.count || (go_code_has_names(file, code) && entries.count <= INITIALIZERS_READ);
	if (entries.go && file->header.e_type != ET_REL)
		initializer_read_elf(file, entries.address, &initializer);
	return json_pack("{s:o,s:o,s:I,s:I,s:I,s:o,s:o}", "init", start, "init_array", array, "count", entries.count,
	    "fini_array", (json_int_t)fini, "preinit_array", (json_int_t)pre, "go_entries",
	    known ? json_integer(entries.go) : json_null(), "c_calls", initializer_json(&initializer));
}

/* ---- the dynamic array -------------------------------------------------------------------- */

static json_t *bit_names(uint64_t bits, const char *const *names, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		if (names[i] && (bits >> i & 1))
			json_array_append_new(list, json_string(names[i]));
	return list;
}

/* Folders in which a loader looks for what is needed, as the file has them: with colons and $ORIGIN. */
static json_t *path_json(const struct elf_file *file, int64_t tag)
{
	uint64_t place;
	return facts_text(elf_dynamic(file, tag, &place) ? elf_dynamic_string(file, place) : NULL);
}

static json_t *dynamic_json(const struct elf_file *file)
{
	static const char *const flag_names[] = { "ORIGIN", "SYMBOLIC", "TEXTREL", "BIND_NOW", "STATIC_TLS" };
	static const char *const flag_1_names[28] = {
		[0] = "NOW",
		[1] = "GLOBAL",
		[2] = "GROUP",
		[3] = "NODELETE",
		[4] = "LOADFLTR",
		[5] = "INITFIRST",
		[6] = "NOOPEN",
		[7] = "ORIGIN",
		[8] = "DIRECT",
		[10] = "INTERPOSE",
		[11] = "NODEFLIB",
		[12] = "NODUMP",
		[27] = "PIE",
	};
	uint64_t flags = 0, flags_1 = 0, value;
	elf_dynamic(file, DT_FLAGS, &flags);
	elf_dynamic(file, DT_FLAGS_1, &flags_1);
	return json_pack("{s:o,s:o,s:b,s:b,s:b,s:b,s:b,s:o,s:o}", "flags", bit_names(flags, flag_names, 5), "flags_1",
	    bit_names(flags_1, flag_1_names, 28), "nodelete", (flags_1 & DF_1_NODELETE) != 0, "bind_now",
	    (flags & DF_BIND_NOW) || (flags_1 & DF_1_NOW) || elf_dynamic(file, DT_BIND_NOW, &value), "symbolic",
	    (flags & DF_SYMBOLIC) || elf_dynamic(file, DT_SYMBOLIC, &value), "textrel",
	    (flags & DF_TEXTREL) || elf_dynamic(file, DT_TEXTREL, &value), "relr", elf_dynamic(file, DT_RELR, &value),
	    "rpath", path_json(file, DT_RPATH), "runpath", path_json(file, DT_RUNPATH));
}

/* ---- relocations -------------------------------------------------------------------------- */

/* May the loader write the whole word at an address, or write it before it protects RELRO? */
static int is_writable(const struct elf_file *file, uint64_t address)
{
	uint64_t word = elf_word_size(file);
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *segment = &file->segment[i];
		if (!(segment->p_type == PT_LOAD && (segment->p_flags & PF_W)) && segment->p_type != PT_GNU_RELRO)
			continue;
		if (address >= segment->p_vaddr && segment->p_memsz >= word &&
		    address - segment->p_vaddr <= segment->p_memsz - word)
			return 1;
	}
	return 0;
}

/* Is it one that the processor's supplement has a loader apply?  The rest is for linkers, or asks it to change code. */
static int is_for_loaders(enum reloc_kind kind)
{
	return kind != RELOC_OTHER && kind != RELOC_LINK_LE && kind != RELOC_LINK_IE && kind != RELOC_LINK_GD &&
	    kind != RELOC_LINK_LD;
}

static json_t *relocs_json(const struct elf_file *file)
{
	json_t *types = json_object(), *others = json_array();
	json_int_t outside = 0, copy = 0;
	struct {
		uint32_t type;
		size_t count;
	} seen[64];
	size_t kinds = 0;
	for (size_t i = 0; i < file->reloc_count; i++) {
		const struct elf_reloc *reloc = &file->reloc[i];
		size_t at = 0;
		while (at < kinds && seen[at].type != reloc->type)
			at++;
		if (at == kinds && kinds < 64) {
			seen[kinds].type = reloc->type;
			seen[kinds++].count = 0;
		}
		if (at < kinds)
			seen[at].count++;
		copy += reloc->kind == RELOC_COPY;
		outside += reloc->kind != RELOC_NONE && !is_writable(file, reloc->offset);
	}
	for (size_t i = 0; i < kinds; i++) {
		const struct reloc_type *type = arch_reloc(file->arch, seen[i].type);
		char number[32];
		snprintf(number, sizeof number, "type %u", seen[i].type);
		const char *name = type ? type->name : number;
		json_object_set_new(types, name, json_integer((json_int_t)seen[i].count));
		if (!type || !is_for_loaders(type->kind))
			facts_list(others, name);
	}
	return json_pack("{s:I,s:I,s:o,s:I,s:o}", "count", (json_int_t)file->reloc_count, "outside", outside, "types",
	    types, "copy", copy, "others", others);
}

/* ---- imports ------------------------------------------------------------------------------ */

enum { VERSIONS_MAX = 256 };

struct versions {
	struct {
		uint16_t index;
		const char *name; /* NULL: beyond the strings */
		const char *file; /* whose version it is; NULL: the same */
		size_t count;     /* of symbols that want it */
		int weak;         /* a loader only warns where it is missing */
	} version[VERSIONS_MAX];
	size_t count;
};

/* The versions that the file needs of others, from .gnu.version_r. */
static void read_versions(const struct elf_file *file, const GElf_Shdr *header, struct versions *versions)
{
	Elf_Data *data = elf_table(file, header->sh_offset, header->sh_size, ELF_T_VNEED);
	size_t at = 0;
	for (size_t files = 0; data && files < VERSIONS_MAX && at < data->d_size; files++) {
		GElf_Verneed need;
		GElf_Vernaux aux;
		if (!gelf_getverneed(data, (int)at, &need))
			return;
		size_t inner = at + need.vn_aux;
		for (unsigned i = 0; i < need.vn_cnt && versions->count < VERSIONS_MAX && inner < data->d_size; i++) {
			if (!gelf_getvernaux(data, (int)inner, &aux))
				break;
			versions->version[versions->count].index = aux.vna_other;
			versions->version[versions->count].file = elf_dynamic_string(file, need.vn_file);
			versions->version[versions->count].weak = (aux.vna_flags & VER_FLG_WEAK) != 0;
			versions->version[versions->count++].name = elf_dynamic_string(file, aux.vna_name);
			inner += aux.vna_next;
		}
		if (!need.vn_next)
			return;
		at += need.vn_next;
	}
}

static void count_version(struct versions *versions, uint16_t index)
{
	size_t i = 0;
	while (i < versions->count && versions->version[i].index != index)
		i++;
	if (i < versions->count)
		versions->version[i].count++;
}

static json_t *versions_json(const struct versions *versions)
{
	json_t *counts = json_object();
	for (size_t i = 0; i < versions->count; i++)
		if (versions->version[i].count && versions->version[i].name)
			facts_count(counts, versions->version[i].name, versions->version[i].count);
	return counts;
}

/* What a loader looks for before it binds any symbol, also where no symbol wants it (GLIBC_ABI_DT_RELR). */
static json_t *needs_json(const struct versions *versions)
{
	json_t *needs = json_object();
	for (size_t i = 0; i < versions->count; i++) {
		const char *library = versions->version[i].file;
		if (versions->version[i].weak || !versions->version[i].name || !library)
			continue;
		json_t *key = facts_text(library);
		const char *name = json_string_value(key) ? json_string_value(key) : "?";
		if (!json_object_get(needs, name))
			json_object_set_new(needs, name, json_array());
		facts_list(json_object_get(needs, name), versions->version[i].name);
		json_decref(key);
	}
	return needs;
}

/* The first section of a type; gABI wants one of each. */
static const GElf_Shdr *section_of_type(const struct elf_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->section_count; i++)
		if (file->section[i].header.sh_type == type)
			return &file->section[i].header;
	return NULL;
}

static json_t *imports_json(const struct elf_file *file)
{
	struct versions versions = { .count = 0 };
	const GElf_Shdr *each = section_of_type(file, SHT_GNU_versym), *need = section_of_type(file, SHT_GNU_verneed);
	Elf_Data *indexes =
	    each ? elf_table(file, each->sh_offset, each->sh_size - each->sh_size % 2, ELF_T_HALF) : NULL;
	if (need)
		read_versions(file, need, &versions);
	json_t *names = json_array();
	json_int_t count = 0;
	for (size_t i = 1; i < file->dynamic_symbols.count; i++) {
		const struct elf_symbol *symbol = &file->dynamic_symbols.symbol[i];
		if (symbol->section != SHN_UNDEF || !symbol->name[0])
			continue;
		GElf_Versym index;
		count++;
		if (indexes && gelf_getversym(indexes, (int)i, &index))
			count_version(&versions, index & 0x7fff);
		if (json_array_size(names) < IMPORT_NAMES_MAX)
			json_array_append_new(names, facts_text(symbol->name));
	}
	return json_pack("{s:I,s:o,s:o,s:o}", "count", count, "versions", versions_json(&versions), "needs",
	    needs_json(&versions), "symbols", names);
}

/* ---- system calls ------------------------------------------------------------------------- */

/* Null where no way is known by its instructions, or which code is Go's is not. */
static json_t *syscalls_json(const struct elf_file *file, const struct insn_scan *scan)
{
	if (file->header.e_machine != EM_386 || !scan->decoded || scan->is_unknown)
		return json_null();
	return json_pack("{s:I,s:I}", "int80", (json_int_t)scan->kernel[KERNEL_INT80], "gs:0x10",
	    (json_int_t)scan->kernel[KERNEL_GS_10]);
}

/* ---- the file ----------------------------------------------------------------------------- */

static json_t *interpreter_json(const struct elf_file *file)
{
	const GElf_Phdr *segment = elf_segment(file, PT_INTERP);
	if (!segment || segment->p_offset > file->size || segment->p_filesz > file->size - segment->p_offset)
		return json_null();
	const char *text = (const char *)file->bytes + segment->p_offset;
	return facts_bytes(text, strnlen(text, segment->p_filesz));
}

static json_t *needed_json(const struct elf_file *file)
{
	json_t *list = json_array();
	for (size_t i = 0; i < file->dynamic_count; i++)
		if (file->dynamic[i].d_tag == DT_NEEDED)
			facts_list(list, elf_dynamic_string(file, file->dynamic[i].d_un.d_val));
	return list;
}

/* Without a section for it in the first segment of data, in files that are Go's: others may have its magic too. */
static struct bytes buildinfo(const struct elf_file *file, const struct go_code *code)
{
	const struct elf_section *section = elf_section_named(file, ".go.buildinfo");
	const struct bytes all = { file->bytes, file->size, file->big_endian };
	if (section && section->header.sh_type != SHT_NOBITS)
		return bytes_part(&all, section->header.sh_offset, section->header.sh_size);
	for (size_t i = 0; code->present && i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		if (load->p_type != PT_LOAD || (load->p_flags & (PF_W | PF_X)) != PF_W)
			continue;
		struct bytes found =
		    facts_find_buildinfo(bytes_part(&all, load->p_offset, load->p_filesz), load->p_vaddr);
		if (found.size)
			return found;
	}
	return (struct bytes){ 0 };
}

static json_t *facts_json(const struct elf_file *file)
{
	static const char *const types[] = { "NONE", "REL", "EXEC", "DYN", "CORE" };
	unsigned type = file->header.e_type;
	char machine[32];
	snprintf(machine, sizeof machine, "machine %u", file->header.e_machine);
	struct insn_scan scan;
	struct tls_facts tls;
	struct go_code code;
	go_code_read(file, &code);
	insn_scan_file(file, &code, &scan);
	tls_read(file, &scan, &tls);
	uint64_t soname;
	json_t *facts = json_pack("{s:s,s:i,s:s,s:o,s:s,s:b,s:I,s:o,s:o,s:o,s:b}", "format", "elf", "class",
	    file->class, "machine", file->arch ? file->arch->name : machine, "arch",
	    facts_text(file->arch ? file->arch->goarch : NULL), "type", type < 5 ? types[type] : "other", "pie",
	    elf_is_pie(file), "entry", (json_int_t)file->header.e_entry, "interp", interpreter_json(file), "soname",
	    facts_text(elf_dynamic(file, DT_SONAME, &soname) ? elf_dynamic_string(file, soname) : NULL), "needed",
	    needed_json(file), "static", elf_is_program(file) && !elf_segment(file, PT_INTERP));
	json_object_set_new(facts, "go", facts_go(buildinfo(file, &code), code.present));
	json_object_set_new(facts, "tls", tls_json(file, &code.table, &scan, &tls));
	json_object_set_new(facts, "syscalls", syscalls_json(file, &scan));
	json_object_set_new(facts, "init", init_json(file, &code));
	json_object_set_new(facts, "dynamic", dynamic_json(file));
	elf_image(file, facts);
	json_object_set_new(facts, "relocs", relocs_json(file));
	json_object_set_new(facts, "plt", plt_json(file));
	json_object_set_new(facts, "exports", elf_exports(file));
	json_t *imports = imports_json(file);
	json_object_set_new(facts, "imports", imports);
	json_object_set_new(facts, "floor", elf_floor(file, json_object_get(imports, "needs")));
	go_code_free(&code);
	return facts;
}

int elf_facts(const char *name, struct bytes bytes, json_t **facts, struct diag *diag)
{
	struct elf_file file;
	int result = elf_read(name, bytes, &file, diag);
	if (result)
		return result;
	*facts = facts_json(&file);
	elf_close(&file);
	return 0;
}
