/* Any bytes as a zip file, a thin archive or a stream (.gz, .xz, .zst, .deb): behind a magic where they have none.  The
 * files that a thin archive names are read as they are. */
#include "harness/pack/members.h"
#include "matrix/base/diag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(void *context, const char *name, struct bytes bytes, const struct diag *why)
{
	(void)context;
	if (!*name || (why ? bytes.data || !why->line[0] : !bytes.size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const magics[] = { "PK\5\6", "PK\3\4", "!<thin>\n", "!<arch>\n", "\x1f\x8b\x08",
		"\xfd"
		"7zXZ",
		"\x28\xb5\x2f\xfd", "!<arch>\ndebian-binary   " };
	const char *magic = size ? magics[data[0] & 7] : "";
	size_t before = members_kind((struct bytes){ data, size, 0 }) == MEMBERS_NONE ? strlen(magic) : 0;
	struct diag diag = DIAG_INIT;
	struct members members = { .limits = { 1 << 20, 1 << 22, 100 }, .tell = tell };
	if (!size)
		return 0;
	unsigned char *copy = malloc(size + before);
	if (!copy)
		abort();
	memcpy(copy, magic, before);
	memcpy(copy + before, data, size);
	if (!members_each(&members, "/nonexistent/file", (struct bytes){ copy, size + before, 0 }, &diag) !=
	    !diag.line[0])
		abort();
	free(copy);
	return 0;
}
