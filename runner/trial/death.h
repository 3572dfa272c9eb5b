/* death.h - how a program of a case ended, in a status and in words. */
#ifndef TLSMATRIX_RUNNER_TRIAL_DEATH_H
#define TLSMATRIX_RUNNER_TRIAL_DEATH_H

#include "harness/record.h"
#include "matrix/result.h"
#include "runner/process/disturbance.h"
#include "runner/process/supervise.h"

/* What happened around the program that ended it, or NULL. */
const struct disturbance *death_disturbance(const struct child_result *child);

/* The status of a check in which it ended. */
enum status death_status(const struct child_result *child);

/* How it ended, the first line of stderr that says why, and the last of what cannot be believed; malloc'ed. */
char *death_message(const struct child_result *child, const struct records *records);

#endif
