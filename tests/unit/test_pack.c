/* Where packages come from (apt_source.h), and the layout that they get (pack_arrange). */
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/debian/apt_source.h"
#include "runner/debian/pack.h"
#include "runner/setup/files.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEB822 \
	"# a comment\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: " \
	"main\n" \
	"Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
#define SECURITY \
	"Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n"
#define CHROME \
	"deb [arch=amd64 signed-by=/usr/share/keyrings/browser.gpg] http://browser.example/linux/deb/ stable main\n"

/* The mirror that a file leads to; "" for none. */
static void expect(const char *text, int deb822, const char *uri, const char *signed_by)
{
	struct apt_source source = { NULL, NULL, 0 };
	apt_source_read(text, deb822, "bookworm", &source);
	assert_string_equal(source.uri ? source.uri : "", uri);
	assert_string_equal(source.signed_by ? source.signed_by : "", signed_by);
	apt_source_free(&source);
}

static void test_deb822(void **state)
{
	(void)state;
	expect(DEB822, 1, "http://mirror.example/debian", "/usr/share/keyrings/debian-archive-keyring.gpg");
	expect(
	    SECURITY "\n" DEB822, 1, "http://mirror.example/debian", "/usr/share/keyrings/debian-archive-keyring.gpg");
	expect(DEB822 "Enabled: no\n", 1, "", "");
	expect(SECURITY, 1, "", "");
	expect("Types: deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n", 1, "", "");
	expect("types: deb\nuris: http://a.example/debian http://b.example/debian\nSuites: trixie\n "
	       "bookworm\nComponents: main\n",
	    1, "http://a.example/debian", "");
	expect("", 1, "", "");
	expect("URIs\n:\n x\n", 1, "", "");
}

/* A key block is handed on as it stands. */
static void test_key_block(void **state)
{
	(void)state;
	struct apt_source source = { NULL, NULL, 0 };
	apt_source_read("Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: "
			"main\nSigned-By:\n -----BEGIN-----\n .\n x\n",
	    1, "bookworm", &source);
	char *text = apt_source_text(&source, "forky");
	assert_string_equal(text,
	    "Types: deb\nURIs: http://mirror.example/debian\nSuites: forky\nComponents: main\nSigned-By: \n "
	    "-----BEGIN-----\n .\n x\n");
	free(text);
	apt_source_free(&source);
}

static void test_one_line(void **state)
{
	(void)state;
	expect(
	    "deb http://mirror.example/debian bookworm main contrib # here\n", 0, "http://mirror.example/debian", "");
	expect("deb [ signed-by=/k.gpg arch=amd64 ] http://mirror.example/debian/ bookworm main\n", 0,
	    "http://mirror.example/debian/", "/k.gpg");
	expect("# deb http://mirror.example/debian bookworm main\ndeb-src http://mirror.example/debian bookworm main\n",
	    0, "", "");
	expect("deb\ndeb http://mirror.example/debian\ndeb http://mirror.example/debian bookworm\ndeb [", 0, "", "");
}

/* Others name their suite "stable" or "bookworm" too. */
static void test_debian_is_preferred(void **state)
{
	(void)state;
	expect(CHROME "deb http://mirror.example/debian bookworm main\n", 0, "http://mirror.example/debian", "");
	expect("deb http://mirror.example/debian bookworm main\n" CHROME, 0, "http://mirror.example/debian", "");
	expect("deb http://tools.example/tools bookworm main\ndeb http://mirror.example/debian oldstable main\n", 0,
	    "http://mirror.example/debian", "");
}

static void test_codename(void **state)
{
	(void)state;
	char *debian = apt_source_codename("NAME=\"Debian\"\nVERSION_CODENAME=bookworm\nID=debian\n"),
	     *quoted = apt_source_codename("ID=\"debian\"\nVERSION_CODENAME=\"sid\"\n");
	assert_string_equal(debian, "bookworm");
	assert_string_equal(quoted, "sid");
	assert_null(apt_source_codename("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n"));
	assert_null(apt_source_codename("ID=debian\n"));
	assert_null(apt_source_codename(""));
	free(quoted);
	free(debian);
}

static void test_no_source(void **state)
{
	(void)state;
	struct apt_source source = { NULL, NULL, 0 };
	struct diag diag = DIAG_INIT, other = DIAG_INIT;
	char folder[] = "/tmp/tlsmatrix-unit-XXXXXX";
	assert_non_null(mkdtemp(folder));
	char *release = xprintf("%s/os-release", folder);
	assert_int_equal(apt_source_find(folder, release, &source, &other), -ENOENT);
	assert_non_null(strstr(other.line, "no Debian"));
	assert_int_equal(file_write(release, "ID=debian\nVERSION_CODENAME=bookworm\n", 36), 0);
	assert_int_equal(apt_source_find(folder, release, &source, &diag), -ENOENT);
	assert_non_null(strstr(diag.line, "bookworm"));
	assert_null(source.uri);
	free(release);
	assert_int_equal(remove_tree(folder), 0);
}

/* ---- layout ----------------------------------------------------------------------------------------- */

static void make(const char *folder, const char *path, const char *link_to)
{
	char *whole = xprintf("%s/%s", folder, path), *parent = xstrdup(whole);
	*strrchr(parent, '/') = '\0';
	assert_int_equal(make_folders(parent), 0);
	assert_int_equal(link_to ? symlink(link_to, whole) : file_write(whole, path, strlen(path)), 0);
	free(parent);
	free(whole);
}

static void leads_to(const char *folder, const char *path, const char *expected)
{
	char *whole = xprintf("%s/%s", folder, path), target[PATH_MAX] = "";
	assert_true(readlink(whole, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, expected);
	free(whole);
}

static void test_arrange(void **state)
{
	(void)state;
	char folder[] = "/tmp/tlsmatrix-unit-XXXXXX", *text = NULL;
	assert_non_null(mkdtemp(folder));
	make(folder, "lib/x86_64-linux-gnu/libm.so.6", NULL);
	make(folder, "usr/lib/x86_64-linux-gnu/libm.a", NULL);
	make(folder, "usr/lib/x86_64-linux-gnu/libm.so", "/lib/x86_64-linux-gnu/libm.so.6");
	make(folder, "lib64/ld.so", "/lib/x86_64-linux-gnu/libm.so.6");
	make(folder, "etc/null", "/dev/null");
	make(folder, "etc/near", "far");
	assert_int_equal(pack_arrange(folder), 0);
	leads_to(folder, "lib", "usr/lib");
	leads_to(folder, "lib64", "usr/lib64");
	leads_to(folder, "usr/lib64/ld.so", "../../lib/x86_64-linux-gnu/libm.so.6");
	leads_to(folder, "usr/lib/x86_64-linux-gnu/libm.so", "../../../lib/x86_64-linux-gnu/libm.so.6");
	leads_to(folder, "etc/null", "/dev/null");
	leads_to(folder, "etc/near", "far");
	char *through = xprintf("%s/lib64/ld.so", folder), *archive = xprintf("%s/lib/x86_64-linux-gnu/libm.a", folder),
	     *bin = xprintf("%s/bin", folder);
	assert_int_equal(file_read(through, &text, NULL), 0);
	assert_string_equal(text, "lib/x86_64-linux-gnu/libm.so.6");
	assert_true(file_exists(archive));
	assert_false(file_exists(bin));
	assert_int_equal(pack_arrange(folder), 0);
	leads_to(folder, "lib", "usr/lib");
	free(bin);
	free(archive);
	free(through);
	free(text);
	assert_int_equal(remove_tree(folder), 0);
	assert_true(pack_arrange(folder) < 0);
}

/* Ready is what was made from the same list, and nothing else. */
static void test_ready(void **state)
{
	(void)state;
	static const char whole[] = "{\"suite\":\"sid\",\"wanted\":\"a "
				    "b\",\"packages\":[{\"name\":\"a\",\"version\":\"1:2\",\"architecture\":\"all\"},"
				    "{\"name\":\"b\",\"version\":\"3\",\"architecture\":\"all\"}]}";
	char folder[] = "/tmp/tlsmatrix-unit-XXXXXX";
	assert_non_null(mkdtemp(folder));
	struct setup setup = { .places = { .cache = folder } };
	assert_false(pack_ready(&setup, "x", "sid", "a b"));
	assert_null(pack_version(&setup, "x"));
	assert_null(pack_contents(&setup, "x"));
	char *mark = xprintf("%s/pack/x/.pack.json", folder);
	make(folder, "pack/x/.pack.json", NULL);
	assert_false(pack_ready(&setup, "x", "sid", "a b"));
	assert_int_equal(file_write(mark, whole, strlen(whole)), 0);
	assert_true(pack_ready(&setup, "x", "sid", "a b"));
	assert_false(pack_ready(&setup, "x", "forky", "a b"));
	assert_false(pack_ready(&setup, "x", "sid", "a"));
	char *version = pack_version(&setup, "x"), *contents = pack_contents(&setup, "x");
	assert_string_equal(version, "1:2");
	assert_string_equal(contents, "a 1:2, b 3");
	free(contents);
	free(version);
	free(mark);
	assert_int_equal(remove_tree(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deb822),
		cmocka_unit_test(test_key_block),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_debian_is_preferred),
		cmocka_unit_test(test_codename),
		cmocka_unit_test(test_no_source),
		cmocka_unit_test(test_arrange),
		cmocka_unit_test(test_ready),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
