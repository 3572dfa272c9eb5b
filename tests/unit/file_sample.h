/* file_sample.h - files made byte by byte, for the readers of harness/format: numbers of either byte order,
 * and what check tls.access sees in the facts. */
#ifndef TLSMATRIX_TESTS_UNIT_FILE_SAMPLE_H
#define TLSMATRIX_TESTS_UNIT_FILE_SAMPLE_H

#include "tests/unit/unit.h"

#include "harness/format/format.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample {
	unsigned char data[8192];
	size_t size;
	int big_endian;
};

/* Room for an array of that much is what a test needs; more is the test's mistake. */
static inline void put_at(struct sample *sample, size_t at, uint64_t value, unsigned width)
{
	assert_true(at + width <= sizeof sample->data);
	for (unsigned i = 0; i < width; i++)
		sample->data[at + i] = (unsigned char)(value >> 8 * (sample->big_endian ? width - 1 - i : i));
	if (sample->size < at + width)
		sample->size = at + width;
}

static inline void put(struct sample *sample, uint64_t value, unsigned width)
{
	put_at(sample, sample->size, value, width);
}

static inline void put_bytes(struct sample *sample, const void *bytes, size_t size)
{
	assert_true(sample->size + size <= sizeof sample->data);
	memcpy(sample->data + sample->size, bytes, size);
	sample->size += size;
}

/* The text with its NUL. */
static inline void put_text(struct sample *sample, const char *text) { put_bytes(sample, text, strlen(text) + 1); }

static inline struct bytes sample_bytes(const struct sample *sample, size_t size)
{
	return (struct bytes){ .data = sample->data, .size = size };
}

static inline json_t *sample_facts(format_reader *reader, const struct sample *sample)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	if (reader("sample", sample_bytes(sample, sample->size), &facts, &diag))
		fail_msg("%s", diag.line);
	assert_non_null(facts);
	return facts;
}

/* Refused with a line that begins with the file's name and says why. */
static inline void sample_refused(format_reader *reader, const struct sample *sample, size_t size, const char *why)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	assert_int_equal(reader("sample", sample_bytes(sample, size), &facts, &diag), -EBADMSG);
	assert_null(facts);
	assert_memory_equal(diag.line, "sample: ", 8);
	if (!strstr(diag.line, why))
		fail_msg("'%s' does not say '%s'", diag.line, why);
}

/* At any length: facts, or a line; the bytes stand at the end of a block, where a sanitizer sees one too many. */
static inline void sample_cut(format_reader *reader, const struct sample *sample)
{
	for (size_t size = 0; size <= sample->size; size++) {
		struct diag diag = DIAG_INIT;
		json_t *facts = NULL;
		unsigned char *exact = malloc(size ? size : 1);
		assert_non_null(exact);
		memcpy(exact, sample->data, size);
		int result = reader("sample", (struct bytes){ .data = exact, .size = size }, &facts, &diag);
		assert_true(result ? result == -EBADMSG && !facts && diag.line[0] : facts && !diag.line[0]);
		json_decref(facts);
		free(exact);
	}
}

static inline const json_t *sample_fact(const json_t *facts, const char *group, const char *key)
{
	const json_t *value = json_object_get(group ? json_object_get(facts, group) : facts, key);
	if (!value)
		fail_msg("no fact %s.%s", group ? group : "", key);
	return value;
}

static inline long long sample_number(const json_t *facts, const char *group, const char *key)
{
	return json_integer_value(sample_fact(facts, group, key));
}

static inline void sample_is(const json_t *facts, const char *group, const char *key, const char *wanted)
{
	char *text = json_dumps(sample_fact(facts, group, key), JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	if (strcmp(text, wanted))
		fail_msg("%s.%s is %s, not %s", group ? group : "", key, text, wanted);
	free(text);
}

/* The four words of check tls.access. */
static inline void sample_access(const json_t *facts, const char *wanted)
{
	const json_t *tls = json_object_get(facts, "tls");
	const char *reloc = json_string_value(json_object_get(tls, "reloc"));
	char *seen = xprintf("model=%s at=%s reloc=%s form=%s", json_string_value(json_object_get(tls, "model")),
	    json_string_value(json_object_get(tls, "at")), reloc ? reloc : "none",
	    json_string_value(json_object_get(tls, "form")));
	if (strcmp(seen, wanted))
		fail_msg("seen '%s', wanted '%s'", seen, wanted);
	free(seen);
}

static inline void sample_sees(format_reader *reader, const struct sample *sample, const char *wanted)
{
	json_t *facts = sample_facts(reader, sample);
	sample_access(facts, wanted);
	json_decref(facts);
}

#endif
