/* insn.c - cuts the code of a file into functions and hands them to the processor's scanner. */
#include "harness/code/go_code.h"
#include "harness/code/insn.h"
#include "harness/elf/unwind.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

void insn_found(struct insn_scan *scan, enum access form, uint64_t load, uint64_t access, int64_t value)
{
	int is_unknown = scan->is_unknown || (scan->c_unknown && !scan->is_go);
	size_t *count = is_unknown ? scan->unknown : scan->is_go ? scan->go : scan->c;
	count[form]++;
	if (form == ACCESS_LE || form == ACCESS_RELAXED) {
		int named = scan->le_user_count > 0 && scan->le_user_count <= LE_USERS_MAX &&
		    !strcmp(scan->le_users[scan->le_user_count - 1], scan->function);
		if (!named && scan->le_user_count < LE_USERS_MAX)
			scan->le_users[scan->le_user_count] = scan->function;
		scan->le_user_count += !named;
	}
	if (!scan->is_go || scan->is_unknown)
		return;
	if (load == access)
		scan->go_one++;
	else
		scan->go_two++;
	if (count[form] == 1) {
		scan->go_load[form] = load;
		scan->go_access[form] = access;
	}
	if (form == ACCESS_OTHER)
		return;
	struct agreed *agreed = form == ACCESS_IE ? &scan->got : &scan->offset;
	if (!agreed->seen)
		agreed->value = value;
	else if (agreed->value != value)
		agreed->mixed = 1;
	agreed->seen = 1;
}

int insn_fixed(struct insn_scan *scan, int64_t offset)
{
	size_t at = 0;
	while (at < scan->fixed_count && at < FIXED_MAX && scan->fixed[at].offset != offset)
		at++;
	if (at < FIXED_MAX) {
		scan->fixed[at].offset = offset;
		scan->fixed[at].count++;
	}
	scan->fixed_count += at == scan->fixed_count || at == FIXED_MAX;
	for (size_t i = 0; i < scan->field_count; i++)
		if (scan->fields[i] == offset)
			return 0;
	return 1;
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static int is_among(const uint64_t *sorted, size_t count, uint64_t address)
{
	return count && bsearch(&address, sorted, count, sizeof *sorted, by_address);
}

int insn_is_dtpmod(const struct insn_scan *scan, uint64_t address)
{
	return is_among(scan->dtpmod, scan->dtpmod_count, address);
}

int insn_is_tlsdesc(const struct insn_scan *scan, uint64_t address)
{
	return is_among(scan->tlsdescs, scan->tlsdesc_count, address);
}

int insn_is_dtpoff(const struct insn_scan *scan, uint64_t address)
{
	return is_among(scan->dtpoffs, scan->dtpoff_count, address);
}

int insn_is_tpoff(const struct insn_scan *scan, uint64_t address)
{
	return is_among(scan->tpoffs, scan->tpoff_count, address);
}

/* The second word of the pair is the variable's offset for GD; for LD nobody fills it, and it is 0.  So is
 * that of a module's own first variable, where the offset has no bias (s390x): that one is taken for LD. */
void insn_dynamic(struct insn_scan *scan, uint64_t address)
{
	if (!insn_is_dtpmod(scan, address))
		return;
	uint64_t second = address + elf_word_size(scan->file);
	if (insn_is_dtpoff(scan, second) || elf_word(scan->file, second))
		scan->gd++;
	else
		scan->ld++;
}

/* Addresses that relocations of a kind fill, sorted; for the caller to free. */
static uint64_t *reloc_addresses(const struct elf_file *file, enum reloc_kind kind, size_t *count)
{
	uint64_t *addresses = NULL;
	size_t room = 0;
	*count = 0;
	for (size_t i = 0; i < file->reloc_count; i++) {
		if (file->reloc[i].kind != kind)
			continue;
		if (*count == room) {
			room = room ? room * 2 : 64;
			addresses = xrealloc(addresses, room * sizeof *addresses);
		}
		addresses[(*count)++] = file->reloc[i].offset;
	}
	if (*count)
		qsort(addresses, *count, sizeof *addresses, by_address);
	return addresses;
}

/* The first word that a relocation fills with the address of a dynamic symbol, or 0. */
static uint64_t filled_with(const struct elf_file *file, const char *name)
{
	const struct elf_symbols *symbols = &file->dynamic_symbols;
	for (size_t i = 0; i < file->reloc_count; i++) {
		const struct elf_reloc *reloc = &file->reloc[i];
		if (reloc->kind == RELOC_SYMBOL && reloc->symbol < symbols->count &&
		    !strcmp(symbols->symbol[reloc->symbol].name, name))
			return reloc->offset;
	}
	return 0;
}

/* ---- functions ---------------------------------------------------------------------------- */

static int function_order(const void *a, const void *b)
{
	const struct code_function *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

/* A part of it tells: many symbols may share a name of a megabyte. */
static int is_section_name(const char *name) { return memchr(name, '(', strnlen(name, 256)) != NULL; }

static const char unnamed[] = "?";

/* Function symbols, and those of Go's table, by address, one per address; for the caller to free.  In a stripped file
 * also what unwinders know: what is one function to the scanner is decoded whole for one access in it. */
static struct code_function *functions_of(const struct elf_file *file, const struct pclntab *table, size_t *count)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	const unsigned char *entries;
	size_t unwound = file->static_symbols.count ? 0 : elf_unwind_table(file, &entries);
	struct code_function *functions = xcalloc(symbols->count + table->count + unwound + 1, sizeof *functions);
	/* Bit 0 marks T32 code on arm (ELF for the Arm Architecture, section 5.5.3). */
	uint64_t mark = file->header.e_machine == EM_ARM;
	size_t found = 0, kept = 0;
	for (size_t i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->symbol[i];
		if ((symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC) && symbol->section != SHN_UNDEF)
			functions[found++] = (struct code_function){ symbol->value & ~mark, symbol->name };
	}
	if (table->count)
		memcpy(functions + found, table->functions, table->count * sizeof *functions);
	found += table->count;
	for (size_t i = 0; i < unwound; i++)
		functions[found++] = (struct code_function){ elf_unwind_start(file, entries, i), unnamed };
	qsort(functions, found, sizeof *functions, function_order);
	/* Of two names for an address the better one: cmd/link calls a host object's text "main(.text)". */
	for (size_t i = 0; i < found; i++) {
		if (!kept || functions[kept - 1].address != functions[i].address)
			functions[kept++] = functions[i];
		else if (functions[kept - 1].name == unnamed || is_section_name(functions[kept - 1].name))
			functions[kept - 1].name = functions[i].name;
	}
	*count = kept;
	return functions;
}

/* The case's own witnesses (cases/tls/tls_asm_*.s, gword, tls_witness_*.S) read the slot at an offset that
 * they are given at run time, and the probe's C the thread pointer (harness/probe/tp_*.h), which cmd/link lays among
 * Go's functions; "main(.text)" is what cmd/link calls the start of an object of C or of an .S file
 * (cmd/link/internal/loadelf).  They are the instrument, not the code that is looked at. */
static int is_instrument(const char *function)
{
	static const char *const names[] = { "main.gAnd", "tlsmatrix.case/gword.", "local.tlsmatrix.case/gword.",
		"tls_witness", "main(.text)", "tls_around", "probe_", "visit_module" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strncmp(function, names[i], strlen(names[i])))
			return 1;
	return 0;
}

/* Reads the code at [address, end) function by function.  A function reaches to the next one, so
 * that no byte is left out where a symbol has no size. */
static void scan_range(struct insn_scan *scan, const struct code_function *functions, size_t count,
    const struct go_code *go, uint64_t address, uint64_t end)
{
	const unsigned char *code = elf_at(scan->file, address, end - address);
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (uint64_t at = address; code && at < end;) {
		uint64_t next = low < count && functions[low].address < end ? functions[low].address : end;
		int named = low > 0 && functions[low - 1].address >= address;
		const char *name = named ? functions[low - 1].name : unnamed;
		insn_scan_function(scan, name, go->known && at >= go->start && at < go->end, at, code + (at - address),
		    (size_t)(next - at));
		at = next;
		low++;
	}
}

static int section_order(const void *a, const void *b)
{
	const GElf_Shdr *x = a, *y = b;
	return (x->sh_addr > y->sh_addr) - (x->sh_addr < y->sh_addr);
}

/* Executable sections by address, or executable segments where there are no sections. */
static void scan_code(
    struct insn_scan *scan, const struct code_function *functions, size_t count, const struct go_code *go)
{
	const struct elf_file *file = scan->file;
	GElf_Shdr *code = xcalloc(file->section_count + file->segment_count + 1, sizeof *code);
	size_t found = 0;
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if ((header->sh_flags & SHF_EXECINSTR) && (header->sh_flags & SHF_ALLOC) &&
		    header->sh_type == SHT_PROGBITS)
			code[found++] = *header;
	}
	for (size_t i = 0; !file->section_count && i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		if (load->p_type == PT_LOAD && (load->p_flags & PF_X))
			code[found++] = (GElf_Shdr){ .sh_addr = load->p_vaddr, .sh_size = load->p_filesz };
	}
	qsort(code, found, sizeof *code, section_order);
	uint64_t done = 0;
	for (size_t i = 0; i < found; i++) {
		uint64_t start = code[i].sh_addr > done ? code[i].sh_addr : done,
			 end = code[i].sh_addr + code[i].sh_size;
		if (end <= start || end < code[i].sh_addr)
			continue;
		scan_range(scan, functions, count, go, start, end);
		done = end;
	}
	free(code);
}

void insn_scan_begin(struct insn_scan *scan, const struct arch *arch)
{
	*scan = (struct insn_scan){ .arch = arch, .decoded = arch && arch->scan };
}

/* The size of the build ID at the start of code, 0 where there is none.  Where a format has no note for it, cmd/link
 * puts it before the first function (cmd/link/internal/ld/data.go textbuildid): text, in which a prefix may be any
 * letter. */
static size_t build_id_size(const unsigned char *code, size_t size)
{
	static const char start[] = "\xff Go build ID: \"", end[] = "\"\n \xff";
	size_t room = size < 512 ? size : 512;
	if (room < sizeof start - 1 || memcmp(code, start, sizeof start - 1))
		return 0;
	const unsigned char *found = memmem(code, room, end, sizeof end - 1);
	size_t length = found ? (size_t)(found - code) + sizeof end - 1 : 0;
	length = (length + 15) / 16 * 16;
	return length < size ? length : size;
}

void insn_scan_function(
    struct insn_scan *scan, const char *name, int is_go, uint64_t address, const unsigned char *code, size_t size)
{
	if (!scan->decoded || is_instrument(name))
		return;
	scan->function = name;
	scan->is_go = is_go;
	size_t skipped = build_id_size(code, size);
	scan->arch->scan(scan, address + skipped, code + skipped, size - skipped);
}

void insn_scan_end(struct insn_scan *scan)
{
	if (scan->decoded && scan->arch->scan_end)
		scan->arch->scan_end(scan);
	scan->dtpmod = scan->dtpoffs = scan->tlsdescs = scan->tpoffs = NULL;
}

const char *insn_form(const struct insn_scan *scan)
{
	if (scan->is_unknown)
		return "unknown";
	if (scan->go_one && scan->go_two)
		return "mixed";
	return scan->go_one ? "one" : scan->go_two ? "two" : "none";
}

void insn_scan_file(const struct elf_file *file, const struct go_code *go, struct insn_scan *scan)
{
	insn_scan_begin(scan, file->header.e_type == ET_REL ? NULL : file->arch);
	scan->file = file;
	scan->is_unknown = scan->decoded && go->present && !go->known;
	scan->c_unknown = scan->decoded && go->known && !file->section_count;
	if (!scan->decoded)
		return;
	size_t count;
	struct code_function *functions = functions_of(file, &go->table, &count);
	uint64_t *dtpmod = reloc_addresses(file, RELOC_DTPMOD, &scan->dtpmod_count);
	uint64_t *tlsdescs = reloc_addresses(file, RELOC_TLSDESC, &scan->tlsdesc_count);
	uint64_t *dtpoffs = reloc_addresses(file, RELOC_DTPOFF, &scan->dtpoff_count);
	uint64_t *tpoffs = reloc_addresses(file, RELOC_TPOFF, &scan->tpoff_count);
	scan->dtpmod = dtpmod;
	scan->dtpoffs = dtpoffs;
	scan->tpoffs = tpoffs;
	scan->tp_helper = filled_with(file, "__aeabi_read_tp");
	scan->tlsdescs = tlsdescs;
	scan_code(scan, functions, count, go);
	insn_scan_end(scan);
	free(dtpmod);
	free(tlsdescs);
	free(dtpoffs);
	free(tpoffs);
	free(functions);
}
