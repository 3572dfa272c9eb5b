/* neighbours.h - what neighbours.c has beyond probe.h: a variable with a name, and the hook for the control of
 * tls.aligns. */
#ifndef TLSMATRIX_HARNESS_PROBE_NEIGHBOURS_H
#define TLSMATRIX_HARNESS_PROBE_NEIGHBOURS_H

#include <stddef.h>

/* A variable that the check tls.symbol asks for by its name, and its address in the calling thread. */
extern __thread int probe_symbol;
void *probe_symbol_here(void);

/* From now on the calling thread looks for its aligned variables so many bytes further on, as if
 * a loader had placed the block there; 0 puts it right. */
void probe_aligns_shift(size_t bytes);

#endif
