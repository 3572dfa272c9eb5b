/* ports_view.h - a finished run of many ports, as the tests of the reports see it: every buildmode,
 * CGO_ENABLED and link mode of each port and variant, nearly all refused, not buildable here, or built
 * and inspected, nothing run.  What comes of a cell follows rules like Go's; a few cells fail, one of
 * them as known. */
#ifndef TLSMATRIX_TESTS_UNIT_PORTS_VIEW_H
#define TLSMATRIX_TESTS_UNIT_PORTS_VIEW_H

#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "reports/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ports_entry {
	const char *name, *lacks;
} ports_list[] = {
	{ "linux/amd64", NULL },
	{ "linux/amd64.v3", NULL },
	{ "linux/amd64.race", NULL },
	{ "linux/arm.7-softfloat", NULL },
	{ "linux/arm", NULL },
	{ "aix/ppc64", "no-compiler: no C compiler for aix/ppc64" },
	{ "windows/amd64", NULL },
	{ "darwin/arm64",
	    "no-sdk: the macOS SDK (headers of the system's libraries) is not here and may not be shipped" },
	{ "js/wasm", "no-compiler: no C compiler for js/wasm" },
	{ "windows/amd64.msan", NULL },
	/* the rest of the list, for the run of full size */
	{ "android/386", NULL },
	{ "android/amd64", NULL },
	{ "android/arm", NULL },
	{ "android/arm64", NULL },
	{ "darwin/amd64", NULL },
	{ "dragonfly/amd64", NULL },
	{ "freebsd/386", NULL },
	{ "freebsd/amd64", NULL },
	{ "freebsd/arm", NULL },
	{ "freebsd/arm64", NULL },
	{ "freebsd/riscv64", NULL },
	{ "illumos/amd64", NULL },
	{ "ios/amd64", NULL },
	{ "ios/arm64", NULL },
	{ "linux/386", NULL },
	{ "linux/arm64", NULL },
	{ "linux/loong64", NULL },
	{ "linux/mips", NULL },
	{ "linux/mips64", NULL },
	{ "linux/mips64le", NULL },
	{ "linux/mipsle", NULL },
	{ "linux/ppc64", NULL },
	{ "linux/ppc64le", NULL },
	{ "linux/riscv64", NULL },
	{ "linux/s390x", NULL },
	{ "netbsd/386", NULL },
	{ "netbsd/amd64", NULL },
	{ "netbsd/arm", NULL },
	{ "netbsd/arm64", NULL },
	{ "openbsd/386", NULL },
	{ "openbsd/amd64", NULL },
	{ "openbsd/arm", NULL },
	{ "openbsd/arm64", NULL },
	{ "openbsd/ppc64", NULL },
	{ "openbsd/riscv64", NULL },
	{ "plan9/386", NULL },
	{ "plan9/amd64", NULL },
	{ "plan9/arm", NULL },
	{ "solaris/amd64", NULL },
	{ "wasip1/wasm", NULL },
	{ "windows/386", NULL },
	{ "windows/arm64", NULL },
};
enum {
	PORTS_FEW = 10,
	PORTS_ALL = sizeof ports_list / sizeof *ports_list,
	PORTS_CELLS = MODE_COUNT * 2 * 2,
	PORTS_CHECKS = 3
};

static const struct check ports_checks[PORTS_CHECKS] = {
	{ "build.succeeds", "build", PASS_BUILD, "", "go build and the host's C link exit 0",
	    "everything else stands on the artifact", "BuildModeSupported" },
	{ "tls.access", "tls", PASS_FILE, "", "Go's slot is reached as the port's rules say",
	    "a loader must provide what the code asks of it", "S13" },
	{ "build.refused", "build", PASS_REFUSAL, "", "a combination that Go cannot build is refused",
	    "what links by accident is nobody's", "S6" },
};

/* The words of the refusal, malloc'ed; NULL when the cell must build. */
static char *ports_refusal(const struct cell *cell)
{
	int linux_like = strcmp(cell->os, "linux") == 0;
	if (!linux_like && (cell->mode == MODE_SHARED || cell->mode == MODE_PLUGIN))
		return xprintf("-buildmode=%s not supported on %s/%s", mode_name(cell->mode), cell->os, cell->arch);
	if (strcmp(cell->variant, "msan") == 0)
		return xprintf("-msan is not supported on %s/%s", cell->os, cell->arch);
	if (strcmp(cell->variant, "race") == 0 && !cell->cgo)
		return xstrdup("-race requires cgo; enable cgo by setting CGO_ENABLED=1");
	if (!cell->cgo && cell->link == LINK_EXTERNAL)
		return xstrdup("-linkmode=external requires external (cgo) linking, but cgo is not enabled");
	if (!cell->cgo && cell->mode >= MODE_C_ARCHIVE)
		return xprintf(
		    "-buildmode=%s requires external (cgo) linking, but cgo is not enabled", mode_name(cell->mode));
	if (cell->link == LINK_INTERNAL && cell->mode >= MODE_C_ARCHIVE)
		return xprintf(
		    "internal linking requested but external linking required: buildmode=%s", mode_name(cell->mode));
	return NULL;
}

static const char *ports_access(const struct cell *cell)
{
	if (strcmp(cell->os, "windows") == 0)
		return "model=KEY at=runtime.tls_g reloc=none form=two";
	if (cell->mode == MODE_EXE)
		return cell->link == LINK_INTERNAL ? "model=LE at=-8 reloc=none form=one" :
						     "model=LE at=pt-tls reloc=none form=one";
	if (cell->mode == MODE_PIE)
		return "model=LE at=-8 reloc=none form=two";
	return "model=IE at=loader reloc=R_X86_64_TPOFF64 form=two";
}

static void ports_result(
    struct check_result *check, const char *id, const char *expected, enum status status, const char *reason)
{
	*check = (struct check_result){ .id = xstrdup(id),
		.status = status,
		.verdict = VERDICT_OK,
		.expected = xstrdup(expected),
		.observed = status == STATUS_PASS ? xstrdup(expected) : NULL,
		.reason = reason ? xstrdup(reason) : NULL,
		.source = xstrdup("S13; cmd/link/internal/ld/sym.go computeTLSOffset | obj6.go"),
		.repro = status == STATUS_SKIP ? NULL : xprintf("build/tlsmatrix inspect cells/%s/case", id) };
}

/* Facts of the size that inspection makes. */
static json_t *ports_facts(void)
{
	json_t *relocs = json_object();
	for (int i = 0; i < 40; i++) {
		char name[32];
		snprintf(name, sizeof name, "R_X86_64_SOMETHING_%d", i);
		json_object_set_new(relocs, name, json_integer(1000 + i));
	}
	return json_pack("{s:s, s:s, s:{s:s, s:i, s:{s:s, s:i}}, s:{s:o}}", "format", "elf", "type", "EXEC", "tls",
	    "model", "LE", "size", 8, "slot", "symbol", "runtime.tlsg", "offset", -8, "relocs", "types", relocs);
}

/* Cells that go wrong, by index in the run. */
static void ports_spoil(struct cell_result *cell)
{
	struct check_result *check = &cell->checks[1];
	int arm = strcmp(cell->cell.arch, "arm") == 0,
	    exe = cell->cell.mode == MODE_EXE && cell->cell.link == LINK_INTERNAL;
	if (!arm || !exe || !cell->facts)
		return;
	free(check->observed);
	check->observed = xstrdup("model=LE at=12 reloc=none form=two");
	check->status = STATUS_FAIL;
	check->verdict = *cell->cell.variant ? VERDICT_KNOWN : VERDICT_REGRESSED;
	check->reason = *cell->cell.variant ? xstrdup("the slot moves, see #12") : NULL;
}

static void ports_fill(struct cell_result *result, const struct cell *cell, const char *lacks, size_t per_cell)
{
	char *refusal = ports_refusal(cell);
	int skipped = !refusal && lacks && (cell->cgo || strncmp(lacks, "no-sdk", 6) == 0);
	char expected[256];
	*result = (struct cell_result){ .cell = *cell,
		.build_seconds = 0.5,
		.build_log = xstrdup("logs/build.log"),
		.build_command = xstrdup("CGO_ENABLED=0 go build") };
	result->check_count = refusal ? 1 : per_cell;
	result->checks = xcalloc(result->check_count, sizeof *result->checks);
	snprintf(expected, sizeof expected, "exit=1 \"%s\"", refusal ? refusal : "");
	if (refusal)
		ports_result(&result->checks[0], "build.refused", expected, STATUS_PASS, NULL);
	for (size_t i = 0; i < per_cell && !refusal; i++) {
		const char *id = i < 2 ? ports_checks[i].id : checks[i].id,
			   *text = i == 0 ? "exit=0" :
		    i == 1                ? ports_access(cell) :
					    "slots=g flags=0xd0f00";
		ports_result(&result->checks[i], id, text, skipped ? STATUS_SKIP : STATUS_PASS, skipped ? lacks : NULL);
	}
	result->build_status = refusal ? STATUS_FAIL : skipped ? STATUS_SKIP : STATUS_PASS;
	if (!refusal && !skipped) {
		result->facts = ports_facts();
		ports_spoil(result);
	}
	cell_result_sum(result);
	free(refusal);
}

/* Rows beyond the list are variants of its ports. */
static void ports_name(size_t row, char *out, size_t size)
{
	const char *name = ports_list[row % PORTS_ALL].name, *dot = strchr(name, '.');
	if (row < PORTS_ALL)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%.*s.x%zu", (int)(dot ? dot - name : (long)strlen(name)), name,
		    row / PORTS_ALL * 10 + (dot ? 1 + row % PORTS_ALL : 0));
}

/* The first rows of the list with so many checks in a cell that builds (2, or more to make a large run);
 * free with ports_view_free. */
static inline struct view ports_view(size_t rows, size_t per_cell)
{
	struct view view = {
		.plan = "0123456789abcdef0123456789abcdef",
		.started = "2026-11-23T05:00:00Z",
		.tool = "0.1",
		.go = "go1.27.4",
		.host = "linux/amd64, Linux 6.1, glibc 2.36",
		.out_dir = "out",
		.seconds = 412,
		.complete = 1,
		.checks = per_cell == 2 ? ports_checks : NULL,
		.checks_count = PORTS_CHECKS,
	};
	view.cells = xcalloc(rows * PORTS_CELLS, sizeof *view.cells);
	for (size_t i = 0; i < rows * PORTS_CELLS; i++) {
		const struct ports_entry *row = &ports_list[i / PORTS_CELLS % PORTS_ALL];
		char name[64];
		size_t at = i % PORTS_CELLS;
		struct cell cell;
		struct diag diag = DIAG_INIT;
		ports_name(i / PORTS_CELLS, name, sizeof name);
		char *id = xprintf("go1.27.4/%s/%s/cgo%zu/%s@none", name, mode_name((enum mode)(at / 4)), at / 2 % 2,
		    at % 2 ? "external" : "internal");
		assert_int_equal(cell_parse(id, &cell, &diag), 0);
		ports_fill(&view.cells[i], &cell, row->lacks, per_cell);
		view.planned_checks += view.cells[i].check_count;
		free(id);
	}
	view.count = view.planned_cells = rows * PORTS_CELLS;
	return view;
}

static inline void ports_view_free(struct view *view)
{
	for (size_t i = 0; i < view->count; i++)
		cell_result_free(&view->cells[i]);
	free(view->cells);
}

#endif
