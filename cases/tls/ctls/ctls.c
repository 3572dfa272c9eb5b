#include "ctls.h"

/* gcc for arm, arm64, riscv64 and s390x would reach the variable by an anchor of its section, and the
 * refusal would name that (.LANCHOR0). */
#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("no-section-anchors")
#endif

/* One variable of C's own: internal linking has to refuse it (bug #38). */
static __thread int ctls_variable = 38;

int ctls_read(void) { return ctls_variable++; }
