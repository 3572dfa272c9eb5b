/* zip.h - the members of a zip file, by libarchive; for members.c. */
#ifndef TLSMATRIX_HARNESS_PACK_ZIP_H
#define TLSMATRIX_HARNESS_PACK_ZIP_H

#include "harness/pack/members.h"

/* As members_each.  take gets what begins as an object or a zip file does, whole; other members count as passed. */
typedef int zip_take(struct members *members, const char *name, struct bytes bytes, unsigned depth, struct diag *diag);
int zip_each(
    struct members *members, const char *name, struct bytes file, unsigned depth, zip_take *take, struct diag *diag);

#endif
