/* tls_around.h - what C sees of its own thread before and after Go ran on it. */
#ifndef TLSMATRIX_CASES_TLS_AROUND_H
#define TLSMATRIX_CASES_TLS_AROUND_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

struct tls_measure {
	uintptr_t tp, tp_word, canary;
	int error; /* errno */
};

struct tls_around {
	const char *id; /* the check, for its control */
	struct tls_measure before, after;
	int slot_known; /* and, on a fresh thread only, the slot */
	uintptr_t slot_before, slot_after;
};

/* Measures, sets errno to TLS_ERRNO, calls Go to work, measures. */
void tls_around(struct tls_around *around);

/* The same on a fresh thread made by pthread_create, which Go does not know before its first
 * measure. 0, or the errno of pthread_create. */
int tls_around_fresh(struct tls_around *around);

enum { TLS_ERRNO = 4242 }; /* no system call's */

/* Fails in libc, and makes no system call: errno as the calling thread has it then, ERANGE in a right libc. */
static inline int tls_fails(void)
{
	errno = 0;
	strtoul("99999999999999999999999", NULL, 10);
	return errno;
}

#endif
