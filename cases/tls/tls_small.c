#include "tls_small.h"

#include <stddef.h>

/* Both kinds of access: a global variable is reached by general dynamic, a static one by local
 * dynamic code where the module is compiled with -fPIC (check tls.c-models). Less than 600 bytes,
 * since a library that is dlopened has to live in glibc's static surplus. */
__thread unsigned char tls_small_image_8[8] = { [0 ... 7] = 0x18 };
__thread unsigned char tls_small_zero_8[8];
static __thread unsigned char image_1[1] = { 0x21 };
static __thread unsigned char image_4[4] = { [0 ... 3] = 0x24 };
static __thread unsigned char image_64[64] __attribute__((aligned(16))) = { [0 ... 63] = 0x64 };
static __thread unsigned char zero_1[1];
static __thread unsigned char zero_4[4];
static __thread unsigned char zero_64[64] __attribute__((aligned(16)));

extern __thread unsigned char tls_small_image_8[8], tls_small_zero_8[8];

struct small {
	unsigned char *bytes;
	size_t size;
	unsigned char image;
};
enum { SMALL_COUNT = 8 };

/* The calling thread's copies. */
static void small_here(struct small rows[SMALL_COUNT])
{
	struct small table[SMALL_COUNT] = {
		{ tls_small_image_8, 8, 0x18 },
		{ image_1, 1, 0x21 },
		{ image_4, 4, 0x24 },
		{ image_64, 64, 0x64 },
		{ tls_small_zero_8, 8, 0 },
		{ zero_1, 1, 0 },
		{ zero_4, 4, 0 },
		{ zero_64, 64, 0 },
	};
	for (int i = 0; i < SMALL_COUNT; i++)
		rows[i] = table[i];
}

static unsigned char pattern(unsigned seed, const struct small *row, size_t index)
{
	return seed ? (unsigned char)(seed * 29 + index * 5 + row->size) : row->image;
}

static int kept(unsigned seed, const struct small *row)
{
	const volatile unsigned char *bytes = row->bytes;
	for (size_t i = 0; i < row->size; i++)
		if (bytes[i] != pattern(seed, row, i))
			return 0;
	return 1;
}

void tls_small_fill(unsigned seed)
{
	struct small rows[SMALL_COUNT];
	small_here(rows);
	for (int i = 0; i < SMALL_COUNT; i++)
		for (size_t k = 0; k < rows[i].size; k++)
			((volatile unsigned char *)rows[i].bytes)[k] = pattern(seed, &rows[i], k);
}

int tls_small_kept(unsigned seed)
{
	struct small rows[SMALL_COUNT];
	small_here(rows);
	for (int i = 0; i < SMALL_COUNT; i++)
		if (!kept(seed, &rows[i]))
			return 0;
	return 1;
}

uintptr_t tls_small_address(void) { return (uintptr_t)tls_small_image_8; }

void tls_small_sides(uintptr_t slot, unsigned seed, struct tls_side *before, struct tls_side *after)
{
	struct small rows[SMALL_COUNT];
	struct tls_side sides[2] = { { .kept = 1 }, { .kept = 1 } };
	small_here(rows);
	for (int i = 0; i < SMALL_COUNT; i++) {
		uintptr_t start = (uintptr_t)rows[i].bytes, end = start + rows[i].size;
		int above = start >= slot;
		struct tls_side *side = &sides[above];
		uintptr_t distance = above ? start - slot - sizeof slot : slot - end;
		if (!side->there || distance < side->distance) {
			side->distance = distance;
			side->nearest = above ? rows[i].bytes : rows[i].bytes + rows[i].size - 1;
		}
		side->there = 1;
		side->kept = side->kept && kept(seed, &rows[i]);
	}
	*before = sides[0];
	*after = sides[1];
}
