/* packed.c - one member after the other out of libarchive, as far as it is wanted. */
#include "harness/pack/packed.h"
#include "harness/format/format.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tar file is one by what stands at 257. */
enum { PEEK = 512, MESSAGE = 200 };

struct pack {
	const char *kind; /* as in what is told */
	struct members *members;
	const char *name;
	struct archive *archive;
	struct diag *diag;
	unsigned depth;
	packed_take *take;
	uint64_t encrypted;
	int is_stream;
};

static int refuse(const struct pack *pack, int error, const char *what)
{
	const char *words = archive_error_string(pack->archive);
	return diag_set(pack->diag, error, "%s: %s: %s: %.*s", pack->name, pack->kind, what, MESSAGE,
	    words ? words : "no more said");
}

/* Appends what is unpacked until data has `most` bytes or the member ends.  0, or -EBADMSG. */
static int unpack(const struct pack *pack, struct buf *data, uint64_t most)
{
	enum { STEP = 1 << 20 };
	static char step[STEP];
	while (data->len < most) {
		uint64_t want = most - data->len < STEP ? most - data->len : STEP;
		la_ssize_t got = archive_read_data(pack->archive, step, (size_t)want);
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

static void tell_unread(struct pack *pack, const char *name, const char *why)
{
	struct diag diag = DIAG_INIT;
	diag_set(&diag, EBADMSG, "%s: %s", name, why);
	pack->members->tell(pack->members->context, name, (struct bytes){ 0 }, &diag);
}

static int is_too_much(const struct pack *pack)
{
	const struct members *members = pack->members;
	return members->total <= members->limits.total ?
	    0 :
	    diag_set(pack->diag, E2BIG, "%s: %s: unpacks to more than %llu bytes: the rest is not read", pack->name,
		pack->kind, (unsigned long long)members->limits.total);
}

/* The bytes of a member, as far as they are wanted: none further where its header says that they are too many.  0, or
 * -E2BIG where all of the file is too much. */
static int read_member(struct pack *pack, const char *name, uint64_t said, struct buf *data)
{
	struct members *members = pack->members;
	const uint64_t most = members->limits.member;
	int error = unpack(pack, data, PEEK);
	if (!error && !format_reader_of(view(data)) && members_kind(view(data)) == MEMBERS_NONE) {
		members->passed++;
		/* What is passed over in a stream is unpacked all the same; of a zip file's table it is not. */
		members->total += pack->is_stream ? said : 0;
		return is_too_much(pack);
	}
	error = error || said > most ? error : unpack(pack, data, most + 1);
	members->total += data->len;
	if (error) {
		char *why = xprintf("cannot be unpacked: %.*s", MESSAGE, archive_error_string(pack->archive));
		tell_unread(pack, name, why);
		free(why);
	} else if (said > most || data->len > most) {
		char *why = xprintf("unpacks to more than %llu bytes: not read", (unsigned long long)most);
		tell_unread(pack, name, why);
		free(why);
	} else {
		error = pack->take(members, name, view(data), pack->depth, pack->diag);
	}
	int excess = is_too_much(pack);
	return excess ? excess : error == -E2BIG ? error : 0;
}

static int each_entry(struct pack *pack, struct archive_entry *entry)
{
	struct members *members = pack->members;
	const char *path = archive_entry_pathname_utf8(entry);
	path = path ? path : archive_entry_pathname(entry);
	if (archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	if (++members->count > members->limits.count)
		return diag_set(pack->diag, E2BIG, "%s: %s: more than %llu members: the rest is not read", pack->name,
		    pack->kind, (unsigned long long)members->limits.count);
	if (archive_entry_is_data_encrypted(entry)) {
		pack->encrypted++;
		return 0;
	}
	char *name = path ? xprintf("%s!%s", pack->name, path) :
			    xprintf("%s!#%llu", pack->name, (unsigned long long)members->count);
	struct buf data = BUF_INIT;
	int error =
	    read_member(pack, name, archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0, &data);
	buf_free(&data);
	free(name);
	return error;
}

/* What libarchive does itself: its other ways to unpack start programs. */
static void support(struct pack *pack)
{
	struct archive *archive = pack->archive;
	if (!pack->is_stream) {
		archive_read_support_format_zip_seekable(archive);
		return;
	}
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_rpm(archive);
	archive_read_support_format_tar(archive);
	archive_read_support_format_cpio(archive);
	archive_read_support_format_ar(archive);
	archive_read_support_format_raw(archive);
}

static int all_entries(struct pack *pack, struct bytes file)
{
	struct archive_entry *entry;
	/* The end of the table first: there is nothing before it.  libarchive 3.6 takes that for no zip file. */
	if (!memcmp(file.data, "PK\5\6", 4))
		return 0;
	support(pack);
	if (archive_read_open_memory(pack->archive, file.data, file.size) != ARCHIVE_OK)
		return refuse(pack, EBADMSG,
		    pack->is_stream ? "cannot be unpacked; is it whole?" :
				      "no table of members at its end; is it whole?");
	for (;;) {
		int got = archive_read_next_header(pack->archive, &entry);
		if (got == ARCHIVE_EOF)
			break;
		if (got < ARCHIVE_WARN)
			return refuse(pack, EBADMSG, "cannot be read on; is it whole?");
		int error = each_entry(pack, entry);
		/* One file, of which no more is wanted than was read. */
		int is_over = archive_format(pack->archive) == ARCHIVE_FORMAT_RAW;
		if (error || is_over)
			return error;
	}
	if (pack->encrypted)
		return diag_set(pack->diag, EBADMSG, "%s: %s: %llu of %llu members are encrypted: unpack it first",
		    pack->name, pack->kind, (unsigned long long)pack->encrypted,
		    (unsigned long long)pack->members->count);
	return 0;
}

int packed_each(
    struct members *members, const char *name, struct bytes file, unsigned depth, packed_take *take, struct diag *diag)
{
	int is_stream = members_kind(file) == MEMBERS_STREAM;
	struct pack pack = { is_stream ? "archive" : "zip", members, name, archive_read_new(), diag, depth, take, 0,
		is_stream };
	if (!pack.archive)
		abort(); /* out of memory, as in buf.h */
	int error = all_entries(&pack, file);
	archive_read_free(pack.archive);
	return error;
}
