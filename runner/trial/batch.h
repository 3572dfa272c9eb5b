/* batch.h - what the records of one process say of the checks that it was asked for.  Pure.
 *
 * A program makes its checks one after the other and says of each that it begins and then, once, what it observed.
 * Only that is believed: a record of a check that never began, or of one that was not asked for, a check that reports
 * twice, a record lost or garbled while a check was being made, and a skip of a class that the check may not have
 * (skips.def) leave nothing that could be judged. */
#ifndef TLSMATRIX_RUNNER_TRIAL_BATCH_H
#define TLSMATRIX_RUNNER_TRIAL_BATCH_H

#include "harness/record.h"
#include "matrix/check.h"

enum batch_state {
	BATCH_SILENT, /* it neither reported nor was it passed over */
	BATCH_OPEN,   /* it began and did not report */
	BATCH_SAID,   /* record holds what it observed, or its skip */
	BATCH_SPOILED /* why says why nothing of it is believed */
};

struct batch_check {
	enum batch_state state;
	const struct record *record; /* points into the records */
	char why[200];
};

/* Fills said[count], one for each check, in the order in which they were asked for. */
void batch_read(
    const struct check *const *asked, size_t count, const struct records *records, struct batch_check *said);

/* How many from the first on reported or are spoiled. */
size_t batch_settled(const struct batch_check *said, size_t count);

#endif
