/* controls.h - the table of controls: what makes each check fail.
 *
 *   CONTROL(check, kind, where, argument, status)
 *
 * kind      SABOTAGE  the case and the host are built with cases/control/control_on.*, which makes
 *                     the world wrong at the point that argument names (TLSMATRIX_CONTROL)
 *           MUTATE    the module's file is changed as harness/mutate.h says for argument
 *           BEND      tlstrace --bend argument changes system calls or registers
 *           BUILD     the artifact is built wrongly: argument is a twist (runner/build/build.h)
 * where     filter; the control is tried in the first cell that matches and plans the check
 * status    what the check must become there */
#ifndef TLSMATRIX_RUNNER_TRIAL_CONTROLS_H
#define TLSMATRIX_RUNNER_TRIAL_CONTROLS_H

#include <stddef.h>

enum control_kind { SABOTAGE, MUTATE, BEND, BUILD };

struct control {
	const char *check;
	enum control_kind kind;
	const char *where, *argument, *status;
};

extern const struct control controls[];
extern const size_t control_count;

const char *control_kind_name(enum control_kind kind);

#endif
