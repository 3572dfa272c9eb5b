#include "runner/build/beside.h"

#include "matrix/check.h"
#include "runner/build/commands.h"
#include "runner/build/sources.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *check, *name;
	const char *const *files;
	const char *twist; /* "": that of the build (name.h) */
} besides[BESIDE_COUNT] = {
	[BESIDE_CTLS] = { "build.c-tls-internal", "ctls", source_ctls_files, "" },
	[BESIDE_SHARED] = { "build.shared-by-flag", "shared-by-flag", source_shared_files, "extldflags=-shared" },
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
	struct cell ran = build->cell;
	ran.load = LOAD_EXEC;
	return check_planned(check_find(besides[beside].check), &ran);
}

void beside_recipe(const struct setup *setup, const struct build *build, enum beside beside, struct script *script)
{
	struct build made = *build;
	char *src = xprintf("%s-%s", build->src, besides[beside].name),
	     *out = xprintf("%s/%s", build->dir, besides[beside].name),
	     *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode));
	if (*besides[beside].twist)
		made.twist = besides[beside].twist;
	command_go_files(setup, &made, script, besides[beside].files, src, mode, out);
	free(mode);
	free(out);
	free(src);
}
