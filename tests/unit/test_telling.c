/* test_telling.c - the line that says why a build failed, in what real tools printed. */
#include "runner/process/script.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define LINK "/usr/local/go/pkg/tool/linux_amd64/link: running gcc failed: exit status 1\n"
#define GCC "/usr/bin/gcc -m64 -o $WORK/b001/exe/a.out -Wl,--fatal-warnings -Wl,--no-undefined /tmp/go-link-1/go.o\n"
#define COLLECT2 "collect2: error: ld returned 1 exit status\n\n"

static const struct {
	const char *name, *log, *line;
} rows[] = {
	{ "nothing", "", "" },
	{ "headings alone", "# runtime/cgo\n# tlsmatrix.case\n\n", "" },
	{ "cmd/go refuses", "-buildmode=plugin not supported on js/wasm\n",
	    "-buildmode=plugin not supported on js/wasm" },
	{ "an option that is not there",
	    "flag provided but not defined: -x\nusage: go build [-o output]\n"
	    "Run 'go help build' for details.\n",
	    "flag provided but not defined: -x" },
	{ "cmd/compile", "# x\n./check.go:3:18: cannot use \"text\" as int value\n./check.go:9:1: undefined: f\n",
	    "./check.go:3:18: cannot use \"text\" as int value" },
	{ "cmd/asm, below GOROOT",
	    "# runtime\n../../release/go1.27.4/go/src/runtime/msan_loong64.s:78: undefined label call\n",
	    "src/runtime/msan_loong64.s:78: undefined label call" },
	{ "no word of an error, but a place", "# x\nhello\n./check.go:3:18: missing return\nbye\n",
	    "./check.go:3:18: missing return" },
	{ "mold", "# x\n" LINK GCC "mold: fatal: assertion failed: elf/passes.cc:1234: sym.gottp_idx >= 0\n" COLLECT2,
	    "mold: fatal: assertion failed: elf/passes.cc:1234: sym.gottp_idx >= 0" },
	{ "a linker that dies",
	    LINK GCC "collect2: fatal error: ld terminated with signal 11 [Segmentation fault]\n"
		     "compilation terminated.\n",
	    "collect2: fatal error: ld terminated with signal 11 [Segmentation fault]" },
	{ "GNU ld",
	    LINK GCC "/usr/bin/ld: /tmp/go-link-1/000001.o: in function `error_of':\n"
		     "x.c:(.text+0x9): undefined reference to `foo'\nx.c:(.text+0x19): undefined reference to `bar'\n"
		     "/usr/bin/ld: final link failed: bad value\n" COLLECT2,
	    "x.c:(.text+0x9): undefined reference to `foo'" },
	{ "an option that a linker lacks, and cmd/link up to 1.19 that repeats no command",
	    LINK "/usr/bin/ld.gold: --no-dynamic-linker: unknown option\n/usr/bin/ld.gold: use the --help option for "
		 "usage information\n" COLLECT2,
	    "/usr/bin/ld.gold: --no-dynamic-linker: unknown option" },
	{ "lld",
	    LINK GCC "ld.lld: error: undefined symbol: foo\n>>> referenced by x.c:12 (/src/x.c:12)\n"
		     "clang: error: linker command failed with exit code 1 (use -v to see invocation)\n",
	    "ld.lld: error: undefined symbol: foo" },
	{ "a warning goes before, and is not why",
	    "/usr/bin/ld: case.a(go.o): warning: relocation in read-only section `.text'\n"
	    "/usr/bin/ld: case.a(go.o): relocation R_X86_64_TPOFF32 against `runtime.tlsg' can not be used when making "
	    "a "
	    "shared object\n/usr/bin/ld: failed to set dynamic section sizes: bad value\n" COLLECT2,
	    "/usr/bin/ld: case.a(go.o): relocation R_X86_64_TPOFF32 against `runtime.tlsg' can not be used when making "
	    "a "
	    "shared object" },
	{ "a warning alone, which is told before what follows it",
	    "# x\n/usr/bin/ld: warning: x.o: missing .note.GNU-stack section implies executable stack\n"
	    "/usr/bin/ld: NOTE: This behaviour is deprecated\n",
	    "/usr/bin/ld: warning: x.o: missing .note.GNU-stack section implies executable stack" },
	{ "gcc",
	    "# runtime/cgo\nIn file included from cgo.c:1:\ncgo.c: In function 'f':\ncgo.c:2:5: warning: unused\n"
	    "cgo.c:3:10: fatal error: nosuch.h: No such file or directory\ncompilation terminated.\n",
	    "cgo.c:3:10: fatal error: nosuch.h: No such file or directory" },
	{ "another tool failed, and that is all", LINK GCC,
	    "/usr/local/go/pkg/tool/linux_amd64/link: running gcc failed: exit status 1" },
	{ "a killed tool", "link: running gcc failed: signal: killed\n" GCC,
	    "link: running gcc failed: signal: killed" },
	{ "a tool that cannot be started",
	    "link: running gcc failed: exec: \"gcc\": executable file not found in $PATH\n",
	    "link: running gcc failed: exec: \"gcc\": executable file not found in $PATH" },
	{ "a goroutine's trace", "SIGQUIT: quit\nPC=0x1\n\ngoroutine 1 [running]:\n\t/go/src/runtime/sys.s:306 +0x21\n",
	    "SIGQUIT: quit" },
	{ "nothing that names itself: where it ended", "Building Go cmd/dist.\nodd\n  odder\t\r\n", "odder" },
	{ "a script's log", "$ cd x && ./error\nBuilding.\n/r/go/src/cmd/a.go:1:2: oh\n# exit status 2, 1.00 s\n",
	    "src/cmd/a.go:1:2: oh" },
};

static void test_the_line_that_tells_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = script_telling(rows[i].log);
		if (strcmp(line, rows[i].line) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].name, line, rows[i].line);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_the_line_that_tells_most) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
