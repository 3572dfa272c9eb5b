/* zip.c - one member after the other out of libarchive, as far as it is wanted. */
#include "harness/pack/zip.h"
#include "harness/format/format.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEEK = 64, MESSAGE = 200 };

struct zip {
	struct members *members;
	const char *name;
	struct archive *archive;
	struct diag *diag;
	unsigned depth;
	zip_take *take;
	uint64_t encrypted;
};

static int refuse(const struct zip *zip, int error, const char *what)
{
	const char *words = archive_error_string(zip->archive);
	return diag_set(
	    zip->diag, error, "%s: zip: %s: %.*s", zip->name, what, MESSAGE, words ? words : "no more said");
}

/* Appends what is unpacked until data has `most` bytes or the member ends.  0, or -EBADMSG. */
static int unpack(const struct zip *zip, struct buf *data, uint64_t most)
{
	enum { STEP = 1 << 20 };
	static char step[STEP];
	while (data->len < most) {
		uint64_t want = most - data->len < STEP ? most - data->len : STEP;
		la_ssize_t got = archive_read_data(zip->archive, step, (size_t)want);
		if (got < 0)
			return -EBADMSG;
		if (!got)
			break;
		buf_add_bytes(data, step, (size_t)got);
	}
	return 0;
}

static struct bytes view(const struct buf *data)
{
	return (struct bytes){ (const unsigned char *)data->data, data->len, 0 };
}

static void tell_unread(struct zip *zip, const char *name, const char *why)
{
	struct diag diag = DIAG_INIT;
	diag_set(&diag, EBADMSG, "%s: %s", name, why);
	zip->members->tell(zip->members->context, name, (struct bytes){ 0 }, &diag);
}

/* The bytes of a member, as far as they are wanted: none further where its header says that they are too many.  0, or
 * -E2BIG where all of the file is too much. */
static int read_member(struct zip *zip, const char *name, uint64_t said, struct buf *data)
{
	struct members *members = zip->members;
	const uint64_t most = members->limits.member;
	int error = unpack(zip, data, PEEK);
	if (!error && !format_reader_of(view(data)) && members_kind(view(data)) == MEMBERS_NONE) {
		members->passed++;
		return 0;
	}
	error = error || said > most ? error : unpack(zip, data, most + 1);
	members->total += data->len;
	if (error) {
		char *why = xprintf("cannot be unpacked: %.*s", MESSAGE, archive_error_string(zip->archive));
		tell_unread(zip, name, why);
		free(why);
	} else if (said > most || data->len > most) {
		char *why = xprintf("unpacks to more than %llu bytes: not read", (unsigned long long)most);
		tell_unread(zip, name, why);
		free(why);
	} else {
		error = zip->take(members, name, view(data), zip->depth, zip->diag);
	}
	if (members->total > members->limits.total)
		return diag_set(zip->diag, E2BIG, "%s: zip: unpacks to more than %llu bytes: the rest is not read",
		    zip->name, (unsigned long long)members->limits.total);
	return error == -E2BIG ? error : 0;
}

static int each_entry(struct zip *zip, struct archive_entry *entry)
{
	struct members *members = zip->members;
	const char *path = archive_entry_pathname_utf8(entry);
	path = path ? path : archive_entry_pathname(entry);
	if (archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	if (++members->count > members->limits.count)
		return diag_set(zip->diag, E2BIG, "%s: zip: more than %llu members: the rest is not read", zip->name,
		    (unsigned long long)members->limits.count);
	if (archive_entry_is_data_encrypted(entry)) {
		zip->encrypted++;
		return 0;
	}
	char *name = path ? xprintf("%s!%s", zip->name, path) :
			    xprintf("%s!#%llu", zip->name, (unsigned long long)members->count);
	struct buf data = BUF_INIT;
	int error =
	    read_member(zip, name, archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0, &data);
	buf_free(&data);
	free(name);
	return error;
}

static int all_entries(struct zip *zip, struct bytes file)
{
	struct archive_entry *entry;
	/* The end of the table first: there is nothing before it.  libarchive 3.6 takes that for no zip file. */
	if (!memcmp(file.data, "PK\5\6", 4))
		return 0;
	archive_read_support_format_zip_seekable(zip->archive);
	if (archive_read_open_memory(zip->archive, file.data, file.size) != ARCHIVE_OK)
		return refuse(zip, EBADMSG, "no table of members at its end; is it whole?");
	for (;;) {
		int got = archive_read_next_header(zip->archive, &entry);
		if (got == ARCHIVE_EOF)
			break;
		if (got < ARCHIVE_WARN)
			return refuse(zip, EBADMSG, "cannot be read on; is it whole?");
		int error = each_entry(zip, entry);
		if (error)
			return error;
	}
	if (zip->encrypted)
		return diag_set(zip->diag, EBADMSG, "%s: zip: %llu of %llu members are encrypted: unpack it first",
		    zip->name, (unsigned long long)zip->encrypted, (unsigned long long)zip->members->count);
	return 0;
}

int zip_each(
    struct members *members, const char *name, struct bytes file, unsigned depth, zip_take *take, struct diag *diag)
{
	struct zip zip = { members, name, archive_read_new(), diag, depth, take, 0 };
	if (!zip.archive)
		abort(); /* out of memory, as in buf.h */
	int error = all_entries(&zip, file);
	archive_read_free(zip.archive);
	return error;
}
