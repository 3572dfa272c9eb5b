#include "runner/schedule/schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS_MAX = 256, TICK_MS = 100 };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- one task -------------------------------------------------------------------------------------- */

static void task_process(const struct task *task, int fd, pid_t runner)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	struct diag diag = DIAG_INIT;
	int error = task->run(task->argument, &diag);
	if (error && write(fd, diag.line, strlen(diag.line)) < 0)
		_exit(1);
	_exit(error ? 1 : 0);
}

static int task_start(struct task *task)
{
	int pipes[2];
	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	pid_t runner = getpid(), pid = fork();
	if (pid < 0) {
		int error = -errno;
		close(pipes[0]);
		close(pipes[1]);
		return error;
	}
	if (pid == 0) {
		close(pipes[0]);
		task_process(task, pipes[1], runner);
	}
	close(pipes[1]);
	task->pid = pid;
	task->pipe = pipes[0];
	task->state = TASK_RUNNING;
	task->started = now();
	return 0;
}

static void task_end(struct task *task)
{
	char line[sizeof(task->diag.line)];
	size_t len = 0;
	ssize_t n;
	while (len < sizeof(line) - 1 && (n = read(task->pipe, line + len, sizeof(line) - 1 - len)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	line[len] = '\0';
	close(task->pipe);
	int status = 0;
	while (waitpid(task->pid, &status, 0) < 0 && errno == EINTR)
		;
	task->state = TASK_DONE;
	task->error = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
	if (WIFSIGNALED(status))
		diag_set(&task->diag, EIO, "%s: the runner's own process was killed by %s", task->name,
		    strsignal(WTERMSIG(status)));
	else if (task->error)
		diag_set(&task->diag, EIO, "%s", len ? line : "the task failed without a word");
}

/* ---- which one next --------------------------------------------------------------------------------- */

static int shares_first(const struct task *a, const struct task *b)
{
	for (size_t i = 0; i < TASK_FIRSTS; i++)
		for (size_t k = 0; k < TASK_FIRSTS; k++)
			if (*a->first[i] && strcmp(a->first[i], b->first[k]) == 0)
				return 1;
	return 0;
}

static int is_ready(
    const struct schedule *schedule, const struct task *task, const size_t *running, size_t running_count)
{
	for (size_t i = 0; i < 3; i++)
		if (task->after[i] != TASK_NONE && schedule->tasks[task->after[i]].state != TASK_DONE)
			return 0;
	for (size_t i = 0; i < running_count; i++)
		if (shares_first(&schedule->tasks[running[i]], task))
			return 0;
	return 1;
}

static struct task *next_ready(struct schedule *schedule)
{
	struct task *best = NULL;
	size_t running[SLOTS_MAX], count = 0;
	for (size_t i = 0; i < schedule->count && count < SLOTS_MAX; i++)
		if (schedule->tasks[i].state == TASK_RUNNING)
			running[count++] = i;
	for (size_t i = 0; i < schedule->count; i++) {
		struct task *task = &schedule->tasks[i];
		if (task->state == TASK_WAITING && (!best || task->priority > best->priority) &&
		    is_ready(schedule, task, running, count))
			best = task;
	}
	return best;
}

/* What is made need not be made again: nobody waits for it any more. */
static void made(struct schedule *schedule, const struct task *maker)
{
	const char *names[TASK_FIRSTS];
	memcpy(names, maker->first, sizeof names);
	for (size_t n = 0; n < TASK_FIRSTS; n++)
		for (size_t i = 0; *names[n] && i < schedule->count; i++)
			for (size_t k = 0; k < TASK_FIRSTS; k++)
				if (strcmp(schedule->tasks[i].first[k], names[n]) == 0)
					schedule->tasks[i].first[k] = "";
}

static size_t wait_some(struct schedule *schedule)
{
	struct pollfd fds[SLOTS_MAX];
	struct task *of[SLOTS_MAX];
	nfds_t count = 0;
	for (size_t i = 0; i < schedule->count && count < SLOTS_MAX; i++)
		if (schedule->tasks[i].state == TASK_RUNNING) {
			of[count] = &schedule->tasks[i];
			fds[count++] = (struct pollfd){ .fd = schedule->tasks[i].pipe, .events = POLLIN };
		}
	size_t ended = 0;
	if (poll(fds, count, TICK_MS) <= 0)
		return 0;
	for (nfds_t i = 0; i < count; i++) {
		if (!fds[i].revents)
			continue;
		task_end(of[i]);
		if (schedule->done(of[i], schedule->context))
			made(schedule, of[i]);
		ended++;
	}
	return ended;
}

static void kill_all(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->count; i++)
		if (schedule->tasks[i].state == TASK_RUNNING) {
			kill(schedule->tasks[i].pid, SIGKILL);
			task_end(&schedule->tasks[i]);
		}
}

static int loop(struct schedule *schedule)
{
	size_t left = schedule->count;
	int slots = schedule->slots < SLOTS_MAX ? schedule->slots : SLOTS_MAX, running = 0;
	while (left > 0) {
		struct task *task;
		while (!interrupted && running < slots && (task = next_ready(schedule))) {
			int error = task_start(task);
			if (error)
				return error;
			schedule->started(task, schedule->context);
			running++;
		}
		if (interrupted)
			return -EINTR;
		if (!running)
			return -EDEADLK;
		size_t ended = wait_some(schedule);
		left -= ended;
		running -= (int)ended;
		schedule->tick(schedule->context);
	}
	return 0;
}

int schedule_run(struct schedule *schedule)
{
	struct sigaction action = { .sa_handler = on_interrupt }, old_int, old_term;
	interrupted = 0;
	sigaction(SIGINT, &action, &old_int);
	sigaction(SIGTERM, &action, &old_term);
	int error = loop(schedule);
	if (error)
		kill_all(schedule);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	return error;
}
