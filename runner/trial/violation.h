/* violation.h - what is done wrong on purpose, as a value.
 *
 *   SABOTAGE  the case and the host are built with cases/control/control_on.*, which makes the world wrong at the point
 *             that the argument names (TLSMATRIX_CONTROL); "none" names none
 *   MUTATE    the module's file is changed as harness/mutate.h says for the argument; with "caller:" before it, the
 *             program that calls the module (runner/build/build.h build_caller)
 *   BEND      tlstrace --bend ARGUMENT changes system calls or registers
 *   BUILD     the artifact is built wrongly: the argument is a twist (runner/build/name.h) */
#ifndef TLSMATRIX_RUNNER_TRIAL_VIOLATION_H
#define TLSMATRIX_RUNNER_TRIAL_VIOLATION_H

#include <jansson.h>

enum violation_kind { VIOLATION_NONE, SABOTAGE, MUTATE, BEND, BUILD };

struct violation {
	enum violation_kind kind;
	const char *argument; /* kept by reference */
};

/* "bend"; "" of none. */
const char *violation_name(enum violation_kind kind);

/* The argument where the violation is of that kind, else otherwise. */
const char *violation_argument(const struct violation *violation, enum violation_kind kind, const char *otherwise);

/* The mutation that a MUTATE argument names; *of_caller says which file it is done to. */
const char *violation_mutation(const char *argument, int *of_caller);

/* Of a MUTATE violation: the facts of the module, and of its caller where it has one (runner/build/facts.h), after the
 * mutation, which is done to a copy at that path that stays, for people to look at.  0 and a new reference, or -errno
 * with a line in diag and no copy: -EINVAL a caller is to be changed, and there is none. */
struct diag;
int violation_facts(const struct violation *violation, const char *module, const char *caller, const char *copy,
    json_t **facts, struct diag *diag);

#endif
