/* packed.h - the members of a zip file, or of a stream such as .tar.gz or .deb, by libarchive; for members.c. */
#ifndef TLSMATRIX_HARNESS_PACK_PACKED_H
#define TLSMATRIX_HARNESS_PACK_PACKED_H

#include "harness/pack/members.h"

/* As members_each, of a file of kind MEMBERS_ZIP or MEMBERS_STREAM.  take gets what begins as an object or such a file
 * does, whole; other members count as passed. */
typedef int packed_take(
    struct members *members, const char *name, struct bytes bytes, unsigned depth, struct diag *diag);
int packed_each(
    struct members *members, const char *name, struct bytes file, unsigned depth, packed_take *take, struct diag *diag);

#endif
