/* contract_start.h - the host as a foreign kernel that starts a Go program: it breaks one clause at a time of what a
 * program finds at its entry point (contract_start.c); contract.c judges what becomes of it. */
#ifndef TLSMATRIX_CASES_HOSTS_CONTRACT_START_H
#define TLSMATRIX_CASES_HOSTS_CONTRACT_START_H

#include <sys/types.h>

#include "cases/hosts/contract.h"

/* The clause of a check contract.start-*, or NULL. */
const struct contract_clause *contract_find_start(const char *id);

/* How much of it is done wrong: nothing; the clause; the clause and beside it what no release tolerates. */
enum start_how { START_KEPT, START_BROKEN, START_WORSE };

/* In a child: becomes the program, which the parent lets go on.  Its standard output goes where its errors go. */
__attribute__((noreturn)) void contract_start_child(
    const struct contract_clause *clause, const char *program, enum start_how how);

/* In its parent: stops the child where the program's first instruction has not run yet, gives it a vector, registers
 * and what else the clause says, looks whether it has them, and lets it run.  0, or -errno: the clause was not tried,
 * and the child is killed but not waited for.  -ENODATA: it changes nothing there. */
int contract_start(const struct contract_clause *clause, pid_t child, enum start_how how);

#endif
