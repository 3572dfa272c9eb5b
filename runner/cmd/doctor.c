/* doctor.c - doctor: what this machine has, what is missing, which cells that costs. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/gen.h"
#include "runner/schedule/plan.h"
#include "runner/setup/version.h"
#include "runner/target/target.h"
#include "runner/toolchain/release_ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { NEEDED_MB = 3000 }; /* a cold host matrix with libstd.so by four linkers */

static size_t count_cells(const struct setup *setup, unsigned links)
{
	struct gen_axes axes = { .go = setup->releases->version,
		.os = setup->machine.os,
		.arch = setup->machine.arch,
		.target = "host",
		.links = links };
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

/* The compiler of the machine's own port: without it everything with cgo is skipped. */
static void print_own_compiler(const struct setup *setup)
{
	struct cell own = { .cgo = 1, .mode = MODE_EXE, .link = LINK_EXTERNAL };
	struct compiler compiler;
	snprintf(own.os, sizeof(own.os), "%s", setup->machine.os);
	snprintf(own.arch, sizeof(own.arch), "%s", setup->machine.arch);
	compiler_of(setup, &own, &compiler);
	char *path = !compiler.command ? NULL : setup->cc ? xstrdup(setup->cc) : program_find(compiler.name, NULL);
	if (path)
		printf("  ok       cc       %s\n", path);
	else
		printf("  MISSING  cc       costs every cell with cgo=1: apt-get install %s\n", compiler.package);
	free(path);
}

static void print_linkers(const struct setup *setup)
{
	for (size_t i = 0; i < LINKER_COUNT; i++) {
		const struct linker *linker = &setup->linkers.linker[i];
		unsigned links = links_of(linker->name), every = setup->linkers.links | links;
		size_t cost = count_cells(setup, every) - count_cells(setup, every & ~links);
		if (linker->path)
			printf("  ok       %-8s %s (%zu cells)\n", linker->name, linker->path, cost);
		else
			printf("  MISSING  %-8s costs %zu cells: apt-get install %s\n", linker->name, cost,
			    linker->package);
	}
}

/* ---- the C compilers of other ports ---------------------------------------------------------------- */

/* Cells that one compiler, or the lack of one, decides on. */
struct cost {
	const char *name, *package, *missing, *thing;
	char port[40]; /* of the first of them */
	int several;   /* others are of other ports */
	size_t cells;
};

static int same_cost(const struct cost *cost, const struct compiler *compiler, const char *port)
{
	if (cost->thing != compiler->thing || cost->name != compiler->name)
		return 0;
	/* A lack is told per port where its words name one. */
	return !compiler->thing || !strchr(compiler->thing, '$') || strcmp(cost->port, port) == 0;
}

/* Adds up the cgo cells that are built and inspected only, by compiler. */
static size_t add_up(const struct setup *setup, const struct cells *cells, struct cost *costs)
{
	size_t count = 0;
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];
		struct compiler compiler;
		char port[40];
		if (!cell->cgo || cell->load != LOAD_NONE || machine_is_native(&setup->machine, cell) ||
		    support_row(cell) >= 0)
			continue;
		compiler_of(setup, cell, &compiler);
		snprintf(port, sizeof(port), "%s/%s", cell->os, cell->arch);
		size_t at = 0;
		while (at < count && !same_cost(&costs[at], &compiler, port))
			at++;
		if (at == count) {
			costs[count] = (struct cost){ compiler.name, compiler.package, compiler.missing, compiler.thing,
				"", 0, 0 };
			memcpy(costs[count++].port, port, sizeof(port));
		}
		costs[at].several |= strcmp(costs[at].port, port) != 0;
		costs[at].cells++;
	}
	return count;
}

static void print_cost(const struct cost *cost)
{
	struct cell port = { .mode = MODE_EXE };
	struct buf thing = BUF_INIT;
	const char *slash = strchr(cost->port, '/');
	snprintf(port.os, sizeof(port.os), "%.*s", (int)(slash - cost->port), cost->port);
	snprintf(port.arch, sizeof(port.arch), "%s", slash + 1);
	if (cost->thing)
		cell_expand(&port, cost->thing, &thing);
	const char *others = cost->several ? " and others" : "", *plural = cost->cells == 1 ? "" : "s";
	if (!cost->missing)
		printf(
		    "  ok       compiler %s%s, %zu cell%s: %s\n", cost->port, others, cost->cells, plural, cost->name);
	else if (cost->package)
		printf("  MISSING  compiler %s%s costs %zu cell%s: `ci/setup.sh ports` installs %s\n", cost->port,
		    others, cost->cells, plural, cost->package);
	else
		printf("  none     %-12s %s%s costs %zu cell%s: %s\n", cost->missing, cost->port, others, cost->cells,
		    plural, thing.data);
	buf_free(&thing);
}

/* ---- targets ----------------------------------------------------------------------------------------- */

static size_t count_runs(const struct cells *cells, const char *target)
{
	size_t count = 0;
	for (size_t i = 0; i < cells->count; i++)
		count += strcmp(cells->cell[i].target, target) == 0;
	return count;
}

static void print_targets(const struct setup *setup, const struct cells *cells)
{
	size_t count = 0;
	for (size_t i = 0; i < setup->targets->count; i++)
		count += setup->targets->target[i].kind != TARGET_PACK;
	printf("%zu targets run cells; what a run needs of Debian's packages for them it fetches by itself\n", count);
	for (size_t i = 0; i < setup->targets->count; i++) {
		struct target *target = &setup->targets->target[i];
		size_t runs = count_runs(cells, target->name);
		if (target->kind == TARGET_PACK)
			continue;
		target_look(setup, target);
		if (!target->missing)
			printf("  ok       target   %s (%zu cells)\n", target->name, runs);
		else
			printf("  %-8s target   %s, %zu cells: %s\n", target->gettable ? "FETCH" : "MISSING",
			    target->name, runs, target->thing);
	}
}

/* Returns how many cells the whole list has. */
static size_t print_compilers(const struct setup *setup, const struct ports *ports)
{
	struct diag diag = DIAG_INIT;
	struct cells cells;
	size_t all = 0, ported = 0;
	if (!plan_cells(setup, setup->releases, ports, &cells, &diag)) {
		struct cost *costs = xcalloc(cells.count + 1, sizeof(*costs));
		size_t count = add_up(setup, &cells, costs);
		for (size_t i = 0; i < cells.count; i++)
			ported += cells.cell[i].load == LOAD_NONE;
		printf(
		    "%zu ports: %zu cells are built and inspected only; those with cgo need a C compiler of the port\n",
		    ports->count, ported - (count_cells(setup, setup->linkers.links) - count_runs(&cells, "host")));
		for (size_t i = 0; i < count; i++)
			print_cost(&costs[i]);
		print_targets(setup, &cells);
		all = cells.count;
		free(costs);
		cells_free(&cells);
	}
	return all;
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
	printf("  %-8s cache    %s (%lu MB free; a cold host matrix takes up to %d MB)\n",
	    mb >= NEEDED_MB ? "ok" : "LOW", cache, mb, NEEDED_MB);
	return mb >= NEEDED_MB;
}

static int run(struct setup *setup, const struct option_words *words)
{
	(void)words;
	const struct machine *machine = &setup->machine;
	struct diag diag = DIAG_INIT;
	struct ports ports;
	/* Asked of the go command itself, which is so seen to run. */
	int whole = !ports_load(setup, setup->releases, &ports, &diag);
	printf("tlsmatrix %s on %s/%s\n", tlsmatrix_version, machine->os, machine->arch);
	printf("  %-8s go       %s (%s)%s%s\n", whole ? "ok" : "BROKEN", setup->releases->go, setup->releases->version,
	    whole ? "" : ": ", diag.line);
	print_own_compiler(setup);
	print_linkers(setup);
	printf("  ok       kernel   %s\n  ok       libc     %s\n", machine->kernel, machine->libc);
	char *tracer = xprintf("%s/tlstrace", setup->places.bin);
	int traced = file_exists(tracer);
	printf("  %-8s tracer   %s%s\n", traced ? "ok" : "MISSING", tracer, traced ? "" : ": run `make programs`");
	free(tracer);
	int room = print_room(setup->places.cache);
	if (!whole)
		return EXIT_INFRA;
	size_t all = count_cells(setup, setup->linkers.links), list = print_compilers(setup, &ports);
	ports_free(&ports);
	printf("%zu cells can be built and run here: `tlsmatrix run`; %zu are in the whole list: `tlsmatrix run "
	       "'target=*'`\n",
	    all, list);
	return traced && room ? EXIT_OK : EXIT_INFRA;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.synopsis = "doctor",
	.summary = "what this machine has, what is missing, which cells that costs",
	.needs_release = 1,
	.uses = CACHE_USED,
	.help = "Exit status 3 when the matrix cannot be judged here.",
	.run = run,
};
