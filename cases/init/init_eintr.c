#define _GNU_SOURCE
#include "init_eintr.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

int init_eintr_clear(int signal)
{
	struct sigaction action;
	if (sigaction(signal, NULL, &action) != 0)
		return errno;
	action.sa_flags &= ~SA_RESTART;
	return sigaction(signal, &action, NULL) == 0 ? 0 : errno;
}
