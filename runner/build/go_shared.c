/* go_shared.c - -buildmode=shared, which installs the shared std into GOROOT: done in a private one. */
#include "runner/build/commands.h"

#include "matrix/version.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* GOROOT as links to the user's, but for pkg, where -buildmode=shared installs. */
static int overlay_goroot(const char *goroot, const char *overlay)
{
	char *pkg = xprintf("%s/pkg", overlay);
	int error = make_folders(pkg);
	for (int below = 0; !error && below < 2; below++) {
		char *from = xprintf("%s%s", goroot, below ? "/pkg" : "");
		DIR *dir = opendir(from);
		if (!dir)
			error = -errno;
		for (struct dirent *entry; !error && (entry = readdir(dir));) {
			/* A shared std that the user installed stays his: linked here, it would be written to. */
			if (entry->d_name[0] == '.' ||
			    (below ? strstr(entry->d_name, "_dynlink") != NULL : strcmp(entry->d_name, "pkg") == 0))
				continue;
			char *target = xprintf("%s/%s", from, entry->d_name),
			     *name = xprintf("%s/%s", below ? pkg : overlay, entry->d_name);
			if (symlink(target, name) && errno != EEXIST)
				error = -errno;
			free(target);
			free(name);
		}
		if (dir)
			closedir(dir);
		free(from);
	}
	free(pkg);
	return error;
}

static int go_install_shared(
    const struct setup *setup, const struct build *build, struct script *script, const char *const *packages)
{
	struct buf flags = BUF_INIT;
	command_ldflags(build, &flags);
	struct argv argv = { NULL, 0 };
	argv_add(&argv, "%s", setup_release(setup, &build->cell)->go);
	argv_add(&argv, "install");
	if (version_since(build->cell.go, VERSION_MODULES))
		argv_add(&argv, "-trimpath");
	argv_add(&argv, "-buildmode=shared");
	const char *flag = command_variant_flag(build);
	if (flag)
		argv_add(&argv, "%s", flag);
	argv_add(&argv, "%s", flags.data);
	for (size_t i = 0; packages[i]; i++)
		argv_add(&argv, "%s", packages[i]);
	/* cmd/link needs the sanitizer's package as well (cmd/go/internal/load/pkg.go LinkerDeps): runtime/race. */
	if (flag)
		argv_add(&argv, "runtime/%s", flag + 1);
	buf_free(&flags);
	return command_run(script, build->src, &argv);
}

/* The one library that cmd/go installed, named after its packages; malloc'ed, NULL if none. */
static char *shared_library(const char *folder)
{
	DIR *dir = opendir(folder);
	char *found = NULL;
	for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
		if (strncmp(entry->d_name, "lib", 3) == 0 && strstr(entry->d_name, ".so"))
			found = xprintf("%s/%s", folder, entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

/* The folder in pkg that cmd/go installed into: GOOS_GOARCH, with the variant's suffix, and _dynlink. */
static char *shared_folder(const char *overlay)
{
	char *pkg = xprintf("%s/pkg", overlay), *found = NULL;
	DIR *dir = opendir(pkg);
	for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
		if (strstr(entry->d_name, "_dynlink"))
			found = xprintf("%s/%s", pkg, entry->d_name);
	if (dir)
		closedir(dir);
	free(pkg);
	return found;
}

char *command_go_shared(const struct setup *setup, const struct build *build, struct script *script,
    const char *const *packages, const char *out)
{
	/* 1.5's go waits for ever for a library of some packages of std (cmd/go/build.go: its actions wait for each
	 * other); all of it, as its release notes have it, works. */
	static const char *const std[] = { "std", NULL };
	if (!version_since(build->cell.go, VERSION_SHARED_PARTS))
		packages = std;
	char *overlay = xprintf("%s/goroot", build->dir), *library = NULL;
	if (!script->dry)
		script->infra = overlay_goroot(setup_release(setup, &build->cell)->goroot, overlay);
	env_set(&script->env, "GOROOT", "%s", overlay);
	/* Without cgo the refusal comes from the program's build; std need not be compiled to see it. */
	if (build->cell.cgo)
		go_install_shared(setup, build, script, packages);
	if (command_go_build(setup, build, script, build->src, "-linkshared", out) && !script->dry) {
		char *folder = shared_folder(overlay);
		library = folder ? shared_library(folder) : NULL;
		free(folder);
	}
	free(overlay);
	return library;
}
