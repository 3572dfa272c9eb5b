#include "probe.h"

/* A normal build has no sabotage in it; the control build takes cases/control/control_on.c. */
int probe_control(const char *id, const char *point)
{
	(void)id;
	(void)point;
	return 0;
}
