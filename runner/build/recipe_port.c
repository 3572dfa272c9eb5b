/* recipe_port.c - the artifact of a port that is built and inspected only. */
#include "runner/build/recipe.h"

#include "runner/build/commands.h"

#include <stdlib.h>
#include <string.h>

/* What a buildmode's file is called: some linkers add a suffix of their own to a name without one. */
static const struct {
	enum mode mode;
	const char *os, *name;
} names[] = {
	{ MODE_EXE, "windows", "case.exe" },
	{ MODE_PIE, "windows", "case.exe" },
	{ MODE_C_SHARED, "windows", "case.dll" },
	{ MODE_EXE, "js", "case.wasm" },
	{ MODE_EXE, "wasip1", "case.wasm" },
	{ MODE_C_SHARED, "wasip1", "case.wasm" },
	{ MODE_C_SHARED, "darwin", "libcase.dylib" },
	{ MODE_C_SHARED, "ios", "libcase.dylib" },
	{ MODE_EXE, "", "case" },
	{ MODE_PIE, "", "case" },
	{ MODE_C_ARCHIVE, "", "case.a" },
	{ MODE_C_SHARED, "", "libcase.so" },
	{ MODE_PLUGIN, "", "case.so" },
};

static const char *name_of(const struct cell *cell)
{
	size_t i = 0;
	while (names[i].mode != cell->mode || (*names[i].os && strcmp(names[i].os, cell->os) != 0))
		i++;
	return names[i].name;
}

void recipe_port(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	/* Of the case's std: what the port's program imports, and with cgo runtime/cgo.  runtime calls sync/atomic
	 * without importing it (runtime/atomic_pointer.go go:linkname); runtime/cgo imports it since 1.17
	 * (handle.go). */
	static const char *const packages[] = { "runtime", "runtime/cgo", "sync/atomic", NULL };
	char *out = build_caller(&build->cell, build->dir), *module = NULL;
	if (out) {
		module = command_go_shared(setup, build, script, packages, out);
	} else {
		out = xprintf("%s/%s", build->dir, name_of(&build->cell));
		char *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode));
		if (command_go_build(setup, build, script, build->src, mode, out))
			module = xstrdup(out);
		free(mode);
	}
	if (module)
		json_object_set_new(runs, load_name(LOAD_NONE), json_pack("{s:[], s:s}", "program", "module", module));
	free(module);
	free(out);
}
