#include "runner/compile.h"

#include "runner/osv_files.h"
#include "runner/pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces ------------------------------------------------------------------------------------- */

static const char *const plugin_files[] = { "cases/hosts/plugin/main.go", "cases/core/record.go", "cases/core/check.go",
	NULL };

static const char *const ctls_files[] = { "cases/tls/ctls/main.go", "cases/tls/ctls/ctls.c", "cases/tls/ctls/ctls.h",
	NULL };

static void add_run(json_t *runs, enum load load, const char *module, json_t *program)
{
	json_object_set_new(runs, load_name(load), json_pack("{s:o, s:s}", "program", program, "module", module));
}

/* ---- buildmodes ------------------------------------------------------------------------------------ */

static void compile_program(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
{
	char *out = xprintf("%s/case", build->dir);
	char *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode));
	if (piece_go_build(setup, build, steps, build->src, mode, out))
		add_run(runs, LOAD_EXEC, out, json_pack("[s]", out));
	free(mode);
	free(out);
}

static void compile_c_shared(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
{
	static const enum load loads[] = { LOAD_DLOPEN, LOAD_DLOPEN_LAZY, LOAD_DLOPEN_GLOBAL, LOAD_DLOPEN_LAZY_GLOBAL,
		LOAD_DLMOPEN, LOAD_PRELOAD };
	char *out = xprintf("%s/libcase.so", build->dir), *needed = xprintf("%s/host-needed", build->dir);
	char *aux = aux_dir(setup, &build->cell, AUX_C, build->control), *host = xprintf("%s/host", aux);
	if (piece_go_build(setup, build, steps, build->src, "-buildmode=c-shared", out)) {
		struct argv argv = { NULL, 0 };
		piece_cc(setup, &build->cell, link_linker(build->cell.link), &argv);
		argv_add(&argv, "-o");
		argv_add(&argv, "%s", needed);
		argv_add(&argv, "%s/" PIECE_LINKED_HOST, aux);
		argv_add(&argv, "-L%s", build->dir);
		argv_add(&argv, "-L%s", build->src);
		argv_add(&argv, "-Wl,--no-as-needed");
		argv_add(&argv, "-lcase");
		argv_add(&argv, "-lctor");
		argv_add(&argv, "-ldl");
		if (piece_run(steps, build->dir, &argv))
			add_run(runs, LOAD_NEEDED, out, json_pack("[s, s, s]", needed, "--load", "needed"));
		/* Such a build is OSv's own (cases/sources.def). */
		if (target_is_osv(build->cell.target))
			add_run(runs, LOAD_GOMAIN, out, json_pack("[s, s]", OSV_FRONT, out));
		for (size_t i = 0; !steps->failed && i < sizeof(loads) / sizeof(loads[0]); i++)
			add_run(runs, loads[i], out,
			    json_pack("[s, s, s, s, s]", host, "--load", load_name(loads[i]), "--lib", out));
	}
	free(host);
	free(aux);
	free(needed);
	free(out);
}

static void compile_c_archive(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
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
	char *aux = aux_dir(setup, &build->cell, AUX_C, build->control), *host = xprintf("%s/host", aux);
	int built = piece_go_build(setup, build, steps, build->src, "-buildmode=c-archive", archive);
	for (size_t i = 0; built && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int shared = kinds[i].load == LOAD_ARCHIVE_SO;
		char *out = xprintf("%s/%s", build->dir, kinds[i].file);
		struct argv argv = { NULL, 0 };
		piece_cc(setup, &build->cell, link_linker(build->cell.link), &argv);
		argv_add(&argv, "%s", kinds[i].flag);
		argv_add(&argv, "-o");
		argv_add(&argv, "%s", out);
		if (shared) {
			argv_add(&argv, "-fPIC");
			argv_add(&argv, "-Wl,--whole-archive");
			argv_add(&argv, "%s", archive);
			argv_add(&argv, "-Wl,--no-whole-archive");
		} else {
			argv_add(&argv, "%s/" PIECE_LINKED_HOST, aux);
			argv_add(&argv, "%s", archive);
		}
		argv_add(&argv, "-L%s", build->src);
		argv_add(&argv, "-lctor");
		argv_add(&argv, "-ldl");
		const char *load = load_name(kinds[i].load);
		if (piece_run(steps, build->dir, &argv))
			add_run(runs, kinds[i].load, out,
			    shared ? json_pack("[s, s, s, s, s]", host, "--load", load, "--lib", out) :
				     json_pack("[s, s, s]", out, "--load", load));
		free(out);
	}
	free(host);
	free(aux);
	free(archive);
}

static void compile_plugin(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
{
	char *out = xprintf("%s/case.so", build->dir), *host = xprintf("%s/pluginhost", build->dir);
	char *host_src = xprintf("%s-pluginhost", build->src);
	if (piece_go_build(setup, build, steps, build->src, "-buildmode=plugin", out) &&
	    piece_go_files(setup, build, steps, plugin_files, host_src, "-buildmode=exe", host))
		add_run(runs, LOAD_PLUGIN, out, json_pack("[s, s]", host, out));
	free(host_src);
	free(host);
	free(out);
}

/* ---- buildmode shared ------------------------------------------------------------------------------------- */

/* What the case imports of std.  With its dependencies that is all of std that the program has, so
 * every package of it comes from the library; the rest of std would take 40 s more to compile. */
static const char *const shared_packages[] = {
	"os",
	"os/signal",
	"runtime",
	"runtime/cgo",
	"sort",
	"strconv",
	"strings",
	"sync",
	"sync/atomic",
	"syscall",
	"time",
	NULL,
};

static void compile_shared(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
{
	char *out = xprintf("%s/case", build->dir),
	     *library = piece_go_shared(setup, build, steps, shared_packages, out);
	if (library)
		add_run(runs, LOAD_EXEC, library, json_pack("[s]", out));
	free(library);
	free(out);
}

/* ---- entry points ---------------------------------------------------------------------------------------- */

void compile_case(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
{
	static void (*const by_mode[MODE_COUNT])(
	    const struct setup *, const struct build *, struct steps *, json_t *) = {
		[MODE_EXE] = compile_program,
		[MODE_PIE] = compile_program,
		[MODE_C_ARCHIVE] = compile_c_archive,
		[MODE_C_SHARED] = compile_c_shared,
		[MODE_SHARED] = compile_shared,
		[MODE_PLUGIN] = compile_plugin,
	};
	if (build->kind == CASE_PORT)
		compile_port(setup, build, steps, runs);
	else if (!aux_serves(&build->cell))
		compile_wasm(setup, build, steps, runs);
	else if (build_is_windows(&build->cell))
		compile_windows(setup, build, steps, runs);
	else
		by_mode[build->cell.mode](setup, build, steps, runs);
}

void compile_ctls(const struct setup *setup, const struct build *build, struct steps *steps)
{
	char *src = xprintf("%s-ctls", build->src), *out = xprintf("%s/ctls", build->dir),
	     *mode = xprintf("-buildmode=%s", mode_name(build->cell.mode));
	piece_go_files(setup, build, steps, ctls_files, src, mode, out);
	free(mode);
	free(out);
	free(src);
}

/* A library depends on libctor.so, which cgo finds in the package folder. */
int compile_place(const struct setup *setup, const struct build *build, const char *package)
{
	if (build->kind == CASE_PORT || !build->cell.cgo || build_is_windows(&build->cell) ||
	    (build->cell.mode != MODE_C_SHARED && build->cell.mode != MODE_C_ARCHIVE))
		return 0;
	char *aux = aux_dir(setup, &build->cell, AUX_C, build->control), *from = xprintf("%s/libctor.so", aux),
	     *to = xprintf("%s/libctor.so", package);
	int error = file_copy(from, to);
	free(to);
	free(from);
	free(aux);
	return error;
}

const char **compile_sources(enum mode mode)
{
	const char *const *list = mode == MODE_PLUGIN ? plugin_files :
	    mode == MODE_EXE || mode == MODE_PIE      ? ctls_files :
	    mode == MODE_SHARED                       ? ctls_files + 3 :
							piece_c_files;
	size_t count = 0;
	while (list[count])
		count++;
	const char **copy = xcalloc(count + 1, sizeof(*copy));
	memcpy(copy, list, count * sizeof(*copy));
	return copy;
}
