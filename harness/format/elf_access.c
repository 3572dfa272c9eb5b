/* elf_access.c - the words of check tls.access for an ELF file. */
#include "harness/format/elf_access.h"

#include <stdio.h>
#include <string.h>

static void set_at(struct elf_access *access, const char *at) { snprintf(access->at, sizeof access->at, "%s", at); }

static int is_slot(const struct elf_symbol *symbol)
{
	return !strcmp(symbol->name, "runtime.tlsg") || !strcmp(symbol->name, "runtime.tls_g");
}

/* Bytes of the TLS variables that Go's runtime and linker bring (runtime/tls_*.s, cmd/link ld/lib.go).  Without
 * symbols these are two words at most, and all of the segment where cmd/link alone made it. */
static uint64_t go_bytes(const struct elf_file *file, const struct tls_facts *facts)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	uint64_t bytes = 0;
	if (!facts->slot.symbol)
		return facts->slot.placed ? 2 * elf_word_size(file) : 0;
	for (size_t i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->symbol[i];
		if (symbol->type == STT_TLS && symbol->section != SHN_UNDEF && is_slot(symbol))
			bytes += symbol->size;
	}
	return bytes;
}

/* The number that the code carries. */
static void place_number(
    const struct elf_file *file, const struct tls_facts *facts, int64_t offset, struct elf_access *access)
{
	int shared = facts->segment && facts->segment->p_memsz > go_bytes(file, facts);
	if (shared && facts->slot.fixed && facts->slot.offset == offset)
		set_at(access, "pt-tls");
	else
		snprintf(access->at, sizeof access->at, "%lld", (long long)offset);
}

static int is_filled(const struct elf_file *file, uint64_t address)
{
	for (size_t i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].offset == address && file->reloc[i].kind != RELOC_NONE &&
		    file->reloc[i].kind != RELOC_RELATIVE)
			return 1;
	return 0;
}

/* Is the word runtime.tls_g, which start code fills?  By its symbol; without one by where it lies, among Go's
 * variables, while a linker's words lie in a GOT, and because no relocation fills it. */
static int is_variable(const struct elf_file *file, const struct pclntab *table, uint64_t word)
{
	const struct elf_symbol *variable = elf_variable_at(file, word);
	return variable ? !strcmp(variable->name, "runtime.tls_g") :
			  !is_filled(file, word) && pclntab_is_variable(table, word);
}

/* Code that loads the offset from a word: what fills the word? */
static void place_word(const struct elf_file *file, const struct pclntab *table, const struct insn_scan *scan,
    const struct tls_facts *facts, struct elf_access *access)
{
	uint64_t word = (uint64_t)scan->got.value;
	if (!scan->got.seen) {
		set_at(access, "loader"); /* the slot's relocation alone was seen */
		return;
	}
	if (is_variable(file, table, word)) {
		access->model = "KEY";
		set_at(access, scan->got.mixed ? "mixed" : "runtime.tls_g");
	} else if (scan->got.mixed) {
		set_at(access, "mixed");
	} else if (is_filled(file, word)) {
		set_at(access, "loader");
	} else if (elf_at(file, word, elf_word_size(file))) {
		uint64_t value = elf_word(file, word);
		place_number(file, facts, file->class == 64 ? (int64_t)value : (int32_t)value, access);
	} else {
		set_at(access, "none");
	}
}

/* ---- object files -------------------------------------------------------------------------- */

static const char *link_model(enum reloc_kind kind)
{
	switch (kind) {
	case RELOC_LINK_LE:
		return "LE";
	case RELOC_LINK_IE:
		return "IE";
	case RELOC_LINK_GD:
		return "GD";
	case RELOC_LINK_LD:
		return "LD";
	default:
		return NULL;
	}
}

static void read_object(const struct elf_file *file, struct elf_access *access)
{
	int is_variable = 0, others[4] = { 0 };
	for (size_t i = 0; i < file->link_reloc_count; i++) {
		const struct elf_reloc *reloc = &file->link_reloc[i];
		const struct elf_symbol *symbol =
		    reloc->symbol < file->static_symbols.count ? &file->static_symbols.symbol[reloc->symbol] : NULL;
		const char *model = link_model(reloc->kind);
		if (!symbol || !is_slot(symbol)) {
			if (model)
				others[reloc->kind - RELOC_LINK_LE] = 1;
		} else if (!model) {
			is_variable |= symbol->type != STT_TLS && symbol->section != SHN_UNDEF &&
			    !strcmp(symbol->name, "runtime.tls_g");
		} else if (!access->reloc) {
			access->model = model;
			access->reloc = arch_reloc(file->arch, reloc->type)->name;
			set_at(access, "linker");
		} else if (strcmp(model, access->model)) {
			access->model = "mixed";
		}
	}
	if (is_variable && !access->reloc) {
		access->model = "KEY";
		set_at(access, "runtime.tls_g");
	} else if (!access->reloc) {
		access->model = others[1] ? "IE" : others[0] ? "LE" : others[2] ? "GD" : others[3] ? "LD" : "none";
	}
}

/* ---- all files ----------------------------------------------------------------------------- */

/* The models that a relocation of the slot tells, where no instruction does. */
static const char *dynamic_model(const struct tls_facts *facts)
{
	const struct tls_relocs *relocs = &facts->relocs;
	return relocs->slot_desc ? "TLSDESC" : relocs->slot_dtp ? "GD" : NULL;
}

/* What another part of the file uses, where Go's code uses nothing. */
static const char *strongest_user(const struct insn_scan *scan, const struct tls_facts *facts)
{
	const struct tls_relocs *relocs = &facts->relocs;
	const size_t *c = scan->is_unknown ? scan->unknown : scan->c;
	return relocs->tpoff || c[ACCESS_IE]  ? "IE" :
	    c[ACCESS_LE] || c[ACCESS_RELAXED] ? "LE" :
	    relocs->tlsdesc || scan->tlsdesc  ? "TLSDESC" :
	    relocs->dtpoff || scan->gd        ? "GD" :
	    relocs->dtpmod || scan->ld        ? "LD" :
						"none";
}

void elf_access_read(const struct elf_file *file, const struct pclntab *table, const struct insn_scan *scan,
    const struct tls_facts *facts, struct elf_access *access)
{
	*access = (struct elf_access){ .model = strongest_user(scan, facts), .reloc = NULL };
	set_at(access, (scan->decoded && !scan->is_unknown) || file->header.e_type == ET_REL ? "none" : "unknown");
	if (file->header.e_type == ET_REL) {
		read_object(file, access);
		return;
	}
	if (facts->slot.named)
		access->reloc = arch_reloc(file->arch, facts->slot.named->type)->name;
	if (scan->go[ACCESS_IE] || facts->relocs.slot_tpoff) {
		access->model = "IE";
		place_word(file, table, scan, facts, access);
	} else if (scan->go[ACCESS_LE] || scan->go[ACCESS_RELAXED]) {
		access->model = "LE";
		if (scan->offset.mixed)
			set_at(access, "mixed");
		else
			place_number(file, facts, scan->offset.value, access);
	} else if (dynamic_model(facts)) {
		access->model = dynamic_model(facts);
		set_at(access, "loader");
	}
}
