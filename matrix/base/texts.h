/* texts.h - many short texts that live and end together: kept once for all that are equal, without an allocation for
 * each.  One thread at a time. */
#ifndef TLSMATRIX_MATRIX_BASE_TEXTS_H
#define TLSMATRIX_MATRIX_BASE_TEXTS_H

#include <stddef.h>

struct texts;

struct texts *texts_new(void);
void texts_free(struct texts *texts); /* and all that it gave out; NULL is fine */

/* The text with its NUL; the same address for equal ones.  Not to be written to. */
char *texts_keep(struct texts *texts, const char *text, size_t len);

/* The same for what will hardly come twice: it is not looked for. */
char *texts_add(struct texts *texts, const char *text, size_t len);

/* Room that ends with the texts, zeroed, aligned for any type. */
void *texts_room(struct texts *texts, size_t size);

#endif
