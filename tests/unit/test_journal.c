/* The journal: what goes in comes out; every cut of the file loses at most the last line; a
 * spoiled byte is noticed wherever it is; a full disk loses nothing that was there. */
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/store/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/test-journal-XXXXXX", path[64];

static struct journal *opened(const char *file, enum journal_open how)
{
	struct diag diag = DIAG_INIT;
	struct journal *journal = NULL;
	assert_int_equal(journal_open(file, how, &journal, &diag), 0);
	assert_string_equal(diag.line, "");
	return journal;
}

static int append(struct journal *journal, int number, const char *text, int sync)
{
	json_t *event = json_pack("{s:i, s:s}", "n", number, "text", text);
	int error = journal_append(journal, event, sync);
	json_decref(event);
	return error;
}

/* Events must come as n = 0, 1, 2, ...; context counts them. */
static int expect_next(void *context, json_t *event, size_t line)
{
	int *count = context;
	assert_int_equal(json_integer_value(json_object_get(event, "n")), (*count)++);
	assert_true(line >= (size_t)*count);
	return 0;
}

static int count_all(void *context, json_t *event, size_t line)
{
	(void)event;
	(void)line;
	++*(int *)context;
	return 0;
}

static int stop_at_two(void *context, json_t *event, size_t line)
{
	(void)event;
	(void)context;
	return line == 2 ? 42 : 0;
}

static int whole(const char *file)
{
	int count = 0;
	struct diag diag = DIAG_INIT;
	struct journal_tally tally;
	assert_int_equal(journal_read(file, expect_next, &count, &tally, &diag), 0);
	assert_int_equal(tally.events, count);
	assert_int_equal(tally.torn, 0);
	return count;
}

static void file_write(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static size_t file_take(char *bytes, size_t size)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t len = fread(bytes, 1, size, file);
	fclose(file);
	return len;
}

static void three_events(void)
{
	struct journal *journal = opened(path, JOURNAL_CREATE);
	assert_int_equal(append(journal, 0, "plain", 0), 0);
	assert_int_equal(append(journal, 1, "line\nbreak \"quoted\" \xc3\xa4", 1), 0);
	assert_int_equal(append(journal, 2, "", 0), 0);
	assert_int_equal(journal_close(journal), 0);
}

static void test_round_trip(void **state)
{
	(void)state;
	three_events();
	assert_int_equal(whole(path), 3);
	struct journal *journal = opened(path, JOURNAL_APPEND);
	assert_int_equal(append(journal, 3, "more", 0), 0);
	json_t *array = json_array();
	assert_int_equal(journal_append(journal, array, 0), -EINVAL);
	json_decref(array);
	assert_int_equal(journal_append(journal, NULL, 0), -EINVAL);
	journal_close(journal);
	assert_int_equal(whole(path), 4);
	struct diag diag = DIAG_INIT;
	assert_int_equal(journal_read(path, stop_at_two, NULL, NULL, &diag), 42);
	journal_close(opened(path, JOURNAL_CREATE));
	assert_int_equal(whole(path), 0);
	assert_int_equal(journal_close(NULL), 0);
}

static void test_missing_and_unusable(void **state)
{
	(void)state;
	struct diag diag = DIAG_INIT;
	struct journal *journal = NULL;
	int count = 0;
	assert_int_equal(journal_read("/proc/no-such/journal", count_all, &count, NULL, &diag), -ENOENT);
	assert_non_null(strstr(diag.line, "/proc/no-such/journal"));
	diag.line[0] = 0;
	assert_int_equal(journal_open("/proc/no-such/journal", JOURNAL_CREATE, &journal, &diag), -ENOENT);
	assert_null(journal);
	diag.line[0] = 0;
	assert_int_equal(journal_read("/tmp", count_all, &count, NULL, &diag), -EISDIR);
	assert_true(diag.line[0] != 0);
}

static void test_one_writer(void **state)
{
	(void)state;
	struct journal *first = opened(path, JOURNAL_CREATE), *second = NULL;
	assert_int_equal(append(first, 0, "kept", 0), 0);
	struct diag diag = DIAG_INIT;
	assert_int_equal(journal_open(path, JOURNAL_CREATE, &second, &diag), -EWOULDBLOCK);
	char *self = xprintf("another run (process %d)", (int)getpid());
	assert_non_null(strstr(diag.line, self));
	free(self);
	assert_int_equal(journal_writer(path), getpid());
	assert_null(second);
	journal_close(first);
	assert_int_equal(whole(path), 1);
}

/* Cut at every byte: what is before the cut line is read, and appending goes on from there. */
static void test_torn(void **state)
{
	(void)state;
	char bytes[1024];
	three_events();
	size_t len = file_take(bytes, sizeof bytes);
	for (size_t cut = 0; cut <= len; cut++) {
		int lines = 0, count = 0;
		for (size_t i = 0; i < cut; i++)
			lines += bytes[i] == '\n';
		file_write(bytes, cut);
		struct journal_tally tally;
		struct diag diag = DIAG_INIT;
		assert_int_equal(journal_read(path, expect_next, &count, &tally, &diag), 0);
		assert_int_equal(count, lines);
		assert_int_equal(tally.torn, cut && bytes[cut - 1] != '\n');
		struct journal *journal = opened(path, JOURNAL_APPEND);
		assert_int_equal(append(journal, lines, "after", 0), 0);
		journal_close(journal);
		assert_int_equal(whole(path), lines + 1);
	}
}

/* One bit turned over, anywhere. */
static void test_spoiled(void **state)
{
	(void)state;
	char bytes[1024];
	three_events();
	size_t len = file_take(bytes, sizeof bytes);
	size_t last = (size_t)((char *)memrchr(bytes, '\n', len - 1) - bytes) + 1;
	for (size_t i = 0; i < len * 8; i++) {
		bytes[i / 8] ^= (char)(1 << i % 8);
		file_write(bytes, len);
		int count = 0;
		struct journal_tally tally;
		struct diag diag = DIAG_INIT;
		int got = journal_read(path, count_all, &count, &tally, &diag);
		if (i / 8 >= last && bytes[len - 1] == '\n') {
			/* In the last line; a new newline makes two bad lines of one. */
			assert_int_equal(count, 2);
			assert_int_equal(tally.torn, 1);
			assert_int_equal(got, tally.spoiled ? -EBADMSG : 0);
		} else if (i / 8 >= last) {
			assert_int_equal(got, 0);
			assert_int_equal(tally.torn, 1);
		} else {
			assert_true(count < 3);
			assert_int_equal(got, tally.spoiled ? -EBADMSG : 0);
			assert_true(tally.spoiled + tally.torn > 0);
			if (tally.spoiled) {
				char where[100];
				snprintf(where, sizeof where, "%s:%zu:", path, tally.first_spoiled);
				assert_non_null(strstr(diag.line, where));
			}
		}
		bytes[i / 8] ^= (char)(1 << i % 8);
	}
}

/* Fills a journal until appending fails with the given errors; then all before is whole, and
 * there is room again, appending goes on. */
static void fill(const char *file, int error)
{
	struct journal *journal = opened(file, JOURNAL_CREATE);
	int count = 0, got;
	char text[1500];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	while ((got = append(journal, count, text, 0)) == 0)
		count++;
	assert_int_equal(got, error);
	assert_true(count > 0);
	assert_int_equal(append(journal, count, text, 1), error);
	int before = count;
	while (append(journal, count, "", 0) == 0) /* a short one may still have room */
		count++;
	assert_int_equal(whole(file), count);
	assert_true(count >= before);
	journal_close(journal);
	assert_int_equal(whole(file), count);
}

static void test_file_limit(void **state)
{
	(void)state;
	struct rlimit before, small;
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 10000, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	fill(path, -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	struct journal *journal = opened(path, JOURNAL_APPEND);
	int count = whole(path);
	assert_int_equal(append(journal, count, "room again", 0), 0);
	journal_close(journal);
	assert_int_equal(whole(path), count + 1);
}

/* A disk of 64 KiB, in a mount namespace of its own; skipped where the kernel allows none. */
static void test_full_disk(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		char file[100];
		if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("none", folder, "tmpfs", 0, "size=65536") < 0)
			_exit(77);
		snprintf(file, sizeof file, "%s/full", folder);
		fill(file, -ENOSPC);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("skipped: no file system of its own can be mounted here: not root, or in a container\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The writer is killed at any instant: all it said was appended is there, and at most one more. */
static void test_killed_writer(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		int said[2], number, last = -1;
		assert_int_equal(pipe(said), 0);
		pid_t pid = fork();
		if (pid == 0) {
			struct journal *journal = opened(path, JOURNAL_CREATE);
			for (int i = 0; append(journal, i, "a text of some length", 0) == 0; i++)
				if (write(said[1], &i, sizeof i) < 0)
					break;
			_exit(1);
		}
		close(said[1]);
		for (int i = 0; i < 40 + round * 7 && read(said[0], &number, sizeof number) == sizeof number; i++)
			last = number;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(said[0], &number, sizeof number) == sizeof number)
			last = number;
		close(said[0]);
		int count = 0;
		struct diag diag = DIAG_INIT;
		assert_int_equal(journal_read(path, expect_next, &count, NULL, &diag), 0);
		assert_in_range(count, last + 1, last + 2);
	}
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/journal", mkdtemp(folder) ? folder : "");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_missing_and_unusable),
		cmocka_unit_test(test_one_writer),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_killed_writer),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
