#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void handler(int number) { (void)number; }

/* Asynchronous signals, for which os/signal says that the flag is turned on and the handler is kept. */
static const struct {
	int number;
	const char *name;
} signals[] = { { SIGHUP, "SIGHUP" }, { SIGINT, "SIGINT" }, { SIGTERM, "SIGTERM" }, { SIGUSR1, "SIGUSR1" },
	{ SIGCHLD, "SIGCHLD" }, { SIGWINCH, "SIGWINCH" }, { SIGCONT, "SIGCONT" }, { SIGTSTP, "SIGTSTP" },
	{ SIGTTIN, "SIGTTIN" }, { SIGTTOU, "SIGTTOU" }, { SIGURG, "SIGURG" } };
enum { COUNT = sizeof signals / sizeof *signals };

int main(int argc, char **argv)
{
	int bad = 0;
	struct sigaction action = { .sa_handler = handler };
	for (int i = 0; i < COUNT; i++)
		sigaction(signals[i].number, &action, NULL);
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	int (*answer)(void) = library ? (int (*)(void))dlsym(library, "Answer") : NULL;
	if (!answer || answer() != 42)
		return 77;
	for (int i = 0; i < COUNT; i++) {
		sigaction(signals[i].number, NULL, &action);
		int kept = action.sa_handler == handler, onstack = !!(action.sa_flags & SA_ONSTACK);
		printf(
		    "  %-9s %s, SA_ONSTACK %s\n", signals[i].name, kept ? "kept" : "replaced", onstack ? "on" : "off");
		bad += !kept || !onstack;
	}
	return bad ? 1 : 0;
}
