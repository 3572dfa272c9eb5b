/* pclntab.c - finds Go's function table by its magic and the moduledata by its pointer to it. */
#include "harness/code/pclntab.h"
#include "harness/elf/arch.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

/* A header that is none costs a walk through its table; a file made for harm may have many. */
enum { HEADER_SIZE = 8, TRIES_MAX = 16, ABSENT = 255, MODULE_WORDS = 32 };

/* The words of the header as pclntab.h has them; names 0 with pcln ABSENT: both are in the header. */
static const struct layout {
	unsigned char magic, text, names, pcln;
	unsigned char is_offset; /* entries are 32 bits, counted from text */
	unsigned char minpc;     /* word of the moduledata */
} layouts[] = {
	{ 0xfb, ABSENT, ABSENT, ABSENT, 0, 10 },
	{ 0xfa, ABSENT, 2, 6, 0, 20 },
	{ 0xf0, 2, 3, 7, 1, 20 },
	{ 0xf1, 2, 3, 7, 1, 20 },
};

struct reader {
	const struct pclntab_image *image;
	const struct pclntab_range *range; /* that the header is in */
	const struct layout *layout;
	struct bytes bytes; /* from the header on */
	uint64_t address;   /* of the header */
	uint64_t functions; /* how many */
	uint64_t names, pcln,
	    rows;           /* offsets from the header: of the names, of what offsets count from, of the table */
	uint64_t names_end; /* behind the last NUL */
	unsigned entry;     /* bytes of an entry, and of an offset */
	uint64_t maxpc;     /* of the moduledata, or the end of the table's last function */
	unsigned tries;     /* tables walked so far */
};

/* ---- words --------------------------------------------------------------------------------- */

static uint64_t target(const struct pclntab_image *image, const struct pclntab_range *range, uint64_t word)
{
	return range->chain && image->target ? image->target(image->context, range->chain, word) : word;
}

/* The pointer at an address of the range. */
static uint64_t pointer(const struct pclntab_image *image, const struct pclntab_range *range, uint64_t address)
{
	size_t low = 0, high = image->fixed_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (image->fixed[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < image->fixed_count && image->fixed[low].address == address)
		return image->fixed[low].value;
	return target(image, range, bytes_number(&range->bytes, address - range->address, image->word));
}

static uint64_t header_word(const struct reader *reader, unsigned number)
{
	unsigned word = reader->image->word;
	return bytes_number(&reader->bytes, HEADER_SIZE + (uint64_t)number * word, word);
}

/* The entry of a row of the table, or the end of the last function. */
static uint64_t entry_of(const struct reader *reader, uint64_t row)
{
	uint64_t at = reader->rows + row * 2 * reader->entry;
	return reader->layout->is_offset ? bytes_number(&reader->bytes, at, 4) :
					   pointer(reader->image, reader->range, reader->address + at);
}

static const char *name_of(const struct reader *reader, uint64_t row)
{
	uint64_t func = reader->pcln +
	    bytes_number(&reader->bytes, reader->rows + row * 2 * reader->entry + reader->entry, reader->entry);
	uint64_t name = bytes_number(&reader->bytes, func + reader->entry, 4);
	if (!bytes_have(&reader->bytes, func, reader->entry + 4) || name >= reader->names_end - reader->names)
		return NULL;
	return (const char *)reader->bytes.data + reader->names + name;
}

/* ---- the header ---------------------------------------------------------------------------- */

static const struct layout *layout_at(const struct pclntab_image *image, const struct bytes *bytes)
{
	const unsigned char *at = bytes->data;
	if (at[4] || at[5] || at[7] != image->word || (at[6] != 1 && at[6] != 2 && at[6] != 4))
		return NULL;
	uint64_t magic = bytes_number(bytes, 0, 4);
	for (size_t i = 0; i < ARCH_COUNT(layouts); i++)
		if (magic == (0xffffff00 | layouts[i].magic))
			return &layouts[i];
	return NULL;
}

/* Do entries go up, and has every function a name? */
static int is_table(const struct reader *reader)
{
	uint64_t last = entry_of(reader, 0);
	for (uint64_t row = 1; row <= reader->functions; row++) {
		uint64_t entry = entry_of(reader, row);
		if (entry < last || !name_of(reader, row - 1))
			return 0;
		last = entry;
	}
	return 1;
}

static int read_header(struct reader *reader)
{
	const struct layout *layout = reader->layout;
	const struct bytes *bytes = &reader->bytes;
	unsigned word = reader->image->word;
	reader->functions = header_word(reader, 0);
	reader->names = layout->names == ABSENT ? 0 : header_word(reader, layout->names);
	reader->pcln = layout->pcln == ABSENT ? 0 : header_word(reader, layout->pcln);
	reader->rows = layout->pcln == ABSENT ? HEADER_SIZE + word : reader->pcln;
	reader->entry = layout->is_offset ? 4 : word;
	if (!reader->functions || reader->functions >= bytes->size / 8 || reader->names >= bytes->size ||
	    !bytes_have(bytes, reader->rows, reader->functions * 2 * reader->entry + reader->entry))
		return 0;
	const unsigned char *names = bytes->data + reader->names,
			    *end = memrchr(names, 0, bytes->size - (size_t)reader->names);
	if (!end)
		return 0;
	reader->names_end = (uint64_t)(end - bytes->data) + 1;
	reader->tries++;
	return is_table(reader);
}

/* ---- the moduledata ------------------------------------------------------------------------ */

/* Is the moduledata at an address of a range, and does it agree with the table? */
static int read_module(
    struct reader *reader, const struct pclntab_range *range, uint64_t address, struct pclntab *table)
{
	const struct pclntab_image *image = reader->image;
	uint64_t words[MODULE_WORDS];
	unsigned minpc = reader->layout->minpc, count = minpc + 4 + 2 * PCLNTAB_DATA;
	if (!bytes_have(&range->bytes, address - range->address, (uint64_t)count * image->word))
		return 0;
	for (unsigned i = 0; i < count; i++)
		words[i] = pointer(image, range, address + (uint64_t)i * image->word);
	const uint64_t *at = words + minpc;
	uint64_t base = reader->layout->is_offset ? at[2] : 0, first = base + entry_of(reader, 0),
		 last = base + entry_of(reader, reader->functions);
	if (words[0] != reader->address || at[0] != first || at[1] < last || at[3] < at[1] || at[2] > at[0])
		return 0;
	table->text = at[2];
	table->etext = at[3];
	reader->maxpc = at[1];
	for (unsigned i = 0; i < PCLNTAB_DATA; i++)
		table->data[i] = (struct pclntab_bounds){ at[4 + 2 * i], at[5 + 2 * i] };
	return 1;
}

static int find_module(struct reader *reader, struct pclntab *table)
{
	const struct pclntab_image *image = reader->image;
	uint64_t budget = image->size;
	for (size_t i = 0; i < image->fixed_count; i++) {
		const struct pclntab_fixed *fixed = &image->fixed[i];
		if (fixed->value != reader->address)
			continue;
		for (size_t k = 0; k < image->count && budget; k++, budget--)
			if (fixed->address >= image->range[k].address &&
			    read_module(reader, &image->range[k], fixed->address, table))
				return 1;
	}
	budget = image->size;
	for (size_t i = 0; i < image->count; i++) {
		const struct pclntab_range *range = &image->range[i];
		if (range->bytes.size > budget)
			continue;
		budget -= range->bytes.size;
		for (uint64_t at = -range->address % image->word; bytes_have(&range->bytes, at, image->word);
		    at += image->word)
			if (target(image, range, bytes_number(&range->bytes, at, image->word)) == reader->address &&
			    read_module(reader, range, range->address + at, table))
				return 1;
	}
	return 0;
}

/* Without one: the bounds of the functions, where the header or the table have addresses. */
static int read_bounds(struct reader *reader, struct pclntab *table)
{
	uint64_t base = 0;
	if (reader->layout->is_offset)
		base = pointer(reader->image, reader->range,
		    reader->address + HEADER_SIZE + (uint64_t)reader->layout->text * reader->image->word);
	uint64_t text = base + entry_of(reader, 0);
	if (!(reader->layout->is_offset ? base : text))
		return 0;
	table->text = text;
	table->etext = reader->maxpc = base + entry_of(reader, reader->functions);
	return 1;
}

/* ---- all of it ----------------------------------------------------------------------------- */

/* Text of several sections (arm, ppc64) may have been moved apart by the linker (moduledata.textsectmap): its
 * functions are then not where the table alone has them, and the last one does not end where it should. */
static void read_functions(const struct reader *reader, struct pclntab *table)
{
	uint64_t count = reader->functions, base = !reader->layout->is_offset ? 0 : table->text;
	if (base + entry_of(reader, count) != reader->maxpc)
		return;
	table->functions = xcalloc(count + 1, sizeof *table->functions);
	table->count = count + 1;
	for (uint64_t row = 0; row < count; row++)
		table->functions[row] = (struct code_function){ base + entry_of(reader, row), name_of(reader, row) };
	/* What follows is C's. */
	table->functions[count] = (struct code_function){ table->etext, "?" };
}

/* 1 when the table there has its place; 0 also notes one that has none. */
static int try_header(struct reader *reader, struct pclntab *table)
{
	if (!read_header(reader))
		return 0;
	table->found = 1;
	table->address = reader->address;
	table->placed = find_module(reader, table) || read_bounds(reader, table);
	if (table->placed)
		read_functions(reader, table);
	return table->placed;
}

void pclntab_read(const struct pclntab_image *image, struct pclntab *table)
{
	uint64_t budget = image->size;
	struct reader reader = { .image = image };
	*table = (struct pclntab){ 0 };
	for (size_t i = 0; i < image->count; i++) {
		const struct pclntab_range *range = &image->range[i];
		if (range->bytes.size > budget)
			continue;
		budget -= range->bytes.size;
		for (uint64_t at = -range->address % image->word; bytes_have(&range->bytes, at, HEADER_SIZE);
		    at += image->word) {
			reader.range = range;
			reader.bytes = bytes_part(&range->bytes, at, range->bytes.size);
			reader.address = range->address + at;
			reader.layout = layout_at(image, &reader.bytes);
			if (reader.layout && (try_header(&reader, table) || reader.tries == TRIES_MAX))
				return;
		}
	}
}

void pclntab_free(struct pclntab *table)
{
	free(table->functions);
	table->functions = NULL;
	table->count = 0;
}

int pclntab_is_variable(const struct pclntab *table, uint64_t address)
{
	for (unsigned i = 0; i < PCLNTAB_DATA; i++)
		if (address >= table->data[i].start && address < table->data[i].end)
			return 1;
	return 0;
}
