/* elf_notes.c - walks PT_NOTE and SHT_NOTE. */
#include "harness/format/elf_notes.h"

#include <string.h>

enum { SEGMENTS_MAX = 16, SECTIONS_MAX = 64, NOTES_MAX = 256, HEADER = 12 }; /* more notes than any linker writes */

int elf_note_is(const struct elf_note *note, const char *owner)
{
	return note->owner.size == strlen(owner) && !memcmp(note->owner.data, owner, note->owner.size);
}

static uint64_t padded(uint64_t size, uint64_t align) { return (size + align - 1) / align * align; }

static void read_notes(
    struct bytes segment, uint64_t align, void (*each)(const struct elf_note *note, void *context), void *context)
{
	uint64_t at = 0;
	for (int notes = 0; notes < NOTES_MAX && bytes_have(&segment, at, HEADER); notes++) {
		uint64_t owner_size = bytes_number(&segment, at, 4), text_size = bytes_number(&segment, at + 4, 4),
			 text_at = padded(HEADER + owner_size, align);
		struct elf_note note = {
			.type = (uint32_t)bytes_number(&segment, at + 8, 4),
			.owner = bytes_part(&segment, at + HEADER, owner_size),
			.text = bytes_part(&segment, at + text_at, text_size),
		};
		if (note.owner.size != owner_size || note.text.size != text_size)
			return;
		while (note.owner.size && !note.owner.data[note.owner.size - 1])
			note.owner.size--;
		each(&note, context);
		at += text_at + padded(text_size, align);
	}
}

void elf_notes(const struct elf_file *file, void (*each)(const struct elf_note *note, void *context), void *context)
{
	const struct bytes all = { file->bytes, file->size, file->big_endian };
	int segments = 0;
	for (size_t i = 0; i < file->segment_count && segments < SEGMENTS_MAX; i++) {
		const GElf_Phdr *segment = &file->segment[i];
		if (segment->p_type != PT_NOTE)
			continue;
		read_notes(bytes_part(&all, segment->p_offset, segment->p_filesz), segment->p_align == 8 ? 8 : 4, each,
		    context);
		segments++;
	}
}

void elf_section_notes(
    const struct elf_file *file, void (*each)(const struct elf_note *note, void *context), void *context)
{
	const struct bytes all = { file->bytes, file->size, file->big_endian };
	int sections = 0;
	for (size_t i = 0; i < file->section_count && sections < SECTIONS_MAX; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if (header->sh_type != SHT_NOTE)
			continue;
		read_notes(bytes_part(&all, header->sh_offset, header->sh_size), header->sh_addralign == 8 ? 8 : 4,
		    each, context);
		sections++;
	}
}
