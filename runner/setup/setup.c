#include "runner/setup/setup.h"

#include <string.h>

const struct release *setup_release(const struct setup *setup, const struct cell *cell)
{
	for (size_t i = 0; i < setup->release_count; i++)
		if (strcmp(setup->releases[i].version, cell->go) == 0)
			return &setup->releases[i];
	return setup->releases;
}

void setup_keys(struct setup *setup)
{
	for (size_t i = 0; i < setup->release_count; i++)
		release_key(&setup->releases[i], &setup->machine);
	machine_key(&setup->machine);
}
