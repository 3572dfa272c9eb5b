/* Any bytes as an XCOFF file: refused with a line, or facts. */
#include "harness/format/format.h"
#include "matrix/base/diag.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	int result = xcoff_facts("file", (struct bytes){ .data = data, .size = size }, &facts, &diag);
	if (result ? !diag.line[0] || facts : !facts || diag.line[0])
		abort();
	json_decref(facts);
	return 0;
}
