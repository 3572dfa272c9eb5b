/* tls_around.h on Windows. */
#include "tls_around.h"
#include "cthread_windows.h"
#include "tls_teb.h"

#include <errno.h>
#include <windows.h>

#include "_cgo_export.h"
#include "probe.h"

static void measure(struct tls_measure *seen)
{
	seen->error = errno;
	seen->tp = probe_tp();
	seen->tp_word = probe_tp_word();
	seen->canary = probe_canary();
}

/* What a control wants to be seen: the TEB cannot be moved, and without it nothing of Windows works. */
static void bend(const char *id, struct tls_measure *seen)
{
	if (probe_control(id, "errno"))
		seen->error = EINVAL;
	if (probe_control(id, "moved"))
		seen->tp += 64;
	if (probe_control(id, "self"))
		seen->tp_word += 8;
}

void tls_around(struct tls_around *around)
{
	measure(&around->before);
	around->before.error = TLS_ERRNO;
	errno = TLS_ERRNO;
	goTLSWork();
	measure(&around->after);
	bend(around->id, &around->after);
}

static void fresh(void *argument)
{
	struct tls_around *around = argument;
	struct probe_slot slot;
	probe_slot_find(&slot);
	around->slot_known = slot.known;
	int dirty = slot.known && probe_control(around->id, "dirty");
	if (dirty)
		*(volatile uintptr_t *)probe_slot_address() = 1;
	around->slot_before = probe_slot_value();
	if (dirty)
		*(volatile uintptr_t *)probe_slot_address() = 0; /* Go would follow it */
	tls_around(around);
	around->slot_after = probe_slot_value();
}

int tls_around_fresh(struct tls_around *around) { return cthread_body(fresh, around, 0); }

int tls_teb_read(uintptr_t address, uintptr_t *word)
{
	SIZE_T got = 0;
	return ReadProcessMemory(GetCurrentProcess(), (const void *)address, word, sizeof *word, &got) &&
	    got == sizeof *word;
}
