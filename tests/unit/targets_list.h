/* targets_list.h - the whole list of a sample release, with the targets that tlsmatrix knows. */
#ifndef TLSMATRIX_TESTS_UNIT_TARGETS_LIST_H
#define TLSMATRIX_TESTS_UNIT_TARGETS_LIST_H

#include "tests/unit/unit.h"

#include "matrix/base/diag.h"
#include "runner/schedule/plan.h"
#include "runner/setup/setup.h"
#include "runner/target/target.h"

#include <stdio.h>

/* The whole list of a release on a machine, on every target that tlsmatrix knows. */
static inline struct cells list_on_targets(size_t sample, const char *arch)
{
	struct targets targets = { NULL, 0 };
	struct release release = { .goroot = (char[]){ "" } };
	struct setup setup = { .places = { .root = (char[]){ "." }, .cache = (char[]){ "" } },
		.targets = &targets,
		.releases = &release,
		.release_count = 1 };
	struct diag diag = DIAG_INIT;
	struct cells cells;
	snprintf(release.version, sizeof release.version, "%s", ports_sample[sample].go);
	snprintf(setup.machine.os, sizeof setup.machine.os, "linux");
	snprintf(setup.machine.arch, sizeof setup.machine.arch, "%s", arch);
	setup.linkers.links = (1u << LINK_COUNT) - 1;
	if (targets_load(&setup, NULL, &targets, &diag))
		fail_msg("%s", diag.line);
	assert_int_equal(plan_cells(&setup, &release, sample_ports(sample), &cells, &diag), 0);
	targets_free(&targets);
	return cells;
}

#endif
