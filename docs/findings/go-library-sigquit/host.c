#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints the number of the signal that ended a child which called Fault of the library, or 0. */
int main(int argc, char **argv)
{
	int status = 0;
	pid_t child = argc > 1 ? fork() : -1;
	if (child == 0) {
		void *library = dlopen(argv[1], RTLD_NOW);
		void (*fault)(void) = library ? (void (*)(void))dlsym(library, "Fault") : NULL;
		if (fault)
			fault();
		_exit(77);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || (WIFEXITED(status) && WEXITSTATUS(status) == 77))
		return 77;
	printf("%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}
