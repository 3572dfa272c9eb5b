/* Any bytes as a Mach-O file: as they are, and as changes to a good one of each kind: triples of a place and a byte. */
#include "tests/fuzz/read_facts.h"
#include "tests/unit/macho_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The sample of a number; with the top bit in a fat file. */
static size_t make(unsigned number, unsigned char *bytes)
{
	static const uint32_t types[] = { SAMPLE_EXECUTE, SAMPLE_DYLIB, SAMPLE_OBJECT, SAMPLE_DYLIB };
	static const unsigned formats[] = { 1, 2, 3, 6, 9, 12 };
	struct macho_sample sample;
	sample_make(&sample, number & 1, types[number >> 1 & 3]);
	if ((number & 6) == 4)
		sample_reloc(&sample, 104, 8, 5, 1, 3);
	else if ((number & 6) == 6)
		sample_chain(&sample, formats[(number >> 3) % 6]);
	else
		SAMPLE_COMMAND(&sample, 0x80000022, NULL, SAMPLE_FIXUPS, 0x20, SAMPLE_FIXUPS + 0x20, 0x20, 0, 0,
		    SAMPLE_FIXUPS + 0x40, 0x20, 0, 0);
	size_t start = number & 0x80 ? 0x40 : 0;
	static const unsigned char fat[] = { 0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1, 1, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, 0x40,
		0, 0, 0x10, 0, 0, 0, 0, 6 };
	memset(bytes, 0, start);
	if (start)
		memcpy(bytes, fat, sizeof fat);
	memcpy(bytes + start, sample.bytes, SAMPLE_SIZE);
	return start + SAMPLE_SIZE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char magics[4][4] = { { 0xce, 0xfa, 0xed, 0xfe }, { 0xcf, 0xfa, 0xed, 0xfe },
		{ 0xca, 0xfe, 0xba, 0xbe }, { 0xca, 0xfe, 0xba, 0xbf } };
	for (size_t i = 0; i < 4; i++)
		if (size >= 4 && !memcmp(data, magics[i], 4)) {
			read_with(macho_facts, (struct bytes){ data, size, 0 });
			return 0;
		}
	if (!size)
		return 0;
	unsigned char *bytes = malloc(SAMPLE_SIZE + 0x40);
	if (!bytes)
		abort();
	size_t whole = make(data[0], bytes);
	/* A place from 0xff00 on cuts the file. */
	for (size_t at = 1; at + 3 <= size; at += 3) {
		size_t place = (size_t)data[at] << 8 | data[at + 1];
		if (place >= 0xff00)
			whole = whole < 16 ? whole : whole - data[at + 2] % 16;
		else
			bytes[4 + place % (SAMPLE_SIZE - 4)] = data[at + 2];
	}
	unsigned char *exact = realloc(bytes, whole);
	if (!exact)
		abort();
	read_with(macho_facts, (struct bytes){ exact, whole, 0 });
	free(exact);
	return 0;
}
