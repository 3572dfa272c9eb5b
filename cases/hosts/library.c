#define _GNU_SOURCE
#include "cases/hosts/library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/sendfile.h>

#include "cases/init/init_lib.h"
#include "cases/init/init_list.h"

/* glibc's own: a libc without them must be able to load this host all the same. */
#ifdef LM_ID_NEWLM
#pragma weak dlmopen
#pragma weak dlinfo
#endif

static const struct load_mode modes[] = {
	{ "needed", BY_LINK, 0 },
	{ "archive", BY_LINK, 0 },
	{ "archive-pie", BY_LINK, 0 },
	{ "preload", BY_PRELOAD, 0 },
	{ "dlopen", BY_DLOPEN, RTLD_NOW | RTLD_LOCAL },
	{ "dlopen-lazy", BY_DLOPEN, RTLD_LAZY | RTLD_LOCAL },
	{ "dlopen-global", BY_DLOPEN, RTLD_NOW | RTLD_GLOBAL },
	{ "dlopen-lazy-global", BY_DLOPEN, RTLD_LAZY | RTLD_GLOBAL },
	{ "archive-so", BY_DLOPEN, RTLD_NOW | RTLD_LOCAL },
#ifdef LM_ID_NEWLM
	{ "dlmopen", BY_DLMOPEN, RTLD_NOW | RTLD_LOCAL },
#endif
};

const struct load_mode *load_mode_find(const char *name)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

#ifdef LM_ID_NEWLM
/* The new namespace of mode dlmopen.  It is made with libc alone in it, so that several threads
 * can open the library in the same one. */
static Lmid_t namespace_id = LM_ID_BASE;
static pthread_once_t namespace_once = PTHREAD_ONCE_INIT;

static void *no_work(void *argument) { return argument; }

/* glibc 2.36 with no Go about: when the program has never made a thread, threads of the new
 * namespace's libc corrupt the base libc's malloc, which still takes its single-thread short cut
 * (seen 10 of 10 times, 0 of 10 after one thread was made).  That is a fault of a loader that
 * this host is not here to find again in every dlmopen cell. */
static void make_multithreaded(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, no_work, NULL) == 0)
		pthread_join(thread, NULL);
}

static void namespace_make(void)
{
	make_multithreaded();
	void *libc = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW | RTLD_LOCAL);
	if (!libc || dlinfo(libc, RTLD_DI_LMID, &namespace_id) != 0)
		namespace_id = LM_ID_NEWLM;
}

static void *namespace_open(const char *path, int flags)
{
	if (!dlmopen || !dlinfo)
		return NULL;
	pthread_once(&namespace_once, namespace_make);
	return dlmopen(namespace_id, path, flags);
}
#else
/* Only glibc has namespaces; elsewhere no mode asks for one. */
static void *namespace_open(const char *path, int flags)
{
	(void)path;
	(void)flags;
	return NULL;
}
#endif

void *library_open(const struct load_mode *mode, const char *path)
{
	return mode->how == BY_DLMOPEN ? namespace_open(path, mode->flags) : dlopen(path, mode->flags);
}

int library_is_loaded(const struct load_mode *mode, const char *path)
{
	struct load_mode noload = *mode;
	noload.flags |= RTLD_NOLOAD;
	return library_open(&noload, path) != NULL;
}

void *library_open_copy(const struct load_mode *mode, const char *path)
{
	char copied[64];
	int from = open(path, O_RDONLY | O_CLOEXEC), to = (int)syscall(SYS_memfd_create, "tlsmatrix-copy", 0);
	ssize_t moved = 1;
	while (from >= 0 && to >= 0 && moved > 0)
		moved = sendfile(to, from, NULL, 1 << 24);
	if (from >= 0)
		close(from);
	snprintf(copied, sizeof copied, "/proc/self/fd/%d", to);
	return to < 0 || moved < 0 ? NULL : library_open(mode, copied);
}

/* dlsym gives an object pointer; POSIX says that it may be used as a function's. */
static int resolve(void *where, const char *name, void *function, size_t size)
{
	void *symbol = dlsym(where, name);
	memcpy(function, &symbol, size);
	return symbol ? 0 : -1;
}

#define RESOLVE(where, name, function) resolve(where, name, &(function), sizeof(function))

#ifdef HOST_LINKED
int tlsm_check(char *id, char *text, size_t text_len, char *note, size_t note_len);
void tlsm_first_call(void);
int tlsm_answer(int question);
uintptr_t tlsm_slot(void);
uintptr_t tlsm_slot_value(void);

static int resolve_linked(struct library *found)
{
	found->check = tlsm_check;
	found->first_call = tlsm_first_call;
	found->answer = tlsm_answer;
	found->slot = tlsm_slot;
	found->slot_value = tlsm_slot_value;
	return 0;
}
#else
static int resolve_linked(struct library *found)
{
	(void)found;
	return -1;
}
#endif

static int resolve_library(void *where, struct library *found)
{
	return RESOLVE(where, "tlsm_check", found->check) || RESOLVE(where, "tlsm_first_call", found->first_call) ||
		RESOLVE(where, "tlsm_answer", found->answer) || RESOLVE(where, "tlsm_slot", found->slot) ||
		RESOLVE(where, "tlsm_slot_value", found->slot_value) ?
	    -1 :
	    0;
}

static int resolve_ctor(void *where, struct library *found)
{
	return RESOLVE(where, "ctor_signals", found->signals) || RESOLVE(where, "ctor_release", found->release) ||
		RESOLVE(where, "ctor_reached", found->reached) ?
	    -1 :
	    0;
}

static int complain(char *why, size_t len, const char *path)
{
	const char *reason = dlerror();
	snprintf(why, len, "dlopen %s: %s", path, reason ? reason : "this host is not linked with the library");
	return -1;
}

int library_load(const struct load_mode *mode, const char *path, struct library *library, char *why, size_t why_len)
{
	struct library found = { 0 };
	void *where = RTLD_DEFAULT;
	if (mode->how == BY_DLOPEN || mode->how == BY_DLMOPEN) {
		found.handle = where = library_open(mode, path);
		if (!where)
			return complain(why, why_len, path);
	}
	int error = mode->how == BY_LINK ? resolve_linked(&found) : resolve_library(where, &found);
	if (error || resolve_ctor(where, &found))
		return complain(why, why_len, path);
	*library = found;
	return 0;
}

int library_load_second(const struct load_mode *mode, struct library *library, char *why, size_t why_len)
{
	struct library found = { 0 };
	const char *path = getenv("TLSMATRIX_SECOND");
	if (!path)
		path = "libsecond.so";
	found.handle = library_open(mode, path);
	if (!found.handle || RESOLVE(found.handle, "tlsm_answer", found.answer) ||
	    RESOLVE(found.handle, "tlsm_slot", found.slot) || RESOLVE(found.handle, "tlsm_bound", found.bound))
		return complain(why, why_len, path);
	*library = found;
	return 0;
}

int library_answers(const struct library *library) { return library->answer(INIT_LIB_QUESTION) == INIT_LIB_ANSWER; }

int library_answers_second(const struct library *library)
{
	return library->answer(INIT_LIB_QUESTION) == INIT_LIB_SECOND;
}

/* Reads the list into text, NUL-terminated. */
static void list_read(char *text, size_t len)
{
	int fd = init_list_find();
	ssize_t got = fd < 0 ? 0 : pread(fd, text, len - 1, 0);
	text[got < 0 ? 0 : got] = 0;
}

int library_inits(void)
{
	char text[4096], *rest = text, *line;
	int constructed = 0, initialized = 0;
	list_read(text, sizeof text);
	while ((line = strsep(&rest, "\n"))) {
		constructed += strcmp(line, "library") == 0 || strcmp(line, "library" INIT_LIST_AFTER) == 0;
		initialized += strcmp(line, "go") == 0;
	}
	return constructed > initialized ? constructed : initialized;
}

void library_constructors(char *out, size_t len)
{
	char text[4096], *rest = text, *line;
	size_t used = 0;
	list_read(text, sizeof text);
	out[0] = 0;
	while ((line = strsep(&rest, "\n")) && used < len)
		if (*line && strcmp(line, "go") != 0)
			used += (size_t)snprintf(out + used, len - used, "%s%s", used ? "," : "", line);
}
