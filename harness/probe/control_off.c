#include "probe.h"

/* A normal build has no sabotage in it; the control build takes cases/control/control_on.c.  Weak, since the host and
 * a c-archive have it both: Go up to 1.6 makes one object of all C of a package, and so always links the archive's.
 * Not on Windows: a weak definition of PE is found in its own object alone (GNU ld 2.40 for mingw). */
#ifndef _WIN32
__attribute__((weak))
#endif
int probe_control(const char *id, const char *point)
{
	(void)id;
	(void)point;
	return 0;
}
