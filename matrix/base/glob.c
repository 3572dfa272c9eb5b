#include "matrix/base/glob.h"

#include <string.h>

int glob_match(const char *pattern, const char *text)
{
	/* On a mismatch only the last * need be widened: an earlier one has taken the shortest text
	 * that fits, and more for it leaves less for the rest. */
	const char *star = NULL, *resume = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return 0;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

int glob_is_pattern(const char *pattern) { return strpbrk(pattern, "*?") != NULL; }
