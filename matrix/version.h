/* version.h - the order of Go releases: go1.21rc2 < go1.21.0 = go1.21 < go1.21.1 < go1.22beta1.
 * Pure.  The leading "go" may be missing. */
#ifndef TLSMATRIX_MATRIX_VERSION_H
#define TLSMATRIX_MATRIX_VERSION_H

enum version_stage { VERSION_BETA, VERSION_RC, VERSION_RELEASE };

struct version {
	int major, minor, patch; /* patch is 0 for x.y and for pre-releases */
	int stage;               /* enum version_stage */
	int stage_number;        /* of beta and rc */
};

/* 0, or -EINVAL when text is not a release name; *version is left alone then. */
int version_parse(const char *text, struct version *version);

/* <0, 0, >0 as in strcmp. */
int version_compare(const struct version *a, const struct version *b);

#endif
