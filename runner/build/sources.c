#include "runner/build/sources.h"

#include "matrix/base/buf.h"

/* The host links no TLS probe: the library brings one, and a second copy would take its place. */
#define HOST_FILES \
	"cases/hosts/host.c", "cases/hosts/library.c", "cases/hosts/checks_loaded.c", "cases/hosts/checks_alone.c", \
	    "cases/hosts/checks_exit.c", "cases/hosts/checks_goexit.c", "cases/hosts/checks_signal.c", \
	    "cases/hosts/checks_handler.c", "cases/hosts/checks_inherit.c", "cases/hosts/checks_nested.c", \
	    "cases/hosts/question.c", "cases/hosts/registers.c", "cases/hosts/dispositions.c", \
	    "cases/hosts/contract.c", "cases/hosts/contract_bend.c", "cases/hosts/contract_import.c", \
	    "cases/hosts/contract_regs.c", "cases/hosts/contract_start.c", "cases/hosts/contract_sys.c", \
	    "harness/probe/record.c"
const char *const source_host_files[] = { HOST_FILES, NULL };
const char *const source_c_files[] = {
	HOST_FILES,
	/* the rest is not the host's, but decides what it and the libraries become */
	"cases/hosts/ctor.c",
	"cases/hosts/contract.h",
	"cases/hosts/contract_enter.h",
	"cases/hosts/contract_start.h",
	"cases/hosts/ctor.h",
	"cases/hosts/filler.c",
	"cases/hosts/filler.h",
	"cases/hosts/dispositions.h",
	"cases/hosts/host.h",
	"cases/hosts/library.h",
	"cases/hosts/needed.c",
	"cases/hosts/needed.h",
	"cases/hosts/opens.c",
	"cases/hosts/opens.h",
	"cases/hosts/question.h",
	"cases/hosts/registers.h",
	"cases/init/init_lib.h",
	"cases/thread/thread_signal_lib.h",
	"cases/init/init_list.h",
	"harness/probe/probe.h",
	"harness/probe/sleeps.h",
	"harness/probe/neighbours.c",
	"harness/probe/neighbours.h",
	"harness/probe/control_off.c",
	"cases/control/control_on.c",
	NULL,
};
const char *const source_plugin_files[] = { "cases/hosts/plugin/main.go", "cases/core/record.go", "cases/core/check.go",
	NULL };
#define PAIR "cases/hosts/plugin/main.go", "cases/hosts/plugin/pair.go", "cases/hosts/plugin/nested.go"
const char *const source_pair_files[] = { PAIR, "cases/core/record.go", "cases/core/check.go",
	"cases/core/control_off.go", NULL };
const char *const source_pair_control[] = { PAIR, "cases/core/record.go", "cases/core/check.go",
	"cases/control/control_on.go", NULL };
#undef PAIR
#define SECOND "cases/hosts/plugin/second/main.go", "cases/hosts/plugin/second/works.go"
const char *const source_plugin_second[] = { SECOND, "cases/hosts/plugin/see.go", NULL };
const char *const source_second_control[] = { SECOND, "cases/control/see_apart.go", NULL };
#undef SECOND
const char *const source_plugin_apart[] = { "cases/hosts/plugin/common/common.go", NULL };

#define SHARED "cases/hosts/shared/"
const char *const source_shared_inner[] = { SHARED "inner/inner.go", NULL };
#define BASE \
	SHARED "base/base.go", SHARED "base/made.go", SHARED "base/made_plain.go", SHARED "base/next.go", \
	    SHARED "base/next_plain.go", SHARED "base/data.go"
const char *const source_shared_base[] = { BASE, NULL };
const char *const source_shared_changed[] = { BASE, SHARED "changed/more.go", NULL };
const char *const source_shared_unexported[] = { BASE, SHARED "unexported/more.go", NULL };
#undef BASE
const char *const source_shared_front[] = { SHARED "front/front.go", NULL };
const char *const source_shared_more[] = { SHARED "more/more.go", NULL };
const char *const source_shared_most[] = { SHARED "most/most.go", NULL };
const char *const source_shared_trivial[] = { SHARED "trivial/main.go", NULL };
#define AGAIN \
	"cases/core/again.go", "cases/core/wait.go", "cases/core/old.go", "cases/core/record.go", "cases/core/check.go"
const char *const source_shared_main[] = { SHARED "main.go", SHARED "folders.go", SHARED "offsets.go", SHARED "own.go",
	AGAIN, "cases/core/control_off.go", NULL };
const char *const source_shared_control[] = { SHARED "main.go", SHARED "folders.go", SHARED "offsets.go",
	"cases/control/own_apart.go", AGAIN, "cases/control/control_on.go", NULL };
#undef AGAIN
#undef SHARED

const char *const source_ctls_files[] = { "cases/tls/ctls/main.go", "cases/tls/ctls/ctls.c", "cases/tls/ctls/ctls.h",
	NULL };

const char *const source_shared_files[] = { "cases/tls/shared/main.go", NULL };

const char *const source_static_files[] = { "cases/init/static/main.go", NULL };

const char *const source_second_files[] = { "cases/init/second/main.go", "cases/init/second/slot.c", NULL };
const char *const source_silent_files[] = { "cases/init/silent/main.go", NULL };
const char *const source_gohost_files[] = {
	"cases/hosts/gohost/main.go",
	"cases/hosts/gohost/gohost.c",
	"cases/hosts/gohost/gohost.h",
	"cases/core/record.go",
	"cases/core/check.go",
	NULL,
};

/* Their counterparts on Windows. */
const char *const source_second_windows[] = { "cases/init/second/main.go", "cases/windows/slot_windows.c", NULL };
const char *const source_gohost_windows[] = {
	"cases/hosts/gohost/main.go",
	"cases/windows/gohost_windows.c",
	"cases/hosts/gohost/gohost.h",
	"cases/core/record.go",
	"cases/core/check.go",
	NULL,
};

/* The host's C files, and what decides what they become. */
const char *const source_windows_host_files[] = {
	"cases/windows/host_windows.c",
	"cases/windows/checks_windows.c",
	"harness/probe/record.c",
	"cases/windows/host_windows.h",
	"cases/windows/init_count_windows.h",
	"cases/init/init_lib.h",
	NULL,
};

const char **build_sources(enum mode mode)
{
	static const char *const *const plugin[] = { source_pair_files, source_plugin_second, source_second_control,
		NULL };
	static const char *const *const program[] = { source_ctls_files, source_shared_files, source_static_files,
		NULL };
	static const char *const *const shared[] = { source_shared_inner, source_shared_changed, source_shared_front,
		source_shared_more, source_shared_most, source_shared_unexported, source_shared_trivial,
		source_shared_main, source_shared_control, NULL };
	static const char *const *const library[] = { source_c_files, NULL };
	const char *const *const *lists = mode == MODE_PLUGIN ? plugin :
	    mode == MODE_EXE || mode == MODE_PIE              ? program :
	    mode == MODE_SHARED                               ? shared :
								library;
	const char **all = xcalloc(1, sizeof(*all));
	for (size_t count = 0, i = 0; lists[i]; i++)
		for (size_t j = 0; lists[i][j]; j++) {
			all = xrealloc(all, (count + 2) * sizeof(*all));
			all[count++] = lists[i][j];
			all[count] = NULL;
		}
	return all;
}
