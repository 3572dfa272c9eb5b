#include "matrix/base/nearest.h"

#include <string.h>

enum { WORD_MAX = 63 };

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Edit distance with neighbour swaps (optimal string alignment); words of at most WORD_MAX bytes. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[3][WORD_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *now = row[i % 3], *last = row[(i - 1) % 3], *before = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

/* How near text is to a word: twice the edits from the whole of it, or once more from its first parts. */
static unsigned rank_of(const char *text, size_t len, const char *known, size_t known_len)
{
	unsigned rank = 2 * distance(text, len, known, known_len);
	if (rank >= 2 * known_len)
		rank = 2 * WORD_MAX;
	for (size_t i = 0; i < known_len; i++) {
		if (!strchr(".-", known[i]))
			continue;
		for (size_t part = i; part <= i + 1; part++) {
			unsigned edits = distance(text, len, known, part);
			if (edits < part)
				rank = least(rank, 2 * edits + 1);
		}
	}
	return rank;
}

size_t nearest_words(const char *text, nearest_word_fn *word, size_t count, const char **found, size_t most)
{
	size_t len = strnlen(text, WORD_MAX + 1), near = 0;
	unsigned best = 2 * ((unsigned)len / 3 + 2) - 1;
	for (size_t i = 0; i < count && len <= WORD_MAX; i++) {
		const char *known = word(i);
		size_t known_len = known ? strnlen(known, WORD_MAX + 1) : WORD_MAX + 1;
		if (known_len > WORD_MAX)
			continue;
		unsigned rank = rank_of(text, len, known, known_len);
		if (rank > best)
			continue;
		near = rank < best ? 0 : near;
		best = rank;
		if (near < most)
			found[near] = known;
		near++;
	}
	return near;
}

const char *nearest_word(const char *text, nearest_word_fn *word, size_t count)
{
	size_t len = strnlen(text, WORD_MAX + 1);
	if (len > WORD_MAX)
		return NULL;
	const char *best = NULL;
	unsigned best_distance = (unsigned)len / 3 + 2;
	for (size_t i = 0; i < count; i++) {
		const char *known = word(i);
		size_t known_len = known ? strnlen(known, WORD_MAX + 1) : WORD_MAX + 1;
		if (known_len > WORD_MAX)
			continue;
		unsigned edits = distance(text, len, known, known_len);
		/* More edits than letters is another word, not a mistyped one. */
		if (edits < best_distance && edits < known_len) {
			best = known;
			best_distance = edits;
		}
	}
	return best;
}
