/* library.h - the Go library under test, and the ways to get it into the process. */
#ifndef TLSMATRIX_CASES_HOSTS_LIBRARY_H
#define TLSMATRIX_CASES_HOSTS_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "cases/hosts/ctor.h"

/* A load mode by its name on the command line: --load MODE. */
struct load_mode {
	const char *name;
	enum { BY_LINK, BY_PRELOAD, BY_DLOPEN, BY_DLMOPEN } how;
	int flags; /* of dlopen and dlmopen */
};

/* What the host calls in the library; all are resolved when it is loaded. */
struct library {
	void *handle; /* NULL where the library came with the program */
	int (*check)(char *id, char *text, size_t text_len, char *note, size_t note_len);
	void (*first_call)(void);
	int (*answer)(int question);
	uintptr_t (*slot)(void);
	uintptr_t (*slot_value)(void);
	const struct ctor_signal *(*signals)(void);
	void (*release)(void);
	uintptr_t (*bound)(void); /* of the second library: to what of the first one it is bound, or 0 */
	int (*reached)(int signal);
};

/* The mode of that name, or NULL. */
const struct load_mode *load_mode_find(const char *name);

/* Gets the library and its functions.  0, or -1 with one line ("dlopen PATH: ...") in why; the
 * library is left alone then.  Threads may load at the same time; in mode dlmopen all of them use
 * one new namespace.  The library that stays loaded is never unloaded by this function. */
int library_load(const struct load_mode *mode, const char *path, struct library *library, char *why, size_t why_len);

/* The bare dlopen of the mode: the handle, or NULL. */
void *library_open(const struct load_mode *mode, const char *path);

/* Is the file loaded, in the mode's namespace?  One that is stays so from then on. */
int library_is_loaded(const struct load_mode *mode, const char *path);

/* The second Go library (cases/init/second): handle, answer, slot and bound only. */
int library_load_second(const struct load_mode *mode, struct library *library, char *why, size_t why_len);

/* Does the library answer as the first one must?  Another library answers something else. */
int library_answers(const struct library *library);
int library_answers_second(const struct library *library);

/* Opens a copy of the file, which every loader takes for another library; for controls. */
void *library_open_copy(const struct load_mode *mode, const char *path);

/* How often the library was initialized in this process: its C constructor and Go's package
 * initialization are counted over all copies, the larger number counts. */
int library_inits(void);

/* The list of constructors that ran, comma-separated, "go" entries left out. */
void library_constructors(char *out, size_t len);

#endif
