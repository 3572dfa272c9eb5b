#include "runner/build/beside.h"

#include "runner/build/commands.h"
#include "runner/build/recipe.h"
#include "runner/build/sources.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *check, *name;
	const char *const *files;
	const char *twist; /* "": that of the build (name.h) */
	const char *cc;    /* what is added to CC */
} besides[BESIDE_COUNT] = {
	[BESIDE_CTLS] = { "build.c-tls-internal", "ctls", source_ctls_files, "", "" },
	[BESIDE_SHARED] = { "build.shared-by-flag", "shared-by-flag", source_shared_files, "extldflags=-shared", "" },
	[BESIDE_STATIC] = { "build.static-by-cc", "static-by-cc", source_static_files, "", " -static" },
};

const char *beside_name(enum beside beside) { return besides[beside].name; }

enum beside beside_of(const char *check)
{
	enum beside beside = 0;
	while (beside < BESIDE_COUNT && strcmp(besides[beside].check, check) != 0)
		beside++;
	return beside;
}

int beside_planned(const struct build *build, enum beside beside)
{
	return recipe_plans(build, LOAD_EXEC, besides[beside].check);
}

int beside_place(const struct setup *setup, const struct build *build, const char *package)
{
	int error = 0, program = build->cell.mode == MODE_EXE || build->cell.mode == MODE_PIE;
	for (enum beside beside = 0; program && beside < BESIDE_COUNT && !error; beside++) {
		char *folder = xprintf("%s/%s", package, besides[beside].name);
		error = command_go_folder(setup, FOLDER_MODULE, besides[beside].files, folder);
		free(folder);
	}
	return error;
}

void beside_recipe(const struct setup *setup, const struct build *build, enum beside beside, struct script *script)
{
	struct build made = *build;
	char *src = xprintf("%s/%s", build->src, besides[beside].name),
	     *out = xprintf("%s/%s", build->dir, besides[beside].name),
	     *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode)), *cc = xstrdup(env_get(&script->env, "CC"));
	if (*besides[beside].twist)
		made.twist = besides[beside].twist;
	env_set(&script->env, "CC", "%s%s", cc, besides[beside].cc);
	command_go_build(setup, &made, script, src, mode, out);
	env_set(&script->env, "CC", "%s", cc);
	free(cc);
	free(mode);
	free(out);
	free(src);
}
