/* pulse.h - the timer that ticks while a check of Go's runs (cases/core/check.go pulse), and cells without.
 *
 * It keeps a stall of Go's scheduler (docs/design.md) from being taken for the loader's doing, and would hide a wake-up
 * that the loader or the kernel loses.  So a share of the cells runs without it: one in four, by a hash of the cell's
 * id without its release, so that a cell has it on all releases or on none.  Such a cell's programs find
 * TLSMATRIX_PULSE=none in their environment.  Ports with one thread, where nothing wakes another, keep it.
 *
 * A check of Go's own (PASS_LIVE) that hangs there is run twice more, alone and without the pulse, and fails if it does
 * not pass both times. */
#ifndef TLSMATRIX_RUNNER_TRIAL_PULSE_H
#define TLSMATRIX_RUNNER_TRIAL_PULSE_H

#include "matrix/cell.h"
#include "matrix/result.h"
#include "runner/setup/setup.h"

/* "share", "all" or "none", of --pulse.  0, or -EINVAL with a line in diag that begins with the command. */
int pulse_parse(const char *command, const char *word, enum pulse *pulse, struct diag *diag);

/* The help of --pulse; each command has its own default. */
#define PULSE_HELP "all cells, a share or none have the timer that hides lost wake-ups"

/* Does the cell, in which programs run, run without the pulse? */
int pulse_is_off(enum pulse pulse, const struct cell *cell);

/* How often a check is run after it stalled. */
enum { PULSE_RETRIES = 2 };

/* Did the check run out of time, or of its own patience, whatever it observed then? */
int pulse_is_stalled(const struct check_result *result);

/* Tells of one that stalled first and passed then. */
void pulse_tell(struct check_result *result);

#endif
