/* version.h - which tlsmatrix this is. */
#ifndef TLSMATRIX_RUNNER_SETUP_VERSION_H
#define TLSMATRIX_RUNNER_SETUP_VERSION_H

/* What runs and baselines name. */
#define TLSMATRIX_VERSION "0.1"

/* The same for people: "0.1+1acf48d" when it was built from a checkout of that commit, "0.1+1acf48d.dirty" when files
 * were not as committed, else "0.1".  The Makefile writes it. */
extern const char tlsmatrix_version[];

#endif
