/* hash.h - content keys: XXH3-128 as 32 hex digits.  Not for secrets. */
#ifndef TLSMATRIX_MATRIX_BASE_HASH_H
#define TLSMATRIX_MATRIX_BASE_HASH_H

#include <stddef.h>

enum { HASH_HEX = 33 };

struct hash; /* a running hash */
struct hash *hash_new(void);
void hash_add(struct hash *hash, const void *bytes, size_t len);
void hash_add_text(struct hash *hash, const char *text); /* with its NUL, so that "a","b" != "ab" */
int hash_add_file(struct hash *hash, const char *path);  /* content; 0 or -errno */
void hash_end(struct hash *hash, char hex[HASH_HEX]);    /* frees it */

/* All of these three for bytes that are at hand. */
void hash_bytes(const void *bytes, size_t len, char hex[HASH_HEX]);

#endif
