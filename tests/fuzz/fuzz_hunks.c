/* Any bytes as what diff -n says, up to a zero, and the text behind it as the old one: read or refused; of what is read
 * all or a half can be made, and no more lines are found to be a hunk's than the hunks add. */
#include "matrix/base/buf.h"
#include "matrix/hunks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t lines_in(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n' || !text[1];
	return lines;
}

static void apply(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in)
{
	struct buf out = BUF_INIT;
	size_t added = 0, found = 0;
	int error = hunks_apply(old, hunks, count, in, &out);
	for (size_t i = 0; i < count; i++)
		added += in[i] ? lines_in(hunks[i].adds) : 0;
	for (size_t line = 1; !error && added && line <= lines_in(out.data); line++)
		found += hunks_at(hunks, count, in, line) < count;
	/* A hunk that ends without a newline joins its last line with what comes next. */
	if (error ? out.len != 0 : found > added)
		abort();
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 2);
	struct hunk *hunks;
	size_t count;
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = text[size + 1] = '\0';
	const char *old = text + strlen(text) + 1;
	if (hunks_read(text, &hunks, &count) == 0) {
		unsigned char *in = calloc(count + 1, 1);
		for (size_t i = 0; in && i < count; i++)
			in[i] = (unsigned char)(i % 2);
		apply(old, hunks, count, in);
		memset(in, 1, count);
		apply(old, hunks, count, in);
		free(in);
		hunks_free(hunks, count);
	}
	free(text);
	return 0;
}
