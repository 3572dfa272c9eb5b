/* driver.c - runs a fuzz target of tests/fuzz without a fuzzer: seed files as they are, then
 * mutations of them from a fixed seed, so that a finding comes again.
 *
 *     fuzz_NAME [-n INPUTS] [-t SECONDS] [-s SEED] [-k FILE] [SEEDFILE...]
 *
 * -k FILE always holds the input in work (a shared mapping): after a crash it is the culprit, and
 * `fuzz_NAME -n 0 FILE` shows it again. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, SEEDS_MAX = 64 };

struct input {
	uint8_t *bytes;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static uint64_t state = 1;
static uint8_t *kept;
static int kept_fd = -1;

/* xorshift64* (Vigna 2016) */
static uint64_t pick(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return below ? (state * 2685821657736338717u >> 16) % below : 0;
}

static void seed_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);
	if (!file || !bytes) {
		perror(path);
		exit(2);
	}
	size_t size = fread(bytes, 1, INPUT_MAX, file);
	fclose(file);
	if (seed_count < SEEDS_MAX - 1)
		seeds[seed_count++] = (struct input){ bytes, size };
	else
		free(bytes);
}

/* The target gets a block of exactly that size, so that ASan sees one byte too many. */
static void try(const uint8_t *bytes, size_t size)
{
	if (kept_fd >= 0) {
		memcpy(kept, bytes, size);
		if (ftruncate(kept_fd, (off_t)size))
			exit(2);
	}
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		exit(2);
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	if (kept_fd >= 0 && ftruncate(kept_fd, INPUT_MAX))
		exit(2);
}

static void overwrite(uint8_t *bytes, size_t size)
{
	static const uint64_t edges[] = { 0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff,
		0xffffffffffffffff };
	uint64_t value = edges[pick(sizeof(edges) / sizeof(edges[0]))];
	size_t width = (size_t)1 << pick(4), at = pick(size);
	if (at + width <= size)
		memcpy(bytes + at, &value, width);
}

/* One change: a bit, a byte, an edge value, a cut, a block moved, or text of a seed put in. */
static size_t mutate(uint8_t *bytes, size_t size)
{
	static const char marks[] = "\n\t ,=&|!()<>*:@/\"\\{}[]0";
	if (!size || pick(8) == 0) {
		const struct input *from = &seeds[pick(seed_count)];
		size_t start = pick(from->size + 1), count = pick(from->size - start + 1), at = pick(size + 1);
		if (size + count > INPUT_MAX)
			return size;
		memmove(bytes + at + count, bytes + at, size - at);
		memcpy(bytes + at, from->bytes + start, count);
		return size + count;
	}
	size_t at = pick(size), count = pick(size - at) + 1;
	switch (pick(6)) {
	case 0:
		bytes[at] ^= (uint8_t)(1u << pick(8));
		return size;
	case 1:
		bytes[at] = (uint8_t)pick(256);
		return size;
	case 2:
		overwrite(bytes, size);
		return size;
	case 3:
		return at;
	case 4:
		bytes[at] = (uint8_t)marks[pick(sizeof(marks) - 1)];
		return size;
	default:
		memmove(bytes + at, bytes + at + count, size - at - count);
		return size - count;
	}
}

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void keep(const char *path)
{
	kept_fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (kept_fd < 0 || ftruncate(kept_fd, INPUT_MAX)) {
		perror(path);
		exit(2);
	}
	kept = mmap(NULL, INPUT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, kept_fd, 0);
	if (kept == MAP_FAILED)
		exit(2);
}

int main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_MAX];
	size_t inputs = 1000, tried = 0;
	double seconds = 10;
	for (int option; (option = getopt(argc, argv, "n:t:s:k:")) != -1;) {
		if (option == 'n')
			inputs = strtoul(optarg, NULL, 10);
		else if (option == 't')
			seconds = strtod(optarg, NULL);
		else if (option == 's')
			state = strtoull(optarg, NULL, 10) | 1;
		else if (option == 'k')
			keep(optarg);
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		seed_read(argv[i]);
	for (size_t i = 0; i < seed_count; i++)
		try(seeds[i].bytes, seeds[i].size);
	try(bytes, 0);
	seeds[seed_count++] = (struct input){ bytes, 0 };
	for (double end = now() + seconds; tried < inputs && now() < end; tried++) {
		static uint8_t work[INPUT_MAX];
		const struct input *from = &seeds[pick(seed_count)];
		size_t size = from->size;
		memcpy(work, from->bytes, size);
		for (uint64_t changes = 1 + pick(6); changes; changes--)
			size = mutate(work, size);
		try(work, size);
	}
	printf("%zu inputs\n", tried);
	return 0;
}
