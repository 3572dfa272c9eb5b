/* GoMain - a library that is a program of its own, as OSv's go.so wants it (modules/golang/go.cc): it is loaded, its
 * initializers run, and then this function is called.  It does what the host does elsewhere (host.c): the checks that
 * its arguments name, one after the other. */
#include "probe.h"

#include "_cgo_export.h"

enum { EXIT_USAGE = 64 };

int GoMain(int argc, char **argv);

int GoMain(int argc, char **argv)
{
	static char text[4096], note[4096];
	tlsm_first_call();
	for (int i = 1; i < argc; i++) {
		probe_begin(argv[i]);
		int carried = tlsm_check(argv[i], text, sizeof text, note, sizeof note);
		if (carried < 0)
			return EXIT_USAGE;
		if (carried == 1)
			probe_skip(argv[i], text, note);
		else
			probe_obs(argv[i], text, note);
	}
	probe_end();
	return 0;
}
