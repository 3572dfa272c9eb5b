/* text.h - bytes of unknown origin, made safe for the format they are written to: what
 * matrix/base/text.h shows, with the escapes of each format.  NULL counts as "".
 *
 * A pen collects text in memory and writes it to a stream.  It remembers the first error of the
 * stream and is silent after it; the writer asks once, at the end. */
#ifndef TLSMATRIX_REPORTS_TEXT_H
#define TLSMATRIX_REPORTS_TEXT_H

#include "matrix/base/buf.h"
#include "matrix/base/text.h"

#include <jansson.h>
#include <stdio.h>

struct pen {
	FILE *out;
	struct buf text; /* not yet written */
	int error;       /* first -errno of the stream */
};

#define PEN_INIT(stream) { .out = (stream), .text = BUF_INIT, .error = 0 }

/* Writes what was collected. */
void pen_flush(struct pen *pen);

/* Writes the rest, flushes the stream, frees the pen.  Returns 0 or the first -errno. */
int pen_end(struct pen *pen);

/* The first max bytes of text, whole characters, and a note of how much was cut off; malloc'ed. */
char *text_clip(const char *text, size_t max);

/* A string of JSON, which must be valid UTF-8, or jansson loses it whole; null for NULL.  A new reference. */
json_t *text_json(const char *text);

/* For XML and HTML, between tags or inside double quotes. */
void text_xml(struct buf *out, const char *text);

/* A cell of a Markdown table: one line in which only the text itself has a meaning. */
void text_markdown(struct buf *out, const char *text);

/* A test description of TAP: one line, '#' and '\' escaped. */
void text_tap(struct buf *out, const char *text);

/* A double-quoted scalar of YAML. */
void text_yaml(struct buf *out, const char *text);

/* A GitHub workflow command's message, or with property set one of its properties. */
void text_github(struct buf *out, const char *text, int property);

/* The fragment of a URL, to be written inside an HTML attribute. */
void text_fragment(struct buf *out, const char *id);

/* ASCII words, broken before column width where there is a space; the lines after the first begin
 * with indent spaces.  The first line is taken to begin at column indent.  Ends with a newline. */
void text_wrap(struct buf *out, const char *text, size_t indent, size_t width);

/* Lines that are ASCII and ended already: those that are longer than width are broken in the same way; they begin where
 * they began, and go on after indent spaces. */
void text_fold(struct buf *out, const char *lines, size_t indent, size_t width);

/* "0.4 s", "12 s", "5 min 12 s", "1 h 20 min". */
void text_seconds(struct buf *out, double seconds);

/* "1 cell", "2 cells". */
void text_number(struct buf *out, size_t number, const char *noun);

/* strcmp in which NULL is "". */
int text_compare(const char *a, const char *b);

/* The same of what a process said, where numbers that are another in each process are equal: words of 5 and more digits
 * (pids, temporary files), and of 8 and more hexadecimal ones or such behind 0x (keys of the cache, addresses). */
int text_compare_said(const char *a, const char *b);

#endif
