/* ctls.h - a C __thread variable, for the check build.c-tls-internal. */
#ifndef TLSMATRIX_CASES_CTLS_H
#define TLSMATRIX_CASES_CTLS_H

int ctls_read(void); /* the calling thread's variable, which it counts up */

#endif
