/* targets_view.h - a finished run on several targets, as the tests of the reports see it: linux/amd64 on four
 * of them (one is not here, one is known not to take Go's libraries), two emulators for a port each, of which
 * one is not to be believed; and a larger one with as many targets as wanted. */
#ifndef TLSMATRIX_TESTS_UNIT_TARGETS_VIEW_H
#define TLSMATRIX_TESTS_UNIT_TARGETS_VIEW_H

#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/gen.h"
#include "reports/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct check targets_checks[] = {
	{ "build.succeeds", "build", PASS_BUILD, "", "go build and the host's C link exit 0",
	    "everything else stands on the artifact", "BuildModeSupported" },
	{ "build.refused", "build", PASS_REFUSAL, "", "a combination that Go cannot build is refused",
	    "what links by accident is nobody's", "S6" },
	{ "tls.access", "tls", PASS_FILE, "", "Go's slot is reached as the port's rules say",
	    "a loader must provide what the code asks of it", "S13" },
	{ "tls.g.main", "tls", PASS_LIVE, "",
	    "on the main thread, thread pointer + promised offset holds the running g",
	    "everything begins with this load", "S1" },
	{ "tls.aligns", "tls", PASS_LIVE, "cgo=1", "C __thread variables are aligned in every kind of thread",
	    "an overaligned segment shifts Go's slot", "#36" },
	{ "init.trace", "init", PASS_TRACE, "", "arch_prctl is called once",
	    "a second call loses libc's thread pointer", "S3" },
};
enum { TARGETS_CHECKS = sizeof targets_checks / sizeof *targets_checks };

static const struct targets_entry {
	const char *name, *port, *kind, *version, *message, *facts;
	unsigned links;
} targets_list[] = {
	{ "host", "linux/amd64", "host", "Linux 6.1, glibc 2.36", NULL,
	    "{\"page-size\":4096,\"byte-order\":\"little\",\"ie-dlopen\":\"accepted\",\"initializer-in-dlopen\":["
	    "\"argc\",\"argv\",\"envp\"],\"static-tls-surplus\":1664}",
	    1u << LINK_INTERNAL | 1u << LINK_EXTERNAL | 1u << LINK_EXTERNAL_GOLD | 1u << LINK_EXTERNAL_STATIC },
	{ "glibc-2.31", "linux/amd64", "loader", NULL, "libc6 of Debian bullseye: tlsmatrix target get glibc-2.31",
	    NULL, 3 },
	{ "glibc-2.41", "linux/amd64", "loader", "GNU C Library (Debian GLIBC 2.41-12) stable release version 2.41",
	    NULL,
	    "{\"page-size\":4096,\"byte-order\":\"little\",\"ie-dlopen\":\"accepted\",\"initializer-in-dlopen\":["
	    "\"argc\",\"argv\",\"envp\"],\"static-tls-surplus\":1664}",
	    3 },
	{ "musl-1.2.6", "linux/amd64", "loader", "musl libc (x86_64) 1.2.6", NULL,
	    "{\"page-size\":4096,\"byte-order\":\"little\",\"ie-dlopen\":\"refused: Error relocating x: initial-exec "
	    "TLS\",\"initializer-in-dlopen\":[],\"static-tls-surplus\":0,\"odd | name\":\"<b>|\\u00e9`\"}",
	    3 },
	{ "qemu-arm64", "linux/arm64", "qemu-user", "qemu-aarch64 version 7.2.22", NULL,
	    "{\"page-size\":4096,\"byte-order\":\"little\",\"ie-dlopen\":\"accepted\",\"initializer-in-dlopen\":["
	    "\"argc\",\"argv\",\"envp\"]}",
	    3 },
	{ "qemu-s390x", "linux/s390x", "qemu-user", "qemu-s390x version 7.2.22",
	    "says yes to the known-bad program: its exit status is lost", NULL, 3 },
};
enum { TARGETS_FEW = sizeof targets_list / sizeof *targets_list };

static const struct known targets_stale_rows[] = {
	{ "target=musl-1.2.2 & mode=plugin", "tls.*", "fail", "musl refuses IE", "#22", "" },
	{ "os=linux & arch=\"x\"", "init.none", "crash", "nothing is so called", "#1", "" },
};

/* Go's rules, as far as these cells need them. */
static int targets_refused(enum mode mode, int cgo, enum link link)
{
	return cgo ? link == LINK_INTERNAL && mode >= MODE_C_ARCHIVE : link != LINK_INTERNAL || mode >= MODE_C_ARCHIVE;
}

static void targets_result(struct check_result *check, const char *id, const char *expected)
{
	*check = (struct check_result){ .id = xstrdup(id),
		.expected = xstrdup(expected),
		.observed = xstrdup(expected),
		.source = xstrdup("S13; obj6.go"),
		.repro = xprintf("cd cells && ./case %s", id) };
}

static void targets_spoil(
    struct check_result *check, enum status status, enum verdict verdict, const char *message, const char *reason)
{
	check->status = status;
	check->verdict = verdict;
	if (status != STATUS_PASS) {
		free(check->observed);
		check->observed = NULL;
	}
	check->message = message ? xstrdup(message) : NULL;
	check->reason = reason ? xstrdup(reason) : NULL;
}

/* What is special about a cell of the list. */
static void targets_special(struct cell_result *result, const struct targets_entry *entry)
{
	const struct cell *cell = &result->cell;
	const int library = cell->mode == MODE_C_SHARED,
		  dlopened = library && cell->load >= LOAD_DLOPEN && cell->load <= LOAD_DLMOPEN;
	for (size_t i = 0; i < result->check_count; i++) {
		struct check_result *check = &result->checks[i];
		int live = strncmp(check->id, "tls.g", 5) == 0 || strcmp(check->id, "tls.aligns") == 0,
		    trace = strcmp(check->id, "init.trace") == 0;
		if (strcmp(entry->name, "glibc-2.31") == 0)
			targets_spoil(check, STATUS_SKIP, VERDICT_OK, NULL,
			    "not-fetched: target glibc-2.31: libc6 of Debian bullseye: tlsmatrix target get "
			    "glibc-2.31");
		else if (strcmp(entry->name, "qemu-s390x") == 0)
			targets_spoil(check, STATUS_INFRA, VERDICT_REGRESSED,
			    "target qemu-s390x says yes to the known-bad program: its exit status is lost", NULL);
		else if (strcmp(entry->kind, "qemu-user") == 0 && trace)
			targets_spoil(check, STATUS_SKIP, VERDICT_OK, NULL,
			    entry->name[5] == 'a' ?
				"no-tracer: target qemu-arm64: tlstrace sees processes of this kernel only" :
				"no-tracer: target other: tlstrace sees processes of this kernel only");
		else if (strcmp(check->id, "tls.aligns") == 0 && cell->link == LINK_INTERNAL)
			targets_spoil(check, STATUS_SKIP, VERDICT_OK, NULL,
			    "not-applicable: no C TLS in an internally linked program");
		else if (strcmp(entry->name, "musl-1.2.6") == 0 && dlopened && live)
			targets_spoil(check, STATUS_FAIL, VERDICT_KNOWN,
			    "initial-exec TLS resolves to dynamic definition", "musl refuses IE in dlopen (#22)");
		else if (strcmp(entry->name, "musl-1.2.6") == 0 && library && cell->load == LOAD_NEEDED && live)
			targets_spoil(check, STATUS_CRASH, VERDICT_KNOWN, "killed by SIGSEGV",
			    "musl passes no arguments to initializers (#1)");
		else if (strcmp(entry->name, "musl-1.2.6") == 0 && library && live)
			targets_spoil(
			    check, STATUS_PASS, VERDICT_FIXED, NULL, "musl passes no arguments to initializers (#1)");
		else if (strcmp(entry->name, "host") != 0 && cell->load == LOAD_PLUGIN &&
		    strcmp(check->id, "tls.g.main") == 0)
			targets_spoil(check, STATUS_CRASH, VERDICT_REGRESSED, "killed by SIGSEGV", NULL);
	}
}

static void targets_fill(struct cell_result *result, const struct targets_entry *entry, size_t per_cell)
{
	const struct cell *cell = &result->cell;
	const int refused = cell->load == LOAD_NONE;
	result->build_seconds = 0.5;
	result->build_log = xstrdup("logs/build.log");
	result->build_command = xprintf("CGO_ENABLED=%d go build -buildmode=%s -ldflags=-linkmode=%s", cell->cgo,
	    mode_name(cell->mode), link_name(cell->link));
	result->build_status = refused ? STATUS_FAIL : STATUS_PASS;
	result->check_count = refused ? 1 : per_cell ? per_cell : cell->cgo ? 5 : 4;
	result->checks = xcalloc(result->check_count, sizeof *result->checks);
	static const char *const ids[] = { "build.succeeds", "tls.access", "tls.g.main", "init.trace", "tls.aligns" };
	for (size_t i = 0; i < result->check_count && !refused; i++) {
		char *expected = i == 1 ?
		    xprintf("model=IE at=loader arch=%s mode=%s cgo=%d", cell->arch, mode_name(cell->mode), cell->cgo) :
		    xstrdup("slots=g flags=0xd0f00");
		targets_result(&result->checks[i], per_cell ? checks[i].id : ids[i], expected);
		free(expected);
	}
	if (refused)
		targets_result(&result->checks[0], "build.refused", "exit=1 \"-buildmode is not supported so\"");
	else
		targets_special(result, entry);
	if (!refused && strcmp(entry->name, "glibc-2.31") != 0)
		result->facts = json_pack("{s:s, s:{s:s, s:i}}", "type", "DYN", "tls", "model", "IE", "size", 8);
	cell_result_sum(result);
}

static void targets_add(
    struct view *view, const struct targets_entry *entry, const char *target, const struct cell *like, size_t per_cell)
{
	view->cells = xrealloc(view->cells, (view->count + 1) * sizeof *view->cells);
	struct cell_result *result = &view->cells[view->count++];
	*result = (struct cell_result){ .cell = *like };
	snprintf(result->cell.target, sizeof result->cell.target, "%s", like->load == LOAD_NONE ? "none" : target);
	targets_fill(result, entry, per_cell);
	view->planned_checks += result->check_count;
}

/* The cells of one target; refusals once for each port. */
static void targets_cells(
    struct view *view, const struct targets_entry *entry, const char *target, int refusals, size_t per_cell)
{
	struct cell cell = { .go = "go1.27.4", .os = "linux" };
	snprintf(cell.arch, sizeof cell.arch, "%s", strchr(entry->port, '/') + 1);
	for (cell.mode = 0; cell.mode < MODE_COUNT; cell.mode++)
		for (cell.cgo = 0; cell.cgo < 2; cell.cgo++)
			for (cell.link = 0; cell.link <= LINK_EXTERNAL_STATIC; cell.link++) {
				enum load loads[LOAD_COUNT];
				size_t count = gen_loads(&cell, loads);
				/* The list's reports are kept as files: they are no longer than they need be. */
				int kept = per_cell || cell.mode == MODE_EXE || cell.mode == MODE_C_SHARED ||
				    cell.mode == MODE_PLUGIN;
				if (!kept || !(entry->links >> cell.link & 1) ||
				    (cell.link == LINK_EXTERNAL_STATIC && (cell.mode > MODE_PIE || !cell.cgo)))
					continue;
				int refused = targets_refused(cell.mode, cell.cgo, cell.link);
				for (size_t i = 0; i < (refused ? refusals ? 1 : 0 : count); i++) {
					cell.load = refused ? LOAD_NONE : loads[i];
					if (cell.load != LOAD_GOMAIN) /* no target of this list is an OSv */
						targets_add(view, entry, target, &cell, per_cell);
				}
			}
}

static struct view_target targets_told(const struct targets_entry *entry, const char *name)
{
	return (struct view_target){ .name = xstrdup(name),
		.kind = entry->kind,
		.version = entry->version,
		.message = entry->message,
		.facts = entry->facts ? json_loads(entry->facts, 0, NULL) : NULL };
}

static inline struct view targets_empty(void)
{
	return (struct view){
		.plan = "0123456789abcdef0123456789abcdef",
		.started = "2026-11-23T05:00:00Z",
		.tool = "0.1",
		.go = "go1.27.4",
		.host = "linux/amd64, Linux 6.1, glibc 2.36",
		.out_dir = "out",
		.seconds = 96,
		.complete = 1,
	};
}

/* The list, with two stale rows; free with targets_view_free. */
static inline struct view targets_view(void)
{
	struct view view = targets_empty();
	struct view_target *told = xcalloc(TARGETS_FEW, sizeof *told);
	struct view_stale *stale = xcalloc(2, sizeof *stale);
	for (size_t i = 0; i < TARGETS_FEW; i++) {
		const struct targets_entry *entry = &targets_list[i];
		targets_cells(&view, entry, entry->name, i == 0 || strcmp(entry->port, entry[-1].port) != 0, 0);
		told[i] = targets_told(entry, entry->name);
	}
	stale[0] = (struct view_stale){ &targets_stale_rows[0], 0 };
	stale[1] = (struct view_stale){ &targets_stale_rows[1], 1 };
	view.full = 1;
	view.targets = told;
	view.target_count = TARGETS_FEW;
	view.stale = stale;
	view.stale_count = 2;
	view.checks = targets_checks;
	view.checks_count = TARGETS_CHECKS;
	view.planned_cells = view.count;
	return view;
}

/* So many targets, one port in ten an emulated one, each with the cells of all linkers and so many checks in
 * every cell: what is special in the list is special here too. */
static inline struct view targets_large(size_t targets, size_t per_cell)
{
	struct view view = targets_empty();
	struct view_target *told = xcalloc(targets, sizeof *told);
	for (size_t i = 0; i < targets; i++) {
		struct targets_entry entry = targets_list[i % TARGETS_FEW];
		char name[32], port[32];
		snprintf(name, sizeof name, "%s-%zu", entry.name, i);
		snprintf(port, sizeof port, strcmp(entry.kind, "qemu-user") == 0 ? "linux/arch%zu" : "linux/amd64", i);
		entry.links = ~0u;
		entry.port = port;
		targets_cells(&view, &entry, name, i == 0, per_cell);
		told[i] = targets_told(&entry, name);
	}
	view.targets = told;
	view.target_count = targets;
	view.planned_cells = view.count;
	return view;
}

static inline void targets_view_free(struct view *view)
{
	for (size_t i = 0; i < view->count; i++)
		cell_result_free(&view->cells[i]);
	for (size_t i = 0; i < view->target_count; i++) {
		free((char *)view->targets[i].name);
		json_decref(view->targets[i].facts);
	}
	free((void *)view->targets);
	free((void *)view->stale);
	free(view->cells);
}

#endif
