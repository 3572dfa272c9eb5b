/* glob.h - shell patterns with * and ? and nothing else: [ and \ stand for themselves, so that a
 * target or check name never needs quoting. */
#ifndef TLSMATRIX_MATRIX_BASE_GLOB_H
#define TLSMATRIX_MATRIX_BASE_GLOB_H

/* Does the whole text match?  Time is bounded by length(pattern) * length(text). */
int glob_match(const char *pattern, const char *text);

/* Does the pattern hold a wildcard? */
int glob_is_pattern(const char *pattern);

#endif
