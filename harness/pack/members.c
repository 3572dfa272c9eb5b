/* members.c - which kind of container, and its members in the order in which they lie in it. */
#include "harness/pack/members.h"
#include "harness/format/format.h"
#include "harness/pack/zip.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 3 };

const struct members_limits members_limits = { 1ULL << 30, 8ULL << 30, 100000 };

enum members_kind members_kind(struct bytes file)
{
	/* APPNOTE.TXT 4.3.7, 4.3.16: a member's header; the end of the table, in a file without members. */
	static const struct {
		const char *magic;
		size_t size;
		enum members_kind kind;
	} kinds[] = { { "PK\3\4", 4, MEMBERS_ZIP }, { "PK\5\6", 4, MEMBERS_ZIP }, { "!<thin>\n", 8, MEMBERS_THIN },
		{ "!<arch>\n", 8, MEMBERS_ARCHIVE }, { "<bigaf>\n", 8, MEMBERS_ARCHIVE } };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (bytes_have(&file, 0, kinds[i].size) && !memcmp(file.data, kinds[i].magic, kinds[i].size))
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

/* ---- zip files ---------------------------------------------------------------------------- */

/* A zip file within a zip file that cannot be read, or lies too deep, is a member that could not be read. */
static int take_unpacked(
    struct members *members, const char *name, struct bytes bytes, unsigned depth, struct diag *diag)
{
	struct diag why = DIAG_INIT;
	int error = 0;
	if (members_kind(bytes) != MEMBERS_ZIP) {
		tell_member(members, name, bytes);
		return 0;
	}
	if (depth < DEPTH)
		error = zip_each(members, name, bytes, depth + 1, take_unpacked, &why);
	else
		diag_set(&why, EBADMSG, "%s: a zip file %u deep in others: unpack it first", name, depth);
	if (error == -E2BIG)
		return diag_set(diag, E2BIG, "%s", why.line);
	if (*why.line)
		members->tell(members->context, name, (struct bytes){ 0 }, &why);
	return 0;
}

int members_each(struct members *members, const char *path, struct bytes file, struct diag *diag)
{
	struct walk walk = { members, path, diag };
	if (members_kind(file) == MEMBERS_ZIP)
		return zip_each(members, path, file, 1, take_unpacked, diag);
	return archive_members(path, file, take_archived, &walk, diag);
}
