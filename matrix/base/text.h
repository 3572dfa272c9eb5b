/* text.h - bytes of unknown origin, made safe to show.
 *
 * Observed texts, messages and the names in a file come from programs: control characters, escape
 * sequences, broken UTF-8, line breaks.  Dropping such a byte could make a wrong text look like the
 * expected one, so each is shown instead: \n \r \t, and \xNN for every other. */
#ifndef TLSMATRIX_MATRIX_BASE_TEXT_H
#define TLSMATRIX_MATRIX_BASE_TEXT_H

struct buf;

enum {
	TEXT_LINES = 1,    /* keep newline and tab */
	TEXT_CONTROLS = 2, /* keep all control characters (JSON has its own escapes for them) */
	TEXT_ASCII = 4     /* show every byte beyond ASCII as \xNN */
};

/* Appends text as valid UTF-8 without the characters that XML 1.0 forbids (with TEXT_CONTROLS:
 * as valid UTF-8).  NULL counts as "". */
void text_add(struct buf *out, const char *text, unsigned flags);

#endif
