/* elf_image.c - segments and notes as facts. */
#include "harness/format/elf_image.h"
#include "harness/format/elf_notes.h"

#include <string.h>

/* Solaris' own PT_GNU_STACK (sys/elf.h). */
enum { SUN_STACK = 0x6ffffffb };

static json_t *load_json(const struct elf_file *file)
{
	uint64_t lowest = 0, end = 0, strictest = 0;
	json_int_t count = 0;
	int congruent = 1, ascending = 1, fits = 1;
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		if (load->p_type != PT_LOAD)
			continue;
		uint64_t align = load->p_align ? load->p_align : 1;
		congruent &= !(align & (align - 1)) && load->p_vaddr % align == load->p_offset % align;
		ascending &= !count || load->p_vaddr >= end;
		fits &= load->p_filesz <= load->p_memsz && load->p_memsz <= UINT64_MAX - load->p_vaddr;
		strictest = strictest > align ? strictest : align;
		lowest = count && lowest < load->p_vaddr ? lowest : load->p_vaddr;
		end = load->p_vaddr + load->p_memsz;
		count++;
	}
	return json_pack("{s:I,s:o,s:b,s:b,s:b,s:I}", "segments", count, "lowest",
	    count ? json_integer((json_int_t)lowest) : json_null(), "congruent", congruent, "ascending", ascending,
	    "fits", fits, "align", (json_int_t)strictest);
}

/* gold lists a note in two segments where their alignments differ: it is one note. */
struct build_ids {
	struct {
		const unsigned char *first;
		json_int_t count;
	} go, gnu;
};

static void count_build_id(const struct elf_note *note, void *context)
{
	enum { GO_BUILD_ID = 4, GNU_BUILD_ID = 3 }; /* cmd/link/internal/ld/elf.go ELF_NOTE_GOBUILDID_TAG, <elf.h> */
	struct build_ids *ids = context;
	int go = note->type == GO_BUILD_ID && elf_note_is(note, "Go"),
	    gnu = note->type == GNU_BUILD_ID && elf_note_is(note, "GNU");
	if (!note->text.size || (!go && !gnu))
		return;
	const unsigned char **first = go ? &ids->go.first : &ids->gnu.first;
	*(go ? &ids->go.count : &ids->gnu.count) += *first != note->text.data;
	*first = *first ? *first : note->text.data;
}

/* What a shared library of Go's says of itself: cmd/link/internal/ld/elf.go ELF_NOTE_GOPKGLIST_TAG and so on. */
enum { GO_PACKAGES = 1, GO_ABI, GO_NEEDED, GO_LIBRARY };

struct library {
	const char *word;
	const char *found[GO_LIBRARY]; /* by type */
};

static void note_library(const struct elf_note *note, void *context)
{
	struct library *library = context;
	if (elf_note_is(note, "Go") && note->type >= GO_PACKAGES && note->type < GO_LIBRARY)
		library->found[note->type] = library->word;
}

static json_t *notes_json(const struct elf_file *file)
{
	struct build_ids ids = { { NULL, 0 }, { NULL, 0 } };
	struct library library = { "file", { NULL, "none", "none", "none" } };
	elf_notes(file, count_build_id, &ids);
	elf_section_notes(file, note_library, &library);
	library.word = "mapped";
	elf_notes(file, note_library, &library);
	return json_pack("{s:I,s:I,s:s,s:s,s:s}", "go_build_ids", ids.go.count, "gnu_build_ids", ids.gnu.count,
	    "go_packages", library.found[GO_PACKAGES], "go_needed", library.found[GO_NEEDED], "go_abi",
	    library.found[GO_ABI]);
}

/* In .symtab alone: of a stripped file count is 0. */
static json_t *symbols_json(const struct elf_file *file)
{
	json_int_t dups = 0;
	for (size_t i = 0; i < file->static_symbols.count; i++)
		dups += !strcmp(file->static_symbols.symbol[i].name, ".dup");
	return json_pack("{s:I,s:I}", "count", (json_int_t)file->static_symbols.count, "dups", dups);
}

static int is_exec(const GElf_Phdr *segment) { return segment && (segment->p_flags & PF_X); }

void elf_image(const struct elf_file *file, json_t *facts)
{
	const GElf_Phdr *stack = elf_segment(file, PT_GNU_STACK), *sun = elf_segment(file, SUN_STACK);
	json_int_t wx = 0;
	for (size_t i = 0; i < file->segment_count; i++)
		wx += file->segment[i].p_type == PT_LOAD && (file->segment[i].p_flags & (PF_W | PF_X)) == (PF_W | PF_X);
	json_object_set_new(facts, "load", load_json(file));
	json_object_set_new(facts, "notes", notes_json(file));
	json_object_set_new(facts, "symbols", symbols_json(file));
	json_object_set_new(facts, "stack",
	    json_pack("{s:b,s:b,s:b,s:b}", "present", stack != NULL, "exec", is_exec(stack), "sun", sun != NULL,
		"sun_exec", is_exec(sun)));
	json_object_set_new(facts, "relro", json_boolean(elf_segment(file, PT_GNU_RELRO) != NULL));
	json_object_set_new(facts, "wx_segments", json_integer(wx));
}
