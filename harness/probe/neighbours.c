/* neighbours.c - C __thread variables of every size and alignment, beside Go's slot. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "neighbours.h"
#include "probe.h"

/* One variable a size, each with an image byte of its own; from 256 bytes on they lie in .tdata
 * alone, so that .tbss, where Go's slot lies, keeps a small alignment and stays near. */
#define SIZES(DO) \
	DO(1, 0x11) \
	DO(2, 0x22) \
	DO(4, 0x33) DO(8, 0x44) DO(16, 0x55) DO(64, 0x66) DO(256, 0x77) DO(1024, 0x88) DO(4096, 0x99) DO(65536, 0xaa)

/* One variable an alignment, a byte longer than a multiple of it so that the next one would be
 * off if nothing aligned it. */
#define ALIGNS(DO) DO(1) DO(2) DO(4) DO(8) DO(16) DO(32) DO(64) DO(256) DO(1024) DO(4096)

#define DEFINE_SIZE(SIZE, BYTE) \
	static __thread unsigned char sized_##SIZE[SIZE] = { [0 ... SIZE - 1] = BYTE }; \
	static __thread unsigned char zero_##SIZE[SIZE < 256 ? SIZE : 1];
#define DEFINE_ALIGN(ALIGN) \
	static __thread unsigned char aligned_##ALIGN[ALIGN + 1] \
	    __attribute__((aligned(ALIGN))) = { [0 ... ALIGN] = 0xc3 };

SIZES(DEFINE_SIZE)
ALIGNS(DEFINE_ALIGN)

struct sized {
	size_t size;
	unsigned char image, *bytes, *zeros;
	size_t zeros_size;
};
struct aligned {
	size_t align;
	unsigned char *bytes;
};

#define ROW_SIZE(SIZE, BYTE) { SIZE, BYTE, sized_##SIZE, zero_##SIZE, sizeof zero_##SIZE },
#define ROW_ALIGN(ALIGN) { ALIGN, aligned_##ALIGN },
enum { SIZE_COUNT = 10, ALIGN_COUNT = 10 };

/* The calling thread's copies; the compiler may not know the addresses, or it would answer
 * tls.aligns from the declarations. */
static void sized_here(struct sized rows[SIZE_COUNT])
{
	const struct sized table[SIZE_COUNT] = { SIZES(ROW_SIZE) };
	memcpy(rows, table, sizeof table);
	__asm__ volatile("" : : "r"(rows) : "memory");
}

static void aligned_here(struct aligned rows[ALIGN_COUNT])
{
	const struct aligned table[ALIGN_COUNT] = { ALIGNS(ROW_ALIGN) };
	memcpy(rows, table, sizeof table);
	__asm__ volatile("" : : "r"(rows) : "memory");
}

/* Not static: one that is asked for by its name (dlsym). */
__thread int probe_symbol = 1;

void *probe_symbol_here(void) { return &probe_symbol; }

static int all(const unsigned char *bytes, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (((const volatile unsigned char *)bytes)[i] != value)
			return 0;
	return 1;
}

int probe_image_ok(void)
{
	struct sized sized[SIZE_COUNT];
	struct aligned aligned[ALIGN_COUNT];
	sized_here(sized);
	aligned_here(aligned);
	for (int i = 0; i < SIZE_COUNT; i++)
		if (!all(sized[i].bytes, sized[i].size, sized[i].image) || !all(sized[i].zeros, sized[i].zeros_size, 0))
			return 0;
	for (int i = 0; i < ALIGN_COUNT; i++)
		if (!all(aligned[i].bytes, aligned[i].align + 1, 0xc3))
			return 0;
	return 1;
}

/* Seed 0 is the initial image, so that a check leaves a thread as it found it. */
static unsigned char pattern(unsigned seed, const struct sized *row, size_t index)
{
	return seed ? (unsigned char)(seed * 31 + index * 7 + (index >> 8) + row->size) : row->image;
}

void probe_sizes_fill(unsigned seed)
{
	struct sized sized[SIZE_COUNT];
	sized_here(sized);
	for (int i = 0; i < SIZE_COUNT; i++) {
		for (size_t k = 0; k < sized[i].size; k++)
			sized[i].bytes[k] = pattern(seed, &sized[i], k);
		for (size_t k = 0; k < sized[i].zeros_size; k++)
			sized[i].zeros[k] = seed ? (unsigned char)(seed + k) : 0;
	}
}

static int kept(unsigned seed, const struct sized *row)
{
	const volatile unsigned char *bytes = row->bytes, *zeros = row->zeros;
	for (size_t k = 0; k < row->size; k++)
		if (bytes[k] != pattern(seed, row, k))
			return 0;
	for (size_t k = 0; k < row->zeros_size; k++)
		if (zeros[k] != (seed ? (unsigned char)(seed + k) : 0))
			return 0;
	return 1;
}

static void append(char *out, size_t len, size_t number)
{
	size_t used = strlen(out);
	if (used < len)
		snprintf(out + used, len - used, "%s%zu", used ? "," : "", number);
}

const char *probe_sizes_kept(unsigned seed, char *out, size_t len)
{
	struct sized sized[SIZE_COUNT];
	sized_here(sized);
	if (len)
		out[0] = '\0';
	for (int i = 0; i < SIZE_COUNT; i++)
		if (kept(seed, &sized[i]))
			append(out, len, sized[i].size);
	return out;
}

static __thread size_t aligns_shift;

void probe_aligns_shift(size_t bytes) { aligns_shift = bytes; }

const char *probe_aligns_ok(char *out, size_t len)
{
	struct aligned aligned[ALIGN_COUNT];
	aligned_here(aligned);
	if (len)
		out[0] = '\0';
	for (int i = 0; i < ALIGN_COUNT; i++)
		if ((((uintptr_t)aligned[i].bytes + aligns_shift) & (aligned[i].align - 1)) == 0)
			append(out, len, aligned[i].align);
	return out;
}
