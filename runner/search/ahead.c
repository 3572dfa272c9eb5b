#include "runner/search/ahead.h"

#include "matrix/base/diag.h"
#include "runner/build/make.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t ahead_start(const struct setup *setup, const struct build *build)
{
	pid_t caller = getpid();
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct diag quiet = DIAG_INIT;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != caller)
			_exit(1);
		if (nice(5) == -1)
			errno = 0;
		_exit(build_make(setup, build, 0, &quiet) != 0);
	}
	return pid;
}

void ahead_end(pid_t *builder, int kill_it)
{
	if (*builder <= 0)
		return;
	if (kill_it)
		kill(*builder, SIGKILL);
	if (waitpid(*builder, NULL, kill_it ? 0 : WNOHANG) != 0)
		*builder = 0;
}
