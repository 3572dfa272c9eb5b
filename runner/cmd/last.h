/* last.h - a filter that asks what the last run found: status=fail. */
#ifndef TLSMATRIX_RUNNER_CMD_LAST_H
#define TLSMATRIX_RUNNER_CMD_LAST_H

#include "runner/schedule/plan.h"

/* Leaves in a plan that is not named yet the cells of which the last run in out has a check with a status or verdict
 * that the filter asks for; a filter that asks for none leaves all.  0, or the exit code of what was printed: there is
 * no last run, or it has no such cell. */
int last_narrow(const struct setup *setup, const struct filter *filter, const char *text, struct plan *plan);

/* Forgets the results of a named plan's cells, so that they are run again; their builds stay. */
void last_forget(const struct setup *setup, const struct plan *plan);

#endif
