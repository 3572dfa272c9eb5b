/* libopens.so - a constructor that opens the host's library itself, and calls it (check init.load-nested). */
#define _GNU_SOURCE
#include "cases/hosts/opens.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cases/init/init_lib.h"
#include "harness/probe/probe.h"

static pthread_t opener;
static int threads, answer;

/* What stands behind --lib; in every namespace, and for a loader that hands constructors no arguments. */
static const char *library_path(void)
{
	static char text[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	close(fd);
	const char *end = text + (len < 0 ? 0 : len);
	for (const char *word = text; word < end; word += strlen(word) + 1)
		if (strcmp(word, "--lib") == 0)
			return word + strlen(word) + 1;
	return "";
}

static void *open_and_call(void *argument)
{
	int (*ask)(int) = NULL;
	void *handle = dlopen(library_path(), RTLD_NOW | RTLD_LOCAL), *symbol = NULL;
	if (handle && !probe_control("init.load-nested", "unasked"))
		symbol = dlsym(handle, "tlsm_answer");
	memcpy(&ask, &symbol, sizeof ask);
	answer = ask ? ask(INIT_LIB_QUESTION) : 0;
	return argument;
}

/* A loader may have others wait until this has returned, so nobody waits for the thread here. */
__attribute__((constructor)) static void ctor(void)
{
	char name[17] = "";
	if (prctl(PR_GET_NAME, name) != 0 || probe_control("init.load-nested", "closed"))
		return;
	if (strcmp(name, OPENS_ITSELF) == 0)
		open_and_call(NULL);
	if (strcmp(name, OPENS_THREAD) == 0)
		threads = pthread_create(&opener, NULL, open_and_call, NULL) == 0;
}

int opens_answer(void)
{
	if (threads)
		pthread_join(opener, NULL);
	threads = 0;
	return answer;
}
