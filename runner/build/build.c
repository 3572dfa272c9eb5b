#include "runner/build/build.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"
#include "runner/setup/entry.h"
#include "runner/setup/sealed.h"
#include <stdlib.h>
#include <string.h>

void build_free(struct build *build)
{
	free(build->dir);
	free(build->src);
	build->dir = build->src = NULL;
}

char *build_caller(const struct cell *cell, const char *dir)
{
	return cell->mode == MODE_SHARED ? xprintf("%s/case", dir) : NULL;
}

json_t *build_load(const struct setup *setup, const struct build *build)
{
	char *path = xprintf("%s/build.json", build->dir);
	json_t *placeless = sealed_read(setup, path),
	       *json = placeless ? sealed_replace(placeless, "@build", build->dir) : NULL;
	json_decref(placeless);
	free(path);
	return json;
}

/* How cmd/go compiles std for a buildmode (cmd/go/internal/work/init.go buildModeInit: codegenArg). */
static const char *flavour_of(const struct cell *cell)
{
	static const char *const never[] = { "windows", "aix", "js", "wasip1", "plan9" },
				 *const apple[] = { "darwin", "ios" };
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strcmp(cell->os, never[i]) == 0)
			return "";
	for (size_t i = 0; i < sizeof(apple) / sizeof(apple[0]); i++)
		if (strcmp(cell->os, apple[i]) == 0 && cell->mode == MODE_C_SHARED)
			return "";
	switch (cell->mode) {
	case MODE_PIE:
	case MODE_C_ARCHIVE:
	case MODE_C_SHARED:
		return "-shared";
	case MODE_SHARED:
	case MODE_PLUGIN:
		return "-dynlink";
	default:
		return "";
	}
}

void build_variant(const struct cell *cell, struct build_variant *variant)
{
	char arch[32];
	/* A pkgdir holds what was compiled for one buildmode (commands.c); which ones compile alike is the release's
	 * affair. */
	int own = !version_since(cell->go, VERSION_GOCACHE);
	snprintf(variant->std, sizeof(variant->std), "%s-%s%s%s", cell->os, cell_arch(cell, arch), own ? "-" : "",
	    own ? mode_name(cell->mode) : flavour_of(cell));
	snprintf(variant->cgo, sizeof(variant->cgo), "%s%s", cell->cgo ? variant->std : "", cell->cgo ? "-cgo" : "");
}

struct build build_twisted(const struct build *build)
{
	struct build other = *build;
	for (enum link link = 0; link < LINK_COUNT; link++)
		if (strncmp(build->twist, "link=", 5) == 0 && strcmp(build->twist + 5, link_name(link)) == 0)
			other.cell.link = link;
	for (enum mode mode = 0; mode < MODE_COUNT; mode++)
		if (strncmp(build->twist, "mode=", 5) == 0 && strcmp(build->twist + 5, mode_name(mode)) == 0)
			other.cell.mode = mode;
	return other;
}

int build_is_ready(const struct setup *setup, const struct build *build)
{
	json_t *json = build_load(setup, build);
	json_decref(json);
	return json && entry_is_whole(build->dir);
}
