/* census.h - the table fact x release: what a library, or a program, asks of its loader and of the kernel. */
#ifndef TLSMATRIX_REPORTS_CENSUS_H
#define TLSMATRIX_REPORTS_CENSUS_H

#include "matrix/cell.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

struct asked {
	const struct cell *cell;
	const json_t *facts; /* of the file (harness/inspect.h) */
	const json_t *calls; /* of the process (harness/trace/census.h) */
	json_t *told;        /* of these the ones that are told; report_census's own */
};

enum census_form { CENSUS_TEXT, CENSUS_MARKDOWN, CENSUS_JSON };

/* Of cells of the modes c-shared, exe and pie, those of each mode with their releases as Go orders them: a table for
 * each mode, in which a fact is told once for all neighbouring releases that agree in it.  Of the system calls, tables
 * have those that are made each time and do not come by chance (census.c chances); one that is made in some of the
 * starts says nothing of whether it came or went, and is told as of the release before.  All are in the JSON:
 *
 *   [{"go", "buildmode", "cgo", "link", "asks": {FACT: TEXT, as in the tables}, "needed", "needs",
 *     "relocations": {TYPE: N}, "tls", "init", "dynamic", "load", "calls": {"runs", "phases"}}]
 *
 * 0 or -errno of the stream. */
int report_census(const struct asked *all, size_t count, enum census_form form, FILE *out);

#endif
