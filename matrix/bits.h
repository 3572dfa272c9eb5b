/* bits.h - sets of small numbers as words of bits.  Whoever makes one knows how long it is; bits behind the last number
 * are 0 unless somebody put them. */
#ifndef TLSMATRIX_MATRIX_BITS_H
#define TLSMATRIX_MATRIX_BITS_H

#include "matrix/base/buf.h"

#include <stddef.h>
#include <stdint.h>

static inline size_t bits_words(size_t bits) { return (bits + 63) / 64; }
static inline uint64_t *bits_new(size_t words) { return xcalloc(words + 1, sizeof(uint64_t)); }
static inline int bits_has(const uint64_t *set, size_t i) { return set[i / 64] >> i % 64 & 1; }
static inline void bits_put(uint64_t *set, size_t i) { set[i / 64] |= UINT64_C(1) << i % 64; }
static inline void bits_cut(uint64_t *set, size_t i) { set[i / 64] &= ~(UINT64_C(1) << i % 64); }

static inline size_t bits_count_both(const uint64_t *a, const uint64_t *b, size_t words)
{
	size_t count = 0;
	for (size_t i = 0; i < words; i++)
		count += (size_t)__builtin_popcountll(a[i] & b[i]);
	return count;
}

static inline int bits_meet(const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (a[i] & b[i])
			return 1;
	return 0;
}

static inline int bits_within(const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (a[i] & ~b[i])
			return 0;
	return 1;
}

static inline uint64_t *bits_others(const uint64_t *set, size_t count)
{
	uint64_t *others = bits_new(bits_words(count));
	for (size_t i = 0; i < count; i++)
		if (!bits_has(set, i))
			bits_put(others, i);
	return others;
}

#endif
