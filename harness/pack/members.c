/* members.c - which kind of container, and its members in the order in which they lie in it. */
#include "harness/pack/members.h"
#include "harness/format/format.h"
#include "harness/pack/packed.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 3 };

const struct members_limits members_limits = { 1ULL << 30, 8ULL << 30, 100000 };

enum members_kind members_kind(struct bytes file)
{
	static const struct {
		uint64_t at;
		const char *magic;
		size_t size;
		enum members_kind kind;
	} kinds[] = {
		/* APPNOTE.TXT 4.3.7, 4.3.16: a member's header; the end of the table, in a file without members. */
		{ 0, "PK\3\4", 4, MEMBERS_ZIP },
		{ 0, "PK\5\6", 4, MEMBERS_ZIP },
		{ 0, "!<thin>\n", 8, MEMBERS_THIN },
		{ 0, "!<arch>\ndebian-binary", 21, MEMBERS_STREAM }, /* deb(5) */
		{ 0, "!<arch>\n", 8, MEMBERS_ARCHIVE },
		{ 0, "<bigaf>\n", 8, MEMBERS_ARCHIVE },
		{ 0, "\x1f\x8b\x08", 3, MEMBERS_STREAM }, /* RFC 1952, 2.3 */
		{ 0, "BZh", 3, MEMBERS_STREAM },          /* bzip2 */
		{ 0,
		    "\xfd"
		    "7zXZ",
		    6, MEMBERS_STREAM },                      /* the .xz file format, 2.1.1.1; a NUL is its end */
		{ 0, "\x28\xb5\x2f\xfd", 4, MEMBERS_STREAM }, /* RFC 8878, 3.1.1 */
		{ 0, "\xed\xab\xee\xdb", 4, MEMBERS_STREAM }, /* an rpm's lead */
		{ 257, "ustar", 5, MEMBERS_STREAM },          /* POSIX pax, ustar interchange format */
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (bytes_have(&file, kinds[i].at, kinds[i].size) &&
		    !memcmp(file.data + kinds[i].at, kinds[i].magic, kinds[i].size))
			return kinds[i].kind;
	return MEMBERS_NONE;
}

/* ---- archives ----------------------------------------------------------------------------- */

struct walk {
	struct members *members;
	const char *path;
	struct diag *diag;
};

/* "FOLDER OF THE ARCHIVE/NAME" */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	return *name == '/' || !slash ? xstrdup(name) : xprintf("%.*s/%s", (int)(slash - path), path, name);
}

static void tell_member(struct members *members, const char *name, struct bytes bytes)
{
	if (format_reader_of(bytes))
		members->tell(members->context, name, bytes, NULL);
	else
		members->passed++;
}

static int take_archived(void *context, const struct archive_member *member)
{
	struct walk *walk = context;
	struct members *members = walk->members;
	if (++members->count > members->limits.count)
		return diag_set(walk->diag, E2BIG, "%s: archive: more than %llu members: the rest is not read",
		    walk->path, (unsigned long long)members->limits.count);
	char *name = xprintf("%s!%s", walk->path, member->name);
	if (!member->is_outside) {
		tell_member(members, name, member->data);
	} else {
		struct diag why = DIAG_INIT;
		struct bytes bytes;
		char *path = beside(walk->path, member->name);
		if (bytes_map(path, &bytes, &why)) {
			members->tell(members->context, name, (struct bytes){ 0 }, &why);
		} else {
			tell_member(members, name, bytes);
			bytes_unmap(&bytes);
		}
		free(path);
	}
	free(name);
	return 0;
}

/* ---- files that were packed ----------------------------------------------------------------- */

static int is_packed(enum members_kind kind) { return kind == MEMBERS_ZIP || kind == MEMBERS_STREAM; }

/* A packed file within another that cannot be read, or lies too deep, is a member that could not be read. */
static int take_unpacked(
    struct members *members, const char *name, struct bytes bytes, unsigned depth, struct diag *diag)
{
	struct diag why = DIAG_INIT;
	int error = 0;
	if (!is_packed(members_kind(bytes))) {
		tell_member(members, name, bytes);
		return 0;
	}
	if (depth < DEPTH)
		error = packed_each(members, name, bytes, depth + 1, take_unpacked, &why);
	else
		diag_set(&why, EBADMSG, "%s: an archive %u deep in others: unpack it first", name, depth);
	if (error == -E2BIG)
		return diag_set(diag, E2BIG, "%s", why.line);
	if (*why.line)
		members->tell(members->context, name, (struct bytes){ 0 }, &why);
	return 0;
}

int members_each(struct members *members, const char *path, struct bytes file, struct diag *diag)
{
	struct walk walk = { members, path, diag };
	if (is_packed(members_kind(file)))
		return packed_each(members, path, file, 1, take_unpacked, diag);
	return archive_members(path, file, take_archived, &walk, diag);
}
