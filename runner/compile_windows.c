/* compile_windows.c - the artifacts of Windows: .exe, .dll, and hosts that mingw links.
 *
 * What serves all builds of the port (aux.c): host.exe, which loads a DLL; host-linked.o, the same for programs
 * that import the DLL or have the archive in them; libneighbours.so, a DLL that keeps the name of the other
 * systems, since LoadLibrary takes any name with a suffix. */
#include "runner/compile.h"

#include "runner/pieces.h"

#include <stdlib.h>
#include <string.h>

/* The host's C files, and what decides what they become. */
static const char *const host_files[] = {
	"cases/windows/host_windows.c",
	"cases/windows/checks_windows.c",
	"harness/probe/record.c",
	"cases/windows/host_windows.h",
	"cases/windows/init_count_windows.h",
	NULL,
};
enum { HOST_SOURCES = 3 };

static void add_run(json_t *runs, enum load load, const char *module, json_t *program)
{
	json_object_set_new(runs, load_name(load), json_pack("{s:o, s:s}", "program", program, "module", module));
}

/* Starts a command of the port's C compiler that writes DIR/NAME; -static, as libwinpthread and libssp are mingw's own
 * DLLs and no part of Windows. */
static void begin(
    const struct setup *setup, const struct cell *cell, const char *dir, const char *name, struct argv *argv)
{
	piece_cc(setup, cell, "", argv);
	argv_add(argv, "-static");
	argv_add(argv, "-o");
	argv_add(argv, "%s/%s", dir, name);
}

static void add_host(const struct setup *setup, int control, struct argv *argv)
{
	for (size_t i = 0; i < HOST_SOURCES; i++)
		argv_add(argv, "%s/%s", setup->places.root, host_files[i]);
	argv_add(argv, "%s/%s", setup->places.root, piece_control(control));
}

void compile_windows_aux(
    const struct setup *setup, const struct cell *cell, int control, const char *dir, struct steps *steps)
{
	struct argv argv = { NULL, 0 };
	begin(setup, cell, dir, "libneighbours.so", &argv);
	argv_add(&argv, "-shared");
	argv_add(&argv, "%s/harness/probe/neighbours.c", setup->places.root);
	piece_run(steps, dir, &argv);
	begin(setup, cell, dir, "host.exe", &argv);
	add_host(setup, control, &argv);
	piece_run(steps, dir, &argv);
	begin(setup, cell, dir, PIECE_LINKED_HOST, &argv);
	argv_add(&argv, "-DHOST_LINKED");
	argv_add(&argv, "-r");
	add_host(setup, control, &argv);
	piece_run(steps, dir, &argv);
}

const char *const *compile_windows_files(void) { return host_files; }

/* A program of host-linked.o and the library, which is a DLL to import or an archive. */
static void link_host(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs,
    enum load load, const char *name, const char *library, const char *module)
{
	char *aux = aux_dir(setup, &build->cell, AUX_C, build->control), *out = xprintf("%s/%s", build->dir, name);
	struct argv argv = { NULL, 0 };
	begin(setup, &build->cell, build->dir, name, &argv);
	argv_add(&argv, "%s/" PIECE_LINKED_HOST, aux);
	argv_add(&argv, "%s", library);
	if (piece_run(steps, build->dir, &argv))
		add_run(runs, load, module ? module : out, json_pack("[s, s, s]", out, "--load", load_name(load)));
	free(out);
	free(aux);
}

void compile_windows(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs)
{
	enum mode kind = build->cell.mode;
	const char *name = kind == MODE_C_SHARED ? "case.dll" : kind == MODE_C_ARCHIVE ? "case.a" : "case.exe";
	char *out = xprintf("%s/%s", build->dir, name), *mode = xprintf("-buildmode=%s", mode_name(kind));
	if (piece_go_build(setup, build, steps, build->src, mode, out)) {
		if (kind == MODE_C_SHARED) {
			char *aux = aux_dir(setup, &build->cell, AUX_C, build->control),
			     *host = xprintf("%s/host.exe", aux);
			link_host(setup, build, steps, runs, LOAD_NEEDED, "host-needed.exe", out, out);
			add_run(runs, LOAD_DLOPEN, out,
			    json_pack("[s, s, s, s, s]", host, "--load", "dlopen", "--lib", out));
			free(host);
			free(aux);
		} else if (kind == MODE_C_ARCHIVE) {
			link_host(setup, build, steps, runs, LOAD_ARCHIVE, "host-archive.exe", out, NULL);
		} else {
			add_run(runs, LOAD_EXEC, out, json_pack("[s]", out));
		}
	}
	free(mode);
	free(out);
}
