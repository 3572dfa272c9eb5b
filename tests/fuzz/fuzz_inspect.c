/* Any bytes as a file of any format: refused with a line, or facts that every observer can read. */
#include "tests/fuzz/read_facts.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes bytes = { size ? data : NULL, size, 0 };
	format_reader *reader = format_reader_of(bytes);
	if (reader)
		read_with(reader, bytes);
	return 0;
}
