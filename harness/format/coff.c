/* coff.c - the facts of a COFF object, as gcc, clang and cmd/link write them for Windows.
 *
 * Source: Microsoft, "PE Format", "COFF Relocations (Object Only)", "Type Indicators". */
#include "harness/elf/arch.h"
#include "harness/format/pe.h"
#include "matrix/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- facts -------------------------------------------------------------------------------- */

static json_t *relocations_json(const struct pe *pe)
{
	size_t counts[PE_RELOC_TYPES] = { 0 }, others = 0;
	uint64_t budget = pe->file.size;
	struct pe_reloc reloc;
	for (size_t i = 0; i < pe->section_count; i++)
		for (uint64_t number = 0; budget && pe_reloc(pe, &pe->section[i], number, &reloc); number++, budget--) {
			if (pe_reloc_name(pe, reloc.type))
				counts[reloc.type]++;
			else
				others++;
		}
	json_t *object = json_object();
	for (unsigned i = 0; i < PE_RELOC_TYPES; i++)
		if (counts[i])
			json_object_set_new(object, pe_reloc_name(pe, i), json_integer((json_int_t)counts[i]));
	if (others)
		json_object_set_new(object, "other", json_integer((json_int_t)others));
	return object;
}

/* Symbols that the object wants of others: undefined, and not common (PE format, "Section Number Values"). */
static json_t *imports_json(const struct pe *pe)
{
	enum { STORAGE_EXTERNAL = 2, NAMES_MAX = 64 };
	json_t *names = json_array();
	json_int_t count = 0;
	for (size_t i = 0; i < pe->symbol_count; i++) {
		const struct pe_symbol *symbol = &pe->symbol[i];
		if (!symbol->name || symbol->section || symbol->storage != STORAGE_EXTERNAL || symbol->address)
			continue;
		count++;
		if (json_array_size(names) < NAMES_MAX)
			json_array_append_new(names, facts_text(symbol->name));
	}
	return json_pack("{s:I,s:{},s:o}", "count", count, "versions", "symbols", names);
}

int coff_facts(const char *name, struct bytes file, json_t **facts, struct diag *diag)
{
	struct pe pe;
	struct pe_go go;
	int result = pe_read_object(name, file, &pe, diag);
	if (result)
		return result;
	pe_go_read(&pe, &go);
	*facts = json_pack("{s:s,s:i,s:o,s:o,s:s,s:b,s:i,s:n,s:n,s:[],s:b}", "format", "coff", "class", pe.class,
	    "machine", pe_machine_name(&pe), "arch", facts_text(pe.arch ? pe.arch->goarch : NULL), "type", "REL", "pie",
	    0, "entry", 0, "interp", "soname", "needed", "static", 0);
	json_object_set_new(*facts, "go", facts_go(go.buildinfo, go.has_runtime));
	json_object_set_new(*facts, "tls", facts_tls(&go.words, &go.scan));
	json_object_set_new(*facts, "init", pe_init(&go));
	json_object_set_new(*facts, "imports", imports_json(&pe));
	json_object_set_new(*facts, "floor", json_array());
	json_object_set_new(*facts, "coff",
	    json_pack("{s:o,s:o,s:o}", "relocations", relocations_json(&pe), "init_section",
		facts_text(go.init_section), "constructors", pe_constructors(&go)));
	pe_go_close(&go);
	pe_close(&pe);
	return 0;
}
