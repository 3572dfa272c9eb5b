/* cmd_doctor.c - doctor: what this machine has, what is missing, which cells that costs. */
#include "runner/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/gen.h"
#include "runner/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { NEEDED_MB = 3000 };   /* a cold host matrix with libstd.so by four linkers */

static size_t count_cells(const struct setup *setup, unsigned links)
{
	struct gen_axes axes = { .go = setup->toolchain.version, .os = setup->toolchain.os, .arch = setup->toolchain.arch, .target = "host", .links = links };
	struct cells cells;
	if (gen_cells(&axes, &cells))
		return 0;
	size_t count = cells.count;
	cells_free(&cells);
	return count;
}

/* Cells that come with a linker: all link modes whose -fuse-ld= word is its name. */
static unsigned links_of(const char *linker)
{
	unsigned links = 0;
	for (enum link link = 0; link < LINK_COUNT; link++)
		if (link_is_external(link) && strcmp(*link_linker(link) ? link_linker(link) : "bfd", linker) == 0)
			links |= 1u << link;
	return links;
}

static void print_tools(const struct setup *setup, size_t all)
{
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		const struct tool *tool = &setup->toolchain.tools[i];
		unsigned links = links_of(tool->name);
		unsigned every = setup->toolchain.links | links;
		size_t cost = i == TOOL_CC ? all : count_cells(setup, every) - count_cells(setup, every & ~links);
		if (tool->path)
			printf("  ok       %-8s %s (%zu cells)\n", tool->name, tool->path, cost);
		else
			printf("  MISSING  %-8s costs %zu cells: apt-get install %s\n", tool->name, cost, tool->package);
	}
}

static int print_room(const char *cache)
{
	struct statvfs fs;
	char *parent = xprintf("%s", cache);
	while (statvfs(parent, &fs) && strrchr(parent, '/') > parent)
		*strrchr(parent, '/') = '\0';
	int known = statvfs(parent, &fs) == 0;
	unsigned long mb = known ? (unsigned long)(fs.f_bavail / 1024 * fs.f_frsize / 1024) : 0;
	free(parent);
	printf("  %-8s cache    %s (%lu MB free; a cold host matrix takes up to %d MB)\n", mb >= NEEDED_MB ? "ok" : "LOW", cache, mb, NEEDED_MB);
	return mb >= NEEDED_MB;
}

static int run(struct setup *setup, const struct words *words)
{
	(void)words;
	const struct toolchain *toolchain = &setup->toolchain;
	size_t all = count_cells(setup, toolchain->links);
	printf("tlsmatrix %s on %s/%s\n", TLSMATRIX_VERSION, toolchain->os, toolchain->arch);
	printf("  ok       go       %s (%s)\n", toolchain->go, toolchain->version);
	print_tools(setup, all);
	printf("  ok       kernel   %s\n  ok       libc     %s\n", toolchain->kernel, toolchain->libc);
	char *tracer = xprintf("%s/tlstrace", setup->places.bin);
	int traced = file_exists(tracer);
	printf("  %-8s tracer   %s%s\n", traced ? "ok" : "MISSING", tracer, traced ? "" : ": run `make programs`");
	free(tracer);
	int room = print_room(setup->places.cache);
	printf("%zu cells can be built and run here: `tlsmatrix list`\n", all);
	return traced && room ? EXIT_OK : EXIT_INFRA;
}

const struct command cmd_doctor = {
	.name = "doctor", .synopsis = "doctor", .summary = "what this machine has, what is missing, which cells that costs", .needs_toolchain = 1,
	.help = "Exit status 3 when the matrix cannot be judged here.", .run = run,
};
