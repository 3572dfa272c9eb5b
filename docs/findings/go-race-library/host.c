/* Loads the library argv[1] and calls it. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW);
	int (*answer)(void) = library ? (int (*)(void))dlsym(library, "answer") : NULL;

	if (!answer)
		return fprintf(stderr, "%s\n", dlerror()), 3;
	return printf("loaded, the answer is %d\n", answer()) < 0;
}
