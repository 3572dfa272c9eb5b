#define _GNU_SOURCE
#include "cases/hosts/question.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases/hosts/dispositions.h"

enum { EXIT_UNASKED = 70 };

int (*question_go)(int ask, int number);
const struct library *question_library;
struct host *question_host;

void question_tell(const char *word)
{
	char line[512];
	int len = snprintf(line, sizeof line, "\ntold: %s\n", word);
	_exit(write(STDERR_FILENO, line, (size_t)len) == len ? 0 : EXIT_UNASKED);
}

void question_fails(const char *why)
{
	fprintf(stderr, "host: question: %s: %s\n", why, strerror(errno));
	_exit(EXIT_UNASKED);
}

void question_handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	sigemptyset(&action.sa_mask);
	if (sigaction(signal, &action, NULL) != 0)
		question_fails("sigaction");
}

long long question_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void question_handle_all(void (*handler)(int))
{
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (signal != SIGKILL && signal != SIGSTOP && (signal < 32 || signal > 34))
			question_handle(signal, handler, 0);
}

int question_fork(void)
{
	char other[32];
	int status;
	pid_t pid = fork();
	if (pid < 0)
		question_fails("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return 1;
	}
	if (waitpid(pid, &status, 0) != pid)
		question_fails("waitpid");
	if (WIFSIGNALED(status))
		question_tell(dispositions_name(WTERMSIG(status), other, sizeof other));
	if (status)
		_exit(WEXITSTATUS(status));
	return 0;
}

/* All dispositions the default and nothing blocked, whatever the host inherited. */
static void usual_dispositions(void)
{
	sigset_t none;
	struct rlimit no_core = { 0, 0 };
	sigemptyset(&none);
	question_handle_all(SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &no_core);
}

static void child(struct host *host, const struct question *question, int to)
{
	dup2(to, STDOUT_FILENO);
	dup2(to, STDERR_FILENO);
	usual_dispositions();
	question_host = host;
	if (question->before)
		question->before();
	host_load(host);
	question_library = &host->library;
	void *symbol = dlsym(host->library.handle, "tlsm_signal");
	if (!symbol)
		question_fails("the library has no tlsm_signal");
	memcpy(&question_go, &symbol, sizeof question_go);
	if (!library_answers(&host->library))
		question_fails("the library does not answer");
	question->body();
	question_tell("lives");
}

/* What the child says until it has ended, of which the beginning is kept: 0, or -1 when its time is over. */
static int listen(int from, char *said, size_t size)
{
	struct pollfd readable = { .fd = from, .events = POLLIN };
	char more[512];
	size_t used = 0;
	for (long long end = question_now() + host_patience(QUESTION_MS);;) {
		long long left = end - question_now();
		if (left <= 0)
			return -1;
		if (poll(&readable, 1, (int)left) <= 0)
			continue;
		ssize_t len = read(from, more, sizeof more);
		if (len == 0)
			return 0;
		if (len < 0)
			continue;
		size_t kept = (size_t)len < size - 1 - used ? (size_t)len : size - 1 - used;
		memcpy(said + used, more, kept);
		used += kept;
		said[used] = 0;
	}
}

static void add_end(const struct question *question, int status, const char *said, struct seen *seen)
{
	char other[32];
	const char *told = strstr(said, "\ntold: ");
	if (WIFSIGNALED(status))
		seen_add(seen->text, sizeof seen->text, "%s", dispositions_name(WTERMSIG(status), other, sizeof other));
	else if (WEXITSTATUS(status) || !told)
		seen_add(seen->text, sizeof seen->text, "exit-%d", WEXITSTATUS(status));
	else
		seen_add(seen->text, sizeof seen->text, "%.*s", (int)strcspn(told + 7, "\n"), told + 7);
	if (question->phrase && strstr(said, question->phrase))
		seen_add(seen->text, sizeof seen->text, ",%s", question->is);
	if (*said && !told)
		seen_add(seen->note, sizeof seen->note, "%s: %.*s; ", question->word, (int)strcspn(said, "\n"), said);
}

static void ask(struct host *host, const struct question *question, struct seen *seen)
{
	char said[8192] = "";
	int ends[2], status;
	if (pipe(ends) != 0)
		abort();
	pid_t pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		close(ends[0]);
		child(host, question, ends[1]);
	}
	close(ends[1]);
	int late = listen(ends[0], said, sizeof said);
	if (late)
		kill(pid, SIGKILL);
	close(ends[0]);
	waitpid(pid, &status, 0);
	/* Told as in every other check: nothing can be asked of a library that is not there. */
	if (!late && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LOAD) {
		fputs(said, stderr);
		exit(EXIT_LOAD);
	}
	seen_add(seen->text, sizeof seen->text, "%s%s=", *seen->text ? " " : "", question->word);
	if (late)
		seen_add(seen->text, sizeof seen->text, "hangs");
	else
		add_end(question, status, said, seen);
}

void questions_ask(struct host *host, const struct question *table, size_t count, const char *id, struct seen *seen)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].id, id) == 0)
			ask(host, &table[i], seen);
}
