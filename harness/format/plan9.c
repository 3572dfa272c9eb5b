/* plan9.c - Plan 9 executables, and where their code keeps g.
 *
 * a.out(6): a header of eight big-endian words (with bit 0x8000 of the magic one more, the entry as 64
 * bits), then text, data, symbols and a line table, one after the other without padding.  Text is loaded
 * with the header before it, at a base that the processor's linker chose (cmd/link/internal/{x86,amd64,arm}
 * obj.go archinit; debug/plan9obj).  There is no dynamic linking, no relocation and no TLS segment.
 *
 * 386 and amd64: processes that share memory do not share the stack segment, so a word of it has one address
 * and another content in each.  Start code takes such a word from its own frame and leaves the address in
 * the variable _privates (runtime/rt0_plan9_386.s, _amd64.s); every access loads that and goes through it
 * (cmd/internal/obj/x86/asm6.go, Hplan9):
 *
 *     mov  _privates, %edx
 *     mov  0(%edx), %eax
 *
 * Which variable it is, is read from the start code: the one that gets the address of a word of the stack.
 * So files without symbols are understood as well.  arm has a thread pointer register instead, and its
 * code is read by the processor's own scanner (harness/code/arm.c). */
#include "harness/code/x86.h"
#include "harness/elf/arch.h"
#include "harness/format/format.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_WIDE = 0x8000, HEADER = 32, ENTRY_WIDE = 8 };
enum { START_INSNS = 32 }; /* instructions from the entry on in which _privates is set */

/* a.out(6) _MAGIC: 4*b*b+7, b one of 11, 26, 20 (I_MAGIC, S_MAGIC, E_MAGIC). */
static const struct machine {
	uint32_t magic;
	const struct arch *arch;
	uint64_t base; /* cmd/link: FlagTextAddr less the header */
	cs_mode mode;  /* of capstone, for x86 */
} machines[] = {
	{ 4 * 11 * 11 + 7, &arch_386, 0x1000, CS_MODE_32 },
	{ MAGIC_WIDE | (4 * 26 * 26 + 7), &arch_amd64, 0x200000, CS_MODE_64 },
	{ 4 * 20 * 20 + 7, &arch_arm, 0x1000, 0 },
};

struct image {
	const struct machine *machine;
	unsigned header;
	uint64_t entry, bss, text_address;
	struct bytes text, data, symbols;
	struct bytes buildinfo;
	struct code_function *functions;
	size_t function_count;
	uint64_t go_start, go_end;
	int has_start, has_end;
};

/* ---- the file ----------------------------------------------------------------------------- */

static int read_header(const char *name, struct bytes file, struct image *image, struct diag *diag)
{
	file.big_endian = 1;
	uint32_t magic = (uint32_t)bytes_number(&file, 0, 4);
	*image = (struct image){ .header = HEADER };
	for (size_t i = 0; i < ARCH_COUNT(machines); i++)
		if (machines[i].magic == magic)
			image->machine = &machines[i];
	if (!image->machine)
		return diag_set(diag, EBADMSG, "%s: Plan 9 magic %#x: not one of 386, amd64 and arm", name, magic);
	image->header += magic & MAGIC_WIDE ? ENTRY_WIDE : 0;
	if (!bytes_have(&file, 0, image->header))
		return diag_set(diag, EBADMSG, "%s: truncated Plan 9 header (%zu bytes)", name, file.size);
	uint64_t text = bytes_number(&file, 4, 4), data = bytes_number(&file, 8, 4),
		 symbols = bytes_number(&file, 16, 4), lines = bytes_number(&file, 28, 4);
	if (!bytes_have(&file, image->header, text + data + symbols + lines))
		return diag_set(diag, EBADMSG,
		    "%s: truncated: text %" PRIu64 ", data %" PRIu64 ", symbols %" PRIu64 " and lines %" PRIu64
		    " are beyond the end (%zu)",
		    name, text, data, symbols, lines, file.size);
	image->bss = bytes_number(&file, 12, 4);
	image->entry = magic & MAGIC_WIDE ? bytes_number(&file, HEADER, 8) : bytes_number(&file, 20, 4);
	image->text = bytes_part(&file, image->header, text);
	image->data = bytes_part(&file, image->header + text, data);
	image->symbols = bytes_part(&file, image->header + text + data, symbols);
	image->text_address = image->machine->base + image->header;
	return 0;
}

/* The end of a symbol's name.  Those of the types z and Z are file names as pairs of bytes, each an index
 * of an f symbol, behind a zero byte and before a zero pair. */
static uint64_t name_end(const struct bytes *symbols, uint64_t at, char type)
{
	if (type == 'z' || type == 'Z') {
		at++;
		while (bytes_have(symbols, at, 2) && bytes_number(symbols, at, 2))
			at += 2;
		return at + 2;
	}
	const unsigned char *end = at < symbols->size ? memchr(symbols->data + at, 0, symbols->size - at) : NULL;
	return end ? (uint64_t)(end - symbols->data) + 1 : symbols->size + 1;
}

/* value, type with bit 0x80, name; until the first that does not fit. */
static void read_symbols(struct image *image)
{
	const struct bytes *symbols = &image->symbols;
	unsigned width = image->machine->magic & MAGIC_WIDE ? 8 : 4;
	size_t room = 0;
	for (uint64_t at = 0, end; bytes_have(symbols, at, width + 2); at = end) {
		uint64_t value = bytes_number(symbols, at, width);
		char type = (char)(symbols->data[at + width] & 0x7f);
		const char *name = (const char *)symbols->data + at + width + 1;
		end = name_end(symbols, at + width + 1, type);
		if (!(symbols->data[at + width] & 0x80) || end > symbols->size)
			return;
		if (type != 'T' && type != 't')
			continue;
		if (image->function_count == room) {
			room = room ? room * 2 : 256;
			image->functions = xrealloc(image->functions, room * sizeof *image->functions);
		}
		image->functions[image->function_count++] = (struct code_function){ value, name };
		if (!strcmp(name, "runtime.text")) {
			image->go_start = value;
			image->has_start = 1;
		} else if (!strcmp(name, "runtime.etext")) {
			image->go_end = value;
			image->has_end = 1;
		}
	}
}

/* ---- x86: through _privates ---------------------------------------------------------------- */

struct reader {
	csh handle;
	uint64_t word;     /* address of _privates; 0: not found */
	uint64_t load[16]; /* of each register: where it got the word's content, 0 if it does not hold it */
};

/* The address that an operand names without a register: absolute, or relative to the next instruction. */
static int fixed_address(const struct machine *machine, const cs_insn *insn, const cs_x86_op *op, uint64_t *address)
{
	if (op->type != X86_OP_MEM || op->mem.index != X86_REG_INVALID || op->mem.segment != X86_REG_INVALID)
		return 0;
	if (op->mem.base == X86_REG_RIP)
		*address = insn->address + insn->size + (uint64_t)op->mem.disp;
	else if (op->mem.base == X86_REG_INVALID)
		*address = machine->mode == CS_MODE_32 ? (uint32_t)op->mem.disp : (uint64_t)op->mem.disp;
	else
		return 0;
	return 1;
}

/* lea N(%esp), %eax; mov %eax, _privates */
static void find_word(const struct image *image, struct reader *reader)
{
	uint64_t address = image->entry, offset = image->entry - image->text_address;
	if (offset >= image->text.size)
		return;
	const uint8_t *code = image->text.data + offset;
	size_t size = image->text.size - offset;
	cs_insn *insn = cs_malloc(reader->handle);
	int holder = -1;
	for (int i = 0;
	    insn && i < START_INSNS && !reader->word && cs_disasm_iter(reader->handle, &code, &size, &address, insn);
	    i++) {
		const cs_x86 *x86 = &insn->detail->x86;
		uint64_t target;
		if (insn->id == X86_INS_LEA && x86_register_number(x86->operands[1].mem.base) == 4)
			holder = x86_register_number(x86->operands[0].reg);
		else if (insn->id == X86_INS_MOV && holder >= 0 && x86->operands[1].type == X86_OP_REG &&
		    x86_register_number(x86->operands[1].reg) == holder &&
		    fixed_address(image->machine, insn, &x86->operands[0], &target))
			reader->word = target;
	}
	if (insn)
		cs_free(insn, 1);
}

/* Does "mov _privates, register" begin at the opcode 0x8b at code[i]? */
static int is_load(const struct insn_scan *scan, uint64_t word, uint64_t address, const unsigned char *code, size_t i)
{
	if (code[i] != 0x8b || (code[i + 1] & 0xc7) != 0x05)
		return 0;
	uint32_t disp =
	    code[i + 2] | (uint32_t)code[i + 3] << 8 | (uint32_t)code[i + 4] << 16 | (uint32_t)code[i + 5] << 24;
	return scan->arch->class == 32 ? disp == word : address + i + 6 + (uint64_t)(int64_t)(int32_t)disp == word;
}

/* Counts what the instruction does through a register, then what it leaves in registers. */
static void read_insn(struct insn_scan *scan, struct reader *reader, const struct machine *machine, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	uint64_t target;
	for (uint8_t i = 0; insn->id != X86_INS_LEA && i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];
		int base = op->type == X86_OP_MEM ? x86_register_number(op->mem.base) : -1;
		if (base >= 0 && reader->load[base] && op->mem.index == X86_REG_INVALID && !op->mem.disp)
			insn_found(scan, ACCESS_IE, reader->load[base], insn->address, (int64_t)reader->word);
	}
	unsigned written = x86_registers_written(reader->handle, insn);
	for (int i = 0; i < 16; i++)
		if (written >> i & 1)
			reader->load[i] = 0;
	if (insn->id == X86_INS_MOV && x86->operands[0].type == X86_OP_REG &&
	    fixed_address(machine, insn, &x86->operands[1], &target) && target == reader->word) {
		int number = x86_register_number(x86->operands[0].reg);
		if (number >= 0)
			reader->load[number] = insn->address;
	}
}

/* A function is decoded from its first load of _privates on, if it has one; bytes that are no instruction
 * are stepped over. */
static void privates_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	struct reader *reader = scan->engine[0];
	const struct machine *machine = scan->engine[1];
	size_t i = 0;
	while (i + 6 <= size && !is_load(scan, reader->word, address, code, i))
		i++;
	if (i + 6 > size)
		return;
	i -= machine->mode == CS_MODE_64 && i > 0 && (code[i - 1] & 0xf0) == 0x40;
	memset(reader->load, 0, sizeof reader->load);
	cs_insn *insn = cs_malloc(reader->handle);
	while (insn && i < size) {
		const uint8_t *at = code + i;
		size_t left = size - i;
		uint64_t next = address + i;
		if (cs_disasm_iter(reader->handle, &at, &left, &next, insn)) {
			read_insn(scan, reader, machine, insn);
			i += insn->size;
		} else {
			memset(reader->load, 0, sizeof reader->load);
			i++;
		}
	}
	if (insn)
		cs_free(insn, 1);
}

/* ---- facts -------------------------------------------------------------------------------- */

static int is_go(const struct image *image) { return image->buildinfo.size || image->has_start; }

static void scan_code(struct insn_scan *scan, struct image *image)
{
	struct format_code code = { .address = image->text_address,
		.code = image->text,
		.functions = image->functions,
		.count = image->function_count };
	if (image->has_start && image->has_end) {
		code.go_start = image->go_start;
		code.go_end = image->go_end;
		/* Read-only data follows in the same segment; of C there is none, since nothing links it here. */
		if (image->go_end >= code.address)
			code.code = bytes_part(&code.code, 0, image->go_end - code.address);
	} else {
		code.go_all = !image->function_count && is_go(image);
	}
	format_scan(scan, &code);
}

static json_t *x86_tls(struct image *image)
{
	struct arch arch = *image->machine->arch;
	struct insn_scan scan;
	struct reader reader = { .word = 0 };
	struct access_words words = { "none", "none", NULL };
	arch.scan = privates_scan;
	arch.scan_end = NULL;
	insn_scan_begin(&scan, &arch);
	scan.engine[0] = &reader;
	scan.engine[1] = (void *)(uintptr_t)image->machine;
	if (cs_open(CS_ARCH_X86, image->machine->mode, &reader.handle) == CS_ERR_OK) {
		cs_option(reader.handle, CS_OPT_DETAIL, CS_OPT_ON);
		find_word(image, &reader);
		if (reader.word)
			scan_code(&scan, image);
		cs_close(&reader.handle);
	} else {
		scan.decoded = 0;
	}
	insn_scan_end(&scan);
	if (scan.go[ACCESS_IE])
		words = (struct access_words){ "KEY", "_privates", NULL };
	return facts_tls(&words, &scan);
}

static json_t *arm_tls(struct image *image)
{
	char at[24] = "mixed";
	struct arch arch = *image->machine->arch;
	struct insn_scan scan;
	struct access_words words = { "none", "none", NULL };
	arch.tcb = 0; /* no ABI puts anything where the thread pointer points */
	insn_scan_begin(&scan, &arch);
	scan_code(&scan, image);
	insn_scan_end(&scan);
	if (scan.go[ACCESS_LE] || scan.go[ACCESS_RELAXED]) {
		if (!scan.offset.mixed)
			snprintf(at, sizeof at, "%" PRId64, scan.offset.value);
		words = (struct access_words){ "LE", at, NULL };
	}
	return facts_tls(&words, &scan);
}

static json_t *facts_json(const char *magic, struct image *image)
{
	const struct arch *arch = image->machine->arch;
	json_t *facts = json_pack("{s:s,s:i,s:s,s:s,s:s,s:b,s:I,s:n,s:n,s:[],s:b}", "format", "plan9", "class",
	    arch->class, "machine", arch->name, "arch", arch->goarch, "type", "EXEC", "pie", 0, "entry",
	    (json_int_t)image->entry, "interp", "soname", "needed", "static", 1);
	int64_t info = bytes_find(&image->data, magic, strlen(magic));
	if (info >= 0)
		image->buildinfo = bytes_part(&image->data, (uint64_t)info, image->data.size);
	json_object_set_new(facts, "go", facts_go(image->buildinfo, is_go(image)));
	json_object_set_new(facts, "tls", arch == &arch_arm ? arm_tls(image) : x86_tls(image));
	json_object_set_new(facts, "init", json_pack("{s:i}", "go_entries", 0));
	json_object_set_new(facts, "imports", json_pack("{s:i,s:{},s:[]}", "count", 0, "versions", "symbols"));
	json_object_set_new(facts, "floor", json_array());
	json_object_set_new(facts, "plan9",
	    json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "magic", (json_int_t)image->machine->magic, "text",
		(json_int_t)image->text.size, "data", (json_int_t)image->data.size, "bss", (json_int_t)image->bss,
		"syms", (json_int_t)image->symbols.size, "header", (json_int_t)image->header));
	return facts;
}

int plan9_facts(const char *name, struct bytes file, json_t **facts, struct diag *diag)
{
	struct image image;
	int result = read_header(name, file, &image, diag);
	if (result)
		return result;
	read_symbols(&image);
	*facts = facts_json("\xff Go buildinf:", &image);
	free(image.functions);
	return 0;
}
