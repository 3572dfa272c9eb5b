#define _GNU_SOURCE
#include "init_lib.h"

#include <stdlib.h>

#include "init_list.h"
#include "probe.h"

/* In libctor.so (cases/hosts/ctor.c); the call makes it a dependency under --as-needed too. */
int ctor_dependency(void);

__attribute__((constructor)) static void library_constructor(void)
{
	if (ctor_dependency() != 1)
		abort();
	init_list_add("library");
}

void init_lib_go_ran(void) { init_list_add("go"); }

uintptr_t tlsm_slot(void) { return probe_slot_address(); }

uintptr_t tlsm_slot_value(void) { return probe_slot_value(); }
