/* check_near.c - which check was meant. */
#include "matrix/check.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/nearest.h"

#include <errno.h>
#include <stdlib.h>

enum { NAMED = 3 };

static const char *check_word(size_t i) { return checks[i].id; }

/* What of a pattern is no wildcard; malloc'ed. */
static char *plain(const char *pattern)
{
	struct buf out = BUF_INIT;
	buf_add(&out, "");
	for (; *pattern; pattern++)
		if (*pattern != '*' && *pattern != '?')
			buf_add_bytes(&out, pattern, 1);
	return buf_take(&out);
}

void check_near(const char *word, struct buf *out)
{
	const char *found[NAMED];
	char *text = plain(word);
	size_t count = nearest_words(text, check_word, checks_count, found, NAMED);
	free(text);
	for (size_t i = 0; i < count && i < NAMED; i++)
		buf_printf(out, "%s'%s'", i == 0 ? "; did you mean " : i + 1 == count ? " or " : ", ", found[i]);
	if (count > NAMED)
		buf_printf(out, " or %zu more", count - NAMED);
	buf_printf(out, "%s known: `tlsmatrix list --checks`", count ? "?" : ";");
}

int check_known(const char *option, const char *id, struct diag *diag)
{
	if (check_find(id))
		return 0;
	struct buf near = BUF_INIT;
	check_near(id, &near);
	int error = diag_set(diag, EINVAL, "%s%s%.200s: no such check%s", option, *option ? " " : "", id, near.data);
	buf_free(&near);
	return error;
}
