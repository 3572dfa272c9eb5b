/* contract.h - the clauses of the contract between a Go library, or program, and its loader (contract.def,
 * contract_sys.def, contract_start.def), as values. */
#ifndef TLSMATRIX_MATRIX_CONTRACT_H
#define TLSMATRIX_MATRIX_CONTRACT_H

/* Where the clauses are tried: one cell of each release. */
#define CONTRACT_CELLS "os=linux & arch=amd64 & !arch=*.* & mode=c-shared & link=external & load=dlopen & target=host"

/* The same of the clauses of a program's start (contract_start.def), whose ids begin so. */
#define CONTRACT_PROGRAMS \
	"os=linux & arch=amd64 & !arch=*.* & mode=exe,pie & cgo=0 & link=internal & load=exec & target=host"
#define CONTRACT_START "contract.start-"

/* Is the check one of those?  It is made by the C host, as the others, which starts the program. */
int contract_of_program(const char *check);

/* What a loader must provide, so that it does not come to what the check observes: a sentence without its subject.
 * NULL for a check that is no clause. */
const char *contract_provide(const char *check);

#endif
