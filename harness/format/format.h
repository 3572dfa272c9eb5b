/* format.h - the readers of the file formats, one function each, and what they share.
 *
 * A reader gets a whole file (or a member of an archive) as a view and returns its facts as
 * harness/inspect.h has them: the keys that all formats share, and one object named after the format
 * with what only it has.  Every reader returns 0 and a new reference in *facts, or -EBADMSG with
 * "NAME: what: why" in diag and *facts left alone.  Headers that do not fit are refused; a table
 * behind them that does not fit is left out.  name is the file, or "FILE(MEMBER)". */
#ifndef TLSMATRIX_HARNESS_FORMAT_FORMAT_H
#define TLSMATRIX_HARNESS_FORMAT_FORMAT_H

#include "harness/code/insn.h"
#include "matrix/base/bytes.h"

#include <jansson.h>

struct diag;

typedef int format_reader(const char *name, struct bytes file, json_t **facts, struct diag *diag);

format_reader elf_facts, pe_facts, macho_facts, xcoff_facts, plan9_facts, wasm_facts, archive_facts, coff_facts;

/* The reader that the first bytes ask for, NULL when none knows them.  COFF objects have no magic: they
 * are told by a known machine and plausible header, and come last. */
format_reader *format_reader_of(struct bytes file);

/* The members of an archive one after the other, tables left out, in archive_facts' words; a GNU thin archive too, of
 * which a member is a file (is_outside, no data) that its name leads to from the archive's folder.  Name and data last
 * until each returns.  0, -EBADMSG with a line in diag, or the first that each returns and is not 0. */
struct archive_member {
	const char *name;
	struct bytes data;
	int is_outside;
};
typedef int archive_each(void *context, const struct archive_member *member);
int archive_members(const char *name, struct bytes file, archive_each *each, void *context, struct diag *diag);

/* ---- what goes into the facts the same way in all formats (format.c) ---- */

/* What a file can make of its facts is bounded: many entries may share one long name. */
enum { FACTS_TEXT_MAX = 4096, FACTS_LIST_MAX = 256 };

/* A string, cut to FACTS_TEXT_MAX bytes, the last three "..." then; null for NULL and for what is no UTF-8. */
json_t *facts_text(const char *text);
json_t *facts_bytes(const char *text, size_t size); /* of bytes without a NUL behind them */
/* Appends a string where the list has less than FACTS_LIST_MAX. */
void facts_list(json_t *list, const char *text);
/* Adds a count under a name, cut as strings are; under "?" where it is no UTF-8. */
void facts_count(json_t *object, const char *name, size_t count);

/* Is it the name of Go's entry into a library, _rt0_GOARCH_GOOS_lib?  Not where it is NULL. */
int format_is_go_entry(const char *name);

/* "go": {"present", "version", "build"}.  buildinfo is the section with the build information ("\xff Go buildinf:",
 * debug/buildinfo), empty where there is none; present also when has_runtime says so. */
json_t *facts_go(struct bytes buildinfo, int has_runtime);

/* From the build information in a segment of data at an address on, as the go command looks for it where no section is
 * named for it (debug/buildinfo DataStart); empty where there is none. */
struct bytes facts_find_buildinfo(struct bytes data, uint64_t address);

/* "insn": the counts of inspect.h. */
json_t *facts_insn(const struct insn_scan *scan);

/* "tls" of a format without PT_TLS: the four words of check tls.access (inspect.h) and the counts. */
struct access_words { const char *model, *at, *reloc; };
json_t *facts_tls(const struct access_words *words, const struct insn_scan *scan);

/* Code and its functions by address, to cut it with: readers fill one, format_scan reads it. */
struct format_code {
	uint64_t address; /* of the first byte of code */
	struct bytes code;
	struct code_function *functions; /* in any order; sorted by format_scan */
	size_t count;
	uint64_t go_start, go_end; /* runtime.text, runtime.etext; both 0: nothing is Go's, or all with go_all */
	int go_all;
};

/* By address. */
void format_sort(struct code_function *functions, size_t count);
/* Of sorted ones the name of that which begins at an address, or NULL. */
const char *format_function_at(const struct code_function *functions, size_t count, uint64_t address);

/* Leaves of sorted functions those that begin in the code. */
void format_narrow(struct format_code *code);

/* Between insn_scan_begin and insn_scan_end: reads a section of code function by function. */
void format_scan(struct insn_scan *scan, struct format_code *code);

#endif
