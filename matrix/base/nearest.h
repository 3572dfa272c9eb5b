/* nearest.h - "did you mean": the known word closest to a mistyped one. */
#ifndef TLSMATRIX_MATRIX_BASE_NEAREST_H
#define TLSMATRIX_MATRIX_BASE_NEAREST_H

#include <stddef.h>

/* A list of known words: word(i) for i < count; NULL entries are skipped. */
typedef const char *nearest_word_fn(size_t i);

/* The word that takes the fewest edits (insert, delete, replace, swap two neighbours) from text; the
 * first among equals.  NULL when that is more than one edit and a third of text's length. */
const char *nearest_word(const char *text, nearest_word_fn *word, size_t count);

#endif
