/* contract.h - the host as a foreign loader that breaks one clause of its contract with Go at a time (contract.c). */
#ifndef TLSMATRIX_CASES_HOSTS_CONTRACT_H
#define TLSMATRIX_CASES_HOSTS_CONTRACT_H

#include "cases/hosts/host.h"

/* Exit status of a child to which Go gave another answer. */
enum { CONTRACT_WRONG = 77 };

struct entering;

struct contract_clause {
	const char *id; /* of its check */
	void (*bend)(struct entering *entering);
	int times; /* it is tried */
};

/* The clause of a check, or NULL. */
const struct contract_clause *contract_find(const char *id);

/* Breaks it, and says what became of Go: the worst of all times. */
void contract_observe(struct host *host, const struct contract_clause *clause, struct seen *seen);

#endif
