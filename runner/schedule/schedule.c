#include "runner/schedule/schedule.h"
#include "matrix/base/clock.h"

#include "runner/process/descendants.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SLOTS_MAX = 256,
	TICK_MS = 100,
	STOPPED_LOOKS = 100, /* one a tick.  Looks, not seconds: the runner itself may have been stopped, by ^Z */
	STRAY_ROUNDS = 1000,
	LEAVING_MS = 10000 /* for a task's process to go once its end of the pipe is shut */
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

/* ---- one task -------------------------------------------------------------------------------------- */

static void task_process(const struct task *task, int fd, pid_t runner)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0); /* nobody but root traces it */
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

static int task_start(struct schedule *schedule, struct task *task)
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
	if (!schedule->began)
		schedule->began = descendants_start_time(pid);
	task->pid = pid;
	task->pipe = pipes[0];
	task->state = TASK_RUNNING;
	task->stopped = 0;
	task->started = clock_now();
	return 0;
}

/* Reads what there is of its line.  Returns 1 at its end, which is the process's.  Never waits for more: a task may be
 * stopped between its line and its end. */
static int task_hear(struct task *task)
{
	char beyond[64];
	size_t len = strlen(task->said), room = sizeof(task->said) - 1 - len;
	ssize_t n = read(task->pipe, room ? task->said + len : beyond, room ? room : sizeof(beyond));
	if (n > 0 && room)
		task->said[len + (size_t)n] = '\0';
	return n == 0 || (n < 0 && errno != EINTR);
}

/* ---- what a program did to us ------------------------------------------------------------------------ */

/* What is not to be killed: the tasks that run, and children that the caller had before. */
struct spared {
	struct descendants_spare spare;
	pid_t pid[SLOTS_MAX];
};

static void spared_fill(struct spared *spared, const struct schedule *schedule, const struct task *but)
{
	spared->spare = (struct descendants_spare){ spared->pid, 0, schedule->began };
	for (size_t i = 0; i < schedule->count && spared->spare.count < SLOTS_MAX; i++)
		if (schedule->tasks[i].state == TASK_RUNNING && &schedule->tasks[i] != but)
			spared->pid[spared->spare.count++] = schedule->tasks[i].pid;
}

/* Kills what no running task accounts for, and names it. */
static void strays_kill(const struct schedule *schedule, char *names, size_t names_len)
{
	struct spared spared;
	spared_fill(&spared, schedule, NULL);
	if (descendants_signal(0, &spared.spare, names, names_len) <= 0)
		return;
	for (int round = 0; round < STRAY_ROUNDS && descendants_kill(&spared.spare) > 0; round++)
		poll(NULL, 0, 5);
}

/* Kills a task with all below it, whoever keeps it stopped.  Returns its status. */
static int task_kill(const struct schedule *schedule, const struct task *task)
{
	struct spared spared;
	int status = SIGKILL;
	spared_fill(&spared, schedule, task);
	descendants_end(task->pid, &spared.spare, &status);
	return status;
}

static void task_end(const struct schedule *schedule, struct task *task, int status)
{
	char left[256] = "";
	close(task->pipe);
	task->state = TASK_DONE;
	task->error = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
	if (WIFSIGNALED(status)) {
		strays_kill(schedule, left, sizeof(left));
		diag_set(&task->diag, EIO, "%s: the runner's own process was killed by %s%s%s", task->name,
		    strsignal(WTERMSIG(status)), *left ? "; killed what it left: " : "", left);
	} else if (task->error) {
		diag_set(&task->diag, EIO, "%s", *task->said ? task->said : "the task failed without a word");
	}
}

/* Its end of the pipe is shut: it is gone, or all but. */
static void task_leave(const struct schedule *schedule, struct task *task)
{
	int status;
	if (descendants_reap(task->pid, LEAVING_MS, &status) < 0)
		status = task_kill(schedule, task);
	task_end(schedule, task, status);
}

/* Returns 1 when the task was killed, since something keeps it stopped. */
static int task_look(const struct schedule *schedule, struct task *task)
{
	char state = descendants_state(task->pid);
	task->stopped = state == 'T' || state == 't' ? task->stopped + 1 : 0;
	if (task->stopped)
		kill(task->pid, SIGCONT);
	if (task->stopped < STOPPED_LOOKS)
		return 0;
	int status = task_kill(schedule, task);
	diag_set(&task->diag, EIO,
	    "%s: the runner's own process was kept stopped %s, most likely by the program under test", task->name,
	    state == 't' ? "by a tracer" : "by signals");
	task_end(schedule, task, status);
	return 1;
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
	int heard = poll(fds, count, TICK_MS), look = clock_now() >= schedule->next_look;
	if (look)
		schedule->next_look = clock_now() + TICK_MS / 1e3;
	for (nfds_t i = 0; i < count; i++) {
		int over = 0;
		if (heard > 0 && fds[i].revents && (over = task_hear(of[i])))
			task_leave(schedule, of[i]);
		if (!over && !(look && task_look(schedule, of[i])))
			continue;
		if (schedule->done(of[i], schedule->context))
			made(schedule, of[i]);
		ended++;
	}
	return ended;
}

static void kill_all(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->count; i++)
		if (schedule->tasks[i].state == TASK_RUNNING)
			task_end(schedule, &schedule->tasks[i], task_kill(schedule, &schedule->tasks[i]));
}

static int loop(struct schedule *schedule)
{
	size_t left = schedule->count;
	int slots = schedule->slots < SLOTS_MAX ? schedule->slots : SLOTS_MAX, running = 0;
	while (left > 0) {
		struct task *task;
		while (!interrupted && running < slots && (task = next_ready(schedule))) {
			int error = task_start(schedule, task);
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
	schedule->began = 0;
	schedule->next_look = 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* what a killed task leaves comes here */
	sigaction(SIGINT, &action, &old_int);
	sigaction(SIGTERM, &action, &old_term);
	int error = loop(schedule);
	if (error)
		kill_all(schedule);
	if (schedule->began)
		strays_kill(schedule, NULL, 0);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	return error;
}
