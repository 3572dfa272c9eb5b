#include "runner/history/kept.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 16, SECOND = sizeof "20261129T055808" - 1, STAMP = sizeof "20261129T055808.123456Z" - 1 };

static const char *const files[] = { "plan.json", "journal" };
enum { FILES = sizeof(files) / sizeof(files[0]) };

/* ---- the name --------------------------------------------------------------------------------------- */

/* "2026-11-29T05:58:08Z" without what no file name needs, with the microseconds, since two runs may begin in a second.
 * 0, or -EBADMSG. */
static int stamp_of(const json_t *plan, char stamp[STAMP + 1])
{
	const char *started = json_string_value(json_object_get(plan, "started"));
	long long micro = json_integer_value(json_object_get(plan, "microsecond"));
	size_t len = 0;
	for (; started && *started && *started != 'Z'; started++) {
		if (*started == '-' || *started == ':')
			continue;
		if (len == SECOND || !strchr("0123456789T", *started))
			return -EBADMSG;
		stamp[len++] = *started;
	}
	if (len != SECOND || micro < 0 || micro > 999999)
		return -EBADMSG;
	snprintf(stamp + len, STAMP + 1 - SECOND, ".%06lldZ", micro);
	return 0;
}

static int name_of(const char *out, char name[KEPT_NAME], struct diag *diag)
{
	struct hash *hash = hash_new();
	char hex[HASH_HEX], stamp[STAMP + 1], *plan = xprintf("%s/%s", out, files[0]);
	int error = 0;
	for (size_t i = 0; i < FILES; i++) {
		char *path = xprintf("%s/%s", out, files[i]);
		if (!error && (error = hash_add_file(hash, path)) && error != -ENOENT)
			diag_set(diag, -error, "%s: cannot read: %s", path, strerror(-error));
		free(path);
	}
	hash_end(hash, hex);
	json_t *json = error ? NULL : json_load_file(plan, 0, NULL);
	if (json_is_true(json_object_get(json, "forget")))
		error = -ENOENT;
	if (!error && (error = stamp_of(json, stamp)))
		diag_set(diag, -error, "%s: no plan of a run: it is not kept", plan);
	if (!error)
		snprintf(name, KEPT_NAME, "%s-%.8s", stamp, hex);
	json_decref(json);
	free(plan);
	return error;
}

/* ---- packing ---------------------------------------------------------------------------------------- */

static int zip(const char *from, const char *to)
{
	char block[BLOCK];
	ssize_t n = 0;
	int fd = open(from, O_RDONLY | O_CLOEXEC), error = fd < 0 ? -errno : 0;
	gzFile file = error ? NULL : gzopen(to, "wbe");
	if (!error && !file)
		error = -errno;
	while (!error && (n = read(fd, block, sizeof(block))) > 0) {
		errno = 0;
		if (gzwrite(file, block, (unsigned)n) != n)
			error = errno ? -errno : -EIO;
	}
	if (!error && n < 0)
		error = -errno;
	errno = 0;
	if (file && gzclose(file) != Z_OK && !error)
		error = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	return error;
}

int kept_add(const char *cache, const char *out, char name[KEPT_NAME], struct diag *diag)
{
	int error = name_of(out, name, diag);
	if (error)
		return error;
	char *path = xprintf("%s/" HISTORY_FOLDER "/%s", cache, name);
	if (!file_exists(path)) {
		char *aside = folder_aside(path, &error);
		for (size_t i = 0; i < FILES && !error; i++) {
			char *from = xprintf("%s/%s", out, files[i]), *to = xprintf("%s/%s.gz", aside, files[i]);
			error = zip(from, to);
			free(from);
			free(to);
		}
		error = aside ? folder_settle(aside, path, error) : error;
		if (error)
			diag_set(diag, -error, "%s: the run cannot be kept: %s", path, strerror(-error));
	}
	free(path);
	return error;
}

/* ---- reading back ----------------------------------------------------------------------------------- */

int kept_is_name(const char *name)
{
	return strlen(name) == STAMP + sizeof("-12345678") - 1 && strspn(name, "0123456789T.Z") == STAMP &&
	    name[STAMP] == '-' && strspn(name + STAMP + 1, "0123456789abcdef") == 8;
}

static int is_kept(const struct dirent *entry) { return kept_is_name(entry->d_name); }

void kept_list_find(const char *cache, struct kept_list *list)
{
	struct dirent **entry = NULL;
	char *path = xprintf("%s/" HISTORY_FOLDER, cache);
	int count = scandir(path, &entry, is_kept, alphasort);
	*list = (struct kept_list){ xcalloc(count > 0 ? (size_t)count : 1, sizeof(char *)), 0 };
	for (int i = 0; i < count; i++) {
		list->name[list->count++] = xstrdup(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	free(path);
}

void kept_list_free(struct kept_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->name[i]);
	free(list->name);
	*list = (struct kept_list){ NULL, 0 };
}

static int unzip(const char *from, const char *to)
{
	char block[BLOCK];
	int n = 0, error = 0, fault = Z_OK;
	gzFile file = gzopen(from, "rbe");
	if (!file)
		return errno ? -errno : -EIO;
	FILE *out = fopen(to, "we");
	if (!out)
		error = -errno;
	while (!error && (n = gzread(file, block, sizeof(block))) > 0)
		if (fwrite(block, 1, (size_t)n, out) != (size_t)n)
			error = -errno;
	/* A file that was cut reads without an error up to there; its end tells. */
	gzerror(file, &fault);
	if (gzclose(file) != Z_OK || n < 0 || fault != Z_OK)
		error = error ? error : -EBADMSG;
	if (out && fclose(out) && !error)
		error = -errno;
	return error;
}

int kept_unpack(const char *cache, const char *name, const char *folder, struct diag *diag)
{
	int error = 0;
	for (size_t i = 0; i < FILES && !error; i++) {
		char *from = xprintf("%s/" HISTORY_FOLDER "/%s/%s.gz", cache, name, files[i]),
		     *to = xprintf("%s/%s", folder, files[i]);
		if ((error = unzip(from, to)))
			diag_set(diag, -error, "%s: cannot be unpacked: %s", from, strerror(-error));
		free(from);
		free(to);
	}
	return error;
}
