/* filler.h - the libraries that fill the reserve of static TLS (filler.c). */
#ifndef TLSMATRIX_CASES_HOSTS_FILLER_H
#define TLSMATRIX_CASES_HOSTS_FILLER_H

#include <stdint.h>

/* The calling thread's. */
__attribute__((visibility("default"))) uint64_t *filler_block(void);

#endif
