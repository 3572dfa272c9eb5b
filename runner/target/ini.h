/* ini.h - reads the INI files of targets (target.h describes the keys) with libinih.
 *
 * What is wrong is told with its place: "FILE:LINE: unknown key 'comand' in [my-ld]: did you mean 'command'?" */
#ifndef TLSMATRIX_RUNNER_TARGET_INI_H
#define TLSMATRIX_RUNNER_TARGET_INI_H

#include "runner/target/target.h"

/* Adds the sections of file to targets; those of a user's file replace known ones of the same name.  0; -errno with a
 * line in diag, and targets as they were.  file is kept by reference. */
int target_ini_read(const char *file, int user, struct targets *targets, struct diag *diag);

/* Calls replace on each text of the target; what it returns (malloc'ed) takes its place. */
void target_texts(struct target *target, char *(*replace)(char *text, void *context), void *context);

/* Frees the texts of one target. */
void target_clear(struct target *target);

#endif
