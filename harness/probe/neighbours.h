/* neighbours.h - what neighbours.c has beyond probe.h: the hook for the control of tls.aligns. */
#ifndef TLSMATRIX_HARNESS_PROBE_NEIGHBOURS_H
#define TLSMATRIX_HARNESS_PROBE_NEIGHBOURS_H

#include <stddef.h>

/* From now on the calling thread looks for its aligned variables so many bytes further on, as if
 * a loader had placed the block there; 0 puts it right. */
void probe_aligns_shift(size_t bytes);

#endif
