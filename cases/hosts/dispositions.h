/* dispositions.h - what has become of the process's signals between two moments: pure, but for dispositions_take.
 *
 * Lists are names separated by commas, those that have one in the order of dispositions.c and the others behind them
 * by number ("signal-35"), so that one expected text serves ports with other numbers; "none" when empty. */
#ifndef TLSMATRIX_CASES_HOSTS_DISPOSITIONS_H
#define TLSMATRIX_CASES_HOSTS_DISPOSITIONS_H

#include "cases/hosts/ctor.h"

enum { DISPOSITIONS_LIST = 160 };

struct dispositions {
	int compared;
	int onstack;                       /* nothing changed but that SA_ONSTACK came */
	char replaced[DISPOSITIONS_LIST];  /* another handler; "others": most, and all that are not untouched */
	char untouched[DISPOSITIONS_LIST]; /* nothing changed, and SA_ONSTACK is not there */
	char flags[DISPOSITIONS_LIST];     /* the same handler, with other flags than those two */
	char masks[DISPOSITIONS_LIST];     /* the same handler with another mask */
};

/* Compares all signals whose entry in was is ours; both have CTOR_SIGNALS entries. */
void dispositions_compare(const struct ctor_signal *was, const struct ctor_signal *is, struct dispositions *changes);

/* All dispositions as they are; ours is 1 where the system tells and lets it be set. */
void dispositions_take(struct ctor_signal *now);

/* Its name, or "signal-N" in other. */
const char *dispositions_name(int signal, char *other, size_t size);

#endif
