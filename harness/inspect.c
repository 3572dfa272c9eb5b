/* inspect.c - a file from disk to the reader of its format. */
#include "harness/inspect.h"
#include "harness/format/format.h"
#include "matrix/base/diag.h"

#include <errno.h>

int inspect_file(const char *path, json_t **facts, struct diag *diag)
{
	struct bytes bytes;
	char start[BYTES_START_SIZE];
	int error = bytes_map(path, &bytes, diag);
	if (error)
		return error;
	format_reader *reader = format_reader_of(bytes);
	if (reader)
		error = reader(path, bytes, facts, diag);
	else if (!bytes.size)
		error = diag_set(diag, EBADMSG, "%s: no program, library, object file or archive: it is empty", path);
	else
		error = diag_set(diag, EBADMSG,
		    "%s: no program, library, object file or archive of a known format (ELF, PE, COFF, Mach-O, XCOFF, "
		    "Plan 9, wasm): starts with %s",
		    path, bytes_start(&bytes, start));
	bytes_unmap(&bytes);
	return error;
}
