/* unit.h - what the unit tests of matrix/ share: cmocka, and the host matrix to quantify over. */
#ifndef TLSMATRIX_TESTS_UNIT_UNIT_H
#define TLSMATRIX_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix/gen.h"

/* Every cell of the host matrix of an architecture, all linkers present. */
static inline struct cells host_matrix(const char *arch)
{
	const struct gen_axes axes = { "go1.26.8", "linux", arch, "host", (1u << LINK_COUNT) - 1 };
	struct cells cells;
	assert_int_equal(gen_cells(&axes, &cells), 0);
	assert_true(cells.count > 0);
	return cells;
}

/* The architectures that the rule tables must be whole for. */
static const char *const unit_arches[] = { "amd64", "arm64" };
enum { UNIT_ARCHES = sizeof unit_arches / sizeof *unit_arches };

#endif
