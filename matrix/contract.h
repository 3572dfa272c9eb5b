/* contract.h - the clauses of the contract between a Go library and its loader (contract.def), as values. */
#ifndef TLSMATRIX_MATRIX_CONTRACT_H
#define TLSMATRIX_MATRIX_CONTRACT_H

/* Where the clauses are tried: one cell of each release. */
#define CONTRACT_CELLS "os=linux & arch=amd64 & !arch=*.* & mode=c-shared & link=external & load=dlopen & target=host"

/* What a loader must provide, so that it does not come to what the check observes: a sentence without its subject.
 * NULL for a check that is no clause. */
const char *contract_provide(const char *check);

#endif
