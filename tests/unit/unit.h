/* unit.h - what the unit tests of matrix/ share: cmocka, and the host matrix to quantify over. */
#ifndef TLSMATRIX_TESTS_UNIT_UNIT_H
#define TLSMATRIX_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix/gen.h"
#include "tests/unit/ports_sample.h"

/* Every cell of the host matrix of a release on an architecture, all linkers present. */
static inline struct cells host_matrix_of(const char *go, const char *arch)
{
	const struct gen_axes axes = {
		.go = go, .os = "linux", .arch = arch, .target = "host", .links = (1u << LINK_COUNT) - 1
	};
	struct cells cells;
	assert_int_equal(gen_cells(&axes, &cells), 0);
	assert_true(cells.count > 0);
	return cells;
}

/* One release of each time in which something was otherwise than now, on amd64. */
static const char *const older_releases[] = { "go1.5.4", "go1.6.4", "go1.7.1", "go1.8.7", "go1.9.7", "go1.10.8",
	"go1.11.13", "go1.12.17", "go1.15.15", "go1.16.15", "go1.18.10", "go1.20.14", "go1.21.13" };
enum { OLDER_RELEASES = sizeof older_releases / sizeof *older_releases };

static inline struct cells host_matrix(const char *arch) { return host_matrix_of("go1.26.8", arch); }

/* A table of ports_sample.h; stays for the life of the process. */
static inline const struct ports *sample_ports(size_t sample)
{
	static struct ports ports[SAMPLES];
	if (!ports[sample].count)
		assert_int_equal(ports_parse("ports_sample.h", ports_sample[sample].table, &ports[sample], NULL), 0);
	return &ports[sample];
}

/* The whole list of a release on a machine: its host matrix, and every port with its variants. */
static inline struct cells whole_list(size_t sample, const char *arch)
{
	const struct gen_axes axes = {
		.go = ports_sample[sample].go,
		.os = "linux",
		.arch = arch,
		.target = "host",
		.links = (1u << LINK_COUNT) - 1,
		.ports = sample_ports(sample),
	};
	struct cells cells;
	assert_int_equal(gen_cells(&axes, &cells), 0);
	return cells;
}

/* The same, with a target that runs all that some target can run. */
static inline struct cells target_list(size_t sample)
{
	static const struct gen_target everything = {
		.name = "everything",
		.os = "linux,windows,js,wasip1",
		.where = "",
		.links = 1u << LINK_INTERNAL | 1u << LINK_EXTERNAL,
		.arch = "386,386.softfloat,amd64,arm,arm.5,arm.6,arm.7,arm.7-softfloat,arm64,loong64,mips,mipsle,"
			"mips64,mips64le,ppc64,ppc64le,riscv64,s390x,wasm",
	};
	const struct gen_axes axes = {
		.go = ports_sample[sample].go,
		.os = "linux",
		.arch = "amd64",
		.target = "host",
		.links = (1u << LINK_COUNT) - 1,
		.ports = sample_ports(sample),
		.targets = &everything,
		.target_count = 1,
	};
	struct cells cells;
	assert_int_equal(gen_cells(&axes, &cells), 0);
	return cells;
}

/* The architectures that the rule tables must be whole for. */
static const char *const unit_arches[] = { "amd64", "arm64" };
enum { UNIT_ARCHES = sizeof unit_arches / sizeof *unit_arches };

#endif
