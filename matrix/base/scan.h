/* scan.h - reads JSON as the tool itself writes it, without making a tree of it: where there are hundreds of thousands
 * of objects of which a few texts are wanted, and the tree costs ten times of what the rest does.
 *
 * It takes less than JSON: no white space between tokens, in texts ASCII without \u escapes, integers of up to 18
 * digits, 32 levels.  Whatever else it meets, JSON or not, makes it bad; the caller then asks jansson, which has the
 * last word. */
#ifndef TLSMATRIX_MATRIX_BASE_SCAN_H
#define TLSMATRIX_MATRIX_BASE_SCAN_H

#include <stddef.h>

struct scan {
	const char *at, *end;
	int bad; /* stays; all further calls return 0 and read nothing */
};

/* A text as it stands between its quotes. */
struct scan_text {
	const char *at;
	size_t len;
	int escaped; /* it has escapes: scan_plain */
};

/* Takes the character if it is next: 1, else 0. */
int scan_is(struct scan *scan, char c);

/* Takes it, or is bad. */
void scan_must(struct scan *scan, char c);

/* Takes a text. 1, or 0 and bad. */
int scan_string(struct scan *scan, struct scan_text *text);

/* A text or null: 1 and *text, 0 for null or when it is bad. */
int scan_string_or_null(struct scan *scan, struct scan_text *text);

/* Takes any value and gives where it began and ended in *value (NULL: not wanted). 1, or 0 and bad. */
int scan_value(struct scan *scan, struct scan_text *value);

/* For loops over an object: the next member's name, up to its value; 0 after the last.  Members of an array: 1 when
 * another value follows.  count is 0 at first, and the loop's own; the opening bracket has been taken. */
int scan_member(struct scan *scan, size_t *count, struct scan_text *name);
int scan_element(struct scan *scan, size_t *count);

/* Is the text these characters? */
int scan_text_is(const struct scan_text *text, const char *word);

/* Without escapes; out has room for text->len bytes. Its length. */
size_t scan_plain(const struct scan_text *text, char *out);

#endif
