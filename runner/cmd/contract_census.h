/* contract_census.h - contract --census: what the small program of a port (cases/port) asks for, built as a library and
 * as a program, on each release: facts of its file, and its system calls, which tlstrace counts. */
#ifndef TLSMATRIX_RUNNER_CMD_CONTRACT_CENSUS_H
#define TLSMATRIX_RUNNER_CMD_CONTRACT_CENSUS_H

#include "matrix/result.h"
#include "reports/census.h"
#include "runner/cmd/cmd.h"
#include "runner/schedule/plan.h"

/* The cells of which there is a census; none of them is a refusal of Go's.  The check is the one whose result has the
 * file's facts. */
#define CENSUS_FILTER "check=tls.access & (" CONTRACT_CELLS " | " CONTRACT_PROGRAMS ")"

/* Of a plan whose cells are named bare (plan.h) and were run, results as its cells: counts and prints.  The command's
 * exit code: EXIT_INFRA, with a line, where a build or a count failed. */
int contract_census(
    const struct setup *setup, const struct plan *plan, const struct cell_result *results, enum census_form form);

#endif
