/* libfiller256.so, libfiller8.so - a block of thread-local storage of so many bytes in the initial-exec model, which
 * takes as much of the loader's reserve of static TLS when dlopen brings it (check init.surplus). */
#include "cases/hosts/filler.h"

#ifndef FILLER_BYTES
#define FILLER_BYTES 8
#endif

static _Thread_local uint64_t block[FILLER_BYTES / sizeof(uint64_t)] __attribute__((tls_model("initial-exec")));

uint64_t *filler_block(void) { return block; }
