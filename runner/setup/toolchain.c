#include "runner/setup/toolchain.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/process/env.h"
#include "runner/process/supervise.h"
#include "runner/setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct tool tool_table[TOOL_COUNT] = {
	[TOOL_CC] = { "cc", "gcc", "gcc", NULL },
	[TOOL_BFD] = { "bfd", "ld.bfd", "binutils", NULL },
	[TOOL_GOLD] = { "gold", "ld.gold", "binutils", NULL },
	[TOOL_LLD] = { "lld", "ld.lld", "lld", NULL },
	[TOOL_MOLD] = { "mold", "ld.mold", "mold", NULL },
};

/* Which tool a link mode needs beside the compiler. */
static const int link_tool[LINK_COUNT] = {
	[LINK_INTERNAL] = -1,
	[LINK_EXTERNAL] = TOOL_BFD,
	[LINK_EXTERNAL_STATIC] = TOOL_BFD,
	[LINK_EXTERNAL_GOLD] = TOOL_GOLD,
	[LINK_EXTERNAL_GOLD_STATIC] = TOOL_GOLD,
	[LINK_EXTERNAL_LLD] = TOOL_LLD,
	[LINK_EXTERNAL_LLD_STATIC] = TOOL_LLD,
	[LINK_EXTERNAL_MOLD] = TOOL_MOLD,
	[LINK_EXTERNAL_MOLD_STATIC] = TOOL_MOLD,
};

/* One line of output of a tool, "" when it fails. */
static char *ask(const struct env *env, const char *const argv[])
{
	struct child_spec spec = { .argv = argv, .env = (const char *const *)env->list, .timeout_ms = 60000 };
	struct child_result result;
	if (child_run(&spec, &result))
		return xstrdup("");
	int good = result.how == CHILD_EXITED && result.status == 0;
	char *text = xstrdup(good ? result.out.data : "");
	child_result_free(&result);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void add_signature(struct hash *hash, const char *folder, int depth)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *path = xprintf("%s/%s", folder, name);
		struct stat st;
		if (name[0] != '.' && strcmp(name, "testdata") != 0 && stat(path, &st) == 0) {
			long facts[3] = { (long)st.st_size, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
			if (S_ISDIR(st.st_mode) && depth > 0) {
				add_signature(hash, path, depth - 1);
			} else if (S_ISREG(st.st_mode)) {
				hash_add_text(hash, path);
				hash_add(hash, facts, sizeof(facts));
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

static void go_key(struct toolchain *toolchain)
{
	static const char *const tools[] = { "compile", "link", "asm", "cgo", NULL };
	struct hash *hash = hash_new();
	hash_add_text(hash, toolchain->version);
	char *path = xprintf("%s/VERSION", toolchain->goroot);
	hash_add_text(hash, file_hash(path));
	free(path);
	hash_add_text(hash, file_hash(toolchain->go));
	for (size_t i = 0; tools[i]; i++) {
		path = xprintf("%s/pkg/tool/%s_%s/%s", toolchain->goroot, toolchain->os, toolchain->arch, tools[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
	for (size_t i = 0; go_sources[i]; i++) {
		path = xprintf("%s/src/%s", toolchain->goroot, go_sources[i]);
		add_signature(hash, path, 8);
		free(path);
	}
	hash_end(hash, toolchain->go_key);
}

/* The compiler proper and collect2 lie in one folder; assembler and linkers in PATH. */
static void cc_key(struct toolchain *toolchain, const struct env *env)
{
	const char *const argv[] = { toolchain->tools[TOOL_CC].path, "-print-prog-name=cc1", NULL };
	char *cc1 = ask(env, argv), *as = program_find("as", env_get(env, "PATH")),
	     *ld = program_find("ld", env_get(env, "PATH"));
	const char *slash = strrchr(cc1, '/');
	char *collect2 = xprintf("%.*s/collect2", slash ? (int)(slash - cc1) : 0, cc1);
	const char *const parts[] = { cc1, collect2, as ? as : "", ld ? ld : "" };
	struct hash *hash = hash_new();
	for (size_t i = 0; i < TOOL_COUNT; i++)
		if (toolchain->tools[i].path)
			hash_add_text(hash, file_hash(toolchain->tools[i].path));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		hash_add_text(hash, file_hash(parts[i]));
	hash_end(hash, toolchain->cc_key);
	free(collect2);
	free(ld);
	free(as);
	free(cc1);
}

/* The files of this process's own loader and libc, from its mappings. */
static void run_key(struct toolchain *toolchain)
{
	struct hash *hash = hash_new();
	hash_add_text(hash, toolchain->kernel);
	char *maps = NULL;
	if (file_read("/proc/self/maps", &maps, NULL) == 0) {
		char last[PATH_MAX] = "";
		for (char *rest = maps, *line; (line = strsep(&rest, "\n"));) {
			char *path = strchr(line, '/');
			if (!path || strcmp(path, last) == 0 ||
			    (!strstr(path, "/libc.so") && !strstr(path, "/libc-") && !strstr(path, "/ld-")))
				continue;
			snprintf(last, sizeof(last), "%s", path);
			hash_add_text(hash, file_hash(path));
		}
		free(maps);
	}
	hash_end(hash, toolchain->run_key);
}

/* What `go env` and gcc are asked in; without a HOME, go keeps no telemetry. */
static void go_env(struct env *env)
{
	env_base(env, NULL);
	env_set(env, "GOENV", "off");
	env_set(env, "GOTOOLCHAIN", "local");
}

/* GOROOT of a go command: the folder above its bin, or what it says itself where that is no release. */
static char *goroot_of(const char *go, const struct env *env)
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
	return ask(env, argv);
}

static int find_go(const char *go, struct toolchain *toolchain, const struct env *env, struct diag *diag)
{
	const char *wish = go ? go : getenv("TLSMATRIX_GO");
	toolchain->go = wish && *wish ? realpath(wish, NULL) : program_find("go", getenv("PATH"));
	if (!toolchain->go && wish && *wish)
		return diag_set(
		    diag, ENOENT, "%s: no such go command: give --go or TLSMATRIX_GO the path of bin/go", wish);
	if (!toolchain->go)
		return diag_set(
		    diag, ENOENT, "go: not found in PATH: run `make`, which installs one, or give --go PATH");
	toolchain->goroot = goroot_of(toolchain->go, env);
	char *path = xprintf("%s/VERSION", toolchain->goroot), *text = NULL;
	int error = file_read(path, &text, NULL);
	if (error) {
		error = diag_set(diag, ENOENT, "%s: not a Go release (%s): give --go the bin/go of a release", path,
		    strerror(-error));
	} else {
		text[strcspn(text, " \n")] = '\0';
		snprintf(toolchain->version, sizeof(toolchain->version), "%s", text);
	}
	free(text);
	free(path);
	return error;
}

/* GOARCH of this machine; a name that Go does not know stays as the kernel says it. */
static const char *goarch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "i686", "386" },
		{ "armv7l", "arm" },
		{ "ppc64le", "ppc64le" },
		{ "s390x", "s390x" },
		{ "riscv64", "riscv64" },
		{ "loongarch64", "loong64" },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	return machine;
}

int toolchain_find(const char *go, struct toolchain *toolchain, struct diag *diag)
{
	memset(toolchain, 0, sizeof(*toolchain));
	struct env env = ENV_INIT;
	go_env(&env);
	struct utsname name;
	uname(&name);
	toolchain->kernel = xprintf("%s %s %s", name.sysname, name.release, name.machine);
	toolchain->libc = xprintf("glibc %s", gnu_get_libc_version());
	snprintf(toolchain->os, sizeof(toolchain->os), "linux");
	snprintf(toolchain->arch, sizeof(toolchain->arch), "%.15s", goarch(name.machine));
	int error = find_go(go, toolchain, &env, diag);
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		toolchain->tools[i] = tool_table[i];
		toolchain->tools[i].path = program_find(tool_table[i].program, env_get(&env, "PATH"));
	}
	if (!error && !toolchain->tools[TOOL_CC].path)
		error = diag_set(diag, ENOENT, "gcc: not found in %s: install it (apt-get install gcc libc6-dev)",
		    env_get(&env, "PATH"));
	if (!error) {
		for (size_t i = 0; i < LINK_COUNT; i++)
			if (link_tool[i] < 0 || toolchain->tools[link_tool[i]].path)
				toolchain->links |= 1u << i;
	}
	env_free(&env);
	if (error)
		toolchain_free(toolchain);
	return error;
}

void toolchain_keys(struct toolchain *toolchain)
{
	if (*toolchain->go_key)
		return;
	struct env env = ENV_INIT;
	go_env(&env);
	go_key(toolchain);
	cc_key(toolchain, &env);
	run_key(toolchain);
	env_free(&env);
}

char *toolchain_versions(const struct toolchain *toolchain)
{
	struct env env = ENV_INIT;
	struct buf text = BUF_INIT;
	go_env(&env);
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		const struct tool *tool = &toolchain->tools[i];
		if (!tool->path)
			continue;
		/* The linkers are asked under the name they are called by: lld decides by it what it is. */
		const char *const argv[] = { i == TOOL_CC ? tool->path : tool->program, "--version", NULL };
		char *line = ask(&env, argv);
		/* The version is the last word, or the last before a parenthesis. */
		if (strstr(line, " (compatible"))
			*strstr(line, " (compatible") = '\0';
		const char *word = strrchr(line, ' ');
		buf_printf(&text, "%s%s %s", text.len ? ", " : "", tool->name, word ? word + 1 : "?");
		free(line);
	}
	env_free(&env);
	return buf_take(&text);
}

void toolchain_free(struct toolchain *toolchain)
{
	free(toolchain->go);
	free(toolchain->goroot);
	free(toolchain->libc);
	free(toolchain->kernel);
	for (size_t i = 0; i < TOOL_COUNT; i++)
		free(toolchain->tools[i].path);
	memset(toolchain, 0, sizeof(*toolchain));
}
