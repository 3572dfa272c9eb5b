/* fuzz_filter.c - any text as a filter: parsed or refused with one line, matched against cells, freed. */
#include "matrix/base/diag.h"
#include "matrix/filter.h"
#include "matrix/target_facts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Both are known: what is not known leaves a question open. */
	static const struct target_facts glibc = { 1, "glibc-2.36", "Linux-6.1.0-9", "" }, none = { .known = 1 };
	static const struct cell cells[] = {
		{ "go1.21.3", "linux", "amd64", "", MODE_C_SHARED, 1, LINK_EXTERNAL_LLD, "glibc-2.36", LOAD_DLOPEN,
		    NULL, &glibc },
		{ "go1.22rc1", "linux", "arm64", "", MODE_EXE, 0, LINK_INTERNAL, "none", LOAD_NONE, NULL, &none },
	};
	char *text = malloc(size + 1), *negated = malloc(size + 4);
	if (!text || !negated)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	struct filter *filter = NULL, *other = NULL;
	struct diag diag = DIAG_INIT;
	if (filter_parse(text, &filter, &diag) != 0) {
		if (filter || !diag.line[0] || strchr(diag.line, '\n'))
			abort();
	} else {
		/* A question about the cell alone is answered yes or no, and its negation the other way. */
		strcat(strcat(strcpy(negated, "!("), text), ")");
		int negates = filter_parse(negated, &other, NULL) == 0;
		for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
			const struct filter_subject open = { &cells[i], NULL, NULL, NULL },
						    closed = { &cells[i], "tls.sizes", "fail", NULL };
			int match = filter_match(filter, &closed);
			if (match && !filter_match(filter, &open))
				abort();
			if (negates && filter_match(other, &closed) == match)
				abort();
		}
	}
	filter_free(filter);
	filter_free(other);
	free(text);
	free(negated);
	return 0;
}
