/* contract.h - the host as a foreign loader that breaks one clause of its contract with Go at a time (contract.c), or
 * as a foreign kernel that lacks one system call (contract_sys.c). */
#ifndef TLSMATRIX_CASES_HOSTS_CONTRACT_H
#define TLSMATRIX_CASES_HOSTS_CONTRACT_H

#include <stdint.h>

#include "cases/hosts/host.h"

/* Exit status of a child to which Go gave another answer. */
enum { CONTRACT_WRONG = 77 };

struct entering;

struct contract_clause {
	const char *id;                          /* of its check */
	void (*bend)(struct entering *entering); /* NULL: contract_deny breaks it */
	int times;                               /* it is tried */
};

/* The clause of a check, or NULL. */
const struct contract_clause *contract_find(const char *id);

/* The same, of those that deny a system call (contract_sys.c). */
const struct contract_clause *contract_find_denial(const char *id);

/* Denies that system call to the code of the library that is mapped at base, in this process from now on. */
void contract_deny(const char *id, uintptr_t base);

/* Breaks it, and says what became of Go: the worst of all times. */
void contract_observe(struct host *host, const struct contract_clause *clause, struct seen *seen);

#endif
