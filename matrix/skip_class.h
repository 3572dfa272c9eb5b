/* skip_class.h - the classes of skips (skip_classes.def). */
#ifndef TLSMATRIX_MATRIX_SKIP_CLASS_H
#define TLSMATRIX_MATRIX_SKIP_CLASS_H

struct diag;

/* Are all of "a,b" such classes?  0, or -EINVAL with a line in diag that names the first that is none, and the nearest
 * that is, or all of them. */
int skip_classes_check(const char *list, struct diag *diag);

#endif
