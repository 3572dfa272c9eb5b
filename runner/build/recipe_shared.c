/* recipe_shared.c - the case with the library of std, and where a check asks for it a second program beside it, which
 * is linked to three libraries more, and one that does nothing.
 *
 * These are made in GOPATH mode, in which alone cmd/go keeps libraries of what is not std
 * (cmd/cgo/internal/testshared/shared_test.go testMain; golang/go#47788). */
#include "runner/build/recipe.h"

#include "matrix/version.h"
#include "runner/build/commands.h"
#include "runner/build/sources.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the case imports of std.  With its dependencies that is all of std that the program has, so
 * every package of it comes from the library; the rest of std would take 40 s more to compile. */
static const char *const shared_packages[] = {
	"io",
	"os",
	"os/signal",
	"runtime",
	"runtime/cgo",
	"sort",
	"strconv",
	"strings",
	"sync",
	"sync/atomic",
	"syscall",
	"time",
	NULL,
};

/* Below the package's folder: the packages around the second program, and those of the library that is built
 * again, in two ways. */
#define PAIR "pair"
#define CHANGED "pair-changed"
#define UNEXPORTED "pair-unexported"
#define PACKAGES "tlsmatrix.pair"

/* A GOPATH in the build's folder, for what go installs, with the sources of one in the package's. */
static int set_gopath(const struct build *build, struct script *script, const char *name, const char *sources)
{
	char *gopath = xprintf("%s/%s", build->dir, name), *link = xprintf("%s/src", gopath),
	     *target = xprintf("%s/%s", build->src, sources);
	int error = script->dry ? 0 : make_folders(gopath);
	if (!error && !script->dry && symlink(target, link) && errno != EEXIST)
		error = -errno;
	if (error)
		script->infra = error;
	env_set(&script->env, "GOPATH", "%s", gopath);
	free(target);
	free(link);
	free(gopath);
	return !error;
}

/* What -linkmode is followed by.  With -trimpath cmd/link is not told of GOROOT and looks for the library that a
 * library needs where -L says (cmd/link/internal/ld/lib.go findshlib).  The run paths that it writes (hostlink) are
 * those of a build that is not yet where it will be; ours go by where a file itself is, the program or a library. */
static void add_ldflags(const struct build *build, struct argv *argv)
{
	char *installed = xprintf("pkg/%s_%s_dynlink", build->cell.os, build->cell.arch);
	struct buf flags = BUF_INIT;
	command_ldflags(build, &flags);
	argv_add(argv, "%s '-L=%s/goroot/%s' '-extldflags=-Wl,-rpath,%s:%s%s:%s%s:%s%s'", flags.data, build->dir,
	    installed, "$ORIGIN", "$ORIGIN/../../../goroot/", installed, "$ORIGIN/two/", installed, "$ORIGIN/goroot/",
	    installed);
	buf_free(&flags);
	free(installed);
}

/* One go command of the pair; words is NULL-terminated. */
static int run_go(const struct setup *setup, const struct build *build, struct script *script, const char *const *words)
{
	struct argv argv = { NULL, 0 };
	argv_add(&argv, "%s", setup_release(setup, &build->cell)->go);
	argv_add(&argv, "%s", words[0]);
	if (version_since(build->cell.go, VERSION_MODULES))
		argv_add(&argv, "-trimpath");
	argv_add(&argv, "-linkshared");
	add_ldflags(build, &argv);
	for (size_t i = 1; words[i]; i++)
		argv_add(&argv, "%s", words[i]);
	return command_run(script, build->src, &argv);
}

/* The program that does nothing, as it comes and as a PIE; for the control once more with all of std in it. */
static int make_trivial(const struct setup *setup, const struct build *build, struct script *script)
{
	char *plain = xprintf("%s/trivial", build->dir), *pie = xprintf("%s/trivial-pie", build->dir),
	     *whole = xprintf("%s/trivial-whole", build->dir);
	const char *const kinds[][6] = {
		{ "build", "-buildmode=exe", "-o", plain, PACKAGES "/trivial", NULL },
		{ "build", "-buildmode=pie", "-o", pie, PACKAGES "/trivial", NULL },
		{ "build", "-linkshared=false", "-o", whole, PACKAGES "/trivial", NULL },
	};
	int built = 1;
	for (size_t i = 0; built && i < (build->control ? 3 : 2); i++)
		built = run_go(setup, build, script, kinds[i]);
	free(whole);
	free(pie);
	free(plain);
	return built;
}

static void make_pair(const struct setup *setup, const struct build *build, struct script *script, const char *out)
{
	static const char *const base[] = { "install", "-buildmode=shared", PACKAGES "/front", PACKAGES "/base", NULL };
	static const char *const more[] = { "install", "-buildmode=shared", PACKAGES "/more", NULL };
	static const char *const most[] = { "install", "-buildmode=shared", PACKAGES "/most", NULL };
	const char *const program[] = { "build", "-o", out, PACKAGES "/main", NULL };
	env_set(&script->env, "GO111MODULE", "off");
	if (set_gopath(build, script, "two", PAIR) && run_go(setup, build, script, base) &&
	    run_go(setup, build, script, more) && run_go(setup, build, script, most) &&
	    run_go(setup, build, script, program) &&
	    (!recipe_plans(build, LOAD_EXEC, "init.shared-trivial") || make_trivial(setup, build, script)) &&
	    set_gopath(build, script, "changed", CHANGED) && run_go(setup, build, script, base) &&
	    recipe_plans(build, LOAD_EXEC, "init.shared-unexported") &&
	    set_gopath(build, script, "unexported", UNEXPORTED))
		run_go(setup, build, script, base);
}

void recipe_shared(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	char *out = build_caller(&build->cell, build->dir), *pair = xprintf("%s/" PAIR, build->dir),
	     *library = command_go_shared(setup, build, script, shared_packages, out);
	int planned = recipe_plans(build, LOAD_EXEC, "init.shared-once");
	if ((library || script->dry) && planned)
		make_pair(setup, build, script, pair);
	if (library && !script->failed)
		json_object_set_new(runs, load_name(LOAD_EXEC),
		    json_pack("{s:[s], s:o*, s:s}", "program", out, "alone", planned ? json_pack("[s]", pair) : NULL,
			"module", library));
	free(library);
	free(pair);
	free(out);
}

int recipe_place_shared(const struct setup *setup, const struct build *build, const char *package)
{
	int control = build->control, error = 0;
	const struct {
		const char *gopath, *name;
		const char *const *files;
	} folders[] = {
		{ PAIR, "inner", source_shared_inner },
		{ PAIR, "base", source_shared_base },
		{ PAIR, "front", source_shared_front },
		{ PAIR, "more", source_shared_more },
		{ PAIR, "most", source_shared_most },
		{ PAIR, "trivial", source_shared_trivial },
		{ PAIR, "main", control ? source_shared_control : source_shared_main },
		{ CHANGED, "inner", source_shared_inner },
		{ CHANGED, "base", source_shared_changed },
		{ CHANGED, "front", source_shared_front },
		{ UNEXPORTED, "inner", source_shared_inner },
		{ UNEXPORTED, "base", source_shared_unexported },
		{ UNEXPORTED, "front", source_shared_front },
		{ PAIR, "apart", control ? source_shared_base : NULL },
	};
	for (size_t i = 0; !error && i < sizeof(folders) / sizeof(*folders); i++) {
		char *folder = xprintf("%s/%s/" PACKAGES "/%s", package, folders[i].gopath, folders[i].name);
		if (folders[i].files)
			error = command_go_folder(setup, FOLDER_INSIDE, folders[i].files, folder);
		free(folder);
	}
	return error;
}
