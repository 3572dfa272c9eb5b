/* control_on.c - the sabotage hook of a control build, in place of harness/probe/control_off.c. */
#include <stdlib.h>
#include <string.h>

/* As in harness/probe/probe.h; this file is compiled both beside a copy of it and without. */
int probe_control(const char *id, const char *point);

/* Weak for control_off.c's reason, and not on Windows for its other. */
#ifndef _WIN32
__attribute__((weak))
#endif
int probe_control(const char *id, const char *point)
{
	const char *asked = getenv("TLSMATRIX_CONTROL");
	size_t length = strlen(id);
	if (!asked || strncmp(asked, id, length) != 0)
		return 0;
	return asked[length] == '\0' || (asked[length] == ':' && strcmp(asked + length + 1, point) == 0);
}
