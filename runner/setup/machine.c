#include "runner/setup/machine.h"

#include "matrix/base/buf.h"
#include "runner/setup/files.h"

#include <gnu/libc-version.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* GOARCH of this machine; a name that Go does not know stays as the kernel says it. */
static const char *goarch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "i686", "386" },
		{ "armv7l", "arm" },
		{ "ppc64le", "ppc64le" },
		{ "s390x", "s390x" },
		{ "riscv64", "riscv64" },
		{ "loongarch64", "loong64" },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	return machine;
}

void machine_find(struct machine *machine)
{
	struct utsname name;
	uname(&name);
	memset(machine, 0, sizeof(*machine));
	machine->kernel = xprintf("%s %s %s", name.sysname, name.release, name.machine);
	machine->libc = xprintf("glibc %s", gnu_get_libc_version());
	snprintf(machine->os, sizeof(machine->os), "linux");
	snprintf(machine->arch, sizeof(machine->arch), "%.15s", goarch(name.machine));
}

void machine_free(struct machine *machine)
{
	free(machine->libc);
	free(machine->kernel);
	memset(machine, 0, sizeof(*machine));
}

int machine_is_native(const struct machine *machine, const struct cell *cell)
{
	return !*cell->variant && strcmp(cell->os, machine->os) == 0 && strcmp(cell->arch, machine->arch) == 0;
}

/* The files of this process's own loader and libc, from its mappings. */
void machine_key(struct machine *machine)
{
	if (*machine->key)
		return;
	struct hash *hash = hash_new();
	hash_add_text(hash, machine->kernel);
	char *maps = NULL;
	if (file_read("/proc/self/maps", &maps, NULL) == 0) {
		char last[PATH_MAX] = "";
		for (char *rest = maps, *line; (line = strsep(&rest, "\n"));) {
			char *path = strchr(line, '/');
			if (!path || strcmp(path, last) == 0 ||
			    (!strstr(path, "/libc.so") && !strstr(path, "/libc-") && !strstr(path, "/ld-")))
				continue;
			snprintf(last, sizeof(last), "%s", path);
			hash_add_text(hash, file_hash(path));
		}
		free(maps);
	}
	hash_end(hash, machine->key);
}
