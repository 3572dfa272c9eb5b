/* console.h - from the text of a serial console to a program's output and its end.
 *
 * OSv has one console: kernel, C library and program write to it, each line by line, and the machine's own exit
 * status says nothing.  What a line means follows OSv's sources, of which each is named in console.c; --verbose is
 * needed, since exit() and main's return are told by debugf alone:
 *
 *   Cmdline: WORDS                            the program starts; all before it is the kernel's
 *   program exited with status N              exit(), also by exit_group
 *   program PATH returned N                   main returned; said of N other than 0 only
 *   Uncaught signal N ("NAME"). Powering off. a signal without a handler
 *   WHY, then [backtrace]                     the kernel gave up: abort, assertion, a fault of its own
 *   WHY. Powering off.                        the program could not be started
 *   Powering off.                             the machine is shut down in order; after nothing else, main returned 0
 *
 * Records (harness/record.h) survive what shares the console with them: escape sequences, carriage returns, kernel
 * lines between them, and one run of whole kernel lines inside one: what is put together again must prove itself by
 * its checksum.  Everything else stays as it is, and a record that was torn otherwise stays unbelieved. */
#ifndef TLSMATRIX_RUNNER_TARGET_CONSOLE_H
#define TLSMATRIX_RUNNER_TARGET_CONSOLE_H

#include "matrix/base/buf.h"

enum console_end {
	CONSOLE_RUNNING,  /* no end was told */
	CONSOLE_EXITED,   /* status */
	CONSOLE_RETURNED, /* main returned status; the kernel waits for the program's other threads */
	CONSOLE_SIGNALED, /* status is the signal */
	CONSOLE_ABORTED,  /* the kernel gave up */
	CONSOLE_REFUSED   /* not started */
};

struct console {
	int started;          /* the command line was echoed */
	enum console_end end; /* the first that was told */
	int status;
	int off;           /* shut down in order */
	int recorded;      /* the program's last record ("end") is there */
	struct buf output; /* what came after the start, cleaned */
	char why[256];     /* the line that tells the end, or why; "" for none */
	char last[256];    /* the last line that is not blank */
};

/* Reads what the console has said so far (any bytes).  A line that is not finished is read when over is set, and is
 * otherwise left for the next time.  Always succeeds; free with console_free. */
void console_read(const char *text, size_t len, int over, struct console *console);
void console_free(struct console *console);

#endif
