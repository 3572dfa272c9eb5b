/* init_list.h - the list of constructors that ran, in order, one for the whole process.
 *
 * It is a memory file that is found by its name among the open descriptors, since that is the one
 * place that every copy of every library sees: after dlmopen there are two libcs, two libctor.so,
 * two environs, but one descriptor table.  Entries are lines; a line is one write, and all copies
 * share the file offset, so that the order of lines is the order of writes.  A kernel without memory files (OSv) has
 * one libc and a /tmp of its own: there it is a file.
 *
 * Entries: "dependency" (libctor.so), "early" and "library" (C constructors beside Go, with a priority and without),
 * "program" (the host), these three with INIT_LIST_AFTER where Go's initializer was entered before; "go" (Go's package
 * initialization is over).  Static functions, since the program, libctor.so and
 * the library each need their own: in an archive a shared one would be defined twice. */
#ifndef TLSMATRIX_CASES_INIT_LIST_H
#define TLSMATRIX_CASES_INIT_LIST_H

#ifndef _GNU_SOURCE
#error "init_list.h needs _GNU_SOURCE for MFD_CLOEXEC"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INIT_LIST_NAME "tlsmatrix-init-list"
#define INIT_LIST_AFTER "+go"
#define INIT_LIST_LINK "/memfd:" INIT_LIST_NAME

enum { INIT_LIST_FD_MAX = 256 };

static inline int init_list_file(int flags)
{
	char path[64];
	snprintf(path, sizeof path, "/tmp/" INIT_LIST_NAME ".%d", (int)getpid());
	return open(path, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
}

/* The list's descriptor, or -1 when nobody made it yet. */
static inline int init_list_find(void)
{
	for (int fd = 3; fd < INIT_LIST_FD_MAX; fd++) {
		char path[32], target[128];
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t len = readlink(path, target, sizeof target - 1);
		if (len <= 0)
			continue;
		target[len] = 0;
		if (strncmp(target, INIT_LIST_LINK, strlen(INIT_LIST_LINK)) == 0)
			return fd;
	}
	return init_list_file(0);
}

/* Adds an entry.  Where that is impossible it is missing, and so the checks that read the list fail. */
static inline void init_list_add(const char *name)
{
	char line[32];
	int len = snprintf(line, sizeof line, "%s\n", name);
	int fd = init_list_find();
	if (fd < 0)
		fd =
		    (int)syscall(SYS_memfd_create, INIT_LIST_NAME, MFD_CLOEXEC); /* a libc need not have the function */
	if (fd < 0)
		fd = init_list_file(O_CREAT);
	if (fd < 0 || write(fd, line, (size_t)len) != len)
		fprintf(stderr, "the list of constructors cannot be written: %s\n", strerror(errno));
}

#endif
