/* elf_tls.c - where Go's slot is, and what a file asks of a loader so that it can be there.
 *
 * Go keeps the running goroutine's g in one thread-local word, runtime.tlsg.  That sounds like one
 * pointer; in fact a compiler, a linker, a loader, a libc and a kernel must agree on the address
 * of that word in every thread, and each of them sees only its part.  This comment tells the
 * whole story; the code below only reads it back out of the file.
 *
 * ---- The block and the thread pointer
 *
 * A module (a program or a shared library) with thread-local variables has one PT_TLS segment:
 * the initial image of its variables, p_filesz bytes from the file and zeros up to p_memsz.  It
 * is a template.  Each thread gets a copy, the module's TLS block.  Each thread also has a thread
 * pointer, TP: %fs base on x86-64, TPIDR_EL0 on arm64.  The blocks of the modules that are there
 * at program start lie at fixed distances from TP, in one piece called static TLS.  There are two
 * ways to draw it (ELF TLS section 3):
 *
 *   Variant I (arm, arm64, riscv64, loong64, ppc64): blocks above TP, after a gap for the TCB
 *
 *          TP
 *          |
 *          v
 *          +--------+-----+------------------+----------+-----+
 *          |  TCB   | pad | program's block  | library  | ... |
 *          +--------+-----+------------------+----------+-----+
 *          0        16    ^ round(16, p_align)                      arm64
 *
 *          slot = TP + round(TCB, p_align) + st_value
 *
 *   Variant II (amd64, 386, s390x): blocks below TP, the program's last; the TCB begins at TP
 *
 *                                               TP
 *                                               |
 *                                               v
 *          +-----+----------+------------------+-------------------------+
 *          | ... | library  | program's block  |  TCB: self, dtv, canary |
 *          +-----+----------+------------------+-------------------------+
 *                           ^ -round(p_memsz, p_align)
 *
 *          slot = TP - round(p_memsz, p_align) + st_value
 *
 * If p_vaddr is not itself a multiple of p_align, the loader keeps the block congruent to it, and
 * both formulas shift by that remainder (glibc elf/dl-tls.c, _dl_determine_tlsoffset: firstbyte).
 * Linkers have forgotten that, each in its turn, so tls_block_offset does not.
 *
 * In a Go program without C variables, p_memsz is 8 and the slot is at TP-8 on amd64; on arm64 it
 * is at TP+16, right behind the TCB.  With C variables beside it the slot moves: with 132 bytes
 * aligned to 64 and st_value 16 it is at -round(132, 64) + 16 = -176.
 *
 * ---- How code finds a variable: the models
 *
 * The distance from TP can be known at link time, at load time, or only when asked for.
 *
 *   LE   local-exec.  The linker knows: the variable is the program's own.  The offset is in the
 *        instruction, and nothing is asked of a loader but the layout above.
 *            mov   %fs:-8,%r14
 *   IE   initial-exec.  The loader knows: the variable is in static TLS, but where depends on the
 *        modules that came first.  The loader stores the offset in a word of the GOT, told by a
 *        TPOFF relocation, and the code adds it to TP.
 *            mov   runtime.tlsg@gottpoff(%rip),%r14
 *            mov   %fs:(%r14),%r14
 *   GD   general-dynamic.  Any module, loaded at any time.  Two GOT words, module number (DTPMOD)
 *        and offset in the block (DTPOFF), are passed to __tls_get_addr, which finds, and if
 *        need be allocates, this thread's copy.
 *   LD   local-dynamic.  The same call once for all variables of this module: DTPMOD alone.
 *   TLSDESC  GD as a function pointer and argument that the loader chooses; arm64's default.
 *
 * IE in a library has a price.  A library that comes by dlopen comes too late for static TLS: the
 * threads that live already have theirs laid out.  The loader must have kept some room (glibc: a
 * surplus of 1664 bytes) or refuse (musl does, always).  DF_STATIC_TLS is how the file says so
 * in advance.  LE in a library has no price; it is an error.  Its offset is computed as if the
 * library were the program, and names a byte in the program's block.
 *
 * ---- How linkers relax
 *
 * Code is compiled before it is known what it is linked into.  A linker that makes a program knows
 * every offset and rewrites the sequence in place, keeping its length:
 *
 *       mov   runtime.tlsg@gottpoff(%rip),%r14        mov   $-8,%r14
 *       mov   %fs:(%r14),%r14                    -->  mov   %fs:(%r14),%r14
 *
 * What is left has the shape of IE, two instructions, and the content of LE.  We call it relaxed:
 * it tells how the code was compiled (-shared) and where it ended (in a program).  bfd, gold, lld,
 * mold and, for PIE, Go's own linker (cmd/link/internal/amd64/asm.go tlsIEtoLE) all do it, and no
 * TPOFF relocation stays behind.  On arm64 adrp and ldr become movz and movk, which is also
 * how LE looks there: form does not tell them apart.
 *
 * ---- Go's slot, per build mode
 *
 *   exe        LE in one instruction on amd64 (cmd/internal/obj/x86/obj6.go CanUse1InsnTLS: neither
 *              -shared nor -dynlink).  Internal linking: cmd/link writes the offset itself, -8
 *              (ld/sym.go computeTLSOffset), a .tbss of one word as PT_TLS and no STT_TLS symbol.
 *              If nothing is linked dynamically (CGO_ENABLED=0, hence -d) there is not even a
 *              PT_TLS: ld/elf.go makes one only along with PT_DYNAMIC.  Then the offset in the
 *              instructions is all there is, and the runtime makes it true (below).
 *              External linking: ld places runtime.tlsg like any other variable.
 *   pie        compiled -shared, so IE; relaxed by whoever links.
 *   c-archive  compiled -shared as well; what becomes of it depends on what it is linked into:
 *              relaxed in a program, IE in a library.
 *   c-shared   IE.  One TPOFF relocation, symbol 0 and the slot's st_value as addend (gold: the
 *              local symbol), since -Bsymbolic and the local runtime.tlsg leave nothing to look up.
 *   plugin     IE against the global symbol runtime.tlsg, which the program that loads the plugin
 *              defines as well: the loader binds both to one, and so one slot is shared.
 *   shared     the same, defined in the library that holds the runtime.
 *
 * On arm64 the slot is runtime.tls_g, which assembly declares (runtime/tls_arm64.s).  The linker
 * makes its runtime.tlsg regardless (ld/lib.go), which lies unused in the next word.
 *
 * Android has no TLS variable for Go: its loader had no ELF TLS before API 29.  There runtime.tls_g is a word
 * in data (runtime/tls_arm64.h TLSG_IS_VARIABLE) that holds the offset; runtime/cgo/gcc_android.c asks
 * pthread_key_create for one, or takes TLS_SLOT_APP.  The code is that of IE, but no relocation fills the
 * word: model KEY.  How all of this becomes the four words of check tls.access: harness/format/elf_access.h.
 *
 * ---- Who makes TP
 *
 * With cgo, libc has set TP before Go runs and makes every thread, so slot and TCB are its
 * business; Go never touches TP.  Without cgo there is no libc: on amd64 runtime.settls
 * (runtime/sys_linux_amd64.s) calls arch_prctl(ARCH_SET_FS) itself in each new thread, with
 * &m.tls + 8, so that
 *
 *          m.tls[0]           TP                     %fs:-8 is m.tls[0]
 *          +------------------+------------------
 *          |  slot: g         |  m.tls[1] ...
 *          +------------------+------------------
 *
 * the instruction compiled for the ELF layout finds the slot although no ELF loader laid it out.
 * On arm64 without cgo g stays in its register, and TLS is not used at all.
 *
 * Sources: Ulrich Drepper, ELF Handling For Thread-Local Storage; x86-64 psABI; AArch64 ELF
 * (IHI 0056); Go 1.26 where files are named. */
#include "harness/format/elf_access.h"
#include "harness/format/format.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* ---- the slot ----------------------------------------------------------------------------- */

static uint64_t round_up(uint64_t value, uint64_t align)
{
	return align > 1 ? (value + align - 1) / align * align : value;
}

int64_t tls_block_offset(const struct arch *arch, const GElf_Phdr *segment)
{
	uint64_t align = segment->p_align ? segment->p_align : 1;
	/* How far the block starts before an aligned address; 0 in files whose p_vaddr is aligned.
	 * glibc elf/dl-tls.c _dl_determine_tlsoffset calls it firstbyte. */
	uint64_t first = -segment->p_vaddr % align;
	if (align & (align - 1))
		first = 0;
	if (arch->variant == 2)
		return (int64_t)-(round_up(segment->p_memsz - first, align) + first);
	uint64_t offset = round_up(arch->tcb, align);
	if (offset - arch->tcb < first)
		offset += align;
	return (int64_t)(offset - first - arch->bias);
}

/* Go's slot is runtime.tlsg.  Where assembly names the variable itself, as on arm64
 * (runtime/tls_arm64.s), that is runtime.tls_g, and the linker's runtime.tlsg lies unused beside it. */
static const char *slot_name(const struct elf_file *file)
{
	return file->arch && file->arch->slot ? file->arch->slot : "runtime.tlsg";
}

static const struct elf_symbol *slot_symbol(const struct elf_file *file)
{
	const char *const names[] = { slot_name(file), "runtime.tls_g", "runtime.tlsg" };
	const struct elf_symbols *tables[] = { elf_symbols(file), &file->dynamic_symbols };
	for (size_t name = 0; name < ARCH_COUNT(names); name++)
		for (size_t table = 0; table < 2; table++)
			for (size_t i = 0; i < tables[table]->count; i++) {
				const struct elf_symbol *symbol = &tables[table]->symbol[i];
				if (symbol->type == STT_TLS && symbol->section != SHN_UNDEF &&
				    !strcmp(symbol->name, names[name]))
					return symbol;
			}
	return NULL;
}

/* Of a program without symbols: where the offset that Go's instructions carry is in PT_TLS, if it is there. */
static void place_by_code(const struct elf_file *file, const struct insn_scan *scan, struct tls_facts *facts)
{
	size_t word = elf_word_size(file);
	if (!facts->segment || !file->arch || !elf_is_program(file) || !scan->offset.seen || scan->offset.mixed)
		return;
	uint64_t value = (uint64_t)scan->offset.value - (uint64_t)tls_block_offset(file->arch, facts->segment);
	if (facts->segment->p_memsz < word || value > facts->segment->p_memsz - word)
		return;
	facts->slot.placed = 1;
	facts->slot.size = word;
	facts->slot.value = value;
}

static void place_slot(const struct elf_file *file, const struct insn_scan *scan, struct tls_facts *facts)
{
	struct tls_slot *slot = &facts->slot;
	size_t word = elf_word_size(file);
	slot->symbol = slot_symbol(file);
	if (slot->symbol) {
		slot->placed = 1;
		slot->value = slot->symbol->value;
		slot->size = slot->symbol->size;
	} else if (facts->segment && facts->segment->p_memsz <= 2 * word &&
	    (scan->go[ACCESS_LE] || scan->go[ACCESS_IE] || scan->go[ACCESS_RELAXED])) {
		/* cmd/link alone made the segment; two words on arm64, the first is tls_g. */
		slot->placed = 1;
		slot->size = word;
	} else if (scan->got.seen && !scan->got.mixed) {
		/* A stripped library: the relocation of the GOT word that Go's code reads gives the place. */
		for (size_t i = 0; i < file->reloc_count && !slot->placed; i++)
			if (file->reloc[i].kind == RELOC_TPOFF && !file->reloc[i].symbol &&
			    file->reloc[i].offset == (uint64_t)scan->got.value) {
				slot->placed = 1;
				slot->size = word;
				slot->value = (uint64_t)file->reloc[i].addend;
			}
	} else {
		place_by_code(file, scan, facts);
	}
	if (slot->placed && facts->segment && file->arch && elf_is_program(file)) {
		slot->fixed = 1;
		slot->offset = (int64_t)((uint64_t)tls_block_offset(file->arch, facts->segment) + slot->value);
	}
}

/* Does the relocation denote the slot?  Linkers name the symbol where it is a dynamic one (gold
 * even a local), else give its place in the block as addend with symbol 0. */
static int denotes_slot(const struct elf_file *file, const struct tls_slot *slot, const struct elf_reloc *reloc)
{
	const struct elf_symbols *symbols = &file->dynamic_symbols;
	if (reloc->symbol) {
		const char *name = reloc->symbol < symbols->count ? symbols->symbol[reloc->symbol].name : "";
		return !strcmp(name, slot->symbol ? slot->symbol->name : slot_name(file));
	}
	/* DTPMOD with symbol 0 means this module, whatever the variable. */
	return slot->placed && reloc->kind != RELOC_DTPMOD && (uint64_t)reloc->addend == slot->value;
}

/* Another module's variable, like errno of libc: no TLS of this module hangs on it. */
static int is_foreign(const struct elf_file *file, const struct elf_reloc *reloc)
{
	const struct elf_symbols *symbols = &file->dynamic_symbols;
	return reloc->symbol && reloc->symbol < symbols->count && symbols->symbol[reloc->symbol].section == SHN_UNDEF;
}

static void count_relocs(const struct elf_file *file, struct tls_facts *facts)
{
	struct tls_relocs *count = &facts->relocs;
	for (size_t i = 0; i < file->reloc_count; i++) {
		const struct elf_reloc *reloc = &file->reloc[i];
		size_t *all, *slot;
		switch (reloc->kind) {
		case RELOC_TPOFF:
			all = &count->tpoff, slot = &count->slot_tpoff;
			break;
		case RELOC_DTPMOD:
			all = &count->dtpmod, slot = &count->slot_dtp;
			break;
		case RELOC_DTPOFF:
			all = &count->dtpoff, slot = &count->slot_dtp;
			break;
		case RELOC_TLSDESC:
			all = &count->tlsdesc, slot = &count->slot_desc;
			break;
		default:
			continue;
		}
		++*all;
		int is_slot = denotes_slot(file, &facts->slot, reloc);
		*slot += (size_t)is_slot;
		if (is_slot && !facts->slot.named)
			facts->slot.named = reloc;
		if (reloc->kind != RELOC_TPOFF)
			continue;
		if (is_slot && !facts->slot.reloc)
			facts->slot.reloc = reloc;
		count->foreign += !is_slot && is_foreign(file, reloc);
	}
}

void tls_read(const struct elf_file *file, const struct insn_scan *scan, struct tls_facts *facts)
{
	*facts = (struct tls_facts){ 0 };
	facts->segment = elf_segment(file, PT_TLS);
	for (size_t i = 0; i < file->segment_count; i++)
		facts->segments += file->segment[i].p_type == PT_TLS;
	place_slot(file, scan, facts);
	count_relocs(file, facts);
	const struct elf_reloc *reloc = facts->slot.reloc;
	if (reloc && reloc->symbol < file->dynamic_symbols.count) {
		const struct elf_symbol *symbol = &file->dynamic_symbols.symbol[reloc->symbol];
		facts->slot.external =
		    reloc->symbol && symbol->binding != STB_LOCAL && symbol->visibility == STV_DEFAULT;
	}
}

/* ---- as JSON ------------------------------------------------------------------------------ */

static json_t *number_or_null(int known, int64_t value) { return known ? json_integer(value) : json_null(); }

/* The models in use, from the most to the least demanding of a loader. */
static json_t *users_json(const struct insn_scan *scan, const struct tls_facts *facts, int is_key)
{
	const struct tls_relocs *relocs = &facts->relocs;
	size_t le = scan->go[ACCESS_LE] + scan->go[ACCESS_RELAXED] + scan->c[ACCESS_LE] + scan->c[ACCESS_RELAXED];
	const struct {
		const char *name;
		int used;
	} models[] = {
		{ "IE", (scan->go[ACCESS_IE] && !is_key) || relocs->tpoff || scan->c[ACCESS_IE] },
		{ "KEY", is_key },
		{ "LE", le > 0 },
		{ "TLSDESC", relocs->tlsdesc || scan->tlsdesc },
		{ "GD", relocs->dtpoff || scan->gd },
		{ "LD", relocs->dtpmod || scan->ld },
	};
	json_t *list = json_array();
	for (size_t i = 0; i < ARCH_COUNT(models); i++)
		if (models[i].used)
			json_array_append_new(list, json_string(models[i].name));
	return list;
}

struct tls_variables { json_int_t all, go, c; };

/* Go's are those of its runtime, C's all others; a compiler has no empty ones. */
static void count_variable(const struct elf_symbol *symbol, struct tls_variables *count)
{
	int is_defined = symbol->section != SHN_UNDEF, is_go = !strncmp(symbol->name, "runtime.", 8);
	count->all++;
	count->go += is_defined && is_go;
	count->c += is_defined && !is_go && symbol->size > 0;
}

static json_t *symbols_json(const struct elf_file *file, struct tls_variables *count)
{
	static const char *const bindings[] = { "local", "global", "weak" };
	const struct elf_symbols *symbols = elf_symbols(file);
	json_t *list = json_array();
	for (size_t i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->symbol[i];
		/* "$d" marks data for disassemblers (AArch64 ELF 4.5.4); no variable. */
		if (symbol->type != STT_TLS || symbol->name[0] == '$')
			continue;
		count_variable(symbol, count);
		if (json_array_size(list) < FACTS_LIST_MAX)
			json_array_append_new(list,
			    json_pack("{s:o,s:I,s:I,s:s,s:b}", "name", facts_text(symbol->name), "value",
				(json_int_t)symbol->value, "size", (json_int_t)symbol->size, "binding",
				symbol->binding < 3 ? bindings[symbol->binding] : "other", "defined",
				symbol->section != SHN_UNDEF));
	}
	return list;
}

/* The offset that Go's code uses, where the file knows it: the instructions carry it, or load it from a word of
 * the GOT that the linker filled for good (s390x PIE: GNU ld rewrites only loads that are marked R_390_TLS_LOAD). */
static int carried_offset(const struct elf_file *file, const struct insn_scan *scan, int64_t *offset)
{
	uint64_t word = (uint64_t)scan->got.value;
	*offset = scan->offset.value;
	if (scan->offset.seen || !scan->got.seen || scan->got.mixed || !elf_is_program(file) ||
	    !elf_at(file, word, elf_word_size(file)))
		return scan->offset.seen && !scan->offset.mixed;
	for (size_t i = 0; i < file->reloc_count; i++)
		if (file->reloc[i].offset == word && file->reloc[i].kind != RELOC_NONE)
			return 0;
	*offset = file->class == 64 ? (int64_t)elf_word(file, word) : (int32_t)elf_word(file, word);
	return 1;
}

static json_t *slot_json(const struct elf_file *file, const struct tls_slot *slot, const struct insn_scan *scan)
{
	int64_t offset;
	int carried = carried_offset(file, scan, &offset);
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "symbol",
	    facts_text(slot->symbol ? slot->symbol->name : NULL), "value",
	    number_or_null(slot->placed, (int64_t)slot->value), "size",
	    number_or_null(slot->placed, (int64_t)slot->size), "offset", number_or_null(slot->fixed, slot->offset),
	    "got", number_or_null(slot->reloc != NULL, slot->reloc ? (int64_t)slot->reloc->offset : 0), "insn_offset",
	    number_or_null(carried, offset), "external", slot->external);
}

static void count_name(const struct elf_file *file, const struct elf_reloc *reloc, json_t *names)
{
	const char *name = arch_reloc(file->arch, reloc->type)->name;
	json_object_set_new(names, name, json_integer(json_integer_value(json_object_get(names, name)) + 1));
}

static json_t *relocs_json(const struct elf_file *file, const struct insn_scan *scan, const struct tls_facts *facts)
{
	/* Without its symbol, and not knowing which code is Go's, none can be said to denote the slot, or not to. */
	const struct tls_relocs *relocs = &facts->relocs;
	int known = !scan->is_unknown || facts->slot.placed;
	json_t *names = json_object();
	for (size_t i = 0; i < file->reloc_count; i++) {
		enum reloc_kind kind = file->reloc[i].kind;
		if (kind == RELOC_TPOFF || kind == RELOC_DTPMOD || kind == RELOC_DTPOFF || kind == RELOC_TLSDESC)
			count_name(file, &file->reloc[i], names);
	}
	for (size_t i = 0; i < file->link_reloc_count; i++)
		if (file->link_reloc[i].kind >= RELOC_LINK_LE)
			count_name(file, &file->link_reloc[i], names);
	return json_pack("{s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:I,s:o}", "tpoff", (json_int_t)relocs->tpoff, "dtpmod",
	    (json_int_t)relocs->dtpmod, "dtpoff", (json_int_t)relocs->dtpoff, "tlsdesc", (json_int_t)relocs->tlsdesc,
	    "slot_tpoff", number_or_null(known, (int64_t)relocs->slot_tpoff), "slot_dtp",
	    number_or_null(known, (int64_t)relocs->slot_dtp), "slot_desc",
	    number_or_null(known, (int64_t)relocs->slot_desc), "foreign", (json_int_t)relocs->foreign, "names", names);
}

/* The strictest alignment that a TLS section asks for. */
static uint64_t wanted_alignment(const struct elf_file *file)
{
	uint64_t wanted = 0;
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if ((header->sh_flags & SHF_TLS) && header->sh_addralign > wanted)
			wanted = header->sh_addralign;
	}
	return wanted;
}

json_t *tls_json(const struct elf_file *file, const struct pclntab *table, const struct insn_scan *scan,
    const struct tls_facts *facts)
{
	const GElf_Phdr none = { 0 }, *segment = facts->segment ? facts->segment : &none;
	uint64_t flags = 0;
	struct elf_access access;
	struct tls_variables count = { 0 };
	json_t *symbols = symbols_json(file, &count),
	       *variables = json_pack("{s:I,s:I,s:I}", "all", count.all, "go", count.go, "c", count.c);
	elf_access_read(file, table, scan, facts, &access);
	elf_dynamic(file, DT_FLAGS, &flags);
	return json_pack("{s:s,s:s,s:o,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:b,s:o}", "model",
	    access.model, "at", access.at, "reloc", facts_text(access.reloc), "form", insn_form(scan), "segments",
	    (json_int_t)facts->segments, "size", (json_int_t)segment->p_memsz, "filesz", (json_int_t)segment->p_filesz,
	    "align", (json_int_t)segment->p_align, "vaddr", (json_int_t)segment->p_vaddr, "file_offset",
	    (json_int_t)segment->p_offset, "section_align", (json_int_t)wanted_alignment(file), "symbols", symbols,
	    "variables", variables, "slot", slot_json(file, &facts->slot, scan), "relocs",
	    relocs_json(file, scan, facts), "insn", facts_insn(scan), "static_flag", (flags & DF_STATIC_TLS) != 0,
	    "users", users_json(scan, facts, !strcmp(access.model, "KEY")));
}
