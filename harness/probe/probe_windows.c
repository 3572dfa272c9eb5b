/* probe_windows.c - the thread pointer and Go's slot on Windows: the TEB, and a word of it.
 *
 * A program or DLL of Go keeps the slot's offset from the TEB in a variable, runtime.tls_g, which runtime.wintls
 * fills with what TlsAlloc gave (runtime/sys_windows_*.s).  The file promises where the variable is. */
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "probe.h"

/* ntpsapi.h THREAD_BASIC_INFORMATION; ThreadBasicInformation is class 0. */
/* TEB.TlsSlots (winternl.h): 64 words. */
enum { PROBE_TEB_SLOTS = sizeof(void *) == 8 ? 0x1480 : 0xe10 };

struct basic_information {
	NTSTATUS status;
	void *teb;
	void *client[2];
	ULONG_PTR affinity;
	LONG priority, base_priority;
};

/* Asked of the kernel, since the word in the TEB that names it is what it is compared with. */
uintptr_t probe_tp(void)
{
	NTSTATUS(NTAPI * query)(HANDLE, int, void *, ULONG, ULONG *);
	FARPROC found = GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationThread");
	struct basic_information information = { 0 };
	memcpy(&query, &found, sizeof query);
	if (query)
		query(GetCurrentThread(), 0, &information, sizeof information, NULL);
	return (uintptr_t)information.teb;
}

/* NT_TIB.Self */
uintptr_t probe_tp_word(void) { return (uintptr_t)NtCurrentTeb(); }

/* mingw's guard is a variable of the program, no word of the TEB. */
uintptr_t probe_canary(void) { return 0; }

/* The module that TLSMATRIX_MODULE names by its path; the program when it is empty. */
static uintptr_t module_base(void)
{
	const char *path = getenv("TLSMATRIX_MODULE"), *name = path ? strrchr(path, '/') : NULL;
	return (uintptr_t)GetModuleHandleA(path && *path ? (name ? name + 1 : path) : NULL);
}

void probe_slot_find(struct probe_slot *slot)
{
	struct probe_slot found = { 0 };
	const char *promise = getenv("TLSMATRIX_SLOT");
	char *rest = NULL;
	uintptr_t key = promise && strncmp(promise, "key:", 4) == 0 ? (uintptr_t)strtoull(promise + 4, &rest, 16) : 0;
	uintptr_t base = module_base();
	if (key && base && *rest == '\0') {
		found.known = found.agrees = 1;
		found.offset = *(volatile intptr_t *)(base + key);
		found.block = probe_tp() + PROBE_TEB_SLOTS;
		found.block_size = 64 * sizeof(void *);
	}
	*slot = found;
}

uintptr_t probe_slot_address(void)
{
	struct probe_slot slot;
	probe_slot_find(&slot);
	return slot.known ? probe_tp() + (uintptr_t)slot.offset : 0;
}

uintptr_t probe_slot_value(void)
{
	uintptr_t address = probe_slot_address();
	return address ? *(volatile uintptr_t *)address : 0;
}
