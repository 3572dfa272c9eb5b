#include "matrix/base/bytes.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int bytes_have(const struct bytes *bytes, uint64_t at, uint64_t size)
{
	return at <= bytes->size && size <= bytes->size - at;
}

uint64_t bytes_number(const struct bytes *bytes, uint64_t at, unsigned width)
{
	uint64_t value = 0;
	if (!bytes_have(bytes, at, width))
		return 0;
	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)bytes->data[at + i] << 8 * (bytes->big_endian ? width - 1 - i : i);
	return value;
}

const char *bytes_text(const struct bytes *bytes, uint64_t at)
{
	if (at >= bytes->size || !memchr(bytes->data + at, 0, bytes->size - at))
		return NULL;
	return (const char *)bytes->data + at;
}

struct bytes bytes_part(const struct bytes *bytes, uint64_t at, uint64_t size)
{
	struct bytes part = { .big_endian = bytes->big_endian };
	if (at >= bytes->size)
		return part;
	part.data = bytes->data + at;
	part.size = size < bytes->size - at ? (size_t)size : bytes->size - at;
	return part;
}

int64_t bytes_find(const struct bytes *bytes, const void *what, size_t length)
{
	if (!bytes->size)
		return -1;
	const unsigned char *found = memmem(bytes->data, bytes->size, what, length);
	return found ? found - bytes->data : -1;
}

const char *bytes_start(const struct bytes *bytes, char text[BYTES_START_SIZE])
{
	size_t out = 0;
	text[0] = 0;
	for (size_t i = 0; i < 8 && i < bytes->size; i++) {
		unsigned char c = bytes->data[i];
		out += (size_t)snprintf(text + out, BYTES_START_SIZE - out, c > ' ' && c < 0x7f ? "%c" : "\\%03o", c);
	}
	return text;
}

int bytes_map(const char *path, struct bytes *bytes, struct diag *diag)
{
	/* O_NONBLOCK: a FIFO must not hold us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0 || fstat(fd, &status)) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		return diag_set(diag, error, "%s: cannot open: %s", path, strerror(error));
	}
	if (!S_ISREG(status.st_mode)) {
		close(fd);
		return diag_set(diag, EINVAL, "%s: not a regular file", path);
	}
	void *data = status.st_size ? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	int error = errno;
	close(fd);
	if (data == MAP_FAILED)
		return diag_set(diag, error, "%s: cannot map: %s", path, strerror(error));
	*bytes = (struct bytes){ .data = data, .size = data ? (size_t)status.st_size : 0 };
	return 0;
}

void bytes_unmap(const struct bytes *bytes)
{
	if (bytes->data)
		munmap((void *)(uintptr_t)bytes->data, bytes->size);
}
