#include "runner/toolchain/go_env.h"

#include "matrix/base/buf.h"
#include "matrix/port.h"
#include "matrix/version.h"
#include "runner/toolchain/c_compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The compiler behind a script; its content stands in the environment, of which the names of builds are made. */
static void no_default_pie(const struct setup *setup, struct env *env)
{
	char *script = xprintf("%s/runner/toolchain/no_default_pie.sh", setup->places.root);
	env_set(env, "TLSMATRIX_CC", "%s", env_get(env, "CC"));
	env_set(env, "TLSMATRIX_CC_SCRIPT", "%s", file_hash(script));
	env_set(env, "CC", "%s", script);
	free(script);
}

/* cgo tells C's ThreadSanitizer of its calls where CGO_CFLAGS has the flag, and does not look at CC (cmd/cgo/main.go:
 * tsanProlog); cmd/link hands on CGO_LDFLAGS and, in some releases, nothing of CC.  The rest is cmd/go's default. */
static void tell_sanitizer(struct env *env, const char *command)
{
	static const char *const names[] = { "CGO_CFLAGS", "CGO_LDFLAGS" };
	const char *flag = command ? strstr(command, "-fsanitize=") : NULL;
	for (size_t i = 0; flag && i < sizeof names / sizeof *names; i++)
		env_set(env, names[i], "-g -O2 %.*s", (int)strcspn(flag, " "), flag);
}

void go_env(const struct setup *setup, const struct cell *cell, struct env *env)
{
	const char *cache = setup->places.cache;
	char *home = xprintf("%s/home", cache);
	env_base(env, home);
	free(home);
	env_set(env, "TMPDIR", "%s/tmp", cache);
	env_set(env, "GOROOT", "%s", setup_release(setup, cell)->goroot);
	env_set(env, "GOENV", "off");
	env_set(env, "GOFLAGS", "%s", "");
	env_set(env, "GOTOOLCHAIN", "local");
	env_set(env, "GOPROXY", "off");
	env_set(env, "GOSUMDB", "off");
	env_set(env, "GOWORK", "off");
	env_set(env, "GO111MODULE", version_since(cell->go, VERSION_MODULES) ? "on" : "off");
	env_set(env, "GOPATH", "%s/gopath", cache);
	env_set(env, "GOCACHE", "%s/gocache", cache);
	env_set(env, "GOOS", "%s", cell->os);
	env_set(env, "GOARCH", "%s", cell->arch);
	env_set(env, "CGO_ENABLED", "%d", cell->cgo);
	/* 1.8 and 1.9 know too few linker flags (golang/go#23749); no later release minds those of the cases. */
	if (!version_since(cell->go, VERSION_GOCACHE))
		env_set(env, "CGO_LDFLAGS_ALLOW", "-Wl,.*");
	struct compiler compiler;
	compiler_of(setup, cell, &compiler);
	/* Go names a compiler that it does not find; a cell that is refused anyhow need not have one. */
	env_set(env, "CC", "%s", compiler.missing ? GO_ENV_NO_COMPILER : *compiler.command ? compiler.command : "gcc");
	if (!compiler.missing && !version_since(cell->go, VERSION_NO_PIE))
		no_default_pie(setup, env);
	tell_sanitizer(env, compiler.command);
	env_set(env, "ZIG_GLOBAL_CACHE_DIR", "%s/zig", cache);
	env_set(env, "ZIG_LOCAL_CACHE_DIR", "%s/zig", cache);
	const struct variant *variant = variant_of(cell);
	if (variant && variant->env) {
		char name[32];
		const char *equals = strchr(variant->env, '=');
		snprintf(name, sizeof(name), "%.*s", (int)(equals - variant->env), variant->env);
		env_set(env, name, "%s", equals + 1);
	}
}
