/* tls_teb.h - memory that may not be there. */
#ifndef TLSMATRIX_CASES_WINDOWS_TLS_TEB_H
#define TLSMATRIX_CASES_WINDOWS_TLS_TEB_H

#include <stdint.h>

/* Reads the word at an address that anybody may have left in a TLS slot: 1, or 0 when nothing is mapped there. */
int tls_teb_read(uintptr_t address, uintptr_t *word);

#endif
