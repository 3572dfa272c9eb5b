#include "runner/cmd/fetching.h"

#include "matrix/base/clock.h"

#include <stdio.h>
#include <unistd.h>

void fetching_tell(const char *version, const char *doing, long long bytes)
{
	static const char *last;
	static double told;
	int terminal = isatty(STDERR_FILENO), due = last != doing || clock_now() - told >= (terminal ? 0.2 : 10);
	if (!due)
		return;
	char size[24] = "";
	if (bytes)
		snprintf(size, sizeof(size), ", %.1f MB", (double)bytes / 1e6);
	fprintf(stderr, terminal ? "\r%s: %s%s\033[K" : "%s: %s%s\n", version, doing, size);
	last = doing;
	told = clock_now();
}

void fetching_done(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}
