/* target_check.h - is a target to be believed, and what is it?
 *
 * Before anything else runs there, a target must run one known-good program and be seen to fail one known-bad:
 *   good  echoes a number that was made up for this start, in whole records (record.h), and exits 0;
 *   bad   the same program told to say something else and exit 3: a target that answers as if it were the good
 *         one (canned output, a lost exit status) says yes to everything and is not believed.
 * Then the same program tells facts of kernel, loader and libc (cases/target/).
 *
 * CACHE/target/KEY/check.json, KEY from the target's key, the program and this binary:
 *   {"name","kind","version","seconds","good":BOOL,"bad":BOOL,"message":STR|null,"facts":{NAME:VALUE}} */
#ifndef TLSMATRIX_RUNNER_TRIAL_TARGET_CHECK_H
#define TLSMATRIX_RUNNER_TRIAL_TARGET_CHECK_H

#include "runner/target/target.h"

#include <jansson.h>

/* What check.json says, as a new reference, or NULL when the target was not checked as it is now.  A
 * verdict that a busy machine may have made (timeout) is not kept. */
json_t *target_check_load(const struct setup *setup, const struct target *target);

/* Fills target->facts from check.json, when they are not known yet and the target is here; it is looked at for that
 * (target_look). */
void target_learn(const struct setup *setup, struct target *target);

/* -EIO, and the line that says of a target with which message it was not believed, in diag. */
int target_disbelieved(const struct target *target, const char *message, struct diag *diag);

/* Builds the programs, runs them, writes check.json.  0 when the target is to be believed; -errno with a line
 * in diag that says what it did wrong, with its last output. */
int target_check(const struct setup *setup, const struct target *target, struct diag *diag);

/* The two programs once more, for who saw nothing come back from there: does the target fail, or what ran on it?  0
 * when it is still to be believed; -errno as above, and check.json says why, so that no other cell waits for it. */
int target_check_again(const struct setup *setup, const struct target *target, struct diag *diag);

#endif
