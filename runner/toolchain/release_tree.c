#include "runner/toolchain/release_tree.h"

#include "matrix/base/buf.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Paths below GOROOT as fnmatch has them: a star stands for a slash too. */
static const char *const unneeded[] = {
	"api",
	"blog",
	"doc",
	"test",
	"bin/gofmt",
	"bin/godoc",
	"pkg/*_race",
	"pkg/obj",
	"pkg/bootstrap",
	"pkg/tool/*/cover",
	"pkg/tool/*/doc",
	"pkg/tool/*/pprof",
	"pkg/tool/*/test2json",
	"pkg/tool/*/tour",
	"pkg/tool/*/trace",
	"pkg/tool/*/vet",
	"src/*/testdata",
	"src/*_test.go",
};

static int is_unneeded(const char *name)
{
	for (size_t i = 0; i < sizeof(unneeded) / sizeof(unneeded[0]); i++)
		if (fnmatch(unneeded[i], name, 0) == 0)
			return 1;
	return 0;
}

static int is_program(const char *name)
{
	return fnmatch("bin/*", name, 0) == 0 || fnmatch("pkg/tool/*/*", name, 0) == 0;
}

/* What fts says of one file or folder; a folder that goes is not entered. */
static int trim_one(FTS *tree, FTSENT *at, const char *name)
{
	if (at->fts_info == FTS_ERR || at->fts_info == FTS_DNR || at->fts_info == FTS_NS)
		return -at->fts_errno;
	if (at->fts_info == FTS_DP || !*name)
		return 0;
	if (is_unneeded(name)) {
		fts_set(tree, at, FTS_SKIP);
		return remove_tree(at->fts_path);
	}
	if (at->fts_info == FTS_F && is_program(name))
		return chmod(at->fts_path, at->fts_statp->st_mode | 0111) ? -errno : 0;
	return 0;
}

int tree_trim(const char *goroot)
{
	char *const paths[] = { (char *)goroot, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return -errno;
	int error = 0;
	for (FTSENT *at; !error && (at = fts_read(tree));) {
		const char *name = at->fts_path + strlen(goroot);
		error = trim_one(tree, at, name + strspn(name, "/"));
	}
	fts_close(tree);
	return error;
}
