/* The C side of a Go library on Windows (cases/init/init_lib.h).  GNU ld exports from a DLL what is marked, once
 * something is; cgo marks what Go exports. */
#include "init_lib.h"
#include "init_count_windows.h"
#include "probe.h"

#define EXPORT __declspec(dllexport)

__attribute__((constructor)) static void library_constructor(void)
{
	volatile struct init_count *count = init_count();
	if (count)
		InterlockedIncrement(&count->constructed);
}

void init_lib_go_ran(void)
{
	volatile struct init_count *count = init_count();
	if (count)
		InterlockedIncrement(&count->initialized);
}

EXPORT uintptr_t tlsm_slot(void) { return probe_slot_address(); }

EXPORT uintptr_t tlsm_slot_value(void) { return probe_slot_value(); }
