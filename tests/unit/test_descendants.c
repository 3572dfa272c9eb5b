/* Who lives, and who is only not gone yet: a first of a namespace that was killed waits for the others of it, one of
 * which is a zombie for as long as its tracer, here the test, does not look. */
#include "runner/process/descendants.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_US = 1000, TRIES = 20000 };

static char state_of(pid_t pid)
{
	char state = descendants_state(pid);
	return state ? state : 'X';
}

/* The state comes, however busy the machine is. */
static void await(pid_t pid, char state)
{
	for (int tries = 0; state_of(pid) != state && tries < TRIES; tries++)
		usleep(SOON_US);
	assert_int_equal(state_of(pid), state);
}

static pid_t child_that(void (*does)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nobody behind */
		does();
		_exit(0);
	}
	return child;
}

static void waits(void)
{
	for (;;)
		pause();
}

static void test_living_and_zombie(void **state)
{
	(void)state;
	char names[256];
	int dying, status;
	pid_t child = child_that(waits);
	assert_int_equal(descendants_living(names, sizeof names, &dying), 1);
	assert_int_equal(dying, 0);
	char expected[32];
	snprintf(expected, sizeof expected, "%d (", (int)child);
	assert_non_null(strstr(names, expected));
	kill(child, SIGKILL);
	await(child, 'Z');
	assert_int_equal(descendants_living(names, sizeof names, &dying), 0);
	assert_int_equal(dying, 0);
	assert_int_equal(waitpid(child, &status, 0), child);
}

static int told[2]; /* the number of the second of the namespace, as the outside has it */

static void first_of_namespace(void)
{
	child_that(waits);
	waits();
}

/* Its child is the first of a new namespace. */
static void makes_namespace(void)
{
	if (unshare(CLONE_NEWPID) != 0)
		_exit(errno == EPERM ? 77 : 78);
	pid_t first = child_that(first_of_namespace);
	if (write(told[1], &first, sizeof first) != sizeof first)
		_exit(78);
	waits();
}

/* The only child of a process; 0 while there is none. */
static pid_t only_child(pid_t parent)
{
	char path[64];
	int child = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%d", &child) != 1)
		child = 0;
	if (file)
		fclose(file);
	return child;
}

static void test_dying_first_of_a_namespace(void **state)
{
	(void)state;
	char names[256];
	int dying, status;
	pid_t first = 0, second = 0;
	assert_int_equal(pipe(told), 0);
	pid_t maker = child_that(makes_namespace);
	close(told[1]);
	if (read(told[0], &first, sizeof first) != sizeof first) {
		assert_int_equal(waitpid(maker, &status, 0), maker);
		close(told[0]);
		assert_int_equal(WEXITSTATUS(status), 77);
		skip(); /* who may not make a namespace has none that dies */
	}
	close(told[0]);
	for (int tries = 0; !second && tries < TRIES; tries++, usleep(SOON_US))
		second = only_child(first);
	assert_int_equal(ptrace(PTRACE_SEIZE, second, 0, 0), 0);
	assert_int_equal(descendants_living(names, sizeof names, &dying), 3);
	assert_int_equal(dying, 0);
	kill(first, SIGKILL);
	await(second, 'Z');
	assert_int_not_equal(state_of(first), 'Z');
	assert_int_equal(descendants_living(names, sizeof names, &dying), 1); /* the maker */
	assert_int_equal(dying, 1);
	assert_int_equal(waitpid(second, &status, __WALL), second);
	await(first, 'Z');
	assert_int_equal(descendants_living(names, sizeof names, &dying), 1);
	assert_int_equal(dying, 0);
	kill(maker, SIGKILL);
	assert_int_equal(waitpid(maker, &status, 0), maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_living_and_zombie),
		cmocka_unit_test(test_dying_first_of_a_namespace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
