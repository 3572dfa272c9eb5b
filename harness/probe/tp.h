/* tp.h - the thread pointer as the CPU has it, one header an architecture (tp_ARCH.h).
 *
 * Each gives
 *   TP_VARIANT            1: the TLS block of the program lies above the thread pointer, 2: below (ELF TLS section 3)
 *   TP_TCB                variant 1: bytes between the thread pointer and the program's block, before rounding
 *   TP_SLOT_SYMBOL        name of Go's TLS variable
 *   TP_DTP_BIAS           only where a loader names a module's block no sooner than __tls_get_addr was called: what
 *                         that adds
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
#elif defined __powerpc64__
#include "tp_ppc64.h"
#elif defined __s390x__
#include "tp_s390x.h"
#elif defined __riscv && __riscv_xlen == 64
#include "tp_riscv64.h"
#elif defined __loongarch_lp64
#include "tp_loong64.h"
#elif defined __i386__
#include "tp_386.h"
#elif defined __arm__
#include "tp_arm.h"
#elif defined __mips__ && (_MIPS_SIM == _ABIO32 || _MIPS_SIM == _ABI64)
#include "tp_mips.h"
#else
#error "the probe has no thread pointer for this architecture: add harness/probe/tp_ARCH.h"
#endif

#endif
