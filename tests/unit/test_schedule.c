/* Tasks whose programs stop, trace and kill what is above them (tests/fixtures/misbehave.c): each task ends with a line
 * that says so, the others go on, and nothing is left that carries this test's mark. */
#include "runner/schedule/schedule.h"

#include "runner/process/supervise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Nobody but root may trace us, and not every root. */
#define UNTRACED "exit status 77"

static char misbehave[512], mark[64];

/* Processes whose file of that name in /proc holds the text. */
static int processes(const char *file, const char *text)
{
	int count = 0;
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (struct dirent *entry; (entry = readdir(proc));) {
		char path[300], bytes[16384];
		snprintf(path, sizeof path, "/proc/%s/%s", entry->d_name, file);
		int fd = atoi(entry->d_name) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
		if (fd >= 0)
			close(fd);
		count += n > 0 && memmem(bytes, (size_t)n, text, strlen(text)) != NULL;
	}
	closedir(proc);
	return count;
}

static void assert_nothing_left(void)
{
	assert_int_equal(processes("environ", mark), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

struct order {
	const char *name, *number;
	int timeout_ms;
	const char *line; /* a part of the task's line; what is not to be in it */
	const char *not;
	const char *other; /* what may be in it instead of line */
};

/* In the task: runs the program; the line is how it ended. */
static int run_order(const void *argument, struct diag *diag)
{
	const struct order *order = argument;
	const char *argv[] = { misbehave, order->name, order->number, NULL }, *env[] = { mark, NULL };
	struct child_spec spec = { .argv = argv, .env = env, .timeout_ms = order->timeout_ms };
	struct child_result result;
	struct buf text = BUF_INIT;
	if (child_run(&spec, &result))
		return diag_set(diag, EIO, "no child");
	child_describe(&result, &text);
	return diag_set(diag, EIO, "%s", text.data);
}

static int on_done(struct task *task, void *context)
{
	++*(int *)context;
	print_message("  %s: %s\n", task->name, task->diag.line);
	return 0;
}

static void on_started(struct task *task, void *context)
{
	(void)task;
	(void)context;
}

static void on_tick(void *context) { (void)context; }

static int run_orders(const struct order *orders, size_t count, struct task *tasks, int *done)
{
	for (size_t i = 0; i < count; i++) {
		tasks[i] = (struct task){ .run = run_order,
			.argument = &orders[i],
			.after = { TASK_NONE, TASK_NONE, TASK_NONE },
			.first = { "", "", "" } };
		snprintf(tasks[i].name, sizeof tasks[i].name, "%s %s", orders[i].name, orders[i].number);
	}
	struct schedule schedule = { .tasks = tasks,
		.count = count,
		.slots = 4,
		.done = on_done,
		.started = on_started,
		.tick = on_tick,
		.context = done };
	return schedule_run(&schedule);
}

/* The first one lives through the sweeps after the others; a child that the runner had before is not its own. */
static void test_violence(void **state)
{
	(void)state;
	static const struct order orders[] = {
		{ "deaf", "0", 14000, "timed out after 14 s", "reaper", NULL },
		{ "attach", "2", 50000, "kept stopped by a tracer", NULL, NULL },
		{ "coup", "0", 50000, "killed what it left", NULL,
		    "its reaper was killed" }, /* the task lived to see it */
		{ "halt", "2", 400, "timed out after 0.4 s", "reaper", NULL },
		{ "halt", "1", 400, "its reaper was stopped", NULL, NULL },
		{ "attach", "1", 400, "its reaper was stopped by a tracer", NULL, NULL },
		{ "parricide", "0", 50000, "its reaper was killed", NULL, NULL },
		{ "exit", "3", 50000, "exit status 3", "reaper", NULL },
	};
	enum { COUNT = sizeof orders / sizeof *orders };
	struct task tasks[COUNT];
	int done = 0;
	pid_t own = fork();
	if (own == 0) {
		alarm(120);
		for (;;)
			pause();
	}
	usleep(30000); /* start times are in ticks of 10 ms */
	assert_int_equal(run_orders(orders, COUNT, tasks, &done), 0);
	assert_int_equal(done, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(tasks[i].error, -EIO);
		const char *line = tasks[i].diag.line, *other = orders[i].other;
		if (!strcmp(orders[i].name, "attach") && (geteuid() || strstr(line, UNTRACED)))
			assert_string_equal(line, UNTRACED);
		else
			assert_true(strstr(line, orders[i].line) || (other && strstr(line, other)));
		if (orders[i].not)
			assert_null(strstr(tasks[i].diag.line, orders[i].not));
	}
	assert_int_equal(waitpid(own, NULL, WNOHANG), 0);
	kill(own, SIGKILL);
	assert_int_equal(waitpid(own, NULL, 0), own);
	assert_nothing_left();
}

/* kill -9 of the runner while a program has stopped its reaper. */
static void test_runner_killed(void **state)
{
	(void)state;
	static const struct order orders[] = { { "halt", "1", 50000, NULL, NULL, NULL },
		{ "halt", "2", 50000, NULL, NULL, NULL } };
	struct task tasks[2];
	int done = 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* who outlives it comes to us: seen to be gone, too */
	pid_t runner = fork();
	if (runner == 0)
		_exit(run_orders(orders, 2, tasks, &done) != 0);
	int waited = 0;
	while ((processes("stat", "(tlsm-reaper) T") < 1 || processes("environ", mark) < 4) && waited++ < 2000)
		usleep(10000);
	assert_true(waited < 2000);
	kill(runner, SIGKILL);
	waited = 0;
	for (pid_t gone; (gone = waitpid(-1, NULL, WNOHANG)) >= 0 && waited < 3000; waited += gone == 0)
		usleep(gone == 0 ? 10000 : 0);
	assert_true(waited < 3000);
	assert_nothing_left();
}

int main(void)
{
	const char *build = getenv("TLSMATRIX_BUILD");
	snprintf(misbehave, sizeof misbehave, "%s/fixtures/misbehave", build ? build : "build");
	snprintf(mark, sizeof mark, "TLSMATRIX_TEST_MARK=%d.%ld", getpid(), (long)time(NULL));
	if (access(misbehave, X_OK) < 0) {
		fprintf(stderr, "test_schedule: needs %s (make unit builds it)\n", misbehave);
		return 1;
	}
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_violence), cmocka_unit_test(test_runner_killed) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
