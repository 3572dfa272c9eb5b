#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static void *nothing(void *argument) { return argument; }

/* host LIBRARY [a word: make a thread first] */
int main(int argc, char **argv)
{
	pthread_t thread;
	if (argc > 2 && pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
	void *library = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW);
	int (*work)(void) = library ? (int (*)(void))dlsym(library, "work") : NULL;
	if (!work) {
		puts(dlerror());
		return 77;
	}
	return work();
}
