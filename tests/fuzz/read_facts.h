/* read_facts.h - for the fuzz targets of the file formats: reads bytes and hands the facts to all who
 * use them.  The block is the target's own, so that ASan sees one byte too many. */
#ifndef TLSMATRIX_TESTS_FUZZ_READ_FACTS_H
#define TLSMATRIX_TESTS_FUZZ_READ_FACTS_H

#include "harness/format/format.h"
#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"

#include <stdlib.h>

/* A reader refuses with a line, or gives facts that can be observed, promised, printed and written. */
static inline void read_with(format_reader *reader, struct bytes bytes)
{
	struct diag diag = DIAG_INIT;
	struct buf out = BUF_INIT;
	json_t *facts = NULL;
	int result = reader("file", bytes, &facts, &diag);
	if (result ? !diag.line[0] || facts : !facts || diag.line[0])
		abort();
	for (size_t i = 0; facts && i < checks_count; i++) {
		char *note = NULL;
		if (checks[i].pass == PASS_FILE && !inspect_observe(checks[i].id, facts, &out, &note))
			free(note);
	}
	if (facts) {
		inspect_promise(facts, &out);
		inspect_print("file", facts, &out);
		char *text = json_dumps(facts, JSON_COMPACT);
		if (!text)
			abort();
		free(text);
	}
	buf_free(&out);
	json_decref(facts);
}

#endif
