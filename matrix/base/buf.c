#include "matrix/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xrealloc(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);
	if (!memory) {
		fputs("tlsmatrix: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *xmalloc(size_t size) { return xrealloc(NULL, size); }

void *xcalloc(size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = (size_t)-1; /* realloc refuses it, and xrealloc aborts */
	void *memory = xmalloc(bytes);
	return memset(memory, 0, bytes);
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(xmalloc(size), text, size);
}

char *xprintf(const char *format, ...)
{
	struct buf buf = BUF_INIT;
	va_list args;
	va_start(args, format);
	buf_vprintf(&buf, format, args);
	va_end(args);
	return buf_take(&buf);
}

/* Room for len more bytes and the NUL. */
static void reserve(struct buf *buf, size_t len)
{
	size_t need;
	if (__builtin_add_overflow(buf->len, len, &need) || need > (size_t)-1 / 2)
		need = (size_t)-2;
	if (need < buf->cap)
		return;
	size_t cap = need < 48 ? 64 : need + need / 2 + 1;
	if (cap <= need)
		cap = need + 1;
	buf->data = xrealloc(buf->cap ? buf->data : NULL, cap);
	buf->cap = cap;
}

void buf_add_bytes(struct buf *buf, const void *bytes, size_t len)
{
	reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add(struct buf *buf, const char *text) { buf_add_bytes(buf, text, strlen(text)); }

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	reserve(buf, 1);
	size_t room = buf->cap - buf->len;
	int len = vsnprintf(buf->data + buf->len, room, format, args);
	if (len >= 0 && (size_t)len >= room) {
		reserve(buf, (size_t)len);
		len = vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
	}
	va_end(again);
	if (len > 0)
		buf->len += (size_t)len;
	buf->data[buf->len] = '\0';
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

/* Characters that mean nothing to sh inside a word; '~' and '#' do where a word starts. */
static const char shell_plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

void buf_add_shell(struct buf *buf, const char *word)
{
	if (*word && !word[strspn(word, shell_plain)]) {
		buf_add(buf, word);
		return;
	}
	buf_add(buf, "'");
	for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
		buf_add_bytes(buf, word, (size_t)(quote - word));
		buf_add(buf, "'\\''");
	}
	buf_add(buf, word);
	buf_add(buf, "'");
}

void buf_add_last(struct buf *buf, const char *bytes, size_t len, size_t max)
{
	while (len && strchr("\r\n ", bytes[len - 1]))
		len--;
	for (size_t i = len > max ? len - max : 0; i < len; i++) {
		char c = bytes[i];
		buf_add_bytes(buf, c == '\n' ? "|" : c < 32 || c > 126 ? "?" : &c, 1);
	}
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->cap)
		buf->data[0] = '\0';
}

char *buf_take(struct buf *buf)
{
	buf_add(buf, ""); /* an empty buf owns no memory yet */
	char *text = buf->data;
	*buf = (struct buf)BUF_INIT;
	return text;
}

void buf_free(struct buf *buf)
{
	if (buf->cap)
		free(buf->data);
	*buf = (struct buf)BUF_INIT;
}

char *xreplace(const char *text, const char *from, const char *to)
{
	struct buf out = BUF_INIT;
	size_t len = strlen(from);
	for (const char *at; len && (at = strstr(text, from)); text = at + len) {
		buf_add_bytes(&out, text, (size_t)(at - text));
		buf_add(&out, to);
	}
	buf_add(&out, text);
	return buf_take(&out);
}
