/* fuzz_cell.c - any text as a cell id: refused with one line, or equal to the id of what it was parsed to. */
#include "matrix/base/diag.h"
#include "matrix/cell.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), id[CELL_ID_MAX];
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	struct cell cell;
	struct diag diag = DIAG_INIT;
	if (cell_parse(text, &cell, &diag) != 0) {
		if (!diag.line[0] || strchr(diag.line, '\n'))
			abort();
	} else if (strcmp(cell_id(&cell, id), text) != 0) {
		abort();
	}
	free(text);
	return 0;
}
