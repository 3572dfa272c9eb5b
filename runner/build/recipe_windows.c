/* recipe_windows.c - the artifacts of Windows: .exe, .dll, and programs of the host that mingw links. */
#include "runner/build/recipe.h"

#include "runner/build/commands.h"
#include "runner/build/hosts.h"
#include "runner/build/hosts_windows.h"

#include <stdlib.h>
#include <string.h>

static void add_run(json_t *runs, enum load load, const char *module, json_t *program)
{
	json_object_set_new(runs, load_name(load), json_pack("{s:o, s:s}", "program", program, "module", module));
}

/* A program of host-linked.o and the library, which is a DLL to import or an archive. */
static void link_host(const struct setup *setup, const struct build *build, struct script *script, json_t *runs,
    enum load load, const char *name, const char *library, const char *module)
{
	char *hosts = hosts_dir(setup, &build->cell, HOSTS_C, build->control),
	     *out = xprintf("%s/%s", build->dir, name);
	struct argv argv = { NULL, 0 };
	hosts_windows_cc(setup, &build->cell, build->dir, name, &argv);
	argv_add(&argv, "%s/" COMMAND_LINKED_HOST, hosts);
	argv_add(&argv, "%s", library);
	if (command_run(script, build->dir, &argv))
		add_run(runs, load, module ? module : out, json_pack("[s, s, s]", out, "--load", load_name(load)));
	free(out);
	free(hosts);
}

void recipe_windows(const struct setup *setup, const struct build *build, struct script *script, json_t *runs)
{
	enum mode kind = build->cell.mode;
	const char *name = kind == MODE_C_SHARED ? "case.dll" : kind == MODE_C_ARCHIVE ? "case.a" : "case.exe";
	char *out = xprintf("%s/%s", build->dir, name), *mode = xprintf("-buildmode=%s", mode_name(kind));
	if (command_go_build(setup, build, script, build->src, mode, out)) {
		if (kind == MODE_C_SHARED) {
			char *hosts = hosts_dir(setup, &build->cell, HOSTS_C, build->control),
			     *host = xprintf("%s/host.exe", hosts);
			link_host(setup, build, script, runs, LOAD_NEEDED, "host-needed.exe", out, out);
			add_run(runs, LOAD_DLOPEN, out,
			    json_pack("[s, s, s, s, s]", host, "--load", "dlopen", "--lib", out));
			free(host);
			free(hosts);
		} else if (kind == MODE_C_ARCHIVE) {
			link_host(setup, build, script, runs, LOAD_ARCHIVE, "host-archive.exe", out, NULL);
		} else {
			add_run(runs, LOAD_EXEC, out, json_pack("[s]", out));
		}
	}
	free(mode);
	free(out);
}
