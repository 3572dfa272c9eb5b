/* insn.c - cuts the code of a file into functions and hands them to the processor's scanner. */
#include "harness/insn.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

void insn_found(struct insn_scan *scan, enum access form, uint64_t load, uint64_t access, int64_t value)
{
	size_t *count = scan->is_go ? scan->go : scan->c;
	count[form]++;
	if (form == ACCESS_LE || form == ACCESS_RELAXED) {
		int named = scan->le_user_count > 0 && scan->le_user_count <= LE_USERS_MAX
			&& !strcmp(scan->le_users[scan->le_user_count - 1], scan->function);
		if (!named && scan->le_user_count < LE_USERS_MAX)
			scan->le_users[scan->le_user_count] = scan->function;
		scan->le_user_count += !named;
	}
	if (!scan->is_go)
		return;
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

/* ---- functions ---------------------------------------------------------------------------- */

struct function {
	uint64_t address;
	const char *name;
};

static int function_order(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

/* Function symbols by address, one per address; for the caller to free. */
static struct function *functions_of(const struct elf_file *file, size_t *count)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	struct function *functions = xcalloc(symbols->count + 1, sizeof *functions);
	size_t found = 0, kept = 0;
	for (size_t i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->symbol[i];
		if ((symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC) && symbol->section != SHN_UNDEF)
			functions[found++] = (struct function){ symbol->value, symbol->name };
	}
	qsort(functions, found, sizeof *functions, function_order);
	/* Of two names for an address the better one: cmd/link calls a host object's text "main(.text)". */
	for (size_t i = 0; i < found; i++) {
		if (!kept || functions[kept - 1].address != functions[i].address)
			functions[kept++] = functions[i];
		else if (strchr(functions[kept - 1].name, '('))
			functions[kept - 1].name = functions[i].name;
	}
	*count = kept;
	return functions;
}

struct go_text { uint64_t start, end; int known, all; };

static struct go_text go_text_of(const struct elf_file *file)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	const struct elf_symbol *start = elf_symbol_named(symbols, "runtime.text"), *end = elf_symbol_named(symbols, "runtime.etext");
	if (start && end)
		return (struct go_text){ start->value, end->value, 1, 0 };
	/* Stripped: then a file with Go's line table is taken for Go's as a whole. */
	return (struct go_text){ .all = !file->static_symbols.count && elf_section_named(file, ".gopclntab") };
}

/* The case's own witnesses (cases/tls/tls_asm_*.s, tls_witness_*.S) read the slot at an offset that
 * they are given at run time.  They are the instrument, not the code that is looked at. */
static int is_instrument(const char *function)
{
	static const char *const names[] = { "main.gAnd", "tls_witness" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strncmp(function, names[i], strlen(names[i])))
			return 1;
	return 0;
}

/* Reads the code at [address, end) function by function.  A function reaches to the next one, so
 * that no byte is left out where a symbol has no size. */
static void scan_range(struct insn_scan *scan, const struct function *functions, size_t count, const struct go_text *text, uint64_t address, uint64_t end)
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
		scan->function = named ? functions[low - 1].name : "?";
		scan->is_go = text->known ? at >= text->start && at < text->end : text->all;
		if (!is_instrument(scan->function))
			scan->file->arch->scan(scan, at, code + (at - address), (size_t)(next - at));
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
static void scan_code(struct insn_scan *scan, const struct function *functions, size_t count, const struct go_text *text)
{
	const struct elf_file *file = scan->file;
	GElf_Shdr *code = xcalloc(file->section_count + file->segment_count + 1, sizeof *code);
	size_t found = 0;
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if ((header->sh_flags & SHF_EXECINSTR) && (header->sh_flags & SHF_ALLOC) && header->sh_type == SHT_PROGBITS)
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
		uint64_t start = code[i].sh_addr > done ? code[i].sh_addr : done, end = code[i].sh_addr + code[i].sh_size;
		if (end <= start || end < code[i].sh_addr)
			continue;
		scan_range(scan, functions, count, text, start, end);
		done = end;
	}
	free(code);
}

void insn_scan_file(const struct elf_file *file, struct insn_scan *scan)
{
	*scan = (struct insn_scan){ .file = file };
	if (!file->arch || !file->arch->scan || file->header.e_type == ET_REL)
		return;
	scan->decoded = 1;
	size_t count;
	struct function *functions = functions_of(file, &count);
	uint64_t *dtpmod = reloc_addresses(file, RELOC_DTPMOD, &scan->dtpmod_count);
	uint64_t *tlsdescs = reloc_addresses(file, RELOC_TLSDESC, &scan->tlsdesc_count);
	scan->dtpmod = dtpmod;
	scan->tlsdescs = tlsdescs;
	struct go_text text = go_text_of(file);
	scan_code(scan, functions, count, &text);
	if (scan->engine[0])
		amd64_close(scan);
	scan->dtpmod = scan->tlsdescs = NULL;
	free(dtpmod);
	free(tlsdescs);
	free(functions);
}
