/* tp.h - the thread pointer as the CPU has it, one header an architecture (tp_amd64.h, tp_arm64.h).
 *
 * Each gives
 *   TP_VARIANT            1: the TLS block of the program lies above the thread pointer, 2: below (ELF TLS 3.0)
 *   TP_TCB                variant 1: bytes between the thread pointer and the program's block, before rounding
 *   TP_SLOT_SYMBOL        name of Go's TLS variable
 *   tp_read(), tp_write() the thread pointer; tp_write is for controls, which move it for a moment
 *   tp_canary()           the stack protector's canary
 *   tp_signal_mask()      rt_sigprocmask(SIG_SETMASK) without libc, whose TLS may not be reachable then */
#ifndef TLSMATRIX_HARNESS_PROBE_TP_H
#define TLSMATRIX_HARNESS_PROBE_TP_H

#include <stdint.h>

#if defined __x86_64__ && defined __LP64__
#include "tp_amd64.h"
#elif defined __aarch64__ && defined __LP64__
#include "tp_arm64.h"
#else
#error "the probe has no thread pointer for this architecture: add harness/probe/tp_ARCH.h"
#endif

#endif
