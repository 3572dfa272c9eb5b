/* tls_modules.h - what the loader tells of the TLS of each module (check tls.modules). */
#ifndef TLSMATRIX_CASES_TLS_MODULES_H
#define TLSMATRIX_CASES_TLS_MODULES_H

#include <stdint.h>

struct tls_modules {
	int count;   /* modules with PT_TLS */
	int numbers; /* of them, those whose number is nobody else's and not 0; the program's is 1 */
	int aligned; /* whose block, where it is told, lies as PT_TLS asks */
	int told;    /* whose block is told */
	int slot;    /* blocks with Go's slot in them */
};

/* Asks dl_iterate_phdr(3) on the calling thread, whose slot is at that address.  number and block are added to what is
 * told of each, for controls. */
void tls_modules_ask(uintptr_t slot, unsigned number, uintptr_t block, struct tls_modules *modules);

#endif
