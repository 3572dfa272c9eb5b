#include "probe.h"

/* A normal build has no sabotage in it; the control build takes cases/control/control_on.c.  Weak, since the host and
 * a c-archive have it both: Go up to 1.6 makes one object of all C of a package, and so always links the archive's. */
__attribute__((weak)) int probe_control(const char *id, const char *point)
{
	(void)id;
	(void)point;
	return 0;
}
