#include "runner/target/osv_image.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BLOCK = 512,
	PART_SECTOR = 2048,
	PART_ENTRY = 0x1be + 16,
	PART_LINUX = 0x83,
	MODE_FOLDER = 0x4000,
	MODE_FILE = 0x8000,
	MODE_LINK = 0xa000,
	ROFS_VERSION = 1
};
#define ROFS_MAGIC 0xdeadbeadull

/* Nodes stand in the order of their inodes once they are numbered; [0] is the root. */
struct node {
	char *name, *text; /* text: a file's place here or its bytes, or what a link says */
	unsigned mode;
	int here; /* a file whose bytes are text */
	size_t parent;
	uint64_t place, count;
};

struct osv_image {
	struct node *node;
	size_t count;
};

/* ---- names ---- */

static size_t add(struct osv_image *image, size_t parent, const char *name, size_t len, unsigned mode, const char *text)
{
	image->node = xrealloc(image->node, (image->count + 1) * sizeof(*image->node));
	struct node *node = &image->node[image->count];
	*node = (struct node){ xprintf("%.*s", (int)len, name), xstrdup(text), mode, 0, parent, 0, 0 };
	return image->count++;
}

struct osv_image *osv_image_new(void)
{
	struct osv_image *image = xcalloc(1, sizeof(*image));
	add(image, 0, "", 0, MODE_FOLDER, "");
	return image;
}

void osv_image_free(struct osv_image *image)
{
	for (size_t i = 0; i < image->count; i++) {
		free(image->node[i].name);
		free(image->node[i].text);
	}
	free(image->node);
	free(image);
}

/* Index of a name in a folder, 0 (the root) when it is not there. */
static size_t find(const struct osv_image *image, size_t parent, const char *name, size_t len)
{
	for (size_t i = 1; i < image->count; i++)
		if (image->node[i].parent == parent && strlen(image->node[i].name) == len &&
		    memcmp(image->node[i].name, name, len) == 0)
			return i;
	return 0;
}

/* Walks to path; makes what is missing when mode is set: folders, and at the end that mode and text. */
static size_t walk(struct osv_image *image, const char *path, unsigned mode, const char *text)
{
	size_t at = 0;
	for (const char *name = path; *name;) {
		size_t len = strcspn(name, "/");
		const char *rest = name + len + strspn(name + len, "/");
		if (len) {
			size_t next = find(image, at, name, len);
			if (!next && mode)
				next = add(image, at, name, len, *rest ? MODE_FOLDER : mode, *rest ? "" : text);
			if (!next)
				return 0;
			at = next;
		}
		name = rest;
	}
	return at;
}

void osv_image_folder(struct osv_image *image, const char *path) { walk(image, path, MODE_FOLDER, ""); }

void osv_image_file(struct osv_image *image, const char *path, const char *from) { walk(image, path, MODE_FILE, from); }

void osv_image_text(struct osv_image *image, const char *path, const char *text)
{
	if (osv_image_has(image, path))
		return;
	size_t made = walk(image, path, MODE_FILE, text);
	image->node[made].here = 1;
}

void osv_image_link(struct osv_image *image, const char *path, const char *to) { walk(image, path, MODE_LINK, to); }

int osv_image_has(const struct osv_image *image, const char *path)
{
	return walk((struct osv_image *)(uintptr_t)image, path, 0, NULL) != 0;
}

int osv_image_empty(const struct osv_image *image, const char *path)
{
	size_t folder = walk((struct osv_image *)(uintptr_t)image, path, 0, NULL);
	for (size_t i = 1; folder && i < image->count; i++)
		if (image->node[i].parent == folder)
			return 0;
	return folder != 0;
}

void osv_image_key(const struct osv_image *image, char key[HASH_HEX])
{
	struct hash *hash = hash_new();
	hash_add_text(hash, "rofs 1");
	for (size_t i = 0; i < image->count; i++) {
		const struct node *node = &image->node[i];
		uint64_t shape[] = { node->parent, node->mode, (uint64_t)node->here };
		hash_add(hash, shape, sizeof(shape));
		hash_add_text(hash, node->name);
		hash_add_text(hash, node->mode == MODE_FILE && !node->here ? file_hash(node->text) : node->text);
	}
	hash_end(hash, key);
}

/* ---- writing ---- */

struct writer {
	FILE *file;
	uint64_t block;
	struct diag *diag;
};

static void put(struct buf *out, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		unsigned char byte = (unsigned char)(value >> 8 * i);
		buf_add_bytes(out, &byte, 1);
	}
}

static void put_text(struct buf *out, const char *text)
{
	put(out, strlen(text), 2);
	buf_add(out, text);
}

static int pad(struct writer *writer, uint64_t bytes)
{
	static const char zeros[BLOCK];
	size_t rest = (size_t)(bytes % BLOCK);
	writer->block += (bytes + BLOCK - 1) / BLOCK;
	return rest && fwrite(zeros, 1, BLOCK - rest, writer->file) != BLOCK - rest ? -errno : 0;
}

/* A file's bytes from the next block on. */
static int copy_file(struct writer *writer, struct node *node)
{
	char *text = node->here ? xstrdup(node->text) : NULL;
	size_t len = node->here ? strlen(text) : 0;
	int error = node->here ? 0 : file_read(node->text, &text, &len);
	if (error)
		return diag_set(
		    writer->diag, -error, "%s: cannot be read for OSv's image: %s", node->text, strerror(-error));
	node->place = writer->block;
	node->count = len;
	if (fwrite(text, 1, len, writer->file) != len)
		error = -errno;
	free(text);
	return error ? error : pad(writer, len);
}

/* Folders in the order of the queue, each with its entries side by side: an inode is its place in the queue. */
static size_t number(struct osv_image *image, struct buf *entries, size_t *queue)
{
	uint64_t entry_count = 0;
	size_t queued = 1;
	queue[0] = 0;
	for (size_t i = 0; i < queued; i++) {
		struct node *folder = &image->node[queue[i]];
		if (folder->mode != MODE_FOLDER)
			continue;
		folder->place = entry_count;
		for (size_t child = 1; child < image->count; child++) {
			if (image->node[child].parent != queue[i])
				continue;
			queue[queued++] = child;
			put(entries, queued, 8);
			put_text(entries, image->node[child].name);
			folder->count++;
			entry_count++;
		}
	}
	return (size_t)entry_count;
}

/* The tables behind the files; fills the words of the superblock. */
static int write_tables(struct writer *writer, struct osv_image *image, struct buf *super)
{
	struct buf tables = BUF_INIT, links = BUF_INIT;
	size_t *queue = xcalloc(image->count, sizeof(*queue)), link_count = 0;
	uint64_t entries = number(image, &tables, queue);
	for (size_t i = 0; i < image->count; i++) {
		struct node *node = &image->node[queue[i]];
		if (node->mode != MODE_LINK)
			continue;
		node->place = link_count++;
		node->count = 1;
		put_text(&links, node->text);
	}
	buf_add_bytes(&tables, links.data, links.len);
	for (size_t i = 0; i < image->count; i++) {
		const struct node *node = &image->node[queue[i]];
		put(&tables, node->mode, 8);
		put(&tables, i + 1, 8);
		put(&tables, node->place, 8);
		put(&tables, node->count, 8);
	}
	const uint64_t words[] = { ROFS_MAGIC, ROFS_VERSION, BLOCK, writer->block, (tables.len + BLOCK - 1) / BLOCK,
		entries, link_count, image->count };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		put(super, words[i], 8);
	int error = fwrite(tables.data, 1, tables.len, writer->file) != tables.len ? -errno : pad(writer, tables.len);
	free(queue);
	buf_free(&links);
	buf_free(&tables);
	return error;
}

/* The table's second entry: OSv numbers from 0, and its first is the kernel's own in a disk that boots. */
static int write_partition(struct writer *writer)
{
	struct buf sector = BUF_INIT, entry = BUF_INIT;
	for (int i = 0; i < BLOCK / 8; i++)
		put(&sector, 0, 8);
	put(&entry, 0x00020000, 4); /* not bootable; cylinder, head and sector, of which the sector must not be 0 */
	put(&entry, 0xffffff00 | PART_LINUX, 4);
	put(&entry, PART_SECTOR, 4);
	put(&entry, writer->block, 4);
	memcpy(sector.data + PART_ENTRY, entry.data, entry.len);
	memcpy(sector.data + BLOCK - 2, "\x55\xaa", 2);
	int error =
	    fseek(writer->file, 0, SEEK_SET) || fwrite(sector.data, 1, BLOCK, writer->file) != BLOCK ? -errno : 0;
	buf_free(&entry);
	buf_free(&sector);
	return error;
}

static int write_all(struct writer *writer, struct osv_image *image)
{
	const long start = (long)PART_SECTOR * BLOCK;
	struct buf super = BUF_INIT;
	int error = fseek(writer->file, start + BLOCK, SEEK_SET) ? -errno : 0;
	writer->block = 1;
	for (size_t i = 0; i < image->count && !error; i++)
		if (image->node[i].mode == MODE_FILE)
			error = copy_file(writer, &image->node[i]);
	if (!error)
		error = write_tables(writer, image, &super);
	if (!error &&
	    (fseek(writer->file, start, SEEK_SET) || fwrite(super.data, 1, super.len, writer->file) != super.len))
		error = -errno;
	buf_free(&super);
	return error ? error : write_partition(writer);
}

int osv_image_write(struct osv_image *image, const char *path, struct diag *diag)
{
	char *aside;
	int fd = file_aside(path, 0644, &aside), error = fd < 0 ? fd : 0;
	if (error)
		return diag_set(diag, -error, "%s: OSv's image cannot be written: %s", path, strerror(-error));
	for (size_t i = 0; i < image->count; i++)
		image->node[i].place = image->node[i].count = 0;
	struct writer writer = { fdopen(fd, "w"), 0, diag };
	error = writer.file ? write_all(&writer, image) : -errno;
	if ((writer.file ? fclose(writer.file) : close(fd)) && !error)
		error = -errno;
	error = file_settle(aside, path, error);
	return error ? diag_set(diag, -error, "%s: OSv's image cannot be written: %s", path, strerror(-error)) : 0;
}
