#include "runner/schedule/plan.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/gen.h"
#include "matrix/version.h"
#include "runner/build/hosts.h"
#include "runner/build/name.h"
#include "runner/setup/stages.h"
#include "runner/setup/version.h"
#include "runner/target/osv_files.h"
#include "runner/target/target.h"
#include "runner/trial/pulse.h"
#include "runner/trial/target_check.h"
#include "runner/toolchain/release_ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void result_key(const struct setup *setup, struct plan_cell *cell)
{
	char id[CELL_ID_MAX];
	struct hash *hash = hash_new();
	cell->no_pulse = pulse_is_off(setup->pulse, &cell->cell);
	hash_add_text(hash, "result 2");
	hash_add_text(hash, cell_id(&cell->cell, id));
	hash_add_text(hash, cell->build.key);
	hash_add_text(hash, stage_inspect);
	hash_add_text(hash, stage_trial);
	hash_add_text(hash, stage_trace);
	hash_add_text(hash, setup->machine.key);
	if (cell->target)
		hash_add_text(hash, cell->target->key);
	for (enum hosts hosts = 0; cell->target && hosts < HOSTS_COUNT; hosts++) {
		char *dir = hosts_dir(setup, &cell->cell, hosts, cell->violation.kind == SABOTAGE);
		hash_add_text(hash, strrchr(dir, '/'));
		free(dir);
	}
	for (size_t i = 0; i < cell->count; i++)
		hash_add_text(hash, cell->checks[i]->id);
	hash_add_text(hash, cell->no_pulse ? "no pulse" : "");
	if (setup->stress > 1)
		hash_add(hash, &setup->stress, sizeof(setup->stress));
	hash_add_text(hash, violation_name(cell->violation.kind));
	hash_add_text(hash, cell->violation.kind ? cell->violation.argument : "");
	hash_end(hash, cell->key);
}

static int plan_cell_make(const struct setup *setup, const struct filter *filter, const struct cell *cell,
    struct plan_cell *out, size_t *left_out)
{
	memset(out, 0, sizeof(*out));
	out->cell = *cell;
	out->target = target_find(setup->targets, cell->target);
	out->cell.facts = out->target ? &out->target->facts : NULL;
	out->checks = xcalloc(checks_count, sizeof(*out->checks));
	for (size_t i = 0; i < checks_count; i++) {
		struct filter_subject subject = { .cell = &out->cell, .check = checks[i].id };
		if (!check_planned(&checks[i], cell))
			continue;
		if (filter_match(filter, &subject))
			out->checks[out->count++] = &checks[i];
		else
			++*left_out;
	}
	if (!out->count)
		free(out->checks);
	return out->count != 0;
}

void plan_cell_name(const struct setup *setup, struct plan_cell *cell)
{
	if (cell->target)
		target_look(setup, cell->target);
	build_name(setup, &cell->cell, cell->violation.kind == SABOTAGE,
	    violation_argument(&cell->violation, BUILD, ""), &cell->build);
	result_key(setup, cell);
}

void plan_cell_name_bare(const struct setup *setup, struct plan_cell *cell)
{
	cell->cell.load = LOAD_NONE;
	snprintf(cell->cell.target, sizeof(cell->cell.target), "none");
	cell->target = NULL;
	build_name_bare(setup, &cell->cell, &cell->build);
	result_key(setup, cell);
}

void plan_name(const struct setup *setup, struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_cell *cell = &plan->cells[i];
		const struct plan_cell *before = i ? &plan->cells[i - 1] : NULL;
		if (before && before->target == cell->target && cell_same_build(&before->cell, &cell->cell)) {
			cell->build = before->build;
			cell->build.dir = xstrdup(before->build.dir);
			cell->build.src = xstrdup(before->build.src);
			result_key(setup, cell);
		} else {
			plan_cell_name(setup, cell);
		}
	}
	struct hash *keys = hash_new();
	for (size_t i = 0; i < plan->count; i++)
		hash_add_text(keys, plan->cells[i].key);
	hash_end(keys, plan->keys);
}

static void plan_hash(struct plan *plan)
{
	struct hash *hash = hash_new();
	for (size_t i = 0; i < plan->count; i++) {
		char id[CELL_ID_MAX];
		hash_add_text(hash, cell_id(&plan->cells[i].cell, id));
		for (size_t k = 0; k < plan->cells[i].count; k++)
			hash_add_text(hash, plan->cells[i].checks[k]->id);
	}
	hash_end(hash, plan->hash);
}

/* The link modes of a target: "all", or a list of names.  Another loader is to take what every linker makes; an
 * emulator or another machine is about the processor and the kernel. */
static unsigned links_of(const struct setup *setup, const struct target *target)
{
	int is_own = target->kind == TARGET_HOST || target->kind == TARGET_LOADER || target->kind == TARGET_WRAPPER;
	const char *list = target->links ? target->links : is_own ? "all" : "internal,external";
	unsigned links = 0;
	if (strcmp(list, "all") == 0)
		return setup->linkers.links;
	for (; *list; list += strcspn(list, ","), list += *list == ',')
		for (enum link link = 0; link < LINK_COUNT; link++)
			if (strlen(link_name(link)) == strcspn(list, ",") &&
			    strncmp(list, link_name(link), strcspn(list, ",")) == 0)
				links |= 1u << link;
	return links;
}

/* Is it an OSv with go.so, as far as is known?  The libraries that have a GoMain are built for names that begin with
 * osv (cases/sources.def). */
static int has_gomain(const struct target *target)
{
	if (target->kind != TARGET_OSV || !target_is_osv(target->name))
		return 0;
	char *front = osv_front(target->tree);
	free(front);
	return !target->tree || front;
}

/* The further targets as the matrix sees them; malloc'ed. */
static struct gen_target *target_axis(const struct setup *setup, size_t *count)
{
	struct gen_target *axis = xcalloc(setup->targets->count + 1, sizeof(*axis));
	*count = 0;
	for (size_t i = 0; i < setup->targets->count; i++) {
		const struct target *target = &setup->targets->target[i];
		if (target->kind == TARGET_PACK || strcmp(target->name, "host") == 0)
			continue;
		axis[(*count)++] = (struct gen_target){
			.name = target->name,
			.os = target->goos ? target->goos : setup->machine.os,
			.arch = target->goarch ? target->goarch : setup->machine.arch,
			.where = target->cells ? target->cells : "",
			.links = links_of(setup, target),
			.gomain = has_gomain(target),
		};
	}
	return axis;
}

int plan_cells(const struct setup *setup, const struct release *release, const struct ports *ports, struct cells *cells,
    struct diag *diag)
{
	struct gen_axes axes = {
		.ports = ports,
		.go = release->version,
		.os = setup->machine.os,
		.arch = setup->machine.arch,
		.target = "host",
		.links = setup->linkers.links,
	};
	struct gen_target *targets = target_axis(setup, &axes.target_count);
	axes.targets = targets;
	int error = gen_cells(&axes, cells);
	free(targets);
	return error ? diag_set(diag, -error, "cannot make the cells: %s", strerror(-error)) : 0;
}

struct choice {
	const struct setup *setup;
	const struct cells *cells;
};

/* How many cells of the choice would be planned with that filter. */
static size_t count_planned(const struct filter *filter, void *data)
{
	const struct choice *choice = data;
	size_t count = 0, left_out = 0;
	for (size_t i = 0; i < choice->cells->count; i++) {
		struct plan_cell cell;
		if (!plan_cell_make(choice->setup, filter, &choice->cells->cell[i], &cell, &left_out))
			continue;
		free(cell.checks);
		count++;
	}
	return count;
}

/* Nothing is selected: a section of the user's that fits no cell may be why, a value that no cell has, or one of the
 * filter's conditions. */
static int told_nothing(const struct setup *setup, struct cells *cells, const struct filter *filter,
    const char *filter_text, struct diag *diag)
{
	for (size_t i = 0; i < setup->targets->count; i++) {
		const struct target *target = &setup->targets->target[i];
		size_t fits = 0;
		for (size_t k = 0; k < cells->count; k++)
			fits += strcmp(cells->cell[k].target, target->name) == 0;
		if (target->user && target->kind != TARGET_PACK && !fits)
			return diag_set(diag, ENOENT,
			    "'%s' selects none of the %zu cells; none at all is for [%s] (%s:%d), of %s/%s",
			    filter_text, cells->count, target->name, target->file, target->line,
			    target->goos ? target->goos : setup->machine.os,
			    target->goarch ? target->goarch : setup->machine.arch);
	}
	struct choice choice = { setup, cells };
	struct buf why = BUF_INIT;
	for (size_t i = 0; i < cells->count; i++) {
		const struct target *target = target_find(setup->targets, cells->cell[i].target);
		cells->cell[i].facts = target ? &target->facts : NULL;
	}
	const struct filter_among among = { cells->cell, cells->count, count_planned, &choice };
	filter_why_empty(filter, &among, &why);
	diag_set(diag, ENOENT, "'%.200s%s' selects none of the %zu cells: %s%s", filter_text,
	    strlen(filter_text) > 200 ? "..." : "", cells->count,
	    why.len ? why.data : "`tlsmatrix list` shows them all",
	    filter_asks_facts(filter) ?
		"; what a target is, is known of those that are here (`tlsmatrix target list`)" :
		"");
	buf_free(&why);
	return -ENOENT;
}

/* A filter that asks what targets are needs it known before it selects: targets that are here and that it may select
 * are checked now.  One that is not here has no libc that a filter could select; it is fetched by its name.  One that
 * is here and not believed stays in question, and its cells say why. */
static void learn_targets(const struct setup *setup, const struct filter *filter, const struct cells *cells)
{
	for (size_t i = 0; i < setup->targets->count; i++) {
		struct target *target = &setup->targets->target[i];
		int asked = 0;
		for (size_t k = 0; k < cells->count && !asked; k++) {
			struct filter_subject subject = { .cell = &cells->cell[k] };
			asked = strcmp(cells->cell[k].target, target->name) == 0 && filter_match(filter, &subject);
		}
		if (!asked)
			continue;
		struct diag diag = DIAG_INIT;
		target_learn(setup, target);
		if (!target->facts.known && !target->missing && !target->broken &&
		    target_check(setup, target, &diag) == 0)
			target_learn(setup, target);
		target->facts.known |= target->missing != NULL;
	}
}

/* Which release of the setup comes first, second, ..., oldest first; malloc'ed. */
static size_t *releases_in_order(const struct setup *setup)
{
	size_t *order = xcalloc(setup->release_count + 1, sizeof(*order));
	for (size_t i = 0; i < setup->release_count; i++) {
		size_t at = i;
		for (; at > 0 && version_order(setup->releases[order[at - 1]].version, setup->releases[i].version) > 0;
		    at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	return order;
}

/* The cells of all releases that the filter may take, one release after the other. */
static int every_cell(
    const struct setup *setup, const struct filter *filter, struct plan *plan, struct cells *cells, struct diag *diag)
{
	int error = 0;
	plan->ports = xcalloc(setup->release_count, sizeof(*plan->ports));
	plan->release_count = setup->release_count;
	size_t *order = releases_in_order(setup);
	for (size_t k = 0; k < setup->release_count && !error; k++) {
		const size_t i = order[k];
		const struct release *release = &setup->releases[i];
		struct cells more = { NULL, 0 };
		if (setup->release_count > 1 && !filter_takes_release(filter, release->version))
			continue;
		error = ports_load(setup, release, &plan->ports[i], diag) ? -EIO : 0;
		error = error ? error : plan_cells(setup, release, &plan->ports[i], &more, diag);
		if (more.count) {
			cells->cell = xrealloc(cells->cell, (cells->count + more.count) * sizeof(*cells->cell));
			memcpy(&cells->cell[cells->count], more.cell, more.count * sizeof(*cells->cell));
			cells->count += more.count;
		}
		cells_free(&more);
	}
	free(order);
	return error;
}

int plan_make(const struct setup *setup, const struct filter *filter, const char *filter_text, struct plan *plan,
    struct diag *diag)
{
	memset(plan, 0, sizeof(*plan));
	plan->forbidden = "";
	struct cells cells = { NULL, 0 };
	int error = every_cell(setup, filter, plan, &cells, diag);
	if (error) {
		cells_free(&cells);
		plan_free(plan);
		return error;
	}
	if (filter_asks_facts(filter))
		learn_targets(setup, filter, &cells);
	plan->cells = xcalloc(cells.count + 1, sizeof(*plan->cells));
	size_t left_out = 0;
	for (size_t i = 0; i < cells.count; i++)
		if (plan_cell_make(setup, filter, &cells.cell[i], &plan->cells[plan->count], &left_out))
			plan->checks += plan->cells[plan->count++].count;
	if (!plan->count)
		error = told_nothing(setup, &cells, filter, filter_text, diag);
	cells_free(&cells);
	if (error) {
		plan_free(plan);
		return error;
	}
	plan->full = left_out == 0;
	plan_hash(plan);
	return 0;
}

static void plan_cell_free(struct plan_cell *cell)
{
	free(cell->checks);
	build_free(&cell->build);
}

void plan_keep(struct plan *plan, const char *keep)
{
	size_t kept = 0;
	plan->checks = 0;
	for (size_t i = 0; i < plan->count; i++) {
		if (keep[i]) {
			plan->checks += plan->cells[i].count;
			plan->cells[kept++] = plan->cells[i];
		} else {
			plan_cell_free(&plan->cells[i]);
			plan->full = 0;
		}
	}
	plan->count = kept;
	plan_hash(plan);
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		plan_cell_free(&plan->cells[i]);
	free(plan->cells);
	for (size_t i = 0; i < plan->release_count; i++)
		ports_free(&plan->ports[i]);
	free(plan->ports);
	memset(plan, 0, sizeof(*plan));
}

const char *plan_host_filter(const struct setup *setup, char out[80])
{
	snprintf(out, 80, "os=%s & arch=%s & !arch=*.* & target=host,none", setup->machine.os, setup->machine.arch);
	return out;
}

char *plan_host(const struct setup *setup)
{
	const struct machine *machine = &setup->machine;
	char *compiler = compiler_version(setup), *linkers = linkers_versions(&setup->linkers);
	char *host = xprintf("%s/%s, %s, %s, %s%s%s", machine->os, machine->arch, machine->kernel, machine->libc,
	    compiler, *linkers ? ", " : "", linkers);
	free(linkers);
	free(compiler);
	return host;
}

char *plan_result_dir(const struct setup *setup, const struct plan_cell *cell)
{
	return xprintf("%s/result/%s", setup->places.cache, cell->key);
}

/* "go1.26.8", "go1.6.4, go1.7.1": those of the cells, malloc'ed. */
static char *plan_releases(const struct plan *plan)
{
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < plan->count; i++)
		if (!i || strcmp(plan->cells[i].cell.go, plan->cells[i - 1].cell.go) != 0)
			buf_printf(&text, "%s%s", i ? ", " : "", plan->cells[i].cell.go);
	return buf_take(&text);
}

static json_t *ports_json(const struct setup *setup, const struct plan *plan)
{
	json_t *all = json_object();
	for (size_t r = 0; r < plan->release_count; r++) {
		json_t *lines = json_array();
		for (size_t i = 0; i < plan->ports[r].count; i++) {
			struct buf line = BUF_INIT;
			port_print(&plan->ports[r].port[i], &line);
			json_array_append_new(lines, json_string(line.data));
			buf_free(&line);
		}
		json_object_set_new(all, setup->releases[r].version, lines);
	}
	return all;
}

int plan_write(const struct setup *setup, const struct plan *plan, const char *path)
{
	char started[32], *host = plan_host(setup);
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	struct tm tm;
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now.tv_sec, &tm));
	json_t *cells = json_array();
	for (size_t i = 0; i < plan->count; i++) {
		char id[CELL_ID_MAX];
		json_t *ids = json_array();
		for (size_t k = 0; k < plan->cells[i].count; k++)
			json_array_append_new(ids, json_string(plan->cells[i].checks[k]->id));
		json_array_append_new(cells,
		    json_pack("{s:s, s:s, s:s, s:o}", "id", cell_id(&plan->cells[i].cell, id), "build",
			plan->cells[i].build.key, "key", plan->cells[i].key, "checks", ids));
	}
	char *go = plan_releases(plan);
	json_t *ports = ports_json(setup, plan),
	       *json = json_pack("{s:i, s:s, s:s, s:b, s:s, s:o, s:s, s:s, s:s, s:s, s:o}", "schema", 1, "plan",
		   plan->hash, "keys", plan->keys, "full", plan->full, "forbidden", plan->forbidden, "ports", ports,
		   "started", started, "tool", TLSMATRIX_VERSION, "go", go, "host", host, "cells", cells);
	json_object_set_new(json, "repeat", json_integer(plan->repeat > 1 ? plan->repeat : 1));
	json_object_set_new(json, "filter", json_string(plan->filter ? plan->filter : ""));
	json_object_set_new(json, "targets", setup->targets_file ? json_string(setup->targets_file) : json_null());
	json_object_set_new(json, "microsecond", json_integer(now.tv_nsec / 1000));
	if (plan->forget)
		json_object_set_new(json, "forget", json_true());
	char *text = json_dumps(json, JSON_COMPACT);
	int error = file_write(path, text, strlen(text));
	free(text);
	json_decref(json);
	free(host);
	free(go);
	return error;
}
