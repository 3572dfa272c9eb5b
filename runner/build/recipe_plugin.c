/* recipe_plugin.c - the plugin of the case, the program that opens it, and the two that this opens beside it where a
 * check asks for them: a second plugin, and one to refuse. */
#include "runner/build/recipe.h"

#include "matrix/version.h"
#include "runner/build/commands.h"
#include "runner/build/sources.h"

#include <stdlib.h>

/* Their folders in the package that the plugin is made from. */
#define PLUGIN_HOST "pluginhost"
#define SECOND "second.two"
#define APART "apart" /* of a control */

static int make_in(const struct setup *setup, const struct build *build, struct script *script, const char *folder,
    const char *mode, const char *name)
{
	char *src = xprintf("%s/%s", build->src, folder), *out = xprintf("%s/%s", build->dir, name);
	int built = command_go_build(setup, build, script, src, mode, out);
	free(out);
	free(src);
	return built;
}

/* The one to refuse is the second with the shared package compiled without inlining: what other packages read of it,
 * which cmd/link makes a hash of, has no bodies then (runtime/plugin.go pkghashes; golang/go#75102). */
static int make_pair(const struct setup *setup, const struct build *build, struct script *script)
{
	if (!make_in(setup, build, script, SECOND, "-buildmode=plugin", "second.so"))
		return 0;
	env_set(&script->env, "GOFLAGS", "-gcflags=tlsmatrix.case/common=-l");
	int built = make_in(setup, build, script, SECOND, "-buildmode=plugin", "other.so");
	env_set(&script->env, "GOFLAGS", "%s", "");
	return built;
}

/* The program that opens it is a PIE where gold links (golang/go#43228, mended in 1.16), so that both are tried. */
static const char *host_mode(const struct cell *cell)
{
	return cell->link == LINK_EXTERNAL_GOLD && version_since(cell->go, VERSION_PLUGIN_PIE) ? "-buildmode=pie" :
												 "-buildmode=exe";
}

void recipe_plugin(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	char *out = xprintf("%s/case.so", build->dir), *host = xprintf("%s/" PLUGIN_HOST, build->dir);
	if (command_go_build(setup, build, script, build->src, "-buildmode=plugin", out) &&
	    make_in(setup, build, script, PLUGIN_HOST, host_mode(&build->cell), PLUGIN_HOST) &&
	    (!recipe_plans(build, LOAD_PLUGIN, "init.plugin-shared") || make_pair(setup, build, script)))
		json_object_set_new(
		    runs, load_name(LOAD_PLUGIN), json_pack("{s:[s, s], s:s}", "program", host, out, "module", out));
	free(host);
	free(out);
}

int recipe_place_plugin(const struct setup *setup, const struct build *build, const char *package)
{
	int control = build->control, pair = version_since(build->cell.go, VERSION_MODULES), error = 0;
	const struct {
		const char *name;
		const char *const *files;
		int placed;
	} folders[] = {
		{ PLUGIN_HOST, source_plugin_files, !pair },
		{ PLUGIN_HOST, control ? source_pair_control : source_pair_files, pair },
		{ SECOND, control ? source_second_control : source_plugin_second, pair },
		{ APART, source_plugin_apart, pair && control },
	};
	for (size_t i = 0; !error && i < sizeof(folders) / sizeof(*folders); i++) {
		char *folder = xprintf("%s/%s", package, folders[i].name);
		if (folders[i].placed)
			error =
			    command_go_folder(setup, pair ? FOLDER_INSIDE : FOLDER_MODULE, folders[i].files, folder);
		free(folder);
	}
	return error;
}
