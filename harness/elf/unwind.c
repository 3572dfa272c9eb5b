#include "harness/elf/unwind.h"

#include "matrix/base/bytes.h"

#include <string.h>

/* Version 1; the address of .eh_frame relative to itself in four bytes, the count in four, the table relative to the
 * header in four (DWARF pointer encodings: DW_EH_PE_pcrel 0x10, datarel 0x30, sdata4 0x0b, udata4 0x03). */
static const unsigned char usual[4] = { 1, 0x1b, 0x03, 0x3b };
enum { HEADER_SIZE = 12, COUNT_AT = 8, ENTRY_SIZE = 8 };

size_t elf_unwind_table(const struct elf_file *file, const unsigned char **entries)
{
	const GElf_Phdr *segment = elf_segment(file, PT_GNU_EH_FRAME);
	if (!segment || segment->p_filesz < HEADER_SIZE)
		return 0;
	const unsigned char *header = elf_at(file, segment->p_vaddr, segment->p_filesz);
	if (!header || memcmp(header, usual, sizeof usual) != 0)
		return 0;
	const struct bytes bytes = { header, segment->p_filesz, file->big_endian };
	uint64_t count = bytes_number(&bytes, COUNT_AT, 4), room = (segment->p_filesz - HEADER_SIZE) / ENTRY_SIZE;
	*entries = header + HEADER_SIZE;
	return count < room ? count : room;
}

uint64_t elf_unwind_start(const struct elf_file *file, const unsigned char *entries, size_t index)
{
	const struct bytes bytes = { entries + index * ENTRY_SIZE, ENTRY_SIZE, file->big_endian };
	uint64_t start = elf_segment(file, PT_GNU_EH_FRAME)->p_vaddr + (uint64_t)(int32_t)bytes_number(&bytes, 0, 4);
	return file->class == 32 ? (uint32_t)start : start;
}
