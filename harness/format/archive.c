/* archive.c - which members an archive has, and which of them has Go's code.
 *
 * A c-archive is an archive of object files, for the linker of its system; Go's own code is one member,
 * go.o, the others are the C of runtime/cgo and of the package.  The facts are those of Go's member, with
 * the list of all members in "archive".  Three kinds of archive are read:
 *
 *   System V, GNU   "!<arch>\n", then for each member a header of 60 characters and its bytes, each member at an
 *                   even offset (gABI "Archive File"; ar(5)).  Fields are text, padded with blanks:
 *                       0 name   16 date   28 uid   34 gid   40 mode   48 size   58 "`\n"
 *                   "name/" is a name; "/" or "/SYM64/" the symbol table; "//" a table of long names, which end
 *                   in "/\n" there; "/123" the name at 123 of it
 *   GNU thin        "!<thin>\n" and the same, but only tables have bytes in it: a member is a file, which its name
 *                   leads to from the archive's folder (binutils ar(1) --thin); not of archive_facts
 *   BSD             the same; "#1/20": the first 20 of its bytes are the name; "__.SYMDEF..." the symbol table
 *   AIX big         "<bigaf>\n" and a header of 128 characters (AIX <ar.h> FL_HDR, of which fl_fstmoff at 68 and
 *                   fl_lstmoff at 88 are used here, 20 characters each: first and last member); members are a list:
 *                       0 ar_size   20 ar_nxtmem   40 ar_prvmem   60 ar_date   72 ar_uid   84 ar_gid   96 ar_mode
 *                       108 ar_namlen   112 the name, padded to even, "`\n", and its bytes
 *
 * Archives within archives are named and not descended into.  A member that is no object file has no
 * facts; one that is malformed makes the archive malformed. */
#include "harness/format/format.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 1024, LISTED_MAX = 256, HEADER = 60, BIG_START = 128, BIG_HEADER = 112 };

struct member {
	char name[NAME_SIZE];
	struct bytes data;
	int is_table;   /* symbols or names, for the linker */
	int is_outside; /* its bytes are in the file of its name */
};

struct archive {
	const char *name;
	struct bytes file, names; /* names: the table of long ones */
	uint64_t at, last;        /* of the next member; of the last one (AIX) */
	uint64_t taken;           /* bytes of all members so far */
	int is_thin;
	struct diag *diag;
};

static int refuse(const struct archive *archive, const char *what, uint64_t at)
{
	return diag_set(archive->diag, EBADMSG, "%s: archive: %s at %llu (%zu bytes)", archive->name, what,
	    (unsigned long long)at, archive->file.size);
}

/* A number as text of a width; -1 where there is no digit or something else. */
static int64_t decimal(const struct bytes *file, uint64_t at, unsigned width)
{
	int64_t value = 0;
	unsigned i = 0;
	if (!bytes_have(file, at, width))
		return -1;
	for (; i < width && file->data[at + i] >= '0' && file->data[at + i] <= '9'; i++) {
		if (value > INT64_MAX / 10 - 1)
			return -1;
		value = value * 10 + (file->data[at + i] - '0');
	}
	int digits = i > 0;
	while (i < width && file->data[at + i] == ' ')
		i++;
	return digits && i == width ? value : -1;
}

/* Of the bytes those up to a NUL, and to the mark where there is one. */
static void take_name(struct member *member, const struct bytes *from, const char *mark)
{
	size_t length = from->size < NAME_SIZE - 1 ? from->size : NAME_SIZE - 1;
	const char *end = length ? memmem(from->data, length, mark, strlen(mark)) : NULL;
	length = end ? (size_t)(end - (const char *)from->data) : length;
	for (size_t i = 0; i < length; i++)
		member->name[i] = (char)(from->data[i] < ' ' && from->data[i] ? '?' : from->data[i]);
	member->name[length] = 0;
}

/* ---- System V, GNU, BSD ------------------------------------------------------------------- */

static int is_symbol_table(const char *name)
{
	return !strcmp(name, "/") || !strcmp(name, "/SYM64/") || !strncmp(name, "__.SYMDEF", 9);
}

/* Of a thin archive: is it more than a table?  What begins with a slash is one, but for "/123". */
static int is_outside(const struct archive *archive)
{
	const unsigned char *field = archive->file.data + archive->at;
	return archive->is_thin && (field[0] != '/' || (field[1] >= '0' && field[1] <= '9'));
}

/* Name and bytes of a member whose header's name field says where the name is. */
static int name_member(struct archive *archive, struct member *member)
{
	const struct bytes field = bytes_part(&archive->file, archive->at, 16);
	int64_t length = !memcmp(field.data, "#1/", 3) ? decimal(&field, 3, 13) : -1,
		place = field.data[0] == '/' ? decimal(&field, 1, 15) : -1;
	if (length >= 0) {
		struct bytes name = bytes_part(&member->data, 0, (uint64_t)length);
		if (name.size != (uint64_t)length)
			return refuse(archive, "name longer than its member", archive->at);
		take_name(member, &name, "\n");
		member->data = bytes_part(&member->data, (uint64_t)length, member->data.size);
	} else if (place < 0 && is_outside(archive) && field.data[0] == '/') {
		return refuse(archive, "a member of an archive within a thin archive, which is not read,", archive->at);
	} else if (place >= 0) {
		struct bytes name = bytes_part(&archive->names, (uint64_t)place, NAME_SIZE);
		if (!name.size)
			return refuse(archive, "name beyond the table of names", archive->at);
		take_name(member, &name, "\n");
	} else {
		take_name(member, &field, " ");
	}
	size_t end = strlen(member->name);
	member->is_table = is_symbol_table(member->name) || !strcmp(member->name, "//");
	if (!member->is_table && end > 1 && member->name[end - 1] == '/')
		member->name[end - 1] = 0;
	return 0;
}

/* 1 and a member, 0 at the end, or an error. */
static int next_common(struct archive *archive, struct member *member)
{
	if (archive->at >= archive->file.size)
		return 0;
	int64_t size = decimal(&archive->file, archive->at + 48, 10);
	if (!bytes_have(&archive->file, archive->at, HEADER))
		return refuse(archive, "truncated: member header", archive->at);
	if (size < 0 || memcmp(archive->file.data + archive->at + 58, "`\n", 2))
		return refuse(archive, "malformed member header", archive->at);
	int outside = is_outside(archive);
	size = outside ? 0 : size;
	if (!bytes_have(&archive->file, archive->at + HEADER, (uint64_t)size))
		return refuse(archive, "truncated: the member's bytes end beyond the end: member", archive->at);
	*member = (struct member){ .data = bytes_part(&archive->file, archive->at + HEADER, (uint64_t)size),
		.is_outside = outside };
	int error = name_member(archive, member);
	if (error)
		return error;
	if (!strcmp(member->name, "//"))
		archive->names = member->data;
	archive->at += HEADER + (uint64_t)size + ((uint64_t)size & 1);
	return 1;
}

/* ---- AIX ---------------------------------------------------------------------------------- */

static int next_big(struct archive *archive, struct member *member)
{
	if (!archive->at)
		return 0;
	uint64_t at = archive->at;
	int64_t size = decimal(&archive->file, at, 20), next = decimal(&archive->file, at + 20, 20),
		length = decimal(&archive->file, at + 108, 4);
	if (!bytes_have(&archive->file, at, BIG_HEADER))
		return refuse(archive, "truncated: member header", at);
	uint64_t name_end = at + BIG_HEADER + (uint64_t)length + ((uint64_t)length & 1);
	if (size < 0 || next < 0 || length < 0 || !bytes_have(&archive->file, name_end, 2) ||
	    memcmp(archive->file.data + name_end, "`\n", 2))
		return refuse(archive, "malformed member header", at);
	if (!bytes_have(&archive->file, name_end + 2, (uint64_t)size))
		return refuse(archive, "truncated: the member's bytes end beyond the end: member", at);
	*member = (struct member){ .data = bytes_part(&archive->file, name_end + 2, (uint64_t)size) };
	struct bytes name = bytes_part(&archive->file, at + BIG_HEADER, (uint64_t)length);
	take_name(member, &name, "\n");
	archive->taken += BIG_HEADER + (uint64_t)size;
	if (archive->taken > archive->file.size)
		return refuse(archive, "members overlap: member", at);
	archive->at = at == archive->last ? 0 : (uint64_t)next;
	return 1;
}

/* ---- one after the other ------------------------------------------------------------------- */

static int each_member(struct archive *archive, archive_each *each, void *context)
{
	struct member member;
	int is_big = bytes_have(&archive->file, 0, 8) && !memcmp(archive->file.data, "<bigaf>\n", 8), result = 1;
	archive->is_thin = bytes_have(&archive->file, 0, 8) && !memcmp(archive->file.data, "!<thin>\n", 8);
	archive->at = 8;
	if (is_big) {
		int64_t first = decimal(&archive->file, 68, 20), last = decimal(&archive->file, 88, 20);
		if (!bytes_have(&archive->file, 0, BIG_START) || first < 0 || last < 0)
			return refuse(archive, "truncated or malformed header", 0);
		archive->at = (uint64_t)first;
		archive->last = (uint64_t)last;
	}
	while (result > 0) {
		result = is_big ? next_big(archive, &member) : next_common(archive, &member);
		struct archive_member told = { member.name, member.data, member.is_outside };
		int error = result > 0 && !member.is_table ? each(context, &told) : 0;
		result = error ? error : result;
	}
	return result;
}

int archive_members(const char *name, struct bytes file, archive_each *each, void *context, struct diag *diag)
{
	struct archive archive = { .name = name, .file = file, .diag = diag };
	return each_member(&archive, each, context);
}

/* ---- facts -------------------------------------------------------------------------------- */

static json_t *copy_of(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return value ? json_incref(value) : json_null();
}

static json_t *member_json(const char *name, const json_t *facts)
{
	const json_t *tls = json_object_get(facts, "tls");
	json_t *words = json_pack("{s:o,s:o,s:o,s:o}", "model", copy_of(tls, "model"), "at", copy_of(tls, "at"),
	    "reloc", copy_of(tls, "reloc"), "form", copy_of(tls, "form"));
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "name", facts_text(name), "format", copy_of(facts, "format"), "arch",
	    copy_of(facts, "arch"), "tls", words, "init", copy_of(facts, "init"));
}

static int has_go(const json_t *facts)
{
	return json_is_true(json_object_get(json_object_get(facts, "go"), "present"));
}

struct found {
	const char *archive;
	struct diag *diag;
	json_t *members;
	json_int_t count;
	json_t *facts; /* of Go's member, else of the first that has any */
	int is_go;
	char go_member[NAME_SIZE];
};

/* Reads one member; 0 or an error. */
static int add_member(void *context, const struct archive_member *member)
{
	struct found *found = context;
	json_t *facts = NULL;
	format_reader *reader = format_reader_of(member->data);
	char name[NAME_SIZE + 1024];
	found->count++;
	if (reader && reader != archive_facts) {
		snprintf(name, sizeof name, "%.1000s(%s)", found->archive, member->name);
		int error = reader(name, member->data, &facts, found->diag);
		if (error)
			return error;
	}
	json_t *listed = member_json(member->name, facts);
	if (reader == archive_facts)
		json_object_set_new(listed, "format", json_string("archive"));
	if (json_array_size(found->members) < LISTED_MAX)
		json_array_append(found->members, listed);
	json_decref(listed);
	if (facts && (!found->facts || (has_go(facts) && !found->is_go))) {
		json_decref(found->facts);
		found->facts = json_incref(facts);
		found->is_go = has_go(facts);
		if (found->is_go)
			snprintf(found->go_member, NAME_SIZE, "%s", member->name);
	}
	json_decref(facts);
	return 0;
}

/* What is known of an archive without any object file. */
static json_t *empty_facts(void)
{
	struct insn_scan scan;
	insn_scan_begin(&scan, NULL);
	insn_scan_end(&scan);
	const struct bytes none = { 0 };
	return json_pack("{s:o,s:o,s:o}", "arch", json_null(), "go", facts_go(none, 0), "tls",
	    facts_tls(&(struct access_words){ "none", "none", NULL }, &scan));
}

int archive_facts(const char *name, struct bytes file, json_t **facts, struct diag *diag)
{
	struct found found = { .archive = name, .diag = diag, .members = json_array() };
	int result = archive_members(name, file, add_member, &found, diag);
	if (!result) {
		*facts = found.facts ? json_incref(found.facts) : empty_facts();
		json_object_set_new(*facts, "format", json_string("archive"));
		json_object_set_new(*facts, "type", json_string("ARCHIVE"));
		json_object_set_new(*facts, "archive",
		    json_pack("{s:O,s:I,s:o}", "members", found.members, "count", found.count, "go_member",
			found.is_go ? facts_text(found.go_member) : json_null()));
	}
	json_decref(found.members);
	json_decref(found.facts);
	return result;
}
