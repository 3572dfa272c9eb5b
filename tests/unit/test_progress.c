/* The status line: how often, how wide, what is left on the screen.  A small terminal of our own
 * (screen_feed) shows what a person would see. */
#include "matrix/base/buf.h"
#include "runner/schedule/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static double time_now;
static double clock_of_test(void) { return time_now; }

static char *printed;
static size_t printed_len;

static struct progress *make(enum progress_style style, int width, size_t total, FILE **out)
{
	time_now = 1000;
	*out = open_memstream(&printed, &printed_len);
	assert_non_null(*out);
	const struct progress_options options = { *out, total, style, width, clock_of_test };
	return progress_new(&options);
}

static void end(struct progress *progress, FILE *out)
{
	progress_end(progress);
	fclose(out);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* What stands on a screen after bytes: lines that are finished, and the one with the cursor. */
static void screen_feed(const char *bytes, char *screen, size_t size)
{
	size_t line = 0, at = 0, len = 0;
	for (; *bytes; bytes++) {
		if (*bytes == '\r') {
			at = line;
		} else if (strncmp(bytes, "\033[K", 3) == 0) {
			len = at;
			bytes += 2;
		} else if (*bytes == '\n') {
			screen[len++] = '\n';
			line = at = len;
		} else {
			assert_true((unsigned char)*bytes >= ' ');
			assert_true(at + 1 < size);
			screen[at++] = *bytes;
			len = at > len ? at : len;
		}
	}
	screen[len] = 0;
}

static void test_terminal(void **state)
{
	(void)state;
	FILE *out;
	char screen[4000];
	struct progress *progress = make(PROGRESS_TERMINAL, 200, 540, &out);
	progress_running(progress, 1, "pie");
	time_now += 9;
	progress_running(progress, 0, "exe");
	time_now += 3;
	progress_done(progress, &(struct progress_counts){ 42, 2, 40 });
	progress_tick(progress);
	screen_feed(printed, screen, sizeof screen);
	assert_string_equal(screen, "[42/540] fail:2 cached:40  running: exe 3s, pie 12s  ETA 49m48s");
	progress_running(progress, 1, NULL);
	progress_line(progress, "FAIL %s", "tls.model");
	time_now += 1;
	progress_tick(progress);
	screen_feed(printed, screen, sizeof screen);
	assert_string_equal(screen, "FAIL tls.model\n[42/540] fail:2 cached:40  running: exe 4s  ETA 53m57s");
	end(progress, out);
	screen_feed(printed, screen, sizeof screen);
	assert_string_equal(screen, "FAIL tls.model\n");
	free(printed);
}

/* Ten seconds in which something changes each millisecond: at most 10 drawings each. */
static void test_at_most_ten_a_second(void **state)
{
	(void)state;
	FILE *out;
	struct progress *progress = make(PROGRESS_TERMINAL, 80, 20000, &out);
	for (size_t i = 0; i < 10000; i++) {
		progress_done(progress, &(struct progress_counts){ i, 0, 0 });
		progress_tick(progress);
		time_now += 0.001;
	}
	size_t busy = count_of(printed, "\r[");
	assert_in_range(busy, 90, 101);
	for (size_t i = 0; i < 10000; i++) { /* and when nothing changes, one */
		progress_tick(progress);
		time_now += 0.001;
	}
	assert_in_range(count_of(printed, "\r[") - busy, 9, 11);
	end(progress, out);
	free(printed);
}

static void test_width(void **state)
{
	(void)state;
	for (int width = 1; width < 120; width++) {
		FILE *out;
		char screen[4000];
		struct progress *progress = make(PROGRESS_TERMINAL, width, 100, &out);
		progress_running(progress, 0, "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen");
		time_now += 10;
		progress_done(progress, &(struct progress_counts){ 50, 1, 0 });
		progress_tick(progress);
		screen_feed(printed, screen, sizeof screen);
		assert_true(strlen(screen) < (size_t)width);
		if (width > 40)
			assert_non_null(strstr(screen, "  ETA 10s"));
		end(progress, out);
		free(printed);
	}
}

static void test_cut_keeps_characters(void **state)
{
	(void)state;
	for (int width = 10; width < 40; width++) {
		FILE *out;
		struct progress *progress = make(PROGRESS_TERMINAL, width, 9, &out);
		progress_running(progress, 0, "\xc3\xa4\xe2\x82\xac\xc3\xa4\xe2\x82\xac\xc3\xa4");
		progress_tick(progress);
		const char *text = printed + 1, *stop = strchr(text, 033);
		int need = 0; /* bytes that a started character still needs */
		for (; text < stop; text++) {
			unsigned char byte = (unsigned char)*text;
			assert_int_equal((byte & 0xc0) == 0x80, need > 0);
			need = (byte & 0xc0) == 0x80 ? need - 1 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
		}
		assert_int_equal(need, 0);
		end(progress, out);
		free(printed);
	}
}

static void test_plain(void **state)
{
	(void)state;
	FILE *out;
	struct progress *progress = make(PROGRESS_PLAIN, 0, 10, &out);
	for (int i = 0; i < 350; i++) {
		progress_running(progress, 0, "exe");
		progress_tick(progress);
		time_now += 0.1;
	}
	fflush(out);
	assert_int_equal(count_of(printed, "\n"), 3);
	assert_null(strchr(printed, '\r'));
	assert_null(strchr(printed, 033));
	progress_line(progress, "FAIL %d", 1);
	assert_string_equal(strstr(printed, "FAIL"), "FAIL 1\n"); /* at once, and no status after it */
	end(progress, out);
	free(printed);
}

static void test_quiet(void **state)
{
	(void)state;
	FILE *out;
	struct progress *progress = make(PROGRESS_QUIET, 0, 10, &out);
	time_now += 100;
	progress_tick(progress);
	progress_line(progress, "FAIL");
	end(progress, out);
	assert_string_equal(printed, "FAIL\n");
	free(printed);
	progress_end(NULL);
}

/* Cached cells take no time, so they do not make the rest look quick. */
static void test_eta(void **state)
{
	(void)state;
	static const struct {
		size_t done, cached, total;
		double seconds;
		const char *eta;
	} rows[] = {
		{ 10, 0, 20, 10, "  ETA 10s" },
		{ 60, 50, 70, 10, "  ETA 10s" },
		{ 50, 50, 70, 10, NULL },
		{ 20, 0, 20, 10, NULL },
		{ 0, 0, 20, 10, NULL },
		{ 1, 0, 3601, 1, "  ETA 1h00m" },
		{ 1, 0, 91, 1, "  ETA 1m30s" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		FILE *out;
		struct progress *progress = make(PROGRESS_TERMINAL, 80, rows[i].total, &out);
		time_now += rows[i].seconds;
		progress_done(progress, &(struct progress_counts){ rows[i].done, 0, rows[i].cached });
		progress_tick(progress);
		const char *eta = strstr(printed, "  ETA");
		if (rows[i].eta)
			assert_memory_equal(eta, rows[i].eta, strlen(rows[i].eta));
		else
			assert_null(eta);
		end(progress, out);
		free(printed);
	}
}

/* Reads until a text has come: a terminal hands over what was written in pieces of its own. */
static void read_until(int fd, const char *text, char *bytes, size_t size)
{
	size_t len = 0;
	do {
		ssize_t n = read(fd, bytes + len, size - 1 - len);
		assert_true(n > 0);
		bytes[len += (size_t)n] = 0;
	} while (!strstr(bytes, text));
}

/* A real terminal is recognised, and asked for its width each time. */
static void test_pseudo_terminal(void **state)
{
	(void)state;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0) {
		print_message("skipped: no pseudo-terminal to be had: mount devpts\n");
		skip();
	}
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	struct winsize size = { .ws_row = 25, .ws_col = 30 };
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	FILE *out = fopen(ptsname(master), "w");
	assert_non_null(out);
	setenv("TERM", "xterm", 1);
	time_now = 1000;
	const struct progress_options options = { out, 10, PROGRESS_AUTO, 0, clock_of_test };
	struct progress *progress = progress_new(&options);
	progress_running(progress, 0, "a name that is by far too long for this terminal");
	progress_tick(progress);
	char bytes[4000], screen[4000];
	read_until(master, "\033[K", bytes, sizeof bytes);
	screen_feed(bytes, screen, sizeof screen);
	assert_int_equal(strlen(screen), 29);
	progress_end(progress);

	setenv("TERM", "dumb", 1);
	progress = progress_new(&options);
	time_now += 11;
	progress_tick(progress);
	read_until(master, "\n", bytes, sizeof bytes);
	const char *tail = strstr(bytes, "[0/10]");
	assert_non_null(tail);
	assert_null(strstr(tail, "\033"));
	progress_end(progress);
	fclose(out);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_at_most_ten_a_second),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_cut_keeps_characters),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_eta),
		cmocka_unit_test(test_pseudo_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
