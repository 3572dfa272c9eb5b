/* host_windows.h - the C program that has the Go DLL, on Windows; as cases/hosts/host.h has it elsewhere.
 *
 *     HOST --load MODE [--lib PATH] ID...
 *
 * MODE is dlopen (LoadLibrary), needed (imported) or archive (linked in). */
#ifndef TLSMATRIX_CASES_WINDOWS_HOST_H
#define TLSMATRIX_CASES_WINDOWS_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <windows.h>

/* What the host calls in the library. */
struct library {
	HMODULE module; /* NULL where the library came with the program */
	int (*check)(char *id, char *text, size_t text_len, char *note, size_t note_len);
	void (*first_call)(void);
	int (*answer)(int question);
	uintptr_t (*slot)(void);
	uintptr_t (*slot_value)(void);
};

struct host {
	const char *path; /* of the library; NULL where it came with the program */
	struct library library;
};

/* An observation in oracle.def's words; note is not compared. */
struct seen { char text[512], note[1024]; };

struct host_check {
	const char *id;
	void (*observe)(struct host *host, struct seen *seen);
};

/* Each ends with a check whose id is NULL. */
extern const struct host_check host_checks[], alone_checks[]; /* checks_windows.c */

/* Gets the library and its functions: 0, or -1 with a line on stderr. */
int library_load(const char *path, struct library *library);

/* host_load exits with 65 where that fails. */
void host_load(struct host *host);

void seen_add(char *text, size_t len, const char *format, ...) __attribute__((format(gnu_printf, 3, 4)));

#endif
