/* macho_read.c - header, load commands and symbols of a Mach-O file. */
#include "harness/elf/arch.h"
#include "harness/format/macho.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* <mach/machine.h> CPU_TYPE_*; the offset of the program counter is 16 (command and flavor) into x86_thread_state32_t
 * eip, x86_thread_state64_t rip, arm_thread_state64_t pc (<mach/i386/_structs.h>, <mach/arm/_structs.h>). */
static const struct macho_cpu cpus[] = {
	{ 0x01000007, "x86_64", 64, &arch_amd64, 'g', 16 + 16 * 8 },
	{ 0x0100000c, "arm64", 64, &arch_arm64, 0, 16 + 32 * 8 },
	{ 0x00000007, "i386", 32, &arch_386, 'g', 16 + 10 * 4 },
	{ 0x0200000c, "arm64_32", 32, NULL, 0, 0 },
	{ 0x0000000c, "arm", 32, NULL, 0, 0 },
	{ 0x00000012, "ppc", 32, NULL, 0, 0 },
	{ 0x01000012, "ppc64", 64, NULL, 0, 0 },
};

const struct macho_cpu *macho_cpu_of(uint32_t type)
{
	for (size_t i = 0; i < ARCH_COUNT(cpus); i++)
		if (cpus[i].type == type)
			return &cpus[i];
	return NULL;
}

static uint32_t word(const struct bytes *bytes, uint64_t at) { return (uint32_t)bytes_number(bytes, at, 4); }

/* ---- load commands ------------------------------------------------------------------------- */

/* One command, its own eight bytes included. */
struct command {
	uint32_t number;
	struct bytes bytes;
	size_t index;
};

enum {
	LC_REQ_DYLD = (int)0x80000000,
	LC_SEGMENT = 1,
	LC_SYMTAB = 2,
	LC_UNIXTHREAD = 5,
	LC_LOAD_DYLIB = 0xc,
	LC_ID_DYLIB = 0xd,
	LC_LOAD_DYLINKER = 0xe,
	LC_LOAD_WEAK_DYLIB = 0x18,
	LC_SEGMENT_64 = 0x19,
	LC_REEXPORT_DYLIB = 0x1f,
	LC_LAZY_LOAD_DYLIB = 0x20,
	LC_DYLD_INFO = 0x22,
	LC_LOAD_UPWARD_DYLIB = 0x23,
	LC_VERSION_MIN_MACOSX = 0x24,
	LC_VERSION_MIN_IPHONEOS = 0x25,
	LC_MAIN = 0x28,
	LC_VERSION_MIN_TVOS = 0x2f,
	LC_VERSION_MIN_WATCHOS = 0x30,
	LC_BUILD_VERSION = 0x32,
	LC_DYLD_CHAINED_FIXUPS = 0x34
};

static void read_name(char name[17], const struct bytes *bytes, uint64_t at)
{
	struct bytes part = bytes_part(bytes, at, 16);
	memset(name, 0, 17);
	if (part.size)
		memcpy(name, part.data, part.size);
}

/* The string that the word at an offset of the command points to, NULL when it is not wholly in it. */
static const char *command_text(const struct command *command, uint64_t at)
{
	return bytes_text(&command->bytes, word(&command->bytes, at));
}

static void read_section(struct macho_section *section, const struct bytes *bytes, uint64_t at, unsigned width)
{
	read_name(section->name, bytes, at);
	read_name(section->segment, bytes, at + 16);
	section->address = bytes_number(bytes, at + 32, width);
	section->size = bytes_number(bytes, at + 32 + width, width);
	uint64_t rest = at + 32 + 2 * width;
	section->offset = word(bytes, rest);
	section->reloc_offset = word(bytes, rest + 8);
	section->reloc_count = word(bytes, rest + 12);
	section->flags = word(bytes, rest + 16);
}

/* segment_command and segment_command_64 differ in the width of four numbers and of the sections behind. */
static const char *read_segment(struct macho_file *file, const struct command *command)
{
	const struct bytes *bytes = &command->bytes;
	unsigned width = command->number == LC_SEGMENT_64 ? 8 : 4, header = 40 + 4 * width,
		 section = 32 + 2 * width + (width == 8 ? 32 : 28);
	if (bytes->size < header)
		return "a segment command is too short";
	struct macho_segment *segment = &file->segments[file->segment_count];
	read_name(segment->name, bytes, 8);
	segment->address = bytes_number(bytes, 24, width);
	segment->size = bytes_number(bytes, 24 + width, width);
	segment->file_offset = bytes_number(bytes, 24 + 2 * width, width);
	segment->file_size = bytes_number(bytes, 24 + 3 * width, width);
	segment->protection = word(bytes, 28 + 4 * width);
	uint32_t count = word(bytes, 32 + 4 * width);
	if (count > (bytes->size - header) / section)
		return "a segment has more sections than its command has room for";
	if (!bytes_have(&file->bytes, segment->file_offset, segment->file_size))
		return "truncated: a segment is beyond the end";
	file->segment_count++;
	for (uint32_t i = 0; i < count; i++)
		read_section(&file->sections[file->section_count++], bytes, header + (uint64_t)i * section, width);
	return NULL;
}

static const char *read_dylib(struct macho_file *file, const struct command *command)
{
	const char *name = command_text(command, 8);
	if (command->number == LC_ID_DYLIB)
		file->soname = name;
	else
		file->needed[file->needed_count++] = name;
	return NULL;
}

static const char *read_dylinker(struct macho_file *file, const struct command *command)
{
	file->interp = command_text(command, 8);
	return NULL;
}

static const char *read_symtab(struct macho_file *file, const struct command *command)
{
	const struct bytes *bytes = &command->bytes;
	file->symtab = (struct macho_range){ word(bytes, 8), word(bytes, 12) };
	file->strings = (struct macho_range){ word(bytes, 16), word(bytes, 20) };
	return NULL;
}

static const char *read_main(struct macho_file *file, const struct command *command)
{
	file->main_offset = bytes_number(&command->bytes, 8, 8);
	file->has_main = 1;
	return NULL;
}

static const char *read_thread(struct macho_file *file, const struct command *command)
{
	if (file->cpu && file->cpu->pc)
		file->entry = bytes_number(&command->bytes, file->cpu->pc, (unsigned)file->class / 8);
	return NULL;
}

static const char *read_dyld_info(struct macho_file *file, const struct command *command)
{
	struct macho_range *const ranges[] = { &file->rebase, &file->bind, &file->weak_bind, &file->lazy_bind };
	for (size_t i = 0; i < ARCH_COUNT(ranges); i++)
		*ranges[i] =
		    (struct macho_range){ word(&command->bytes, 8 + 8 * i), word(&command->bytes, 12 + 8 * i) };
	file->has_dyld_info = 1;
	return NULL;
}

static const char *read_chained(struct macho_file *file, const struct command *command)
{
	file->chained = (struct macho_range){ word(&command->bytes, 8), word(&command->bytes, 12) };
	file->has_chained = 1;
	return NULL;
}

static const char *read_floor(struct macho_file *file, const struct command *command)
{
	static const struct {
		uint32_t command, platform;
	} old[] = {
		{ LC_VERSION_MIN_MACOSX, 1 },
		{ LC_VERSION_MIN_IPHONEOS, 2 },
		{ LC_VERSION_MIN_TVOS, 3 },
		{ LC_VERSION_MIN_WATCHOS, 4 },
	};
	struct macho_floor floor = { word(&command->bytes, 8), word(&command->bytes, 12) };
	for (size_t i = 0; i < ARCH_COUNT(old); i++)
		if (old[i].command == command->number)
			floor = (struct macho_floor){ old[i].platform, word(&command->bytes, 8) };
	if (file->floor_count < MACHO_FLOORS)
		file->floor[file->floor_count++] = floor;
	return NULL;
}

/* What is read of a command; what is wrong with it, or NULL. */
static const struct {
	uint32_t number;
	const char *(*read)(struct macho_file *file, const struct command *command);
} commands[] = {
	{ LC_SEGMENT, read_segment },
	{ LC_SEGMENT_64, read_segment },
	{ LC_SYMTAB, read_symtab },
	{ LC_UNIXTHREAD, read_thread },
	{ LC_MAIN, read_main },
	{ LC_LOAD_DYLIB, read_dylib },
	{ LC_LOAD_WEAK_DYLIB, read_dylib },
	{ LC_REEXPORT_DYLIB, read_dylib },
	{ LC_LAZY_LOAD_DYLIB, read_dylib },
	{ LC_LOAD_UPWARD_DYLIB, read_dylib },
	{ LC_ID_DYLIB, read_dylib },
	{ LC_LOAD_DYLINKER, read_dylinker },
	{ LC_DYLD_INFO, read_dyld_info },
	{ LC_DYLD_CHAINED_FIXUPS, read_chained },
	{ LC_VERSION_MIN_MACOSX, read_floor },
	{ LC_VERSION_MIN_IPHONEOS, read_floor },
	{ LC_VERSION_MIN_TVOS, read_floor },
	{ LC_VERSION_MIN_WATCHOS, read_floor },
	{ LC_BUILD_VERSION, read_floor },
};

static const char *read_command(struct macho_file *file, const struct command *command)
{
	for (size_t i = 0; i < ARCH_COUNT(commands); i++)
		if (commands[i].number == command->number)
			return commands[i].read(file, command);
	return NULL;
}

static int read_commands(
    const char *name, struct macho_file *file, uint64_t start, uint64_t size, uint32_t count, struct diag *diag)
{
	uint64_t at = start, end = start + size;
	for (size_t i = 0; i < count; i++) {
		uint64_t length = word(&file->bytes, at + 4);
		if (end - at < 8 || length < 8 || length > end - at)
			return diag_set(diag, EBADMSG,
			    "%s: malformed: load command %zu at %llu does not fit into the %llu bytes of load commands",
			    name, i, (unsigned long long)at, (unsigned long long)size);
		struct command command = { word(&file->bytes, at) & ~(uint32_t)LC_REQ_DYLD,
			bytes_part(&file->bytes, at, length), i };
		const char *wrong = read_command(file, &command);
		if (wrong)
			return diag_set(
			    diag, EBADMSG, "%s: %s: load command %zu at %llu", name, wrong, i, (unsigned long long)at);
		at += length;
	}
	return 0;
}

/* ---- symbols ------------------------------------------------------------------------------- */

int macho_is_defined(const struct macho_symbol *symbol)
{
	return !(symbol->type & N_STAB) && (symbol->type & N_TYPE) == N_SECT;
}

const char *macho_plain_name(const struct macho_symbol *symbol) { return symbol->name + (symbol->name[0] == '_'); }

/* A string table that does not end in NUL ends at its last NUL: no name then needs a search for its end. */
static void read_symbols(struct macho_file *file)
{
	unsigned width = (unsigned)file->class / 8, size = 8 + width;
	struct bytes strings = bytes_part(&file->bytes, file->strings.offset, file->strings.size);
	const unsigned char *last = strings.size ? memrchr(strings.data, 0, strings.size) : NULL;
	size_t end = last ? (size_t)(last - strings.data) + 1 : 0;
	struct bytes table = bytes_part(&file->bytes, file->symtab.offset, file->symtab.size * size);
	file->symbol_count = table.size / size;
	file->symbols = xcalloc(file->symbol_count + 1, sizeof *file->symbols);
	for (size_t i = 0; i < file->symbol_count; i++) {
		uint64_t at = (uint64_t)i * size;
		uint32_t name = word(&table, at);
		file->symbols[i] = (struct macho_symbol){
			.name = name < end ? (const char *)strings.data + name : "",
			.value = bytes_number(&table, at + 8, width),
			.type = (unsigned)bytes_number(&table, at + 4, 1),
			.section = (unsigned)bytes_number(&table, at + 5, 1),
			.desc = (unsigned)bytes_number(&table, at + 6, 2),
		};
	}
}

/* ---- the file ------------------------------------------------------------------------------ */

struct bytes macho_section_bytes(const struct macho_file *file, const struct macho_section *section)
{
	unsigned type = section->flags & SECTION_TYPE;
	int is_zero = type == 1 || type == 12 || type == S_THREAD_LOCAL_ZEROFILL; /* S_ZEROFILL, S_GB_ZEROFILL */
	return is_zero ? (struct bytes){ 0 } : bytes_part(&file->bytes, section->offset, section->size);
}

const struct macho_section *macho_section_named(const struct macho_file *file, const char *name)
{
	for (size_t i = 0; i < file->section_count; i++)
		if (!strcmp(file->sections[i].name, name))
			return &file->sections[i];
	return NULL;
}

uint64_t macho_base(const struct macho_file *file)
{
	for (size_t i = 0; i < file->segment_count; i++)
		if (!file->segments[i].file_offset && file->segments[i].file_size)
			return file->segments[i].address;
	return 0;
}

static uint64_t address_of_offset(const struct macho_file *file, uint64_t offset)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct macho_segment *segment = &file->segments[i];
		if (offset >= segment->file_offset && offset - segment->file_offset < segment->file_size)
			return segment->address + (offset - segment->file_offset);
	}
	return 0;
}

void macho_close(struct macho_file *file)
{
	free(file->segments);
	free(file->sections);
	free(file->symbols);
	free(file->needed);
}

int macho_read(const char *name, struct bytes bytes, struct macho_file *file, struct diag *diag)
{
	*file = (struct macho_file){ .bytes = bytes };
	int wide = bytes_number(&bytes, 0, 4) == 0xfeedfacf;
	uint64_t header = wide ? 32 : 28, size = word(&bytes, 20);
	uint32_t count = word(&bytes, 16);
	if (!bytes_have(&bytes, 0, header))
		return diag_set(diag, EBADMSG, "%s: truncated: a Mach-O header has %llu bytes, the file %zu", name,
		    (unsigned long long)header, bytes.size);
	if (!bytes_have(&bytes, header, size))
		return diag_set(diag, EBADMSG, "%s: truncated: %llu bytes of load commands, the file has %zu", name,
		    (unsigned long long)size, bytes.size);
	file->class = wide ? 64 : 32;
	file->cpu_type = word(&bytes, 4);
	file->cpu = macho_cpu_of(file->cpu_type);
	if (file->cpu && file->cpu->class != file->class)
		return diag_set(
		    diag, EBADMSG, "%s: malformed: a %d-bit Mach-O header for %s", name, file->class, file->cpu->name);
	file->filetype = word(&bytes, 12);
	file->flags = word(&bytes, 24);
	/* Every command has eight bytes, every section more: so much room is enough. */
	file->segments = xcalloc(size / 56 + 1, sizeof *file->segments);
	file->sections = xcalloc(size / 68 + 1, sizeof *file->sections);
	file->needed = xcalloc(size / 8 + 1, sizeof *file->needed);
	int result = read_commands(name, file, header, size, count, diag);
	if (result) {
		macho_close(file);
		return result;
	}
	if (file->has_main)
		file->entry = address_of_offset(file, file->main_offset);
	read_symbols(file);
	return 0;
}
