/* pe.c - the facts of a PE image: an executable or DLL of Windows. */
#include "harness/format/pe.h"
#include "harness/elf/arch.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { IMPORT_NAMES_MAX = 64, EXPORT_NAMES_MAX = 64, CALLBACKS_MAX = 64 };
enum { DIRECTORY_EXPORT = 0, DIRECTORY_IMPORT = 1, DIRECTORY_BASERELOC = 5, DIRECTORY_TLS = 9 };
enum { FILE_DLL = 0x2000, DLL_DYNAMIC_BASE = 0x40, DLL_NX_COMPAT = 0x100 };

/* A directory's bytes: to the end of its section, for tables that end with a zero entry. */
static struct bytes directory(const struct pe *pe, unsigned number)
{
	return pe->directory[number].rva ? pe_rva(pe, pe->directory[number].rva) : (struct bytes){ 0 };
}

/* ---- imports ------------------------------------------------------------------------------ */

struct imports {
	json_t *needed, *symbols;
	json_int_t count;
	uint64_t budget; /* thunks left: each takes four bytes of a valid file or more */
};

/* The functions of one DLL: words until zero, each the address of a hint and a name, or a number. */
static void read_thunks(const struct pe *pe, const char *dll, uint64_t table, struct imports *imports)
{
	unsigned width = (unsigned)pe->class / 8;
	struct bytes words = pe_rva(pe, table);
	for (uint64_t at = 0; imports->budget && bytes_number(&words, at, width); at += width) {
		uint64_t thunk = bytes_number(&words, at, width);
		imports->budget--;
		imports->count++;
		if (json_array_size(imports->symbols) >= IMPORT_NAMES_MAX)
			continue;
		struct bytes entry = pe_rva(pe, thunk & 0x7fffffff);
		const char *name = pe_text(&entry, 2);
		char *text = thunk >> (pe->class - 1) ? xprintf("%s!#%u", dll, (unsigned)(thunk & 0xffff)) :
		    name                              ? xprintf("%s!%s", dll, name) :
							NULL;
		json_array_append_new(imports->symbols, facts_text(text));
		free(text);
	}
}

static void read_imports(const struct pe *pe, struct imports *imports)
{
	enum { DESCRIPTOR = 20 };
	struct bytes table = directory(pe, DIRECTORY_IMPORT);
	*imports = (struct imports){ json_array(), json_array(), 0, pe->file.size / 4 };
	for (uint64_t at = 0; imports->budget && bytes_have(&table, at, DESCRIPTOR) && bytes_number(&table, at + 12, 4);
	    at += DESCRIPTOR) {
		uint64_t lookup = bytes_number(&table, at, 4), address = bytes_number(&table, at + 16, 4);
		struct bytes name = pe_rva(pe, bytes_number(&table, at + 12, 4));
		const char *dll = pe_text(&name, 0);
		imports->budget--;
		facts_list(imports->needed, dll);
		read_thunks(pe, dll ? dll : "?", lookup ? lookup : address, imports);
	}
}

static json_t *soname(const struct pe *pe)
{
	struct bytes table = directory(pe, DIRECTORY_EXPORT);
	struct bytes name = table.size ? pe_rva(pe, bytes_number(&table, 12, 4)) : (struct bytes){ 0 };
	return facts_text(pe_text(&name, 0));
}

/* The names of the export directory, which a linker sorts for the loader to search them. */
static json_t *exports(const struct pe *pe)
{
	struct bytes table = directory(pe, DIRECTORY_EXPORT);
	struct bytes names = table.size ? pe_rva(pe, bytes_number(&table, 32, 4)) : (struct bytes){ 0 };
	uint64_t count = bytes_number(&table, 24, 4);
	json_t *list = json_array();
	int has_main = 0;
	if (count > names.size / 4)
		count = names.size / 4;
	for (uint64_t i = 0; i < count; i++) {
		struct bytes name = pe_rva(pe, bytes_number(&names, 4 * i, 4));
		const char *text = pe_text(&name, 0);
		has_main = has_main || (text && !strcmp(text, "main"));
		if (text && json_array_size(list) < EXPORT_NAMES_MAX)
			facts_list(list, text);
	}
	return json_pack("{s:I,s:b,s:o}", "count", (json_int_t)count, "main", has_main, "go", list);
}

/* ---- base relocations, TLS ---------------------------------------------------------------- */

/* Blocks of a page each: address, size, then 16-bit entries whose upper 4 bits are 0 where they only pad. */
static json_int_t base_relocations(const struct pe *pe)
{
	struct bytes all = directory(pe, DIRECTORY_BASERELOC);
	json_int_t count = 0;
	all = bytes_part(&all, 0, pe->directory[DIRECTORY_BASERELOC].size);
	for (uint64_t at = 0, size; (size = bytes_number(&all, at + 4, 4)) >= 8 && bytes_have(&all, at, size);
	    at += size)
		for (uint64_t entry = 8; entry + 2 <= size; entry += 2)
			count += bytes_number(&all, at + entry, 2) >> 12 != 0;
	return count;
}

/* The .tls directory: what the loader copies for each thread, where it writes the module's index, and
 * whom it calls.  Go needs none; C's thread-local variables do (TEB ThreadLocalStoragePointer). */
static json_t *tls_directory(const struct pe *pe)
{
	unsigned word = (unsigned)pe->class / 8;
	struct bytes table = directory(pe, DIRECTORY_TLS);
	if (!bytes_have(&table, 0, 4 * word + 8))
		return json_null();
	json_t *callbacks = json_array();
	struct bytes list = pe_at(pe, bytes_number(&table, 3 * word, word));
	for (uint64_t at = 0; at < CALLBACKS_MAX * word && bytes_number(&list, at, word); at += word)
		json_array_append_new(callbacks, json_integer((json_int_t)bytes_number(&list, at, word)));
	unsigned align =
	    (unsigned)bytes_number(&table, 4 * word + 4, 4) >> 20 & 15; /* IMAGE_SCN_ALIGN_*: 1 is 1 byte */
	return json_pack("{s:I,s:I,s:I,s:o,s:I,s:I}", "start", (json_int_t)bytes_number(&table, 0, word), "end",
	    (json_int_t)bytes_number(&table, word, word), "index", (json_int_t)bytes_number(&table, 2 * word, word),
	    "callbacks", callbacks, "zero_fill", (json_int_t)bytes_number(&table, 4 * word, 4), "align",
	    (json_int_t)(align ? 1u << (align - 1) : 0));
}

/* ---- the file ----------------------------------------------------------------------------- */

static json_t *subsystem(const struct pe *pe)
{
	static const char *const names[] = {
		[1] = "native",
		[2] = "windows",
		[3] = "console",
		[5] = "os2",
		[7] = "posix",
		[9] = "windows-ce",
		[10] = "efi",
		[11] = "efi-boot",
		[12] = "efi-runtime",
		[13] = "efi-rom",
		[14] = "xbox",
		[16] = "boot",
	};
	const char *name = pe->subsystem < ARCH_COUNT(names) ? names[pe->subsystem] : NULL;
	return name ? json_string(name) : json_sprintf("%u", pe->subsystem);
}

/* The loader compares the subsystem's version with its own, and refuses what is newer; the other is the
 * linker's claim.  The later of both is what the file says that it needs. */
static json_t *floor_json(const struct pe *pe)
{
	const unsigned *os = pe->os_version, *own = pe->subsystem_version;
	const unsigned *later = os[0] > own[0] || (os[0] == own[0] && os[1] > own[1]) ? os : own;
	json_t *list = json_array();
	if (later[0] || later[1])
		json_array_append_new(list, json_sprintf("Windows %u.%u", later[0], later[1]));
	return list;
}

static json_int_t writable_code(const struct pe *pe)
{
	json_int_t count = 0;
	for (size_t i = 0; i < pe->section_count; i++)
		count += pe_is_code(&pe->section[i]) && (pe->section[i].flags & PE_WRITE);
	return count;
}

static json_t *pe_object(const struct pe *pe, const struct pe_go *go, json_int_t relocations)
{
	json_t *object = json_pack("{s:o,s:I,s:b,s:b,s:b}", "subsystem", subsystem(pe), "image_base",
	    (json_int_t)pe->base, "dll", (pe->characteristics & FILE_DLL) != 0, "dynamic_base",
	    (pe->dll_characteristics & DLL_DYNAMIC_BASE) != 0, "nx", (pe->dll_characteristics & DLL_NX_COMPAT) != 0);
	json_object_set_new(object, "tls_directory", tls_directory(pe));
	json_object_set_new(object, "slot_index", go->tls_g ? json_integer((json_int_t)go->tls_g) : json_null());
	json_object_set_new(object, "teb_offsets", pe_teb_offsets(pe, go));
	json_object_set_new(object, "base_relocations", json_integer(relocations));
	json_object_set_new(object, "wx_sections", json_integer(writable_code(pe)));
	json_object_set_new(object, "init_section", facts_text(go->init_section));
	json_object_set_new(object, "constructors", pe_constructors(go));
	return object;
}

int pe_facts(const char *name, struct bytes file, json_t **facts, struct diag *diag)
{
	struct pe pe;
	struct pe_go go;
	struct imports imports;
	int result = pe_read_image(name, file, &pe, diag);
	if (result)
		return result;
	pe_go_read(&pe, &go);
	read_imports(&pe, &imports);
	json_int_t relocations = base_relocations(&pe);
	int dll = (pe.characteristics & FILE_DLL) != 0,
	    moves = (pe.dll_characteristics & DLL_DYNAMIC_BASE) && relocations;
	*facts = json_pack("{s:s,s:i,s:o,s:o,s:s,s:b,s:I,s:n,s:o,s:o,s:b}", "format", "pe", "class", pe.class,
	    "machine", pe_machine_name(&pe), "arch", facts_text(pe.arch ? pe.arch->goarch : NULL), "type",
	    dll || moves ? "DYN" : "EXEC", "pie", !dll && moves, "entry",
	    (json_int_t)(pe.entry ? pe.base + pe.entry : 0), "interp", "soname", soname(&pe), "needed", imports.needed,
	    "static", !dll && !json_array_size(imports.needed));
	json_object_set_new(*facts, "go", facts_go(go.buildinfo, go.has_runtime || go.table.found));
	json_object_set_new(*facts, "tls", facts_tls(&go.words, &go.scan));
	json_object_set_new(*facts, "init", pe_init(&go));
	json_object_set_new(*facts, "imports",
	    json_pack("{s:I,s:{},s:o}", "count", imports.count, "versions", "symbols", imports.symbols));
	json_object_set_new(*facts, "exports", exports(&pe));
	json_object_set_new(*facts, "floor", floor_json(&pe));
	json_object_set_new(*facts, "pe", pe_object(&pe, &go, relocations));
	pe_go_close(&go);
	pe_close(&pe);
	return 0;
}
