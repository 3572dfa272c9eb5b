/* record.h - the record protocol, read side.  The write side is harness/probe/record.c (C) and
 * cases/core/record.go (Go).
 *
 * The process under test prints records among whatever else it prints:
 *
 *     \n#tlsm:SEQ LEN CRC PAYLOAD\n
 *
 * SEQ      decimal, 1 for the first record of the process and one more for each next
 * LEN      decimal, bytes of PAYLOAD
 * CRC      8 hex digits, CRC-32 (IEEE 802.3, as zlib's crc32) of "SEQ LEN PAYLOAD"
 * PAYLOAD  fields separated by one tab; tab, newline and backslash inside a field are written
 *          \t \n \\ ; the whole payload is at most RECORD_MAX bytes
 *
 *     begin ID                     check ID starts
 *     obs   ID OBSERVED NOTE       it observed this; NOTE explains and is not compared
 *     skip  ID CLASS REASON        it cannot be observed here
 *     end   COUNT                  the last record; COUNT is the number of records before it
 *
 * Each record is written by one write(2) that begins with a newline, so that noise on the same
 * console spoils one line at most.  A line that is not whole, has a wrong CRC or comes twice is
 * counted as garbled and never believed; a gap in SEQ means that records were lost. */
#ifndef TLSMATRIX_HARNESS_RECORD_H
#define TLSMATRIX_HARNESS_RECORD_H

#include <stddef.h>

enum { RECORD_MAX = 4096 };

/* How the NOTE of an observation begins that was made when the patience of its check was at an end
 * (cases/core/check.go outOfPatience). */
#define RECORD_STALLED "out of patience; "

enum record_kind { RECORD_BEGIN, RECORD_OBS, RECORD_SKIP };

struct record {
	enum record_kind kind;
	char *id;
	char *text;    /* OBSERVED or CLASS; "" for begin */
	char *note;    /* NOTE or REASON; "" for begin */
	size_t harmed; /* garbled lines and lost records before it */
};

struct records {
	struct record *record;
	size_t count;
	int ended;      /* an end record was there and its COUNT is right; some may be lost for all that */
	size_t garbled; /* lines with the mark that could not be believed */
	size_t lost;    /* sequence numbers that never came */
};

/* Reads all records from bytes (not NUL-terminated, any content).  Always succeeds; what cannot
 * be believed is counted.  Free with records_free. */
void records_read(const char *bytes, size_t len, struct records *records);
void records_free(struct records *records);

/* Is this line, without its newline, one whole record: mark, number, length, checksum?  For who puts lines together
 * again that a console tore apart. */
int record_whole(const char *line, size_t len);

/* The last obs or skip record of a check, or NULL; and whether it began. */
const struct record *records_find(const struct records *records, const char *id);
int records_began(const struct records *records, const char *id);

#endif
