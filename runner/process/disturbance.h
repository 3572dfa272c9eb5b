/* disturbance.h - did a build or a program fail because of what happened around it?  The rules: disturbances.def. */
#ifndef TLSMATRIX_RUNNER_PROCESS_DISTURBANCE_H
#define TLSMATRIX_RUNNER_PROCESS_DISTURBANCE_H

enum disturbed { DISTURBED_BUILDS = 1, DISTURBED_PROGRAMS = 2 };

struct disturbance {
	const char *name; /* "killed", "memory" */
	int error;        /* the errno that says so */
	int again;        /* a second try may go well */
};

/* By what one that failed printed.  NULL: nothing of that kind. */
const struct disturbance *disturbance_said(enum disturbed who, const char *output);

/* By the signal that ended it. */
const struct disturbance *disturbance_signal(int signal);

/* One whose time was up: in a build, which has far more than it takes. */
extern const struct disturbance disturbance_late;

#endif
