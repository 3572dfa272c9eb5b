/* recipe_wasm.c - the artifacts of js and wasip1: a module, which its embedder is handed as it is. */
#include "runner/build/recipe.h"

#include "runner/build/commands.h"

#include <stdlib.h>
#include <string.h>

void recipe_wasm(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	const struct {
		enum load load;
		const char *os;
	} loads[] = { { LOAD_JS, "js" }, { LOAD_WASI, "wasip1" } };
	char *out = xprintf("%s/case.wasm", build->dir), *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode));
	int built = command_go_build(setup, build, script, build->src, mode, out);
	for (size_t i = 0; built && i < sizeof(loads) / sizeof(loads[0]); i++)
		if (strcmp(build->cell.os, loads[i].os) == 0)
			json_object_set_new(
			    runs, load_name(loads[i].load), json_pack("{s:[s], s:s}", "program", out, "module", out));
	free(mode);
	free(out);
}
