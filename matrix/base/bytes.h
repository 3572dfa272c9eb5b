/* bytes.h - reading bytes that nobody vouches for: every access is checked against their size.
 *
 * A struct bytes is a view; it owns nothing and may be copied by assignment. */
#ifndef TLSMATRIX_MATRIX_BASE_BYTES_H
#define TLSMATRIX_MATRIX_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct diag;

struct bytes {
	const unsigned char *data;
	size_t size;
	int big_endian;
};

/* Are size bytes there from offset at on?  Never overflows. */
int bytes_have(const struct bytes *bytes, uint64_t at, uint64_t size);

/* The unsigned number of width 1, 2, 4 or 8 at an offset; 0 where it is not wholly there. */
uint64_t bytes_number(const struct bytes *bytes, uint64_t at, unsigned width);

/* The text at an offset, NUL-terminated inside the view; NULL when it is not. */
const char *bytes_text(const struct bytes *bytes, uint64_t at);

/* The part of size bytes from offset at on; cut to what is there, so it may be empty. */
struct bytes bytes_part(const struct bytes *bytes, uint64_t at, uint64_t size);

/* The place of a byte string, or -1. */
int64_t bytes_find(const struct bytes *bytes, const void *what, size_t length);

/* How the bytes start, for a message: up to eight of them, those that do not print as \ and octal. */
enum { BYTES_START_SIZE = 40 };
const char *bytes_start(const struct bytes *bytes, char text[BYTES_START_SIZE]);

/* A whole file, mapped; an empty one is no bytes.  0, or -errno with a line in diag (a folder, a FIFO and
 * the like are refused).  Ends with bytes_unmap. */
int bytes_map(const char *path, struct bytes *bytes, struct diag *diag);
void bytes_unmap(const struct bytes *bytes);

#endif
