/* Every way of misbehaving in tests/fixtures/misbehave.c ends with the right result and with
 * nothing left: no process that carries this test's mark in its environment, no child, no
 * descriptor.  Time limits are generous: this may run beside anything else. */
#include "runner/process/supervise.h"

#include "matrix/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char misbehave[512], gohang[512], mark[64];

/* Processes whose environment has the mark; zombies have none. */
static int marked(void)
{
	int count = 0;
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (struct dirent *entry; (entry = readdir(proc));) {
		char path[300], text[16384];
		snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
		int fd = atoi(entry->d_name) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
		if (fd >= 0)
			close(fd);
		count += n > 0 && memmem(text, (size_t)n, mark, strlen(mark)) != NULL;
	}
	closedir(proc);
	return count;
}

static int open_fds(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void assert_nothing_left(void)
{
	assert_int_equal(marked(), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static struct child_spec spec_of(const char *const *argv, int timeout_ms)
{
	static const char *env[] = { mark, "PATH=/usr/bin:/bin", NULL };
	return (struct child_spec){ .argv = argv, .env = env, .timeout_ms = timeout_ms };
}

static struct child *start(const char *name, const char *number, int timeout_ms)
{
	const char *argv[] = { misbehave, name, number, NULL };
	struct child_spec spec = spec_of(argv, timeout_ms);
	struct child *child;
	assert_int_equal(child_start(&spec, &child), 0);
	return child;
}

static struct child_result run(const char *name, const char *number, int timeout_ms)
{
	const char *argv[] = { misbehave, name, number, NULL };
	struct child_spec spec = spec_of(argv, timeout_ms);
	struct child_result result;
	assert_int_equal(child_run(&spec, &result), 0);
	return result;
}

/* ---- every behaviour ---- */

enum { NO_LIMIT = 50000, SHORT = 400 };

static const struct situation {
	const char *name, *number;
	int timeout_ms;
	enum child_how how;
	int status;
	const char *left;    /* a part of the names of what was left, NULL: nothing was */
	const char *printed; /* a part of stdout or stderr */
} situations[] = {
	{ "exit", "0", NO_LIMIT, CHILD_EXITED, 0, NULL, NULL },
	{ "exit", "77", NO_LIMIT, CHILD_EXITED, 77, NULL, NULL },
	{ "crash", "0", NO_LIMIT, CHILD_SIGNALED, SIGSEGV, NULL, NULL },
	{ "crash", "9", NO_LIMIT, CHILD_SIGNALED, SIGKILL, NULL, NULL },
	{ "hang", "0", SHORT, CHILD_TIMEOUT, SHORT, NULL, "about to hang" },
	{ "deaf", "0", SHORT, CHILD_TIMEOUT, SHORT, NULL, "about to hang" },
	{ "stopped", "0", SHORT, CHILD_TIMEOUT, SHORT, NULL, "this is where it hangs" },
	{ "dump", "0", SHORT, CHILD_TIMEOUT, SHORT, NULL, "this is where it hangs" },
	{ "setsid", "0", NO_LIMIT, CHILD_LEAK, 0, "(misbehave)", NULL },
	{ "daemon", "5", NO_LIMIT, CHILD_LEAK, 5, "((odd) name)", NULL },
	{ "holder", "0", NO_LIMIT, CHILD_LEAK, 0, "(misbehave)", "has my stdout" },
	{ "late", "20", NO_LIMIT, CHILD_EXITED, 0, NULL, NULL },
	{ "orphan", "11", NO_LIMIT, CHILD_SIGNALED, SIGSEGV, "(misbehave)", NULL },
	{ "storm", "200", 1500, CHILD_TIMEOUT, 1500, NULL, NULL },
	{ "traced", "0", SHORT, CHILD_TIMEOUT, SHORT, NULL, NULL },
	{ "reaper", "0", NO_LIMIT, CHILD_LEAK, 0, "(misbehave)", NULL },
	{ "brother", "0", NO_LIMIT, CHILD_LEAK, 0, "(misbehave)", NULL },
	{ "group", "15", NO_LIMIT, CHILD_SIGNALED, SIGTERM, NULL, NULL },
	{ "garbled", "3", NO_LIMIT, CHILD_EXITED, 3, NULL, "#tlsm:1 5" },
};

static void test_situations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		const struct situation *want = &situations[i];
		double from = clock_now();
		struct child_result result = run(want->name, want->number, want->timeout_ms);
		print_message("  %s %s: how %d status %d left '%s' in %.2f s\n", want->name, want->number,
		    (int)result.how, result.status, result.left, clock_now() - from);
		assert_int_equal(result.how, want->how);
		assert_int_equal(result.status, want->status);
		if (want->left)
			assert_non_null(strstr(result.left, want->left));
		else
			assert_string_equal(result.left, "");
		if (want->printed)
			assert_true(memmem(result.out.data, result.out.len, want->printed, strlen(want->printed)) ||
			    memmem(result.err.data, result.err.len, want->printed, strlen(want->printed)));
		if (want->how == CHILD_TIMEOUT)
			assert_true(result.seconds >= want->timeout_ms / 1e3);
		assert_true(clock_now() - from < 40);
		child_result_free(&result);
		assert_nothing_left();
	}
}

/* A chain of processes that each fork the next and exit is caught before it ends by itself, which
 * takes it a second.  (No longer a chain: unreaped, by a broken reaper, it would fill the machine's
 * table of processes.) */
static void test_chain(void **state)
{
	(void)state;
	struct child_result result = run("chain", "8000", NO_LIMIT);
	print_message("  chain: how %d in %.2f s\n", (int)result.how, result.seconds);
	assert_int_equal(result.how, CHILD_LEAK);
	child_result_free(&result);
	assert_nothing_left();
}

static void test_go_dump(void **state)
{
	(void)state;
	const char *argv[] = { gohang, NULL };
	struct child_spec spec = spec_of(argv, 700);
	struct child_result result;
	assert_int_equal(child_run(&spec, &result), 0);
	assert_int_equal(result.how, CHILD_TIMEOUT);
	assert_string_equal(result.out.data, "hanging\n");
	assert_non_null(strstr(result.err.data, "SIGQUIT: quit"));
	assert_non_null(strstr(result.err.data, "main.holdsForever"));
	assert_true(result.silent_seconds > 0 && result.silent_seconds <= 0.7);
	child_result_free(&result);
	assert_nothing_left();
}

/* ---- what a program gets ---- */

static void test_world_of_a_program(void **state)
{
	(void)state;
	const char *argv[] = { "misbehave", "describe", NULL };
	char path[600], want[2000];
	snprintf(path, sizeof path, "PATH=/proc/no-such::%.*s", (int)(strrchr(misbehave, '/') - misbehave), misbehave);
	const char *env[] = { path, mark, NULL };
	struct child_spec spec = { .argv = argv, .env = env, .cwd = "/", .timeout_ms = NO_LIMIT };
	struct child_result result;
	int leaky = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
	sigset_t usr;
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr, NULL);
	signal(SIGUSR2, SIG_IGN);
	struct {
		void (*handler)(int);
		long rest[7];
	} ignored = { SIG_IGN, { 0 } };
	syscall(SYS_rt_sigaction, 32, &ignored, NULL, 8); /* as who comes from glibc's posix_spawn has it */
	assert_int_equal(child_run(&spec, &result), 0);
	signal(SIGUSR2, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &usr, NULL);
	close(leaky);
	snprintf(want, sizeof want, "fd 0 char\nfd 1 pipe\nfd 2 pipe\ncore 0\numask 022\ncwd /\nenv %s\nenv %s\n", path,
	    mark);
	assert_string_equal(result.out.data, want);
	child_result_free(&result);

	spec.env = NULL;
	argv[0] = misbehave;
	assert_int_equal(child_run(&spec, &result), 0);
	assert_null(strstr(result.out.data, "env "));
	child_result_free(&result);
}

static void test_not_started(void **state)
{
	(void)state;
	static const struct {
		const char *program, *cwd;
		int error;
	} starts[] = {
		{ "/proc/no-such/program", NULL, ENOENT },
		{ "no-such-program-anywhere", NULL, ENOENT },
		{ "/etc/passwd", NULL, EACCES },
		{ "/bin/true", "/proc/no-such", ENOENT },
		{ "", NULL, ENOENT },
	};
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		const char *argv[] = { starts[i].program, NULL };
		struct child_spec spec = spec_of(argv, NO_LIMIT);
		struct child_result result;
		spec.cwd = starts[i].cwd;
		assert_int_equal(child_run(&spec, &result), 0);
		assert_int_equal(result.how, CHILD_NOT_STARTED);
		assert_int_equal(result.status, starts[i].error);
		child_result_free(&result);
		assert_nothing_left();
	}
}

/* ---- output ---- */

static void test_output(void **state)
{
	(void)state;
	const char *argv[] = { misbehave, "output", "3000", NULL };
	struct child_spec spec = spec_of(argv, NO_LIMIT);
	struct child_result result;
	spec.output_limit = 1000;
	assert_int_equal(child_run(&spec, &result), 0);
	assert_int_equal(result.how, CHILD_EXITED);
	assert_int_equal(result.out.len, 1000);
	assert_int_equal(result.err.len, 1000);
	assert_int_equal(result.dropped, 4000);
	assert_memory_equal(result.out.data, "abcdefghi\nabc", 13);
	assert_memory_equal(result.err.data, "ABCDEFGHI\nABC", 13);
	child_result_free(&result);

	spec.merge = 1;
	spec.output_limit = 0;
	assert_int_equal(child_run(&spec, &result), 0);
	assert_int_equal(result.out.len, 6000);
	assert_int_equal(result.err.len, 0);
	child_result_free(&result);
}

static void test_flood(void **state)
{
	(void)state;
	const char *argv[] = { misbehave, "flood", NULL };
	struct child_spec spec = spec_of(argv, NO_LIMIT);
	struct child_result result;
	spec.output_limit = 100000;
	assert_int_equal(child_run(&spec, &result), 0);
	assert_int_equal(result.how, CHILD_FLOOD);
	assert_int_equal(result.out.len, 100000);
	assert_true(result.dropped >= 15 * 100000);
	child_result_free(&result);
	assert_nothing_left();
}

static void test_usage(void **state)
{
	(void)state;
	struct child_result result = run("burn", "300", NO_LIMIT);
	assert_int_equal(result.how, CHILD_EXITED);
	assert_int_equal(result.status, 0);
	assert_true(result.max_rss_kb >= 300 * 1024);
	assert_true(result.cpu_seconds >= 0.19 && result.cpu_seconds <= result.seconds * 4);
	child_result_free(&result);

	/* A runner that is larger than the program does not pass its size off as the program's. */
	size_t len = (size_t)100 << 20;
	char *memory = malloc(len);
	assert_non_null(memory);
	memset(memory, 1, len);
	result = run("exit", "0", NO_LIMIT);
	free(memory);
	assert_int_equal(result.max_rss_kb, 0);
	child_result_free(&result);
}

/* ---- several at once ---- */

/* While one floods, the others are served, and end with results of their own. */
static void test_side_by_side(void **state)
{
	(void)state;
	struct child *children[10] = { start("flood", "0", 3000), start("deaf", "0", SHORT), NULL,
		start("daemon", "7", NO_LIMIT) };
	for (size_t i = 4; i < 10; i++)
		children[i] = start("describe", "0", NO_LIMIT);
	size_t over = 0;
	while (over < 9) {
		int i = children_wait(children, 10, 30000);
		assert_in_range(i, 0, 9);
		struct child_result result;
		child_finish(children[i], &result);
		children[i] = NULL;
		over++;
		if (i >= 4) /* no pipe of the others */
			assert_memory_equal(result.out.data, "fd 0 char\nfd 1 pipe\nfd 2 pipe\ncore", 34);
		else
			assert_int_equal(result.how,
			    i == 0     ? (result.how == CHILD_FLOOD ? CHILD_FLOOD : CHILD_TIMEOUT) :
				i == 1 ? CHILD_TIMEOUT :
					 CHILD_LEAK);
		child_result_free(&result);
	}
	assert_int_equal(children_wait(children, 10, -1), -EAGAIN);
	assert_nothing_left();
}

static void test_wait_returns(void **state)
{
	(void)state;
	struct child *child = start("deaf", "0", NO_LIMIT);
	double from = clock_now();
	assert_int_equal(children_wait(&child, 1, 50), -EAGAIN);
	assert_true(clock_now() - from >= 0.05);
	child_kill(child);
	assert_int_equal(children_wait(&child, 1, 30000), 0);
	child_kill(child); /* too late, and harmless */
	struct child_result result;
	child_finish(child, &result);
	assert_int_equal(result.how, CHILD_SIGNALED);
	assert_int_equal(result.status, SIGKILL);
	child_result_free(&result);

	child = start("storm", "50", NO_LIMIT);
	usleep(100000);
	child_finish(child, &result); /* not over: killed */
	assert_int_equal(result.how, CHILD_SIGNALED);
	child_result_free(&result);
	assert_nothing_left();
}

static void on_alarm(int signal) { (void)signal; }

static void test_wait_is_interrupted(void **state)
{
	(void)state;
	struct child *child = start("deaf", "0", NO_LIMIT);
	struct sigaction action = { .sa_handler = on_alarm }, before;
	sigaction(SIGALRM, &action, &before);
	struct itimerval soon = { { 0, 50000 }, { 0, 50000 } }, off = { { 0, 0 }, { 0, 0 } };
	setitimer(ITIMER_REAL, &soon, NULL);
	int got = children_wait(&child, 1, 30000);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(got, -EINTR);
	struct child_result result;
	child_finish(child, &result);
	child_result_free(&result);
	assert_nothing_left();
}

static void test_a_hundred(void **state)
{
	(void)state;
	int fds = open_fds();
	double from = clock_now();
	for (int i = 0; i < 100; i++) {
		struct child_result result = run("exit", "3", NO_LIMIT);
		assert_int_equal(result.how, CHILD_EXITED);
		assert_int_equal(result.status, 3);
		child_result_free(&result);
	}
	print_message("  100 children in %.0f ms\n", (clock_now() - from) * 1e3);
	assert_int_equal(open_fds(), fds);
	assert_nothing_left();
}

/* Whatever step of a start the descriptors run out at: an error, and none kept. */
static void test_no_descriptors(void **state)
{
	(void)state;
	const char *argv[] = { misbehave, "exit", NULL };
	struct child_spec spec = spec_of(argv, NO_LIMIT);
	struct rlimit before, tight;
	int fds = open_fds(), started = 0;
	getrlimit(RLIMIT_NOFILE, &before);
	for (rlim_t room = 1; room < 40 && !started; room++) {
		struct child *child = NULL;
		tight = (struct rlimit){ (rlim_t)room, before.rlim_max };
		setrlimit(RLIMIT_NOFILE, &tight);
		int error = child_start(&spec, &child);
		setrlimit(RLIMIT_NOFILE, &before);
		started = error == 0;
		if (started) {
			struct child_result result;
			while (children_wait(&child, 1, 30000) != 0)
				;
			child_finish(child, &result);
			child_result_free(&result);
		} else {
			assert_int_equal(error, -EMFILE);
			assert_null(child);
		}
		assert_int_equal(open_fds(), fds);
	}
	assert_true(started);
	assert_nothing_left();
}

/* ---- violence against us ---- */

/* A program that kills its reaper is the end of the program too, and of what it left behind, but
 * not of the runner's other children, kept or not. */
static void test_keeper_killed(void **state)
{
	(void)state;
	pid_t own = fork();
	if (own == 0) {
		alarm(60);
		for (;;)
			pause();
	}
	usleep(30000); /* start times are in ticks of 10 ms */
	struct child *other = start("deaf", "0", NO_LIMIT);
	struct child_result result = run("parricide", "0", NO_LIMIT);
	assert_int_equal(result.how, CHILD_SIGNALED);
	assert_int_equal(result.status, SIGKILL);
	assert_string_equal(result.keeper, "was killed");
	child_result_free(&result);
	assert_int_equal(marked(), 1); /* the other child lives on */
	assert_int_equal(waitpid(own, NULL, WNOHANG), 0);
	kill(own, SIGKILL);
	assert_int_equal(waitpid(own, NULL, 0), own);
	child_finish(other, &result);
	child_result_free(&result);
	assert_nothing_left();
}

/* A program that stops its reaper, or traces it from a session of its own, comes to its end all the same, at its limit
 * or when it is killed, and nothing of it is left; its neighbour notices nothing. */
static void test_keeper_stopped(void **state)
{
	(void)state;
	static const struct {
		const char *name, *number, *keeper;
		int timeout_ms;
	} rows[] = {
		{ "halt", "1", "was stopped", SHORT },
		{ "attach", "1", "was stopped by a tracer", SHORT },
		{ "deaf", "0", "", 22000 },
		{ "halt", "1", "was stopped", NO_LIMIT },
	};
	enum { ROWS = sizeof rows / sizeof *rows };
	struct child *children[ROWS];
	for (size_t i = 0; i < ROWS; i++)
		children[i] = start(rows[i].name, rows[i].number, rows[i].timeout_ms);
	usleep(500000);
	child_kill(children[ROWS - 1]);
	for (size_t over = 0; over < ROWS; over++) {
		int i = children_wait(children, ROWS, 45000);
		assert_in_range(i, 0, ROWS - 1);
		struct child_result result;
		child_finish(children[i], &result);
		children[i] = NULL;
		if (result.how == CHILD_EXITED && result.status == 77 && strcmp(rows[i].name, "attach") == 0)
			continue; /* it may not trace us: nobody but root may */
		assert_false(geteuid() && strcmp(rows[i].name, "attach") == 0);
		assert_int_equal(result.how, i == ROWS - 1 ? CHILD_SIGNALED : CHILD_TIMEOUT);
		assert_string_equal(result.keeper ? result.keeper : "", rows[i].keeper);
		child_result_free(&result);
	}
	assert_nothing_left();
}

/* The body of a runner that will be killed: children of the worst kinds, then says "ready". */
static void doomed_runner(int ready)
{
	static const char *const names[] = { "daemon", "deaf", "storm", "setsid", "traced", "flood", "halt" };
	struct child *children[7];
	siginfo_t info;
	for (size_t i = 0; i < 7; i++)
		children[i] = start(names[i], i == 6 ? "1" : "20", NO_LIMIT);
	if (waitid(P_ALL, 0, &info, WSTOPPED | WNOWAIT) < 0) /* the last one's reaper */
		_exit(1);
	if (write(ready, "x", 1) == 1)
		for (;;)
			children_wait(children + 1, 1, 1000);
	_exit(1);
}

static void test_runner_killed(void **state)
{
	(void)state;
	int ready[2];
	char byte;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* its reapers come to us: seen to be gone, too */
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t runner = fork();
	if (runner == 0)
		doomed_runner(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	double from = clock_now();
	while (marked() < 5 && clock_now() - from < 20)
		usleep(10000);
	assert_true(marked() >= 5);
	kill(runner, SIGKILL);
	from = clock_now();
	for (pid_t gone; (gone = waitpid(-1, NULL, WNOHANG)) >= 0;) {
		assert_true(clock_now() - from < 30);
		if (gone == 0)
			usleep(1000);
	}
	print_message("  all gone %.0f ms after the runner\n", (clock_now() - from) * 1e3);
	assert_nothing_left();
}

static void test_describe(void **state)
{
	(void)state;
	static const struct {
		struct child_result result;
		const char *text;
	} rows[] = {
		{ { .how = CHILD_EXITED, .status = 1 }, "exit status 1" },
		{ { .how = CHILD_SIGNALED, .status = SIGSEGV }, "killed by SIGSEGV" },
		{ { .how = CHILD_SIGNALED, .status = 40 }, "killed by signal 40" },
		{ { .how = CHILD_TIMEOUT, .status = 20000, .silent_seconds = 19 },
		    "timed out after 20 s (silent for 19 s)" },
		{ { .how = CHILD_TIMEOUT, .status = 3600, .silent_seconds = 3, .keeper = "was stopped" },
		    "timed out after 3.6 s (silent for 3 s); its reaper was stopped, most likely by the program" },
		{ { .how = CHILD_LEAK, .status = 0, .left = "12 (sleep)" },
		    "exit status 0, but it left behind 12 (sleep)" },
		{ { .how = CHILD_FLOOD, .out = { NULL, 10, 0 }, .dropped = 160 },
		    "killed for its output: 10 bytes kept, 160 more dropped" },
		{ { .how = CHILD_NOT_STARTED, .status = ENOENT }, "could not be started: No such file or directory" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf text = BUF_INIT;
		child_describe(&rows[i].result, &text);
		assert_string_equal(text.data, rows[i].text);
		buf_free(&text);
	}
}

int main(void)
{
	const char *build = getenv("TLSMATRIX_BUILD");
	snprintf(misbehave, sizeof misbehave, "%s/fixtures/misbehave", build ? build : "build");
	snprintf(gohang, sizeof gohang, "%s/fixtures/gohang", build ? build : "build");
	snprintf(mark, sizeof mark, "TLSMATRIX_TEST_MARK=%d.%ld", getpid(), (long)time(NULL));
	char *absolute = realpath(misbehave, NULL);
	if (!absolute || access(gohang, X_OK) < 0) {
		fprintf(stderr, "test_supervise: needs %s and %s (make builds them)\n", misbehave, gohang);
		return 1;
	}
	snprintf(misbehave, sizeof misbehave, "%s", absolute);
	free(absolute);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_situations),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_go_dump),
		cmocka_unit_test(test_world_of_a_program),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_wait_returns),
		cmocka_unit_test(test_wait_is_interrupted),
		cmocka_unit_test(test_a_hundred),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_keeper_killed),
		cmocka_unit_test(test_keeper_stopped),
		cmocka_unit_test(test_runner_killed),
		cmocka_unit_test(test_describe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
