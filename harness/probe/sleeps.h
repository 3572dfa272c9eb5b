/* sleeps.h - whether a thread of this process waits in a system call (proc(5), stat, field 3); Linux.
 *
 * In the header, since a host and the archive that is linked into it both ask. */
#ifndef TLSMATRIX_HARNESS_PROBE_SLEEPS_H
#define TLSMATRIX_HARNESS_PROBE_SLEEPS_H

#include <stdio.h>

/* By the kernel's number of the thread; one that has ended does not sleep. */
static inline int probe_sleeps(int thread)
{
	char path[64], state = 0;
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
	FILE *file = fopen(path, "r");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state == 'S';
}

#endif
