#include "runner/build/hosts_windows.h"

#include "runner/build/commands.h"
#include "runner/build/sources.h"

enum { HOST_SOURCES = 3 };

void hosts_windows_cc(
    const struct setup *setup, const struct cell *cell, const char *dir, const char *name, struct argv *argv)
{
	command_cc(setup, cell, "", argv);
	argv_add(argv, "-static");
	argv_add(argv, "-o");
	argv_add(argv, "%s/%s", dir, name);
}

static void add_host(const struct setup *setup, int control, struct argv *argv)
{
	for (size_t i = 0; i < HOST_SOURCES; i++)
		argv_add(argv, "%s/%s", setup->places.root, source_windows_host_files[i]);
	argv_add(argv, "%s/%s", setup->places.root, command_control(control));
}

void hosts_windows_make(
    const struct setup *setup, const struct cell *cell, int control, const char *dir, struct script *script)
{
	struct argv argv = { NULL, 0 };
	hosts_windows_cc(setup, cell, dir, "libneighbours.so", &argv);
	argv_add(&argv, "-shared");
	argv_add(&argv, "%s/harness/probe/neighbours.c", setup->places.root);
	command_run(script, dir, &argv);
	hosts_windows_cc(setup, cell, dir, "host.exe", &argv);
	add_host(setup, control, &argv);
	command_run(script, dir, &argv);
	hosts_windows_cc(setup, cell, dir, COMMAND_LINKED_HOST, &argv);
	argv_add(&argv, "-DHOST_LINKED");
	argv_add(&argv, "-r");
	add_host(setup, control, &argv);
	command_run(script, dir, &argv);
}
