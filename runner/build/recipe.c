#include "runner/build/recipe.h"

#include "matrix/check.h"
#include "matrix/version.h"
#include "runner/build/beside.h"
#include "runner/build/commands.h"
#include "runner/build/hosts.h"
#include "runner/build/sources.h"
#include "runner/target/osv_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_run(json_t *runs, enum load load, const char *module, json_t *program)
{
	json_object_set_new(runs, load_name(load), json_pack("{s:o, s:s}", "program", program, "module", module));
}

/* ---- buildmodes ------------------------------------------------------------------------------------ */

static void recipe_program(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	char *out = xprintf("%s/case", build->dir);
	char *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode));
	if (command_go_build(setup, build, script, build->src, mode, out))
		add_run(runs, LOAD_EXEC, out, json_pack("[s]", out));
	free(mode);
	free(out);
}

static void recipe_c_shared(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	static const enum load loads[] = { LOAD_DLOPEN, LOAD_DLOPEN_LAZY, LOAD_DLOPEN_GLOBAL, LOAD_DLOPEN_LAZY_GLOBAL,
		LOAD_DLMOPEN, LOAD_PRELOAD };
	char *out = xprintf("%s/libcase.so", build->dir), *needed = xprintf("%s/host-needed", build->dir);
	char *hosts = hosts_dir(setup, &build->cell, HOSTS_C, build->control), *host = xprintf("%s/host", hosts);
	if (command_go_build(setup, build, script, build->src, "-buildmode=c-shared", out)) {
		struct argv argv = { NULL, 0 };
		command_cc(setup, &build->cell, link_linker(build->cell.link), &argv);
		argv_add(&argv, "-o");
		argv_add(&argv, "%s", needed);
		argv_add(&argv, "%s/" COMMAND_LINKED_HOST, hosts);
		argv_add(&argv, "-L%s", build->dir);
		argv_add(&argv, "-L%s", build->src);
		argv_add(&argv, "-Wl,--no-as-needed");
		argv_add(&argv, "-lcase");
		argv_add(&argv, "-lctor");
		argv_add(&argv, "-ldl");
		if (command_run(script, build->dir, &argv))
			add_run(runs, LOAD_NEEDED, out, json_pack("[s, s, s]", needed, "--load", "needed"));
		/* Such a build is OSv's own (cases/sources.def). */
		if (target_is_osv(build->cell.target))
			add_run(runs, LOAD_GOMAIN, out, json_pack("[s, s]", OSV_FRONT, out));
		for (size_t i = 0; !script->failed && i < sizeof(loads) / sizeof(loads[0]); i++)
			add_run(runs, loads[i], out,
			    json_pack("[s, s, s, s, s]", host, "--load", load_name(loads[i]), "--lib", out));
	}
	free(host);
	free(hosts);
	free(needed);
	free(out);
}

/* The link of an archive into a program with the host in it, or into a library. */
static void link_archive(const struct setup *setup, const struct build *build, const char *flag, const char *archive,
    const char *out, struct argv *argv)
{
	char *hosts = hosts_dir(setup, &build->cell, HOSTS_C, build->control);
	command_cc(setup, &build->cell, link_linker(build->cell.link), argv);
	argv_add(argv, "%s", flag);
	argv_add(argv, "-o");
	argv_add(argv, "%s", out);
	if (strcmp(flag, "-shared") == 0) {
		argv_add(argv, "-fPIC");
		argv_add(argv, "-Wl,--whole-archive");
		argv_add(argv, "%s", archive);
		argv_add(argv, "-Wl,--no-whole-archive");
	} else {
		argv_add(argv, "%s/" COMMAND_LINKED_HOST, hosts);
		argv_add(argv, "%s", archive);
	}
	argv_add(argv, "-L%s", build->src);
	argv_add(argv, "-lctor");
	argv_add(argv, "-ldl");
	free(hosts);
}

/* Another program with the host in it, of an archive whose package was compiled without -shared, which cmd/go would say
 * (cmd/cgo/internal/testcarchive TestCompileWithoutShared). */
static void make_unshared(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	char *archive = xprintf("%s/unshared.a", build->dir), *out = xprintf("%s/host-unshared", build->dir);
	size_t artifact = script->artifact; /* that is the case's own archive */
	env_set(&script->env, "GOFLAGS", "-gcflags=-shared=false");
	int built = command_go_build(setup, build, script, build->src, "-buildmode=c-archive", archive);
	env_set(&script->env, "GOFLAGS", "%s", "");
	script->artifact = artifact;
	struct argv argv = { NULL, 0 };
	link_archive(setup, build, "-no-pie", archive, out, &argv);
	if (!built)
		argv_free(&argv);
	else if (command_run(script, build->dir, &argv))
		json_object_set_new(json_object_get(runs, load_name(LOAD_ARCHIVE)), "alone",
		    json_pack("[s, s, s]", out, "--load", load_name(LOAD_ARCHIVE)));
	free(out);
	free(archive);
}

static void recipe_c_archive(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	static const struct {
		enum load load;
		const char *flag;
		const char *file;
	} kinds[] = {
		{ LOAD_ARCHIVE, "-no-pie", "host-archive" },
		{ LOAD_ARCHIVE_PIE, "-pie", "host-archive-pie" },
		{ LOAD_ARCHIVE_SO, "-shared", "libcase.so" },
	};
	char *archive = xprintf("%s/case.a", build->dir);
	char *hosts = hosts_dir(setup, &build->cell, HOSTS_C, build->control), *host = xprintf("%s/host", hosts);
	int built = command_go_build(setup, build, script, build->src, "-buildmode=c-archive", archive);
	for (size_t i = 0; built && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int shared = kinds[i].load == LOAD_ARCHIVE_SO;
		if (kinds[i].load != LOAD_ARCHIVE && !version_since(build->cell.go, VERSION_ARCHIVE_PIC))
			continue;
		char *out = xprintf("%s/%s", build->dir, kinds[i].file);
		struct argv argv = { NULL, 0 };
		link_archive(setup, build, kinds[i].flag, archive, out, &argv);
		const char *load = load_name(kinds[i].load);
		if (command_run(script, build->dir, &argv))
			add_run(runs, kinds[i].load, out,
			    shared ? json_pack("[s, s, s, s, s]", host, "--load", load, "--lib", out) :
				     json_pack("[s, s, s]", out, "--load", load));
		free(out);
	}
	if (built && recipe_plans(build, LOAD_ARCHIVE, "init.archive-unshared"))
		make_unshared(setup, build, script, runs);
	free(host);
	free(hosts);
	free(archive);
}

/* ---- entry points ---------------------------------------------------------------------------------------- */

void recipe_case(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	static void (*const by_mode[MODE_COUNT])(
	    const struct setup *, const struct build *, struct script *, json_t *) = {
		[MODE_EXE] = recipe_program,
		[MODE_PIE] = recipe_program,
		[MODE_C_ARCHIVE] = recipe_c_archive,
		[MODE_C_SHARED] = recipe_c_shared,
		[MODE_SHARED] = recipe_shared,
		[MODE_PLUGIN] = recipe_plugin,
	};
	if (build->kind == CASE_PORT)
		recipe_port(setup, build, script, runs);
	else if (!hosts_serve(&build->cell))
		recipe_wasm(setup, build, script, runs);
	else if (cell_is_windows(&build->cell))
		recipe_windows(setup, build, script, runs);
	else
		by_mode[build->cell.mode](setup, build, script, runs);
}

int recipe_plans(const struct build *build, enum load load, const char *check)
{
	struct cell ran = build->cell;
	ran.load = load;
	if (!target_is_osv(ran.target))
		snprintf(ran.target, sizeof ran.target, "host");
	return check_planned(check_find(check), &ran);
}

/* A library depends on libctor.so, some programs on libneeded.so; cgo finds them in the package folder. */
static int place_library(const struct setup *setup, const struct build *build, const char *name, const char *package)
{
	char *hosts = hosts_dir(setup, &build->cell, HOSTS_C, build->control), *from = xprintf("%s/%s", hosts, name),
	     *to = xprintf("%s/%s", package, name);
	int error = file_copy(from, to);
	free(to);
	free(from);
	free(hosts);
	return error;
}

int recipe_place(const struct setup *setup, const struct build *build, const char *package)
{
	const struct cell *cell = &build->cell;
	int error = beside_place(setup, build, package);
	if (error || build->kind == CASE_PORT || !cell->cgo || cell_is_windows(cell))
		return error;
	if (cell->mode == MODE_PLUGIN)
		return recipe_place_plugin(setup, build, package);
	if (cell->mode == MODE_SHARED)
		return recipe_place_shared(setup, build, package);
	if (cell->mode == MODE_C_SHARED || cell->mode == MODE_C_ARCHIVE)
		return place_library(setup, build, "libctor.so", package);
	return hosts_needed(cell) ? place_library(setup, build, "libneeded.so", package) : 0;
}
