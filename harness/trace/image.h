/* image.h - what the tracer must know of a file in the traced process: where Go's text lies
 * and which addresses two symbols have; and which file is mapped at an address. */
#ifndef TLSMATRIX_HARNESS_TRACE_IMAGE_H
#define TLSMATRIX_HARNESS_TRACE_IMAGE_H

#include "harness/trace/arch.h"

enum { IMAGE_SEGMENTS = 16 };

struct image {
	char *path;
	int go;                 /* the file has Go's text */
	trace_word text, etext; /* runtime.text and runtime.etext; 0, ~0 in a stripped Go file */
	trace_word entry;       /* the Go initializer of a library, _rt0_ARCH_linux_lib; 0: none */
	trace_word g0;          /* runtime.g0, g of the first thread; 0: not to be had */
	int interpreter;        /* it names a dynamic loader (PT_INTERP) */
	struct {
		trace_word offset, address, size;
		int exec;
	} segment[IMAGE_SEGMENTS];
	size_t segments;
};

/* A piece of /proc/PID/maps that is backed by a file. */
struct mapping {
	trace_word start, end, offset;
	int exec;
	char path[4096];
};

/* Reads what is needed of an ELF file.  0; -EBADMSG when it is none, -errno when it cannot be read. */
int image_read(const char *path, struct image *image);
void image_free(struct image *image);

/* Address of the file in a segment from a position in the file, and back; 0 and ~0 when there is none. */
trace_word image_address(const struct image *image, trace_word offset);
trace_word image_offset(const struct image *image, trace_word address);

/* Calls visit for each executable file mapping of the process until it returns non-zero, which is
 * returned then; 0 at the end, -errno when the list cannot be read. */
int mappings_each(pid_t pid, int (*visit)(const struct mapping *mapping, void *context), void *context);

/* Are they the same file? */
int path_same(const char *a, const char *b);

#endif
