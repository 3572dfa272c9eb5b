#include "runner/build/facts.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/setup/entry.h"
#include "runner/setup/sealed.h"
#include "runner/setup/stages.h"

#include <stdlib.h>
#include <string.h>

int module_facts(const char *module, const char *caller, json_t **facts, struct diag *diag)
{
	json_t *found, *calling = NULL;
	int error = inspect_file(module, &found, diag);
	if (error)
		return error;
	error = caller ? inspect_file(caller, &calling, diag) : 0;
	if (error) {
		json_decref(found);
		return error;
	}
	if (caller)
		json_object_set_new(
		    found, "caller", json_pack("{s:s, s:O*}", "path", caller, "plt", json_object_get(calling, "plt")));
	json_decref(calling);
	*facts = found;
	return 0;
}

/* Facts of every module once, also where several load modes share it. */
static int inspect_runs(json_t *runs, const char *caller, json_t *facts, struct diag *diag)
{
	const char *load;
	json_t *run;
	json_object_foreach(runs, load, run)
	{
		const char *module = json_string_value(json_object_get(run, "module"));
		json_t *found;
		if (!module || json_object_get(facts, module))
			continue;
		int error = module_facts(module, caller, &found, diag);
		if (error)
			return error;
		json_object_set_new(facts, module, found);
	}
	return 0;
}

/* CACHE/facts/KEY, of what the build made now: --force may make something else.  malloc'ed. */
static char *facts_path(const struct setup *setup, const struct build *build)
{
	char key[HASH_HEX];
	struct hash *hash = hash_new();
	char *sum = entry_sum(build->dir);
	hash_add_text(hash, build->key);
	hash_add_file(hash, sum);
	hash_add_text(hash, stage_inspect);
	hash_end(hash, key);
	free(sum);
	return xprintf("%s/facts/%s", setup->places.cache, key);
}

static int facts_keep(
    const struct setup *setup, const struct build *build, const char *path, const json_t *facts, struct diag *diag)
{
	char *folder = xprintf("%s/facts", setup->places.cache);
	json_t *placeless = sealed_replace(facts, build->dir, "@build");
	int error = make_folders(folder);
	error = error ? error : sealed_write(setup, path, placeless);
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
	json_decref(placeless);
	free(folder);
	return error;
}

int build_facts(const struct setup *setup, const struct build *build, json_t *json, struct diag *diag)
{
	char *path = facts_path(setup, build);
	json_t *kept = sealed_read(setup, path), *facts = kept ? sealed_replace(kept, "@build", build->dir) : NULL;
	int error = 0;
	json_decref(kept);
	if (facts)
		file_used(path);
	if (!facts) {
		facts = json_object();
		char *caller = build_caller(&build->cell, build->dir);
		error = inspect_runs(json_object_get(json, "runs"), caller, facts, diag);
		free(caller);
		error = error ? error : facts_keep(setup, build, path, facts, diag);
	}
	if (error)
		json_decref(facts);
	else
		json_object_set_new(json, "facts", facts);
	free(path);
	return error;
}
