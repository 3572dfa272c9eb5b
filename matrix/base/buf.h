/* buf.h - a string that grows.  data is NUL-terminated after any call and never NULL after
 * BUF_INIT; len does not count the NUL.  Out of memory aborts: nothing here could be judged without it. */
#ifndef TLSMATRIX_MATRIX_BASE_BUF_H
#define TLSMATRIX_MATRIX_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
};
#define BUF_INIT { (char *)"", 0, 0 }

void buf_add(struct buf *buf, const char *text);
void buf_add_bytes(struct buf *buf, const void *bytes, size_t len);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args);
void buf_add_shell(struct buf *buf, const char *word); /* quoted for sh where it must be */
void buf_add_last(struct buf *buf, const char *bytes, size_t len,
    size_t max);                 /* the end of what was printed, at most max bytes, in one line of ASCII */
void buf_clear(struct buf *buf); /* empty, keeps its memory */
char *buf_take(struct buf *buf); /* malloc'ed text for the caller; buf is empty again */
void buf_free(struct buf *buf);

/* malloc, realloc, strdup and printf that abort when memory is out. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* text with `to` in place of each `from`, which is not empty; malloc'ed. */
char *xreplace(const char *text, const char *from, const char *to);

#endif
