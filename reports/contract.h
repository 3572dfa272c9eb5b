/* contract.h - the table clause x release: what becomes of a Go library when its loader breaks a clause of the contract
 * (matrix/contract.def), from the results of one cell of each release. */
#ifndef TLSMATRIX_REPORTS_CONTRACT_H
#define TLSMATRIX_REPORTS_CONTRACT_H

#include "matrix/result.h"

#include <stddef.h>
#include <stdio.h>

/* The results of releases as Go orders them, one cell of libraries, one of programs (MODE_EXE) and one of PIEs of
 * each, which have checks contract.*: a table for libraries and one for programs, in which releases that agree in all
 * that is shown are one column (clauses.h), and where PIEs differ from programs.  0 or -errno of the stream. */
int report_contract(const struct cell_result *results, size_t count, FILE *out);
int report_contract_json(const struct cell_result *results, size_t count, FILE *out);
/* For a file that is kept: with what to provide, and without what differs from run to run. */
int report_contract_markdown(const struct cell_result *results, size_t count, FILE *out);

#endif
