/* golden.h - what the tests of the reports share: a report as text, compared byte for byte with
 * tests/golden/reports/.  After a change that is meant, UPDATE_GOLDEN=1 build/unit/test_reports (and
 * test_reports_ports) write them anew; read the difference then. */
#ifndef TLSMATRIX_TESTS_UNIT_GOLDEN_H
#define TLSMATRIX_TESTS_UNIT_GOLDEN_H

#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "reports/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char golden[] = "tests/golden/reports";

typedef int (*writer)(const struct view *, FILE *);

static inline char *written(const struct view *view, writer write)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(write(view, out), 0);
	fclose(out);
	assert_int_equal(strlen(text), size);
	return text;
}

static inline char *contents(const char *path)
{
	struct buf text = BUF_INIT;
	char part[4096];
	size_t n;
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		fail_msg("%s: %s; UPDATE_GOLDEN=1 writes it", path, strerror(errno));
	while ((n = fread(part, 1, sizeof part, in)) > 0)
		buf_add_bytes(&text, part, n);
	fclose(in);
	return buf_take(&text);
}

static inline void compare(const char *name, const char *text)
{
	char *path = xprintf("%s/%s", golden, name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *out = fopen(path, "wb");
		assert_non_null(out);
		fputs(text, out);
		assert_int_equal(fclose(out), 0);
	}
	char *expected = contents(path);
	size_t line = 1, i = 0;
	for (; text[i] && text[i] == expected[i]; i++)
		line += text[i] == '\n';
	if (text[i] != expected[i])
		fail_msg("%s: line %zu differs; UPDATE_GOLDEN=1 accepts what is written now", path, line);
	free(expected);
	free(path);
}

static inline int grid_plain(const struct view *view, FILE *out) { return report_grid(view, out, 0, 100); }

/* At most 100 columns of ASCII; lines to be copied are not broken. */
static inline void expect_narrow_ascii(const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (strncmp(line, "    repro", 9) != 0 && strncmp(line, "    log", 7) != 0)
			assert_in_range(length, 0, 100);
		for (size_t i = 0; i < length; i++)
			assert_in_range((unsigned char)line[i], ' ', '~');
		line += length + 1;
	}
}

#endif
