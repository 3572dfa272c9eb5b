/* The osv kind without OSv: the image that it writes is read back, its command line is what OSv's parsers want, and a
 * machine (tests/fixtures/guest.S) that ends in every way that a machine can end is told by the right result. */
#include "runner/target/launch.h"
#include "runner/target/osv_files.h"
#include "runner/target/osv_image.h"

#include "matrix/base/diag.h"
#include "runner/setup/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/tlsmatrix-osv.XXXXXX";

static char *put_file(const char *name, const char *text)
{
	char *path = xprintf("%s/%s", folder, name), *above = xstrdup(path);
	*strrchr(above, '/') = '\0';
	assert_int_equal(make_folders(above), 0);
	assert_int_equal(file_write(path, text, strlen(text)), 0);
	free(above);
	return path;
}

/* ---- the image, by a reader of its own -------------------------------------------------------------------------- */

struct image {
	const unsigned char *fs;
	size_t size;
	uint64_t super[8];
};
struct inode { uint64_t mode, number, place, count; };

static uint64_t word(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static struct inode inode_of(const struct image *image, uint64_t number)
{
	const unsigned char *at = image->fs + image->super[3] * 512;
	for (uint64_t i = 0; i < image->super[5]; i++)
		at += 10 + word(at + 8, 2);
	for (uint64_t i = 0; i < image->super[6]; i++)
		at += 2 + word(at, 2);
	at += 32 * (number - 1);
	assert_true(at + 32 <= image->fs + image->size);
	return (struct inode){ word(at, 8), word(at + 8, 8), word(at + 16, 8), word(at + 24, 8) };
}

/* The inode's number of a name in a folder, 0 when it is not there. */
static uint64_t entry_of(const struct image *image, const struct inode *in, const char *name, size_t len)
{
	const unsigned char *at = image->fs + image->super[3] * 512;
	for (uint64_t i = 0; i < image->super[5]; i++, at += 10 + word(at + 8, 2))
		if (i >= in->place && i < in->place + in->count && word(at + 8, 2) == len &&
		    memcmp(at + 10, name, len) == 0)
			return word(at, 8);
	return 0;
}

static struct inode look_up(const struct image *image, const char *path)
{
	struct inode at = inode_of(image, 1);
	for (const char *name = path; *name;) {
		name += strspn(name, "/");
		size_t len = strcspn(name, "/");
		uint64_t number = len ? entry_of(image, &at, name, len) : at.number;
		if (!number)
			return (struct inode){ 0 };
		at = inode_of(image, number);
		assert_int_equal(at.number, number);
		name += len;
	}
	return at;
}

static void open_image(const char *path, char **bytes, struct image *image)
{
	assert_int_equal(file_read(path, bytes, &image->size), 0);
	const unsigned char *disk = (const unsigned char *)*bytes, *entry = disk + 0x1be + 16;
	assert_int_equal(disk[510], 0x55);
	assert_int_equal(disk[511], 0xaa);
	assert_int_not_equal(entry[4], 0); /* system_id and starting_sector: fs/devfs/device.cc skips what has none */
	assert_int_not_equal(entry[2] & 0x3f, 0);
	size_t start = word(entry + 8, 4) * 512, len = word(entry + 12, 4) * 512;
	assert_true(start + len == image->size);
	image->fs = disk + start;
	image->size = len;
	for (size_t i = 0; i < 8; i++)
		image->super[i] = word(image->fs + 8 * i, 8);
	assert_int_equal(image->super[0], 0xdeadbead);
	assert_int_equal(image->super[1], 1);
	assert_int_equal(image->super[2], 512);
	assert_true((image->super[3] + image->super[4]) * 512 <= image->size);
}

static void assert_file(const struct image *image, const char *path, const char *text)
{
	struct inode inode = look_up(image, path);
	assert_int_equal(inode.mode, 0x8000);
	assert_int_equal(inode.count, strlen(text));
	assert_memory_equal(image->fs + inode.place * 512, text, strlen(text));
}

static void test_image(void **state)
{
	(void)state;
	char large[2000], *bytes, *from = put_file("large", memset(large, 'x', sizeof large - 1)),
				  *path = xprintf("%s/disk.img", folder);
	large[sizeof large - 1] = '\0';
	free(from);
	from = put_file("large", large);
	struct osv_image *made = osv_image_new();
	struct diag diag = DIAG_INIT;
	struct image image;
	osv_image_file(made, "/deep/er/large", from);
	osv_image_text(made, "/etc/fstab", "one\n");
	osv_image_text(made, "/etc/fstab", "first stays\n");
	osv_image_text(made, "/none", "");
	osv_image_folder(made, "/dev");
	osv_image_link(made, "/usr/lib/libx.so", "/deep/er/large");
	assert_true(osv_image_has(made, "/deep/er") && !osv_image_has(made, "/deep/large"));
	assert_true(osv_image_empty(made, "/dev") && !osv_image_empty(made, "/deep"));
	for (int twice = 0; twice < 2; twice++) { /* writing changes nothing in it */
		assert_int_equal(osv_image_write(made, path, &diag), 0);
		open_image(path, &bytes, &image);
		assert_file(&image, "/deep/er/large", large);
		assert_file(&image, "/etc/fstab", "one\n");
		assert_file(&image, "/none", "");
		assert_int_equal(look_up(&image, "/dev").mode, 0x4000);
		assert_int_equal(look_up(&image, "/dev").count, 0);
		assert_int_equal(look_up(&image, "/usr/lib/libx.so").mode, 0xa000);
		assert_int_equal(look_up(&image, "/deep/no").mode, 0);
		assert_int_equal(look_up(&image, "/").count, 5);
		free(bytes);
	}
	osv_image_free(made);
	free(path);
	free(from);
}

static void test_image_key(void **state)
{
	(void)state;
	char keys[4][HASH_HEX];
	for (int i = 0; i < 4; i++) {
		struct osv_image *image = osv_image_new();
		osv_image_text(image, i == 1 ? "/b" : "/a", i == 2 ? "other" : "text");
		osv_image_key(image, keys[i]);
		osv_image_free(image);
	}
	assert_string_equal(keys[0], keys[3]);
	assert_string_not_equal(keys[0], keys[1]);
	assert_string_not_equal(keys[0], keys[2]);
}

/* Who may write to the folder lays a link where he thinks that the image is made: nothing is written through it. */
static void test_image_beside_a_link(void **state)
{
	(void)state;
	struct osv_image *image = osv_image_new();
	struct diag diag = DIAG_INIT;
	char *path = xprintf("%s/linked.img", folder), *aside = xprintf("%s.new-%d", path, (int)getpid()),
	     *victim = xprintf("%s/victim", folder), *text;
	assert_int_equal(file_write(victim, "kept", 4), 0);
	assert_int_equal(symlink(victim, aside), 0);
	assert_int_equal(osv_image_write(image, path, &diag), 0);
	assert_int_equal(file_read(victim, &text, NULL), 0);
	assert_string_equal(text, "kept");
	osv_image_free(image);
	free(text);
	free(victim);
	free(aside);
	free(path);
}

static void test_image_of_a_missing_file(void **state)
{
	(void)state;
	struct osv_image *image = osv_image_new();
	struct diag diag = DIAG_INIT;
	char *path = xprintf("%s/missing.img", folder);
	osv_image_file(image, "/a", "/nonexistent/a");
	assert_int_equal(osv_image_write(image, path, &diag), -ENOENT);
	assert_string_equal(diag.line, "/nonexistent/a: cannot be read for OSv's image: No such file or directory");
	assert_false(file_exists(path));
	osv_image_free(image);
	free(path);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void test_command(void **state)
{
	(void)state;
	struct argv argv = { NULL, 0 };
	struct env env = ENV_INIT;
	struct buf out = BUF_INIT;
	struct diag diag = DIAG_INIT;
	argv_add(&argv, "/a b/case");
	argv_add(&argv, "tls.g.main");
	argv_add(&argv, "x;y&z!\"q\"\\\n");
	env_set(&env, "A", "one two\\three");
	env_set(&env, "EMPTY", "%s", "");
	assert_int_equal(osv_files_command(&argv, &env, &out, &diag), 0);
	assert_string_equal(out.data,
	    "--console=serial --rootfs=rofs --verbose --power-off-on-abort --env=A=one\\ two\\\\three --env=EMPTY= "
	    " \"/a b/case\" \"tls.g.main\" \"x;y&z!\\\"q\\\"\\\\\\n\"");
	buf_free(&out);
	out = (struct buf)BUF_INIT;
	argv_add(&argv, "$HOME");
	assert_int_equal(osv_files_command(&argv, &env, &out, &diag), -EINVAL);
	assert_int_equal(out.len, 0);
	argv_free(&argv);
	for (int i = 0; i < 400; i++)
		argv_add(&argv, "a.long.name");
	diag = (struct diag)DIAG_INIT;
	assert_int_equal(osv_files_command(&argv, &env, &out, &diag), -E2BIG);
	assert_non_null(strstr(diag.line, "too long for QEMU's loader, which takes 4095"));
	argv_free(&argv);
	env_free(&env);
}

/* ---- the machine ------------------------------------------------------------------------------------------------- */

/* The records of probe_begin("a"), probe_obs("a", "b", "c") and probe_end(). */
#define BEGIN "\n#tlsm:1 7 fe0a35f1 begin\ta\n"
#define OBS "\n#tlsm:2 9 10f14408 obs\ta\tb\tc\n"
#define END "\n#tlsm:3 5 29d4f414 end\t2\n"

static const struct way {
	const char *program, *says, *order;
	double scale; /* of the machine's own limits */
	int limit_ms;
	int error; /* of osv_run; 0: how, status, output and why hold */
	enum child_how how;
	int status;
	const char *output, *why; /* what is in output; how stderr or diag begins */
} ways[] = {
	{ "prog", BEGIN OBS END "program exited with status 3\nPowering off.\n", "@off", 1, 60000, 0, CHILD_EXITED, 3,
	    END, "program exited with status 3\n" },
	{ "prog", BEGIN "rand" OBS "om\r\nPowering off.\n", "@off", 1, 60000, 0, CHILD_EXITED, 0, OBS,
	    "main returned 0\n" },
	{ "prog", BEGIN OBS END, "@hang", 0.1, 60000, 0, CHILD_LEAK, 0, END, "" },
	{ "prog", BEGIN "program exited with status 0\n", "@hang", 0.1, 60000, 0, CHILD_LEAK, 0, BEGIN,
	    "program exited with status 0\n" },
	{ "prog", BEGIN "half a line", "@hang", 1, 1500, 0, CHILD_TIMEOUT, 1500, BEGIN, "half a line\n" },
	{ "prog", "", "@hang", 1, 1500, 0, CHILD_TIMEOUT, 1500, "", "" },
	{ "prog", BEGIN "Uncaught signal 11 (\"Segmentation fault\"). Powering off.\n", "@off", 1, 60000, 0,
	    CHILD_SIGNALED, SIGSEGV, BEGIN, "Uncaught signal 11 (" },
	{ "prog", BEGIN "Assertion failed: x (f: 1)\n\n[backtrace]\n", "@off", 1, 60000, 0, CHILD_SIGNALED, SIGABRT,
	    BEGIN, "Assertion failed: x (f: 1)\n" },
	{ "prog", "Failed to load object: /x. Powering off.\n", "@off", 1, 60000, 0, CHILD_EXITED, 127, "",
	    "Failed to load object: /x" },
	{ "prog", BEGIN OBS END, "@reset", 1, 60000, 0, CHILD_SIGNALED, SIGKILL, END,
	    "the machine stopped and OSv said nothing of an end" },
	{ "prog", "", "@flood", 1, 60000, 0, CHILD_FLOOD, 0, "guest of the tests", NULL },
	{ "mute", "", "@hang", 0.02, 60000, -ETIMEDOUT, 0, 0, NULL,
	    "target guest: OSv did not start the program; its last words: guest of the tests" },
};

static char *tree;

static void assert_way(const struct way *way)
{
	char *program = put_file(way->program, "a program"), *cache = xprintf("%s/cache", folder);
	struct setup setup = { .places = { .cache = cache }, .timeout_scale = way->scale };
	struct target target = {
		.name = (char *)"guest", .kind = TARGET_OSV, .tree = tree, .memory = (char *)"64M", .scale = 1
	};
	struct argv argv = { NULL, 0 };
	struct env env = ENV_INIT;
	struct diag diag = DIAG_INIT;
	struct child_result result;
	argv_add(&argv, "%s", program);
	argv_add(&argv, "%s", way->says);
	argv_add(&argv, "%s", way->order);
	env_set(&env, "NAME", "a value");
	struct launch launch = { .setup = &setup,
		.target = &target,
		.argv = &argv,
		.env = &env,
		.timeout_ms = way->limit_ms,
		.output_limit = 4096 };
	int error = osv_run(&launch, &result, &diag);
	const char *why = error ? diag.line : result.err.data;
	if (error != way->error || (!error && (result.how != way->how || !strstr(result.out.data, way->output))) ||
	    (way->why && strncmp(why, way->why, strlen(way->why)) != 0))
		print_error("%s %s%s: error %d, how %d, status %d\n%s\n", way->program, way->says, way->order, error,
		    error ? 0 : (int)result.how, error ? 0 : result.status, why);
	assert_int_equal(error, way->error);
	if (!error) {
		assert_int_equal(result.how, way->how);
		if (way->how != CHILD_FLOOD)
			assert_int_equal(result.status, way->status);
		assert_non_null(strstr(result.out.data, way->output));
		assert_true((way->how == CHILD_LEAK) == (strncmp(result.left, "a running machine: ", 19) == 0));
	}
	if (way->why)
		assert_memory_equal(why, way->why, strlen(way->why));
	if (!error)
		child_result_free(&result);
	argv_free(&argv);
	env_free(&env);
	free(program);
	free(cache);
}

static void test_ways_to_end(void **state)
{
	(void)state;
	if (!tree)
		skip();
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		assert_way(&ways[i]);
}

/* A file that is no kernel: QEMU says so, and it is the machine's fault. */
static void test_no_kernel(void **state)
{
	(void)state;
	if (!tree)
		skip();
	char *kernel = put_file("bad/build/last/loader-stripped.elf", "no kernel"), *whole = tree;
	free(put_file("bad/build/last/libenviron.so", "environment"));
	free(put_file("bad/static/etc/hosts", "hosts"));
	tree = xprintf("%s/bad", folder);
	static const struct way way = { "prog", "", "@off", 1, 60000, -EIO, 0, 0, NULL,
		"target guest: QEMU ended with exit status 1: " };
	assert_way(&way);
	free(tree);
	free(kernel);
	tree = whole;
}

static int prepare(void **state)
{
	(void)state;
	const char *build = getenv("TLSMATRIX_BUILD");
	char *guest = xprintf("%s/fixtures/guest", build ? build : "build"),
	     *qemu = program_find("qemu-system-x86_64", NULL);
	if (!mkdtemp(folder))
		return -1;
	if (file_exists(guest) && qemu) {
		char *kernel = put_file("tree/build/last/loader-stripped.elf", "");
		tree = xprintf("%s/tree", folder);
		free(put_file("tree/build/last/libenviron.so", "environment"));
		free(put_file("tree/static/etc/hosts", "hosts"));
		assert_int_equal(file_copy(guest, kernel), 0);
		free(kernel);
	} else {
		print_message("the machine is left out: qemu-system-x86_64 or %s is not there\n", guest);
	}
	free(guest);
	free(qemu);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	free(tree);
	return remove_tree(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_image_key),
		cmocka_unit_test(test_image_beside_a_link),
		cmocka_unit_test(test_image_of_a_missing_file),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_ways_to_end),
		cmocka_unit_test(test_no_kernel),
	};
	return cmocka_run_group_tests(tests, prepare, clean);
}
