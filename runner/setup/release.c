#include "runner/setup/release.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/process/ask.h"
#include "runner/setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- finding ----------------------------------------------------------------------------------- */

/* GOROOT of a go command: the folder above its bin, or what it says itself where that is no release. */
static char *goroot_of(const char *go)
{
	char *bin = xstrdup(go), *version;
	for (int up = 0; up < 2 && strrchr(bin, '/'); up++)
		*strrchr(bin, '/') = '\0';
	version = xprintf("%s/VERSION", bin);
	int release = file_exists(version);
	free(version);
	if (release)
		return bin;
	free(bin);
	const char *const argv[] = { go, "env", "GOROOT", NULL };
	return ask_line(argv);
}

/* A release's folder, a path, or a name to be looked for in PATH; the real path, malloc'ed, or NULL. */
static char *go_of(const char *wish)
{
	if (!strchr(wish, '/'))
		return program_find(wish, getenv("PATH"));
	char *inside = xprintf("%s/bin/go", wish), *go = realpath(inside, NULL);
	free(inside);
	return go ? go : realpath(wish, NULL);
}

int release_find(const char *go, struct release *release, struct diag *diag)
{
	memset(release, 0, sizeof(*release));
	const char *wish = go ? go : getenv("TLSMATRIX_GO");
	release->go = go_of(wish && *wish ? wish : "go");
	if (!release->go && wish && *wish)
		return diag_set(diag, ENOENT,
		    "%s: no such go command: give --go or TLSMATRIX_GO a release's folder or its bin/go", wish);
	if (!release->go)
		return diag_set(
		    diag, ENOENT, "go: not found in PATH: run `make`, which installs one, or give --go PATH");
	release->goroot = goroot_of(release->go);
	char *path = xprintf("%s/VERSION", release->goroot), *text = NULL;
	int error = file_read(path, &text, NULL);
	if (error) {
		error = diag_set(diag, ENOENT, "%s: not of a Go release (%s: %s): give --go the bin/go of one",
		    release->go, path, strerror(-error));
	} else {
		text[strcspn(text, " \n")] = '\0';
		snprintf(release->version, sizeof(release->version), "%s", text);
	}
	free(text);
	free(path);
	if (error)
		release_free(release);
	return error;
}

void release_free(struct release *release)
{
	free(release->go);
	free(release->goroot);
	memset(release, 0, sizeof(*release));
}

/* ---- the key ----------------------------------------------------------------------------------- */

/* root is the length of what stands before the names: a tree that is moved keeps its key. */
static void sign_folder(struct hash *hash, const char *folder, size_t root, int depth)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *path = xprintf("%s/%s", folder, name);
		struct stat st;
		if (name[0] != '.' && strcmp(name, "testdata") != 0 && stat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode) && depth > 0) {
				sign_folder(hash, path, root, depth - 1);
			} else if (S_ISREG(st.st_mode)) {
				hash_add_text(hash, path + root);
				file_sign(hash, path);
			}
		}
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* The packages of std that the cases reach; a change elsewhere in GOROOT/src cannot change a result. */
static const char *const go_sources[] = {
	"runtime",
	"internal",
	"sync",
	"syscall",
	"os",
	"time",
	"io",
	"errors",
	"strconv",
	"strings",
	"unicode",
	"reflect",
	"math",
	"sort",
	"slices",
	"path",
	"plugin",
	"cmp",
	"iter",
	"unsafe",
	NULL,
};

void release_key(struct release *release, const struct machine *machine)
{
	static const char *const tools[] = { "compile", "link", "asm", "cgo", NULL };
	if (*release->key)
		return;
	struct hash *hash = hash_new();
	hash_add_text(hash, release->version);
	char *path = xprintf("%s/VERSION", release->goroot);
	hash_add_text(hash, file_hash(path));
	free(path);
	hash_add_text(hash, file_hash(release->go));
	for (size_t i = 0; tools[i]; i++) {
		path = xprintf("%s/pkg/tool/%s_%s/%s", release->goroot, machine->os, machine->arch, tools[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
	for (size_t i = 0; go_sources[i]; i++) {
		path = xprintf("%s/src/%s", release->goroot, go_sources[i]);
		sign_folder(hash, path, strlen(release->goroot), 8);
		free(path);
	}
	/* Std as it was compiled by who made the release, up to 1.19. */
	path = xprintf("%s/pkg/%s_%s", release->goroot, machine->os, machine->arch);
	sign_folder(hash, path, strlen(release->goroot), 8);
	free(path);
	hash_end(hash, release->key);
}
