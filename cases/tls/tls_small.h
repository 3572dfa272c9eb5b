/* tls_small.h - small C __thread variables in the module that the case is linked into, on both
 * sides of Go's slot: initialized ones stand before it (.tdata precedes .tbss), zero ones after. */
#ifndef TLSMATRIX_CASES_TLS_SMALL_H
#define TLSMATRIX_CASES_TLS_SMALL_H

#include <stdint.h>

/* The nearest variable on one side of the slot. */
struct tls_side {
	int there;              /* a variable lies on this side */
	int kept;               /* all variables on this side hold the pattern */
	uintptr_t distance;     /* bytes between the nearest one and the slot */
	unsigned char *nearest; /* its byte that is nearest to the slot */
};

void tls_small_fill(unsigned seed); /* 0: the initial image */
int tls_small_kept(unsigned seed);  /* do all variables hold it? */
uintptr_t tls_small_address(void);  /* of one of them: do they share a block with the slot? */
void tls_small_sides(uintptr_t slot, unsigned seed, struct tls_side *before, struct tls_side *after);

#endif
