/* mkdtemp, nftw */

#include "tests/unit/unit.h"

#include "cases/generate.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the sources are: TLSMATRIX_ROOT, or the folder the test is started in. */
static const char *root(void)
{
	const char *path = getenv("TLSMATRIX_ROOT");
	return path && *path ? path : ".";
}

static const struct {
	const char *folder, *path, *where;
} rows[] = {
#define SOURCE(path, where) { "", path, where },
#define PACKAGE(folder, path, where) { folder, path, where },
#define PORT(path, where) { "", path, where },
#include "cases/sources.def"
};

enum { ROWS = sizeof rows / sizeof *rows };

static char *new_folder(void)
{
	const char *parent = getenv("TMPDIR");
	char *path = xprintf("%s/tlsmatrix-generate.XXXXXX", parent && *parent ? parent : P_tmpdir);
	assert_non_null(mkdtemp(path));
	return path;
}

/* Where a source lies in what is written: the folder of its package and a slash, or nothing. */
static const char *folder_of(const char *path)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].path, path) == 0)
			return rows[i].folder;
	return "";
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void remove_folder(char *path)
{
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(path);
}

static char *read_whole(const char *folder, const char *name)
{
	char *path = xprintf("%s/%s", folder, name);
	struct buf content = BUF_INIT;
	char chunk[4096];
	size_t len;
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	while ((len = fread(chunk, 1, sizeof chunk, file)) > 0)
		buf_add_bytes(&content, chunk, len);
	fclose(file);
	free(path);
	return buf_take(&content);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static size_t count_files(const char *folder)
{
	size_t count = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* Calls body for each build of the host matrix of both architectures that is not refused, with
 * and without control. */
static void each_build(void (*body)(const struct cell *cell, int control))
{
	for (size_t arch = 0; arch < UNIT_ARCHES; arch++) {
		struct cells cells = host_matrix(unit_arches[arch]);
		for (size_t i = 0; i < cells.count; i++) {
			if (cells.cell[i].load == LOAD_NONE ||
			    (i && cell_same_build(&cells.cell[i], &cells.cell[i - 1])))
				continue;
			body(&cells.cell[i], 0);
			body(&cells.cell[i], 1);
		}
		cells_free(&cells);
	}
}

/* One source tree for all that may load a build; OSv, which calls a library as a program, is the one target that has
 * files of its own. */
static void test_rows_look_at_the_build_alone(void **state)
{
	static const char *const words[] = { "load", "target", "check", "status" };
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			assert_true(!strstr(rows[i].where, words[k]) ||
			    (strcmp(words[k], "target") == 0 && strstr(rows[i].where, "target=osv*")));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[i].path, rows[k].path);
		char *path = xprintf("%s/%s", root(), rows[i].path);
		if (access(path, R_OK) != 0)
			fail_msg("sources.def names %s, which is not there", path);
		free(path);
	}
}

static int has(const char **paths, const char *path)
{
	for (size_t i = 0; paths[i]; i++)
		if (strcmp(paths[i], path) == 0)
			return 1;
	return 0;
}

static void check_sources(const struct cell *cell, int control)
{
	const char **paths = generate_sources(cell, control);
	for (size_t i = 0; paths[i]; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(base_name(paths[i]), base_name(paths[k]));
	assert_int_equal(has(paths, "cases/core/control_off.go"), !control);
	assert_int_equal(has(paths, "cases/control/control_on.go"), control);
	assert_int_equal(has(paths, "harness/probe/control_off.c"), !control && cell->cgo);
	assert_int_equal(has(paths, "cases/control/control_on.c"), control && cell->cgo);
	assert_int_equal(has(paths, "cases/core/check.go"), 1);
	assert_int_equal(has(paths, "cases/core/main_plugin.go"), cell->mode == MODE_PLUGIN);
	for (size_t i = 0; paths[i]; i++)
		if (!cell->cgo && strcmp(paths[i] + strlen(paths[i]) - 2, ".c") == 0)
			fail_msg("%s in a build without cgo", paths[i]);
	/* Where and how it runs is no part of the build. */
	struct cell other = *cell;
	strcpy(other.target, "none");
	other.load = LOAD_NONE;
	const char **again = generate_sources(&other, control);
	for (size_t i = 0; paths[i] || again[i]; i++)
		assert_ptr_equal(paths[i], again[i]);
	free(paths);
	free(again);
}

static void test_sources_of_every_build(void **state)
{
	(void)state;
	each_build(check_sources);
}

/* The table names each LIVE check that some load mode of the build plans, once, and no other. */
static void check_table(const struct cell *cell, const char *table)
{
	enum load loads[LOAD_COUNT];
	size_t load_count = gen_loads(cell, loads), listed = 0, expected = 0;
	for (const char *at = table; (at = strstr(at, "\t{\"")); at++)
		listed++;
	for (size_t i = 0; i < checks_count; i++) {
		int planned = 0;
		for (size_t k = 0; k < load_count; k++) {
			struct cell run = *cell;
			run.load = loads[k];
			planned |= checks[i].pass == PASS_LIVE && check_planned(&checks[i], &run);
		}
		char *row = xprintf("\t{\"%s\", check_", checks[i].id);
		assert_int_equal(strstr(table, row) != NULL, planned);
		expected += (size_t)planned;
		free(row);
	}
	assert_true(expected > 0);
	assert_int_equal(listed, expected);
	assert_non_null(strstr(table, "\t{\"tls.g.main\", check_tls_g_main},\n"));
	assert_non_null(strstr(table, "\t{\"tls.slot-promised\", check_tls_slot_promised},\n"));
	assert_non_null(strstr(table, "\nvar checkTable = []checkEntry{\n"));
}

static void check_case(const struct cell *cell, int control)
{
	char *folder = new_folder(), *second = new_folder();
	const char **paths = generate_sources(cell, control);
	struct diag diag = DIAG_INIT;
	if (generate_case(root(), cell, control, folder, &diag) != 0 ||
	    generate_case(root(), cell, control, second, &diag) != 0)
		fail_msg("%s", diag.line);
	size_t count = 0, in_package = 0;
	for (; paths[count]; count++) {
		char *name = xprintf("%s/%s", folder_of(paths[count]), base_name(paths[count]));
		char *copied = read_whole(folder, name), *source = read_whole(root(), paths[count]);
		assert_string_equal(copied, source);
		in_package += *folder_of(paths[count]) != '\0';
		free(name);
		free(copied);
		free(source);
	}
	/* A package of its own is one entry, its folder: gword, two files on 386, and what plugins share, one. */
	size_t gword = strcmp(cell->arch, "386") == 0, common = cell->mode == MODE_PLUGIN;
	size_t entries = count - in_package + gword + common + 2;
	assert_int_equal(in_package, 2 * gword + common);
	assert_int_equal(count_files(folder), entries);
	assert_int_equal(count_files(second), entries);
	char *module = read_whole(folder, "go.mod"), *table = read_whole(folder, "zz_checks.go"),
	     *again = read_whole(second, "zz_checks.go");
	assert_string_equal(module, "module tlsmatrix.case\n\ngo 1.21\n");
	assert_string_equal(table, again);
	check_table(cell, table);
	free(module);
	free(table);
	free(again);
	free(paths);
	remove_folder(folder);
	remove_folder(second);
}

static void test_every_case_is_written(void **state)
{
	(void)state;
	each_build(check_case);
}

/* Of every port: one package without checks, of which C has one file exactly when there is cgo. */
static void test_every_port_is_written(void **state)
{
	(void)state;
	struct cells cells = whole_list(0, "amd64");
	for (size_t i = 0; i < cells.count; i++) {
		const char **paths = generate_sources(&cells.cell[i], CASE_PORT);
		size_t c_files = (size_t)(has(paths, "cases/port/port.c") + has(paths, "cases/port/port_tls.c"));
		assert_true(has(paths, "cases/port/port_main.go"));
		assert_false(has(paths, "cases/core/check.go"));
		assert_int_equal(c_files, cells.cell[i].cgo);
		free(paths);
	}
	char *folder = new_folder();
	struct diag diag = DIAG_INIT;
	if (generate_case(root(), &cells.cell[cells.count - 1], CASE_PORT, folder, &diag))
		fail_msg("%s", diag.line);
	free(read_whole(folder, "port_main.go"));
	remove_folder(folder);
	cells_free(&cells);
}

static const struct cell program = { .go = "go1.26.8", .os = "linux", .arch = "amd64", .target = "none" };

static void test_failures_name_the_file(void **state)
{
	(void)state;
	char *folder = new_folder();
	struct diag missing = DIAG_INIT, twice = DIAG_INIT, nowhere = DIAG_INIT;
	assert_int_equal(generate_case("no-such-root", &program, 0, folder, &missing), -ENOENT);
	assert_non_null(strstr(missing.line, "no-such-root/cases/core/check.go: cannot open: No such file"));
	assert_int_equal(count_files(folder), 0);
	assert_int_equal(generate_case(root(), &program, 0, folder, NULL), 0);
	assert_int_equal(generate_case(root(), &program, 0, folder, &twice), -EEXIST);
	assert_non_null(strstr(twice.line, "/check.go: cannot create: File exists"));
	assert_int_equal(generate_case(root(), &program, 0, "no-such-folder", &nowhere), -ENOENT);
	assert_non_null(strstr(nowhere.line, "no-such-folder/check.go: cannot create: "));
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_look_at_the_build_alone),
		cmocka_unit_test(test_sources_of_every_build),
		cmocka_unit_test(test_every_case_is_written),
		cmocka_unit_test(test_failures_name_the_file),
		cmocka_unit_test(test_every_port_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
