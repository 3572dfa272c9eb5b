/* Any bytes as an archive: as they are, and behind the magic of either kind where they have none. */
#include "tests/fuzz/read_facts.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const magics[] = { "!<arch>\n", "<bigaf>\n" };
	if (size >= 8 && (!memcmp(data, magics[0], 8) || !memcmp(data, magics[1], 8))) {
		read_with(archive_facts, (struct bytes){ data, size, 0 });
		return 0;
	}
	if (!size)
		return 0;
	unsigned char *copy = malloc(size + 8);
	if (!copy)
		abort();
	memcpy(copy, magics[data[0] & 1], 8);
	memcpy(copy + 8, data, size);
	read_with(archive_facts, (struct bytes){ copy, size + 8, 0 });
	free(copy);
	return 0;
}
