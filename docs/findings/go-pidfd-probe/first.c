/* first PROGRAM: of each process that it makes, which signals could run a handler where it begins; 1: of one some. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long status_of(int pid, const char *field, int base)
{
	char path[64], line[256];
	unsigned long long value = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		if (!strncmp(line, field, strlen(field)))
			value = strtoull(line + strlen(field), NULL, base);
	return file && !fclose(file) ? value : 0;
}

int main(int argc, char **argv)
{
	static char seen[1 << 22];
	int status, found = 0, first = argc > 1 ? fork() : -1;
	if (first == 0)
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? 77 : execv(argv[1], argv + 1);
	if (first <= 0 || waitpid(first, &status, 0) != first || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, first, NULL, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK))
		return 77;
	for (int tid = first; tid > 0; tid = waitpid(-1, &status, __WALL)) {
		int signal = status >> 16 || WSTOPSIG(status) == SIGTRAP || !seen[tid] ? 0 : WSTOPSIG(status);
		if (WIFSTOPPED(status) && !seen[tid] && tid != first && status_of(tid, "Tgid:", 10) == (unsigned)tid) {
			unsigned long long blocked = status_of(tid, "SigBlk:", 16),
					   caught = status_of(tid, "SigCgt:", 16);
			printf("process: blocked %016llx, handlers %016llx, could run %016llx\n", blocked, caught,
			    caught & ~blocked);
			found |= (caught & ~blocked & ~(7ull << 31)) != 0;
		}
		seen[tid] = 1;
		ptrace(PTRACE_CONT, tid, NULL, (void *)(long)signal);
	}
	return found;
}
