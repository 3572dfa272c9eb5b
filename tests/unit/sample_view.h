/* sample_view.h - a small finished run with every kind of result in it, as the tests of the reports
 * see it: passes, a failure in several cells, a crash with output, timeout, leak, miss, known and fixed
 * deviations, skips, refusals, a build that broke, a machine that failed, a check that did not run.
 * Its texts hold what a console can hold: escape sequences, broken UTF-8, markup of every format. */
#ifndef TLSMATRIX_TESTS_UNIT_SAMPLE_VIEW_H
#define TLSMATRIX_TESTS_UNIT_SAMPLE_VIEW_H

#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "reports/view.h"

#include <stdlib.h>

/* A list of its own, so that a new wording in checks.def does not change the expected reports. */
static const struct check sample_checks[] = {
	{ "build.refused", "build", PASS_REFUSAL, "",
	    "a combination that Go cannot build is refused with the documented message",
	    "a combination that links by accident yields a program whose TLS is nobody's responsibility", "S6, S10" },
	{ "build.succeeds", "build", PASS_BUILD, "", "go build and the host's C link exit 0",
	    "everything else stands on the artifact", "BuildModeSupported" },
	{ "tls.model-insn", "tls", PASS_FILE, "",
	    "instruction forms of Go's slot access are those of the buildmode's TLS model",
	    "one LE access in a library reads another module's variable", "S1, S5; x86/obj6.go" },
	{ "tls.g.main", "tls", PASS_LIVE, "",
	    "on the main thread, thread pointer + promised offset holds the running g",
	    "everything the runtime does begins with this load", "S1; runtime/asm_amd64.s" },
	{ "tls.aligns", "tls", PASS_LIVE, "cgo=1",
	    "C __thread variables aligned up to 4096 are aligned in every kind of thread",
	    "an overaligned segment shifts Go's slot; the file and the loader must round alike", "#36" },
	{ "thread.signal.c", "thread", PASS_LIVE, "cgo=1",
	    "a signal sent to a C thread outside Go reaches Go's handler, with a zero slot",
	    "the handler must borrow an M before it may use the slot", "#79" },
	{ "init.host-signals", "init", PASS_HOST, "", "the host's signal handlers survive the library's start",
	    "a host that loses its handlers & masks is <broken> by \"loading\" a library", "os/signal" },
};
enum { SAMPLE_CHECKS = sizeof sample_checks / sizeof *sample_checks };

struct sample_result {
	const char *id;
	enum status status;
	enum verdict verdict;
	const char *observed, *message, *reason; /* observed "=": as expected */
};

struct sample_cell {
	const char *id;
	const struct sample_result results[SAMPLE_CHECKS + 1];
	enum status build;
	int cached;
};

#define PASSES(check) { check, STATUS_PASS, VERDICT_OK, "=", NULL, NULL }

static const char crash_output[] =
    "killed by SIGSEGV\nfatal error: unexpected signal during runtime execution\n"
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x47a1c0]\n\033[31mgoroutine 1\033[0m [running]:\r\n"
    "main.check_thread_signal_c()\n\t::error::]]> <script>alert('&')</script> `# not ok` \xff\xfe \xc3\xa9 "
    "\xe2\x82\xac \xef\xbf\xbf";

static const struct sample_cell sample_cells[] = {
	{ "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec",
	    { PASSES("build.succeeds"), PASSES("tls.model-insn"), PASSES("tls.g.main") }, STATUS_PASS, 1 },
	{ "go1.26.8/linux/amd64/exe/cgo0/external@none", { PASSES("build.refused") }, STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/exe/cgo1/internal@host:exec",
	    { PASSES("build.succeeds"), PASSES("tls.g.main"),
		{ "tls.aligns", STATUS_SKIP, VERDICT_OK, NULL, NULL,
		    "not-applicable: no C TLS in an internally linked program" } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/exe/cgo1/external@host:exec",
	    { PASSES("build.succeeds"), PASSES("tls.g.main"),
		{ "tls.aligns", STATUS_FAIL, VERDICT_KNOWN, "aligned=1,2,4,8,16,32,64", "at 256: 0x7f00c0",
		    "GNU ld rounds p_memsz down, see #36" } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/exe/cgo1/external-gold@host:exec",
	    { PASSES("build.succeeds"), PASSES("tls.g.main"),
		{ "tls.aligns", STATUS_PASS, VERDICT_FIXED, "=", NULL, "GNU ld rounds p_memsz down, see #36" } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/exe/cgo1/external-lld-static@host:exec",
	    { { "build.succeeds", STATUS_FAIL, VERDICT_REGRESSED, "exit=1",
		  "ld.lld: error: undefined symbol: getaddrinfo", NULL },
		{ "tls.model-insn", STATUS_BROKEN, VERDICT_REGRESSED, NULL, "the build failed", NULL },
		{ "tls.g.main", STATUS_BROKEN, VERDICT_REGRESSED, NULL, "the build failed", NULL } },
	    STATUS_FAIL, 0 },
	{ "go1.26.8/linux/amd64/pie/cgo1/external@host:exec",
	    { PASSES("build.succeeds"),
		{ "tls.g.main", STATUS_TIMEOUT, VERDICT_REGRESSED, NULL, "timed out after 20 s (silent for 19 s)",
		    NULL } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/c-archive/cgo1/external@host:archive",
	    { PASSES("build.succeeds"),
		{ "init.host-signals", STATUS_LEAK, VERDICT_REGRESSED, NULL, "left 4711 (sleep)", NULL } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/c-shared/cgo0/internal@none",
	    { { "build.refused", STATUS_FAIL, VERDICT_REGRESSED, "exit=0 \"\"", NULL, NULL } }, STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/c-shared/cgo1/internal@none", { PASSES("build.refused") }, STATUS_PASS, 1 },
	{ "go1.26.8/linux/amd64/c-shared/cgo1/external@host:needed",
	    { PASSES("build.succeeds"),
		{ "tls.model-insn", STATUS_FAIL, VERDICT_REGRESSED, "go-le=yes go-ie=no go-relaxed=no",
		    "runtime.save_g at 0x401000", NULL },
		PASSES("tls.g.main") },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen",
	    { PASSES("build.succeeds"),
		{ "tls.model-insn", STATUS_FAIL, VERDICT_REGRESSED, "go-le=yes go-ie=no go-relaxed=no",
		    "runtime.save_g at 0x402000", NULL },
		{ "thread.signal.c", STATUS_CRASH, VERDICT_REGRESSED, NULL, crash_output, NULL } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen-lazy-global",
	    { PASSES("build.succeeds"),
		{ "thread.signal.c", STATUS_MISS, VERDICT_CHANGED, NULL, "no record",
		    "the handler is called twice, see #79" } },
	    STATUS_PASS, 0 },
	{ "go1.26.8/linux/amd64/plugin/cgo1/external@host:plugin",
	    { PASSES("build.succeeds"),
		{ "tls.g.main", STATUS_INFRA, VERDICT_REGRESSED, NULL, "fork: Resource temporarily unavailable", NULL },
		{ "thread.signal.c", STATUS_NOTRUN, VERDICT_NEW, NULL, "interrupted", NULL } },
	    STATUS_PASS, 0 },
};
enum { SAMPLE_CELLS = sizeof sample_cells / sizeof *sample_cells };

static char *copy_text(const char *text) { return text ? xstrdup(text) : NULL; }

static void sample_fill(struct cell_result *cell, const struct sample_cell *sample)
{
	struct diag diag = DIAG_INIT;
	assert_int_equal(cell_parse(sample->id, &cell->cell, &diag), 0);
	cell->build_status = sample->build;
	cell->build_seconds = 1.25;
	cell->seconds = sample->cached ? 0 : 0.75;
	cell->cached = sample->cached;
	cell->build_log = xstrdup("cells/a%20 b/build.log");
	cell->build_command = xstrdup("CGO_ENABLED=1 go build -ldflags='-linkmode=external' -o program .");
	cell->log = xprintf("cells/%s/run.log", sample->id);
	cell->facts = json_pack("{s:s, s:{s:s, s:i, s:{s:s, s:i, s:n}}, s:[]}", "type", "DYN", "tls", "model", "IE",
	    "size", 8, "slot", "symbol", "runtime.tlsg", "offset", -8, "got", "needed");
	while (sample->results[cell->check_count].id)
		cell->check_count++;
	cell->checks = xcalloc(cell->check_count, sizeof *cell->checks);
	for (size_t i = 0; i < cell->check_count; i++) {
		const struct sample_result *from = &sample->results[i];
		const char *expected = "slot=g & \"more\"";
		cell->checks[i] = (struct check_result){
			.id = xstrdup(from->id),
			.status = from->status,
			.verdict = from->verdict,
			.expected = xstrdup(expected),
			.observed = from->observed ? xstrdup(*from->observed == '=' ? expected : from->observed) : NULL,
			.message = copy_text(from->message),
			.reason = copy_text(from->reason),
			.source = xstrdup("S1; ELF TLS section 3"),
			.repro = xprintf("cd out/cells && TLSMATRIX_SLOT=le:-8 ./program %s", from->id),
		};
	}
	cell_result_sum(cell);
}

/* A new sample; free with sample_free. */
static inline struct view sample_view(void)
{
	struct view view = {
		.plan = "0123456789abcdef0123456789abcdef",
		.started = "2026-11-23T05:00:00Z",
		.tool = "0.1",
		.go = "go1.26.8",
		.host = "Linux 6.1, glibc 2.36, gcc 12.2 <\"host\" & \xff>",
		.out_dir = "out",
		.seconds = 312.4,
		.complete = 1,
		.checks = sample_checks,
		.checks_count = SAMPLE_CHECKS,
		.count = SAMPLE_CELLS,
		.planned_cells = SAMPLE_CELLS,
	};
	view.cells = xcalloc(SAMPLE_CELLS, sizeof *view.cells);
	for (size_t i = 0; i < SAMPLE_CELLS; i++) {
		sample_fill(&view.cells[i], &sample_cells[i]);
		view.planned_checks += view.cells[i].check_count;
	}
	return view;
}

static inline void sample_free(struct view *view)
{
	for (size_t i = 0; i < view->count; i++)
		cell_result_free(&view->cells[i]);
	free(view->cells);
}

#endif
