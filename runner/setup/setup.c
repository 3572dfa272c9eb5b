#include "runner/setup/setup.h"

#include "matrix/base/buf.h"

#include <string.h>

const struct release *setup_find_release(const struct setup *setup, const char *version)
{
	for (size_t i = 0; i < setup->release_count; i++)
		if (strcmp(setup->releases[i].version, version) == 0)
			return &setup->releases[i];
	return NULL;
}

const struct release *setup_release_of(const struct setup *setup, const char *version)
{
	const struct release *found = setup_find_release(setup, version);
	return found ? found : setup->releases;
}

void setup_add_release(struct setup *setup, const struct release *release)
{
	setup->releases = xrealloc(setup->releases, (setup->release_count + 1) * sizeof(*setup->releases));
	setup->releases[setup->release_count++] = *release;
}

const struct release *setup_release(const struct setup *setup, const struct cell *cell)
{
	return setup_release_of(setup, cell->go);
}

void setup_keys(struct setup *setup)
{
	for (size_t i = 0; i < setup->release_count; i++)
		release_key(&setup->releases[i], &setup->machine);
	machine_key(&setup->machine);
}
