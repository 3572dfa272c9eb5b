/* publish.h - the reports of a finished run, into its out folder. */
#ifndef TLSMATRIX_RUNNER_CMD_PUBLISH_H
#define TLSMATRIX_RUNNER_CMD_PUBLISH_H

#include "reports/view.h"

struct diag;

/* Writes one report to PATH through a temporary name.  0 or -errno with a line in diag. */
int publish_file(const struct report_format *format, const struct view *view, const char *path, struct diag *diag);

/* report.json, report.html and report.xml (JUnit) into view->out_dir. */
int publish_all(const struct view *view, struct diag *diag);

/* Removes those three: what a run that is cut off leaves must not look like its own.  What is not there is no error. */
void publish_withdraw(const char *out);

/* Are those three there, and none older than the journal or than this program?  A kill between the journal's end and
 * the reports leaves those of the run before, and the rules of another version have other verdicts. */
int publish_is_current(const char *out);

/* The format of that name, or NULL with a line in diag (which may be NULL) that lists them. */
const struct report_format *publish_format(const char *name, struct diag *diag);

#endif
