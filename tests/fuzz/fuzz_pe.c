/* Any bytes as a PE image or a COFF object: as they are, and what is neither as an object for amd64. */
#include "tests/fuzz/read_facts.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes bytes = { data, size, 0 };
	format_reader *reader = format_reader_of(bytes);
	if (reader == pe_facts || reader == coff_facts) {
		read_with(reader, bytes);
		return 0;
	}
	read_with(pe_facts, bytes);
	if (size < 2)
		return 0;
	unsigned char *copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	memcpy(copy, "\x64\x86", 2);
	read_with(coff_facts, (struct bytes){ copy, size, 0 });
	free(copy);
	return 0;
}
