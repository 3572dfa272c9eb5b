#define _GNU_SOURCE
#include "init_lib.h"

#include <stdlib.h>

#include "_cgo_export.h"
#include "init_list.h"
#include "probe.h"

/* In libctor.so (cases/hosts/ctor.h); the calls make it a dependency under --as-needed too. */
int ctor_dependency(void);
int ctor_go_began(void);
void ctor_moment(const char *moment);
int ctor_fini(const char *name);

/* With a priority: before those without one in every link order, and Go's has none (cmd/link/internal/ld/data.go). */
__attribute__((constructor(101))) static void library_early(void)
{
	init_list_add(ctor_go_began() ? "early" INIT_LIST_AFTER : "early");
	ctor_moment("early");
}

__attribute__((constructor)) static void library_constructor(void)
{
	if (ctor_dependency() != 1)
		abort();
	init_list_add(ctor_go_began() ? "library" INIT_LIST_AFTER : "library");
	ctor_moment("late");
}

/* Behind the one without a priority, as their constructors are the other way round.  What Go needs is there still: its
 * own module, and what that depends on; it is called where somebody reads what comes of it. */
__attribute__((destructor(101))) static void library_early_ends(void)
{
	if (ctor_fini(",early") && tlsm_answer(INIT_LIB_QUESTION) == INIT_LIB_ANSWER)
		ctor_fini("+go");
}

__attribute__((destructor)) static void library_ends(void) { ctor_fini(",library"); }

/* libc's function of that name, once more; nobody else calls it. */
long a64l(const char *text)
{
	(void)text;
	return INIT_LIB_SCOPE;
}

const char *tlsm_scope(void) { return l64a(1); }

void init_lib_go_ran(void) { init_list_add("go"); }

uintptr_t tlsm_slot(void) { return probe_slot_address(); }

uintptr_t tlsm_slot_value(void) { return probe_slot_value(); }
