/* inspect.c - a file from disk to the reader of its format. */
#include "harness/inspect.h"
#include "harness/format/format.h"
#include "matrix/base/diag.h"

#include <errno.h>

int inspect_is_known(struct bytes bytes) { return format_reader_of(bytes) != NULL; }

int inspect_bytes(const char *name, struct bytes bytes, json_t **facts, struct diag *diag)
{
	char start[BYTES_START_SIZE];
	format_reader *reader = format_reader_of(bytes);
	if (reader)
		return reader(name, bytes, facts, diag);
	if (!bytes.size)
		return diag_set(diag, EBADMSG, "%s: no program, library, object file or archive: it is empty", name);
	return diag_set(diag, EBADMSG,
	    "%s: no program, library, object file or archive of a known format (ELF, PE, COFF, Mach-O, XCOFF, "
	    "Plan 9, wasm): starts with %s",
	    name, bytes_start(&bytes, start));
}

int inspect_file(const char *path, json_t **facts, struct diag *diag)
{
	struct bytes bytes;
	int error = bytes_map(path, &bytes, diag);
	if (error)
		return error;
	error = inspect_bytes(path, bytes, facts, diag);
	bytes_unmap(&bytes);
	return error;
}
