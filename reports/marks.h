/* marks.h - a cell or a check as one letter, the same in the terminal, in Markdown and in HTML.
 * The letter says what a person should look at: a known deviation is K whatever its status. */
#ifndef TLSMATRIX_REPORTS_MARKS_H
#define TLSMATRIX_REPORTS_MARKS_H

#include "reports/view.h"

enum mark {
	MARK_PASS,
	MARK_PARTLY,
	MARK_REFUSED,
	MARK_SKIP,
	MARK_UNBUILDABLE,
	MARK_NOTARGET,
	MARK_KNOWN,
	MARK_FIXED,
	MARK_FLAKY,
	MARK_NOTRUN,
	MARK_FAIL,
	MARK_MISS,
	MARK_LEAK,
	MARK_TIMEOUT,
	MARK_CRASH,
	MARK_BROKEN,
	MARK_INFRA,
	MARK_COUNT
};

struct mark_style {
	char letter;
	const char *name;    /* one word, also the CSS class */
	const char *meaning; /* for the legend */
	const char *ansi;    /* parameters of SGR */
};

extern const struct mark_style mark_styles[MARK_COUNT];

/* What the reason of a check is called: "flaky" where it is how often it came to what, else "known". */
const char *mark_reason(const struct check_result *check);

enum mark mark_check(const struct check_result *check);

/* The worst unexpected check decides; without one known, then skips.  A cell of which nothing could be
 * built on this machine, or whose target is not here, is so (matrix/result.h), whatever was skipped in it. */
enum mark mark_cell(const struct cell_result *cell);

#endif
