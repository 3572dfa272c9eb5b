/* version.h - the order of Go releases: go1.21rc2 < go1.21.0 = go1.21 < go1.21.1 < go1.22beta1.
 * Pure.  The leading "go" may be missing.  "go1.16-0123456789ab" is somebody's own build of 1.16: what stands behind
 * the dash names it, and the rest is the version (go.dev/doc/toolchain#name). */
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

/* Of one minor release of Go, whatever patch or pre-release? */
int version_same_minor(const struct version *a, const struct version *b);

/* version_compare of two names; of one version, by what stands behind the dash; those that are no release come last. */
int version_order(const char *a, const char *b);

/* "-0123456789ab" of somebody's own build, "" of a release; points into text. */
const char *version_suffix(const char *text);

/* "1.6.4" of "go1.6.4", as people write it; points into text. */
const char *version_bare(const char *text);

/* "1.6", "go1.6": is there nothing behind the minor?  In a filter that is all of it (version_range). */
int version_is_minor(const char *text);

/* What text means of releases, as all from low to high:
 *     1.6.4        that one, also 1.22rc1
 *     1.6, 1.6.*   a minor without its pre-releases
 *     1.5..1.27    a minor as the upper end is all of it
 * 0, or -EINVAL, also for a name with a dash, which is one build; the ends are left alone then.  They may be the wrong
 * way around. */
int version_range(const char *text, struct version *low, struct version *high);

/* What a minor release of Go 1 brought that the way of building for it depends on. */
enum version_brought {
	VERSION_BUILDMODE = 5,    /* -buildmode: older ones build nothing of the matrix */
	VERSION_SHARED_PARTS = 6, /* -buildmode=shared makes a library of some packages of std */
	VERSION_NO_PIE = 8,       /* cmd/link knows of compilers that make a PIE by default */
	VERSION_DIST_LIST = 7,    /* `go tool dist list -json` */
	VERSION_LINK_ASKED = 8,   /* cmd/link refuses to link internally what it cannot */
	VERSION_ARCHIVE_PIC = 8, /* a c-archive can become part of a PIE or a library (cmd/go buildModeInit: -shared) */
	VERSION_GOCACHE = 10,    /* before, what is compiled of std for a build is gone with it: -pkgdir keeps it */
	VERSION_BUILDCFG = 17,   /* the tools' version is in internal/buildcfg, before in cmd/internal/objabi */
	VERSION_PLUGIN_PIE = 16, /* a PIE opens plugins (golang/go#43228) */
	VERSION_CGO_ASKED = 22,  /* cmd/go refuses to link externally without cgo (externalLinkingReason) */
	VERSION_MODULES = 14,    /* modules and -trimpath are used (1.13 has both, and go -linkshared that panics) */
};

/* Is it of that minor of Go 1 or a later one, pre-releases included?  0 for what is no release. */
int version_since(const char *text, int minor);

/* The oldest minor release of Go 1 that can build the tree of another (go.dev/doc/install/source#bootstrapFromBinary
 * Release: 1.4 up to 1.19, 1.17 for 1.20 and 1.21, then two before, rounded down to even). */
int version_bootstrap(int minor);

#endif
