/* osv_image.h - a disk that OSv mounts as its root: one partition with a rofs file system (read-only).
 *
 * Written here, since OSv's own scripts take a second for what is a table and the files' bytes (scripts/gen-rofs-img.py
 * has the format, fs/rofs/rofs.hh its reader), and start an NBD server for one partition entry.  Numbers are
 * little-endian:
 *
 *   sector 0      partition table; entry 1 is the rofs, which OSv calls /dev/vblk0.1
 *   PART_SECTOR   superblock: magic, version, block size, first block and number of blocks of the tables, and how many
 *                 directory entries, symbolic links and inodes are in them; eight 64-bit words files, each from a block
 *                 of its own; a block is 512 bytes tables: directory entries (inode, 16-bit length, name), links
 *                 (16-bit length, text), inodes
 *   inode         mode, number, place, count: of a file its first block and bytes, of a folder its first entry and
 *                 entries, of a link its index and 1.  Inode 1 is the root
 *
 * Names are added with all folders above them; a name that is there already stays as it was first given. */
#ifndef TLSMATRIX_RUNNER_TARGET_OSV_IMAGE_H
#define TLSMATRIX_RUNNER_TARGET_OSV_IMAGE_H

#include "matrix/base/hash.h"

#include <stddef.h>

struct diag;
struct osv_image;

struct osv_image *osv_image_new(void);
void osv_image_free(struct osv_image *image);

/* Guest paths begin with "/".  from: a file of this machine, read when the image is written. */
void osv_image_folder(struct osv_image *image, const char *path);
void osv_image_file(struct osv_image *image, const char *path, const char *from);
void osv_image_text(struct osv_image *image, const char *path, const char *text); /* a file with these bytes */
void osv_image_link(struct osv_image *image, const char *path, const char *to);
int osv_image_has(const struct osv_image *image, const char *path);
int osv_image_empty(const struct osv_image *image, const char *path); /* a folder with nothing in it */

/* Of names and contents: equal keys, equal images. */
void osv_image_key(const struct osv_image *image, char key[HASH_HEX]);

/* 0; -errno with a line in diag, and then there is no file at path that was not there before. */
int osv_image_write(struct osv_image *image, const char *path, struct diag *diag);

#endif
