/* nearest.h - "did you mean": the known word closest to a mistyped one. */
#ifndef TLSMATRIX_MATRIX_BASE_NEAREST_H
#define TLSMATRIX_MATRIX_BASE_NEAREST_H

#include <stddef.h>

/* A list of known words: word(i) for i < count; NULL entries are skipped. */
typedef const char *nearest_word_fn(size_t i);

/* The word that takes the fewest edits (insert, delete, replace, swap two neighbours) from text; the
 * first among equals.  NULL when that is more than one edit and a third of text's length. */
const char *nearest_word(const char *text, nearest_word_fn *word, size_t count);

/* The same for words of parts ("tls.slot-offset"), of which text may be the beginning: all words of which as few edits
 * make text as of any, or of one's first parts, with or without the '.' or '-' behind them; whole words before
 * beginnings.  Returns how many are equally near, 0 when none is near; the first most of them are in found. */
size_t nearest_words(const char *text, nearest_word_fn *word, size_t count, const char **found, size_t most);

#endif
