/* The record protocol: both writers against the one reader, and the reader against noise. */
#include "harness/probe/probe.h"
#include "harness/record.h"
#include "matrix/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char gorecord[512], long_text[10001], long_note[5001];

/* The texts of tests/fixtures/gorecord/main.go, and what a reader must see of them. */
static const struct {
	const char *id, *skip, *text, *note, *text_read;
} texts[] = {
	{ "text.plain", NULL, "slot=g offset=promised", "at 0x7f00", NULL },
	{ "text.escapes", NULL, "tab\there\\n is no newline\nbut this is", "\\", NULL },
	{ "text.return", NULL, "a\rb", "", "a b" },
	{ "text.utf8", NULL, "\xc3\xa4\xe2\x82\xac", "\xff\xfe", NULL },
	{ "text.mark", NULL, "\n#tlsm:1 2 3 4\n", "#tlsm:", NULL },
	{ "text.long", NULL, long_text, "lost", "cut" },
	{ "text.long-note", NULL, "short", long_note, NULL },
	{ "text.skip", "no-ptrace", "", "it cannot be seen here", "no-ptrace" },
	{ "text.empty", NULL, "", "", NULL },
};
enum { TEXTS = sizeof texts / sizeof *texts, RECORDS = 2 * TEXTS };

static void write_texts(void)
{
	for (size_t i = 0; i < TEXTS; i++) {
		probe_begin(texts[i].id);
		if (texts[i].skip)
			probe_skip(texts[i].id, texts[i].skip, texts[i].note);
		else
			probe_obs(texts[i].id, texts[i].text, texts[i].note);
	}
	probe_end();
}

/* What body, in a process of its own, prints on its stdout.  Returns its wait status. */
static int output_of(void (*body)(void), struct buf *out)
{
	int pipes[2], status;
	char bytes[4096];
	ssize_t n;
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		close(pipes[0]);
		close(pipes[1]);
		body();
		_exit(0);
	}
	close(pipes[1]);
	while ((n = read(pipes[0], bytes, sizeof bytes)) > 0)
		buf_add_bytes(out, bytes, (size_t)n);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void exec_go(void)
{
	const char *argv[TEXTS + 2] = { gorecord };
	for (size_t i = 0; i < TEXTS; i++)
		argv[i + 1] = texts[i].id;
	execv(gorecord, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static struct records read_buf(const struct buf *bytes)
{
	/* A copy of exactly that size, so that ASan sees a read beyond. */
	char *copy = malloc(bytes->len ? bytes->len : 1);
	struct records records;
	memcpy(copy, bytes->data, bytes->len);
	records_read(copy, bytes->len, &records);
	free(copy);
	return records;
}

static struct records read_text(const char *text)
{
	struct buf bytes = { (char *)(uintptr_t)text, strlen(text), 0 };
	return read_buf(&bytes);
}

static void assert_texts(const struct buf *out)
{
	struct records records = read_buf(out);
	assert_int_equal(records.count, RECORDS);
	assert_int_equal(records.garbled, 0);
	assert_int_equal(records.lost, 0);
	assert_true(records.ended);
	for (size_t i = 0; i < TEXTS; i++) {
		const struct record *found = records_find(&records, texts[i].id);
		const char *want = texts[i].text_read ? texts[i].text_read : texts[i].text;
		assert_true(records_began(&records, texts[i].id));
		assert_non_null(found);
		assert_int_equal(found->kind, texts[i].skip ? RECORD_SKIP : RECORD_OBS);
		if (strcmp(want, "cut") == 0) {
			assert_in_range(strlen(found->text), RECORD_MAX / 2, RECORD_MAX - 1);
			assert_memory_equal(found->text, texts[i].text, strlen(found->text));
			assert_string_equal(found->note, "");
		} else {
			assert_string_equal(found->text, want);
			assert_memory_equal(found->note, texts[i].note, strlen(found->note));
			assert_true(strlen(found->note) == strlen(texts[i].note) || strlen(found->note) > 4000);
		}
	}
	assert_null(records_find(&records, "text"));
	assert_false(records_began(&records, "text.other"));
	records_free(&records);
}

/* The two writers agree to the byte, and the reader understands both. */
static void test_writers(void **state)
{
	(void)state;
	struct buf c = BUF_INIT, go = BUF_INIT;
	assert_int_equal(output_of(write_texts, &c), 0);
	assert_int_equal(output_of(exec_go, &go), 0);
	assert_texts(&c);
	assert_texts(&go);
	assert_int_equal(c.len, go.len);
	assert_memory_equal(c.data, go.data, c.len);
	buf_free(&c);
	buf_free(&go);
}

/* From outside: python3 -c 'import zlib; print(hex(zlib.crc32(b"1 7 begin\ta")))' and so on. */
static const char known[] = "\n#tlsm:1 7 fe0a35f1 begin\ta\n"
			    "\n#tlsm:2 9 fc229bd4 obs\ta\tx\ty\n"
			    "\n#tlsm:3 5 29d4f414 end\t2\n";

static void test_known_bytes(void **state)
{
	(void)state;
	struct records records = read_text(known);
	assert_int_equal(records.count, 2);
	assert_true(records.ended);
	assert_string_equal(records_find(&records, "a")->text, "x");
	records_free(&records);
}

/* ---- noise ---- */

static void write_three(void)
{
	probe_begin("a.b");
	probe_obs("a.b", "yes", "note");
	probe_end();
}

/* Any one byte changed, left out or put in: the records around are read, nothing wrong is believed. */
static void test_every_byte(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	output_of(write_three, &out);
	for (size_t at = 0; at < out.len; at++)
		for (int change = 0; change < 258; change++) {
			struct buf spoiled = BUF_INIT;
			char byte = (char)change;
			if (change < 256 && byte == out.data[at])
				continue;
			buf_add_bytes(&spoiled, out.data, at);
			buf_add_bytes(&spoiled, change == 257 ? "#" : &byte, change == 256 ? 0 : 1);
			buf_add_bytes(&spoiled, out.data + at + (change != 257), out.len - at - (change != 257));
			struct records records = read_buf(&spoiled);
			const struct record *found = records_find(&records, "a.b");
			assert_in_range(records.count, 1, 2);
			if (found) {
				assert_string_equal(found->text, "yes");
				assert_string_equal(found->note, "note");
			}
			/* All three believed only where the change is between the lines. */
			if (records.ended)
				assert_int_equal(records.count + records.lost, 2);
			else
				assert_true(records.garbled + records.lost > 0 ||
				    memmem(spoiled.data, spoiled.len, "#tlsm:3", 7) == NULL);
			records_free(&records);
			buf_free(&spoiled);
		}
	buf_free(&out);
}

/* Cut at every byte: whole lines are read, and it is never "ended". */
static void test_every_cut(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	output_of(write_texts, &out);
	for (size_t len = 0; len < out.len; len++) {
		struct buf cut = { out.data, len, 0 };
		struct records records = read_buf(&cut);
		assert_false(records.ended);
		assert_int_equal(records.lost, 0);
		assert_true(records.garbled <= 1);
		records_free(&records);
	}
	buf_free(&out);
}

static void test_consoles(void **state)
{
	(void)state;
	struct buf out = BUF_INIT, console = BUF_INIT;
	output_of(write_texts, &out);
	for (size_t i = 0; i < out.len; i++) { /* a serial console: CR LF, and a kernel that talks */
		if (out.data[i] == '\n')
			buf_add(&console, "\r\n");
		else
			buf_add_bytes(&console, out.data + i, 1);
		if (out.data[i] == '\n' && i + 1 < out.len && out.data[i + 1] == '\n')
			buf_add_bytes(&console, "[   1.0] kernel says \0 something", 31);
	}
	assert_texts(&console);
	buf_free(&out);
	buf_free(&console);
}

static void test_not_believed(void **state)
{
	(void)state;
	struct buf out = BUF_INIT, twice = BUF_INIT;
	output_of(write_three, &out);
	buf_add_bytes(&twice, out.data, out.len);
	buf_add_bytes(&twice, out.data, out.len);
	struct records records = read_buf(&twice); /* after the end nothing counts */
	assert_int_equal(records.count, 2);
	assert_int_equal(records.garbled, 3);
	assert_true(records.ended);
	records_free(&records);

	const char *second = memmem(out.data, out.len, "\n#tlsm:2", 8);
	struct records lost = read_text(second); /* the first is missing */
	assert_int_equal(lost.count, 1);
	assert_int_equal(lost.lost, 1);
	assert_true(lost.ended);
	assert_int_equal(lost.record[0].harmed, 1);
	records_free(&lost);
	buf_free(&out);
	buf_free(&twice);

	records = read_text("");
	assert_int_equal(records.count + records.garbled + records.lost, 0);
	records = read_text(
	    "noise #tlsm:1 7 00000000 begin\ta\n#tlsm:\n#tlsm:18446744073709551616 1 0 x\n#tlsm:1 99999 00000000 x\n");
	assert_int_equal(records.count, 0);
	assert_int_equal(records.garbled, 4);
	records_free(&records);
}

/* ---- the writer's own duties ---- */

static void write_closed(void)
{
	close(1);
	probe_begin("a");
}

static void keep_errno(void)
{
	errno = 123;
	probe_obs("a", NULL, NULL);
	if (errno != 123)
		_exit(1);
}

/* A full pipe that does not block: the writer waits. */
static void write_slowly(void)
{
	fcntl(1, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 100; i++)
		probe_obs("long", long_note, "");
	probe_end();
}

static void test_writer_duties(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	int status = output_of(write_closed, &out);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 70); /* not a quiet success */
	assert_int_equal(output_of(keep_errno, &out), 0);
	buf_clear(&out);
	assert_int_equal(output_of(write_slowly, &out), 0);
	struct records records = read_buf(&out);
	assert_int_equal(records.count, 100);
	assert_true(records.ended);
	records_free(&records);
	buf_free(&out);
}

int main(void)
{
	const char *build = getenv("TLSMATRIX_BUILD");
	snprintf(gorecord, sizeof gorecord, "%s/fixtures/gorecord", build ? build : "build");
	if (access(gorecord, X_OK) < 0) {
		fprintf(stderr, "test_record: needs %s (make builds it)\n", gorecord);
		return 1;
	}
	for (size_t i = 0; i < sizeof long_text - 1; i++)
		long_text[i] = "long\\"[i % 5];
	memset(long_note, 'n', sizeof long_note - 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_known_bytes),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_consoles),
		cmocka_unit_test(test_not_believed),
		cmocka_unit_test(test_writer_duties),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
