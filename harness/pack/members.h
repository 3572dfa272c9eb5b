/* members.h - the programs, libraries and object files that are packed in a file.
 *
 * A zip file (.whl, .apk, .jar, .aar) is read by libarchive, by the table at its end; and so are, from their begin, a
 * tar file (.tgz, .tar.xz, ...), a .deb, an .rpm, and one file that gzip, bzip2, xz or zstd made smaller.  Such files
 * within it are read too, three deep.  Of a GNU thin archive the members are files beside it.  Of an archive of
 * objects, which harness/inspect.h tells as one file, the members where they are asked for.  What does not begin as an
 * object does is passed over and counted, and is looked at no further than its first bytes.
 *
 * ---- Bounds
 *
 * One member is in memory at a time, with the files that it lies in, at most four; each at most limits.member
 * (1 GiB) when unpacked.  All that is unpacked of one file, in a stream also what is passed over, is at
 * most limits.total (8 GiB), and members are at most
 * limits.count (100,000).  A member that is larger is told as not read, and the rest goes on; where a file is over the
 * other two, or encrypted, or cut, this ends it with one line.  Nothing is written. */
#ifndef TLSMATRIX_HARNESS_PACK_MEMBERS_H
#define TLSMATRIX_HARNESS_PACK_MEMBERS_H

#include "matrix/base/bytes.h"

struct diag;

/* MEMBERS_ZIP has a table of its members; a MEMBERS_STREAM is read from its begin; the others are of objects. */
enum members_kind { MEMBERS_NONE, MEMBERS_ZIP, MEMBERS_STREAM, MEMBERS_THIN, MEMBERS_ARCHIVE };

/* By the first bytes. */
enum members_kind members_kind(struct bytes file);

struct members_limits { uint64_t member, total, count; };
extern const struct members_limits members_limits;

struct members {
	struct members_limits limits;
	/* FILE!MEMBER and its bytes, for as long as the call lasts; or why it could not be read, and no bytes. */
	void (*tell)(void *context, const char *name, struct bytes bytes, const struct diag *why);
	void *context;
	/* Found out: members that are no object, and the sums that are bounded. */
	uint64_t passed, count, total;
};

/* Tells the members of a file of some kind.  path is its name, and where members of a thin archive are looked for.  0;
 * or -EBADMSG (cut, malformed, encrypted) or -E2BIG (a bound) with a line in diag, after what could be told. */
int members_each(struct members *members, const char *path, struct bytes file, struct diag *diag);

#endif
