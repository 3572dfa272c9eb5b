#include "tls_around.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "_cgo_export.h"
#include "probe.h"
#include "tp.h"

static void measure(struct tls_measure *seen)
{
	seen->error = errno;
	seen->tp = probe_tp();
	seen->tp_word = probe_tp_word();
	seen->canary = probe_canary();
}

/* Measures while the thread is wrong in the way that the control asks for. No libc and no signal
 * handler in between: both trust what is bent here. */
static void measure_bent(const char *id, struct tls_measure *seen)
{
	int error = errno;
	int canary = probe_control(id, "canary"), moved = probe_control(id, "moved"), self = probe_control(id, "self");
	uint64_t mask = tp_signal_mask(~(uint64_t)0);
	uintptr_t tp = tp_read(), word = tp_word(), guard = tp_canary();
	/* Through memory, or the inspector would find an access to TLS in the program (harness/arch). */
	volatile uintptr_t *volatile at_tp = (volatile uintptr_t *)tp;
	if (canary)
		tp_canary_write(guard ^ 1);
	if (self)
		*at_tp = word + 8;
	if (moved)
		tp_write(tp + 64);
	seen->tp = tp_read();
	if (moved)
		tp_write(tp);
	seen->tp_word = tp_word();
	seen->canary = tp_canary();
	if (self)
		*at_tp = word;
	if (canary)
		tp_canary_write(guard);
	tp_signal_mask(mask);
	seen->error = error;
}

void tls_around(struct tls_around *around)
{
	measure(&around->before);
	around->before.error = TLS_ERRNO;
	errno = TLS_ERRNO;
	goTLSWork();
	if (probe_control(around->id, "errno"))
		errno = EINVAL;
	if (probe_control(around->id, "canary") || probe_control(around->id, "moved") ||
	    probe_control(around->id, "self"))
		measure_bent(around->id, &around->after);
	else
		measure(&around->after);
}

static void *fresh(void *argument)
{
	struct tls_around *around = argument;
	struct probe_slot slot;
	probe_slot_find(&slot);
	around->slot_known = slot.known;
	if (slot.known && probe_control(around->id, "dirty"))
		*(volatile uintptr_t *)probe_slot_address() = 1;
	around->slot_before = probe_slot_value();
	if (slot.known && around->slot_before == 1)
		*(volatile uintptr_t *)probe_slot_address() = 0; /* Go would follow it */
	tls_around(around);
	around->slot_after = probe_slot_value();
	return NULL;
}

int tls_around_fresh(struct tls_around *around)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, fresh, around);
	return error ? error : pthread_join(thread, NULL);
}
