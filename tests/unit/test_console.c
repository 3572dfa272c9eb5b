/* What a serial console says becomes records and an end: with noise between records, inside them at every place, and
 * with every sentence that OSv ends by.  The records are the real writer's, caught at its write(2). */
#include "runner/target/console.h"

#include "harness/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct buf written = BUF_INIT;

static ssize_t capture(int fd, const void *bytes, size_t len)
{
	(void)fd;
	buf_add_bytes(&written, bytes, len);
	return (ssize_t)len;
}

#define write capture
#include "harness/probe/record.c"
#undef write

#define BOOT "OSv v0.57.0\r\nBooted up in 42.00 ms\r\nCmdline:  \"/case\" \"tls.g.main\"\r\n"

/* One program's records: begin, obs, end. */
static const char *program(void)
{
	record_count = 0;
	buf_clear(&written);
	probe_begin("tls.g.main");
	probe_obs("tls.g.main", "slot=g", "a note\twith a tab");
	probe_end();
	return written.data;
}

static void read_text(const char *text, struct console *console, struct records *records)
{
	console_read(text, strlen(text), 1, console);
	records_read(console->output.data, console->output.len, records);
}

/* All three records are believed, and nothing is garbled. */
static void assert_whole(const char *text)
{
	struct console console;
	struct records records;
	read_text(text, &console, &records);
	const struct record *seen = records_find(&records, "tls.g.main");
	if (!seen || !records.ended || records.garbled)
		print_error("not whole: %s\nbecame: %s\n", text, console.output.data);
	assert_true(console.started && console.recorded && records.ended);
	assert_int_equal(records.garbled, 0);
	assert_string_equal(seen->text, "slot=g");
	assert_string_equal(seen->note, "a note\twith a tab");
	records_free(&records);
	console_free(&console);
}

static void with(struct buf *text, const char *records, size_t at, const char *noise)
{
	buf_clear(text);
	buf_add(text, BOOT);
	buf_add_bytes(text, records, at);
	buf_add(text, noise);
	buf_add(text, records + at);
}

/* Whole kernel lines, one or more, and escapes, at every place of the stream. */
static void test_noise_everywhere(void **state)
{
	(void)state;
	static const char *const noises[] = {
		"random: device unblocked.\n",
		"random: device unblocked.\r\n",
		"\033[0m",
		"\033[12;40H\r",
		"\r",
		"one\ntwo\n\nthree # of them\n",
		"\n",
		"WARNING: #tlsm is no record\n",
	};
	struct buf text = BUF_INIT;
	char *records = xstrdup(program());
	for (size_t n = 0; n < sizeof noises / sizeof *noises; n++)
		for (size_t at = 0; at <= strlen(records); at++) {
			with(&text, records, at, noises[n]);
			assert_whole(text.data);
		}
	free(records);
	buf_free(&text);
}

/* A terminal's line ends: CR before each LF. */
static void test_crlf(void **state)
{
	(void)state;
	struct buf text = BUF_INIT;
	buf_add(&text, BOOT);
	for (const char *p = program(); *p; p++)
		buf_printf(&text, "%s%c", *p == '\n' ? "\r" : "", *p);
	assert_whole(text.data);
	buf_free(&text);
}

/* Half a record, cut anywhere, is none; and so is one whose bytes were changed, however it is put together. */
static void test_half_a_record(void **state)
{
	(void)state;
	char *all = xstrdup(program());
	size_t begin = strlen(all), end;
	while (all[--begin - 1] != '#' || memcmp(all + begin - 1, "#tlsm:2", 7) != 0)
		;
	end = begin + strcspn(all + begin, "\n");
	for (size_t at = begin; at < end; at++) {
		struct console console;
		struct records records;
		char *text = xprintf("%s%.*s\nAborted\n\n[backtrace]\n0x1 <x>\n", BOOT, (int)at, all);
		read_text(text, &console, &records);
		assert_null(records_find(&records, "tls.g.main"));
		assert_true(records_began(&records, "tls.g.main"));
		assert_int_equal(console.end, CONSOLE_ABORTED);
		records_free(&records);
		console_free(&console);
		free(text);
		text = xprintf("%s%s", BOOT, all);
		text[strlen(BOOT) + at] ^= 1;
		read_text(text, &console, &records);
		assert_null(records_find(&records, "tls.g.main"));
		records_free(&records);
		console_free(&console);
		free(text);
	}
	free(all);
}

/* What cannot be told apart stays unbelieved: text without a line of its own inside a record. */
static void test_torn_otherwise(void **state)
{
	(void)state;
	struct console console;
	struct records records;
	struct buf text = BUF_INIT;
	char *all = xstrdup(program());
	with(&text, all, (size_t)(strstr(all, "slot=g") - all), "kernel");
	read_text(text.data, &console, &records);
	assert_null(records_find(&records, "tls.g.main"));
	assert_int_equal(records.garbled, 1);
	records_free(&records);
	console_free(&console);
	buf_free(&text);
	free(all);
}

static const struct sentence {
	const char *text;
	enum console_end end;
	int status, off;
	const char *why;
} sentences[] = {
	{ "", CONSOLE_RUNNING, 0, 0, "" },
	{ "program exited with status 0\r\nPowering off.\r\n", CONSOLE_EXITED, 0, 1, "program exited with status 0" },
	{ "program exited with status 3\nPowering off.\n", CONSOLE_EXITED, 3, 1, "program exited with status 3" },
	{ "program exited with status -1\n", CONSOLE_EXITED, 255, 0, "program exited with status -1" },
	{ "no line end program exited with status 2\n", CONSOLE_EXITED, 2, 0,
	    "no line end program exited with status 2" },
	{ "program /a/b returned 7\nPowering off.\n", CONSOLE_RETURNED, 7, 1, "program /a/b returned 7" },
	{ "Powering off.\n", CONSOLE_RETURNED, 0, 1, "main returned 0" },
	{ "Uncaught signal 11 (\"Segmentation fault\"). Powering off.\n", CONSOLE_SIGNALED, 11, 0,
	    "Uncaught signal 11 (\"Segmentation fault\"). Powering off." },
	{ "Aborted\n\n[backtrace]\n0x40 <f+1>\n", CONSOLE_ABORTED, 0, 0, "Aborted" },
	{ "page fault outside application, addr: 0x0000000000000008\n[registers]\nRIP: 0\nAborted\n\n[backtrace]\n",
	    CONSOLE_ABORTED, 0, 0, "page fault outside application, addr: 0x0000000000000008" },
	{ "Assertion failed: a == b (x.cc: f: 3)\nHalting.\n", CONSOLE_ABORTED, 0, 0,
	    "Assertion failed: a == b (x.cc: f: 3)" },
	{ "general protection fault\n\n[backtrace]\n", CONSOLE_ABORTED, 0, 0, "general protection fault" },
	{ "Failed to load object: /a. Powering off.\n", CONSOLE_REFUSED, 0, 0,
	    "Failed to load object: /a. Powering off." },
	{ "program exited with status 0\nAborted\n\n[backtrace]\n", CONSOLE_EXITED, 0, 0,
	    "program exited with status 0" }, /* the first end is the program's */
	{ "program exited with status x\n", CONSOLE_RUNNING, 0, 0, "" },
	{ "the function returned 3\n", CONSOLE_RUNNING, 0, 0, "" },
	{ "Aborted\n", CONSOLE_RUNNING, 0, 0, "" }, /* a program's own word */
};

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		const struct sentence *sentence = &sentences[i];
		struct console console;
		char *text = xprintf("%s%s", BOOT, sentence->text);
		console_read(text, strlen(text), 1, &console);
		if (console.end != sentence->end)
			print_error("%s\n", sentence->text);
		assert_int_equal(console.end, sentence->end);
		assert_int_equal(console.status, sentence->status);
		assert_int_equal(console.off, sentence->off);
		assert_string_equal(console.why, sentence->why);
		console_free(&console);
		/* The kernel's words before the program are not its end. */
		console_read(sentence->text, strlen(sentence->text), 1, &console);
		assert_false(console.started);
		assert_int_equal(console.end, CONSOLE_RUNNING);
		assert_int_equal(console.output.len, 0);
		console_free(&console);
		free(text);
	}
}

/* A line that is still being written is not judged before it is whole. */
static void test_unfinished_line(void **state)
{
	(void)state;
	static const char text[] = BOOT "program exited with status 12";
	struct console console;
	console_read(text, sizeof text - 2, 0, &console);
	assert_int_equal(console.end, CONSOLE_RUNNING);
	console_free(&console);
	console_read(text, sizeof text - 1, 1, &console);
	assert_int_equal(console.status, 12);
	console_free(&console);
}

static void test_nothing(void **state)
{
	(void)state;
	struct console console;
	console_read("", 0, 1, &console);
	assert_false(console.started || console.off || console.recorded || *console.last);
	console_free(&console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise_everywhere),
		cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_half_a_record),
		cmocka_unit_test(test_torn_otherwise),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_unfinished_line),
		cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
