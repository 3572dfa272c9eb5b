#include "ctls.h"

/* One variable of C's own: internal linking has to refuse it (bug #38). */
static __thread int ctls_variable = 38;

int ctls_read(void)
{
	return ctls_variable++;
}
