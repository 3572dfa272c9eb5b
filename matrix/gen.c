#include "matrix/gen.h"

#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD(name) (1u << LOAD_##name)

/* Which load modes fit a buildmode: on ELF systems with a dynamic loader, and on the others. */
static const unsigned loads_of[MODE_COUNT] = {
	[MODE_EXE] = LOAD(EXEC),
	[MODE_PIE] = LOAD(EXEC),
	[MODE_C_ARCHIVE] = LOAD(ARCHIVE) | LOAD(ARCHIVE_PIE) | LOAD(ARCHIVE_SO),
	[MODE_C_SHARED] = LOAD(NEEDED) | LOAD(DLOPEN) | LOAD(DLOPEN_LAZY) | LOAD(DLOPEN_GLOBAL) |
	    LOAD(DLOPEN_LAZY_GLOBAL) | LOAD(DLMOPEN) | LOAD(PRELOAD) | LOAD(GOMAIN),
	[MODE_SHARED] = LOAD(EXEC), /* the program linked with libstd.so by -linkshared */
	[MODE_PLUGIN] = LOAD(PLUGIN),
};
static const struct {
	const char *os;
	unsigned loads[MODE_COUNT];
} loads_by_os[] = {
	{ "windows",
	    { [MODE_EXE] = LOAD(EXEC),
		[MODE_PIE] = LOAD(EXEC),
		[MODE_C_ARCHIVE] = LOAD(ARCHIVE),
		[MODE_C_SHARED] = LOAD(NEEDED) | LOAD(DLOPEN) } },
	{ "js", { [MODE_EXE] = LOAD(JS) } },
	{ "wasip1", { [MODE_EXE] = LOAD(WASI), [MODE_C_SHARED] = LOAD(WASI) } }, /* c-shared: a reactor */
};

size_t gen_loads(const struct cell *cell, enum load out[LOAD_COUNT])
{
	const unsigned *loads = loads_of;
	size_t count = 0;
	for (size_t i = 0; i < sizeof loads_by_os / sizeof *loads_by_os; i++)
		if (strcmp(loads_by_os[i].os, cell->os) == 0)
			loads = loads_by_os[i].loads;
	if (link_is_static(cell->link) && cell->mode != MODE_EXE && cell->mode != MODE_PIE)
		return 0; /* a static program loads nothing, and a library is no program */
	unsigned possible = loads[cell->mode];
	if (!version_since(cell->go, VERSION_ARCHIVE_PIC))
		possible &= ~(LOAD(ARCHIVE_PIE) | LOAD(ARCHIVE_SO));
	for (int load = 0; load < LOAD_COUNT; load++)
		if (possible >> load & 1)
			out[count++] = (enum load)load;
	return count;
}

/* Appends a copy of the cell with the given target and load.  0 or -ENOMEM. */
static int add_cell(struct cells *cells, const struct cell *build, const char *target, enum load load)
{
	if ((cells->count & (cells->count - 1)) == 0) { /* a power of two: full */
		size_t room = cells->count ? 2 * cells->count : 1;
		struct cell *grown = realloc(cells->cell, room * sizeof *grown);
		if (!grown)
			return -ENOMEM;
		cells->cell = grown;
	}
	struct cell *cell = &cells->cell[cells->count++];
	*cell = *build;
	cell->load = load;
	snprintf(cell->target, sizeof cell->target, "%s", load == LOAD_NONE ? "none" : target);
	return 0;
}

/* What the builds of one sweep become: the host matrix, ports that nothing runs, or one further target. */
struct sweep {
	struct cells *cells;
	const struct gen_target *target; /* NULL: nothing runs */
	int only_runs;                   /* a further target: refused builds are told elsewhere */
	unsigned links;
	int (*wanted)(const struct cell *); /* NULL: all builds */
};

static int add_runs(const struct sweep *sweep, const struct cell *build, const enum load *loads, size_t count)
{
	const char *where = sweep->only_runs ? sweep->target->where : "";
	int error = 0;
	for (size_t i = 0; i < count && !error; i++) {
		struct cell cell = *build;
		snprintf(cell.target, sizeof cell.target, "%s", sweep->target->name);
		cell.load = loads[i];
		const struct filter_subject subject = { &cell, NULL, NULL, NULL };
		if (loads[i] == LOAD_GOMAIN && !sweep->target->gomain)
			continue;
		if (!*where || filter_text_match(where, &subject))
			error = add_cell(sweep->cells, build, sweep->target->name, loads[i]);
	}
	return error;
}

/* Before 1.22 an external link passes without the runtime/cgo that it needs, with a warning or none: neither supported
 * nor refused, so that nothing says what it must be (S10; cmd/link/internal/ld/lib.go loadinternal). */
static int links_by_accident(const struct cell *build)
{
	return !build->cgo && link_is_external(build->link) && !version_since(build->go, VERSION_CGO_ASKED);
}

/* Before 1.8 cmd/link takes -linkmode=internal for external where only that works, without a word: it is the other
 * build (cmd/link/internal/ld/lib.go, x86/obj.go, ppc64/obj.go, arm64/obj.go archinit; since 1.8 ld/config.go
 * determineLinkMode refuses it). */
static int is_external_anyway(const struct cell *build)
{
	static const char pie[] = "arch=386,ppc64le";
	const struct filter_subject subject = { build, NULL, NULL, NULL };
	if (build->link != LINK_INTERNAL || version_since(build->go, VERSION_LINK_ASKED))
		return 0;
	return build->mode == MODE_EXE ? build->port && build->port->external[build->cgo] :
	    build->mode == MODE_PIE    ? filter_text_match(pie, &subject) :
					 1;
}

/* All cells of one build: one for each load mode, or the one @none of a build that is refused or that nothing runs. */
static int add_build(const struct sweep *sweep, const struct cell *build)
{
	enum load loads[LOAD_COUNT];
	size_t count = gen_loads(build, loads);
	if (is_external_anyway(build) || links_by_accident(build))
		return 0;
	if (!count && (sweep->target || link_is_static(build->link)))
		return 0; /* nothing there loads it, or there is no such thing */
	if (support_row(build) >= 0 || !sweep->target)
		return sweep->only_runs ? 0 : add_cell(sweep->cells, build, "none", LOAD_NONE);
	return add_runs(sweep, build, loads, count);
}

/* All builds of one port or variant.  0 or -ENOMEM. */
static int add_builds(const struct sweep *sweep, struct cell *build)
{
	for (int mode = 0; mode < MODE_COUNT; mode++) {
		for (int cgo = 0; cgo < 2; cgo++) {
			for (int link = 0; link < LINK_COUNT; link++) {
				build->mode = (enum mode)mode;
				build->cgo = cgo;
				build->link = (enum link)link;
				int error = (sweep->links >> link & 1) && (!sweep->wanted || sweep->wanted(build)) ?
				    add_build(sweep, build) :
				    0;
				if (error)
					return error;
			}
		}
	}
	return 0;
}

/* Does the variant say something that the plain build does not? */
static int variant_wanted(const struct cell *cell)
{
	struct cell plain = *cell, least = *cell;
	plain.variant[0] = '\0';
	least.mode = MODE_EXE;
	least.cgo = 1;
	least.link = LINK_EXTERNAL;
	if (support_row(&plain) >= 0)
		return 0;
	/* A whole port without the sanitizer: told once, by the plainest build. */
	return !(variant_of(cell)->flag && support_row(&least) >= 0) ||
	    (cell->mode == MODE_EXE && !cell->cgo && cell->link == LINK_INTERNAL);
}

static void set_port(struct cell *build, const struct port *port)
{
	snprintf(build->os, sizeof build->os, "%s", port->os);
	snprintf(build->arch, sizeof build->arch, "%s", port->arch);
	build->port = port;
	build->variant[0] = '\0';
}

/* Is the text one of a comma list's? */
static int in_list(const char *list, const char *text)
{
	size_t len = strlen(text);
	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == len && strncmp(list, text, len) == 0)
			return 1;
	return 0;
}

/* The variants of a port, of which target (NULL: any) runs some. */
static int add_variants(const struct sweep *sweep, struct cell *build)
{
	const struct cell base = *build;
	const struct filter_subject subject = { &base, NULL, NULL, NULL };
	int error = 0;
	for (size_t i = 0; i < variants_count && !error; i++) {
		char arch[32];
		if (!filter_text_match(variants[i].where, &subject))
			continue;
		snprintf(build->variant, sizeof build->variant, "%s", variants[i].name);
		if (!sweep->target || in_list(sweep->target->arch, cell_arch(build, arch)))
			error = add_builds(sweep, build);
	}
	return error;
}

/* A port with its variants, built only. */
static int add_port(struct cells *cells, struct cell *build, const struct port *port, int plain)
{
	struct sweep sweep = { .cells = cells, .links = 1u << LINK_INTERNAL | 1u << LINK_EXTERNAL };
	set_port(build, port);
	int error = plain ? add_builds(&sweep, build) : 0;
	sweep.wanted = variant_wanted;
	return error ? error : add_variants(&sweep, build);
}

/* What a further target runs. */
static int add_target(
    const struct gen_axes *axes, struct cells *cells, struct cell *build, const struct gen_target *target)
{
	struct sweep sweep = { .cells = cells, .target = target, .only_runs = 1, .links = target->links };
	int error = 0;
	for (size_t i = 0; axes->ports && i < axes->ports->count && !error; i++) {
		const struct port *port = &axes->ports->port[i];
		if (!in_list(target->os, port->os))
			continue;
		set_port(build, port);
		error = in_list(target->arch, port->arch) ? add_builds(&sweep, build) : 0;
		error = error ? error : add_variants(&sweep, build);
	}
	return error;
}

int gen_cells(const struct gen_axes *axes, struct cells *cells)
{
	struct cells made = { NULL, 0 };
	struct cell build;
	memset(&build, 0, sizeof build);
	snprintf(build.go, sizeof build.go, "%s", axes->go);
	snprintf(build.os, sizeof build.os, "%s", axes->os);
	snprintf(build.arch, sizeof build.arch, "%s", axes->arch);
	build.port = axes->ports ? ports_find(axes->ports, axes->os, axes->arch) : NULL;
	const struct port *host = build.port;
	const struct gen_target here = { .name = axes->target };
	const struct sweep sweep = {
		.cells = &made, .target = strcmp(here.name, "none") == 0 ? NULL : &here, .links = axes->links
	};
	int error = add_builds(&sweep, &build);
	for (size_t i = 0; axes->ports && i < axes->ports->count && !error; i++)
		error = add_port(&made, &build, &axes->ports->port[i], &axes->ports->port[i] != host);
	for (size_t i = 0; i < axes->target_count && !error; i++)
		error = add_target(axes, &made, &build, &axes->targets[i]);
	if (error) {
		cells_free(&made);
		return error;
	}
	*cells = made;
	return 0;
}

void cells_free(struct cells *cells)
{
	free(cells->cell);
	*cells = (struct cells){ NULL, 0 };
}
