#include "probe.h"
#include "tp.h"

uintptr_t probe_tp(void) { return tp_read(); }

uintptr_t probe_tp_word(void) { return tp_word(); }

uintptr_t probe_canary(void) { return tp_canary(); }
