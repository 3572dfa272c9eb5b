#include "matrix/base/hash.h"

#include "matrix/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

struct hash { XXH3_state_t *state; };

struct hash *hash_new(void)
{
	struct hash *hash = xmalloc(sizeof *hash);
	hash->state = XXH3_createState();
	if (!hash->state)
		abort();
	XXH3_128bits_reset(hash->state);
	return hash;
}

void hash_add(struct hash *hash, const void *bytes, size_t len)
{
	if (len)
		XXH3_128bits_update(hash->state, bytes, len);
}

void hash_add_text(struct hash *hash, const char *text) { hash_add(hash, text, strlen(text) + 1); }

int hash_add_file(struct hash *hash, const char *path)
{
	enum { CHUNK = 64 * 1024 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	char *chunk = xmalloc(CHUNK);
	int error = 0;
	for (;;) {
		ssize_t len = read(fd, chunk, CHUNK);
		if (len == 0)
			break;
		if (len > 0)
			hash_add(hash, chunk, (size_t)len);
		else if (errno != EINTR) {
			error = -errno;
			break;
		}
	}
	free(chunk);
	close(fd);
	return error;
}

static void write_hex(XXH128_hash_t hash, char hex[HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";
	XXH128_canonical_t bytes;
	XXH128_canonicalFromHash(&bytes, hash);
	for (size_t i = 0; i < sizeof bytes.digest; i++) {
		hex[2 * i] = digits[bytes.digest[i] >> 4];
		hex[2 * i + 1] = digits[bytes.digest[i] & 15];
	}
	hex[2 * sizeof bytes.digest] = '\0';
}

void hash_end(struct hash *hash, char hex[HASH_HEX])
{
	write_hex(XXH3_128bits_digest(hash->state), hex);
	XXH3_freeState(hash->state);
	free(hash);
}

void hash_bytes(const void *bytes, size_t len, char hex[HASH_HEX]) { write_hex(XXH3_128bits(bytes, len), hex); }
