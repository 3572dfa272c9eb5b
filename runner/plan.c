#include "runner/plan.h"

#include "matrix/base/diag.h"
#include "matrix/gen.h"
#include "runner/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void result_key(const struct setup *setup, struct plan_cell *cell)
{
	char id[CELL_ID_MAX];
	struct hash *hash = hash_new();
	hash_add_text(hash, "result 1");
	hash_add_text(hash, cell_id(&cell->cell, id));
	hash_add_text(hash, cell->build.key);
	hash_add_text(hash, setup->self_key);
	hash_add_text(hash, setup->toolchain.run_key);
	for (enum aux aux = 0; aux < AUX_COUNT; aux++) {
		char *dir = aux_dir(setup, aux, 0);
		hash_add_text(hash, dir);
		free(dir);
	}
	for (size_t i = 0; i < cell->count; i++)
		hash_add_text(hash, cell->checks[i]->id);
	hash_end(hash, cell->key);
}

static int plan_cell_make(const struct setup *setup, const struct filter *filter, const struct cell *cell, const struct plan_cell *before, int names, struct plan_cell *out)
{
	memset(out, 0, sizeof(*out));
	out->cell = *cell;
	out->checks = xcalloc(checks_count, sizeof(*out->checks));
	for (size_t i = 0; i < checks_count; i++) {
		struct filter_subject subject = { .cell = cell, .check = checks[i].id };
		if (check_planned(&checks[i], cell) && filter_match(filter, &subject))
			out->checks[out->count++] = &checks[i];
	}
	if (!out->count) {
		free(out->checks);
		return 0;
	}
	if (!names)
		return 1;
	if (before && cell_same_build(&before->cell, cell)) {
		out->build = before->build;
		out->build.dir = xstrdup(before->build.dir);
		out->build.src = xstrdup(before->build.src);
	} else {
		build_name(setup, cell, 0, "", &out->build);
	}
	result_key(setup, out);
	return 1;
}

static void plan_hash(struct plan *plan)
{
	struct hash *hash = hash_new(), *keys = hash_new();
	for (size_t i = 0; i < plan->count; i++) {
		char id[CELL_ID_MAX];
		hash_add_text(keys, plan->cells[i].key);
		hash_add_text(hash, cell_id(&plan->cells[i].cell, id));
		for (size_t k = 0; k < plan->cells[i].count; k++)
			hash_add_text(hash, plan->cells[i].checks[k]->id);
	}
	hash_end(hash, plan->hash);
	hash_end(keys, plan->keys);
}

int plan_make(const struct setup *setup, const struct filter *filter, const char *filter_text, int names, struct plan *plan, struct diag *diag)
{
	memset(plan, 0, sizeof(*plan));
	if (ports_load(setup, &plan->ports, diag))
		return -EIO;
	struct gen_axes axes = {
		.ports = &plan->ports, .go = setup->toolchain.version, .os = setup->toolchain.os, .arch = setup->toolchain.arch, .target = "host", .links = setup->toolchain.links,
	};
	struct cells cells;
	int error = gen_cells(&axes, &cells);
	if (error) {
		plan_free(plan);
		return diag_set(diag, -error, "cannot make the cells: %s", strerror(-error));
	}
	plan->cells = xcalloc(cells.count + 1, sizeof(*plan->cells));
	for (size_t i = 0; i < cells.count; i++) {
		const struct plan_cell *before = plan->count ? &plan->cells[plan->count - 1] : NULL;
		if (!plan_cell_make(setup, filter, &cells.cell[i], before, names, &plan->cells[plan->count]))
			continue;
		plan->checks += plan->cells[plan->count++].count;
	}
	size_t all = cells.count;
	cells_free(&cells);
	if (!plan->count) {
		plan_free(plan);
		return diag_set(diag, ENOENT, "'%s' selects none of the %zu cells: `tlsmatrix list` shows them all", filter_text, all);
	}
	plan_hash(plan);
	return 0;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->cells[i].checks);
		build_free(&plan->cells[i].build);
	}
	free(plan->cells);
	ports_free(&plan->ports);
	memset(plan, 0, sizeof(*plan));
}

const char *plan_host_filter(const struct setup *setup, char out[64])
{
	snprintf(out, 64, "os=%s & arch=%s & !arch=*.*", setup->toolchain.os, setup->toolchain.arch);
	return out;
}

char *plan_host(const struct setup *setup)
{
	const struct toolchain *toolchain = &setup->toolchain;
	char *versions = toolchain_versions(toolchain);
	char *host = xprintf("%s/%s, %s, %s, %s", toolchain->os, toolchain->arch, toolchain->kernel, toolchain->libc, versions);
	free(versions);
	return host;
}

char *plan_result_dir(const struct setup *setup, const struct plan_cell *cell)
{
	return xprintf("%s/result/%s", setup->places.cache, cell->key);
}

int plan_write(const struct setup *setup, const struct plan *plan, const char *path)
{
	char started[32], *host = plan_host(setup);
	time_t now = time(NULL);
	struct tm tm;
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_t *cells = json_array();
	for (size_t i = 0; i < plan->count; i++) {
		char id[CELL_ID_MAX];
		json_t *ids = json_array();
		for (size_t k = 0; k < plan->cells[i].count; k++)
			json_array_append_new(ids, json_string(plan->cells[i].checks[k]->id));
		json_array_append_new(cells, json_pack("{s:s, s:s, s:s, s:o}", "id", cell_id(&plan->cells[i].cell, id), "build", plan->cells[i].build.key,
			"key", plan->cells[i].key, "checks", ids));
	}
	json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "schema", 1, "plan", plan->hash, "keys", plan->keys, "started", started, "tool", TLSMATRIX_VERSION,
		"go", setup->toolchain.version, "host", host, "cells", cells);
	char *text = json_dumps(json, JSON_COMPACT);
	int error = file_write(path, text, strlen(text));
	free(text);
	json_decref(json);
	free(host);
	return error;
}
