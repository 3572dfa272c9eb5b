/* controls.h - the table of controls: what makes each check fail.
 *
 *   CONTROL(check, kind, where, argument, status)
 *
 * kind      and argument: what is done wrong (violation.h)
 * where     filter; the control is tried in the first cell that matches and plans the check
 * status    what the check must become there */
#ifndef TLSMATRIX_RUNNER_TRIAL_CONTROLS_H
#define TLSMATRIX_RUNNER_TRIAL_CONTROLS_H

#include "runner/trial/violation.h"

#include <stddef.h>

struct control {
	const char *check;
	struct violation violation;
	const char *where, *status;
};

extern const struct control controls[];
extern const size_t control_count;

#endif
