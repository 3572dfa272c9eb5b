#include "matrix/contract.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *check, *provide;
} clauses[] = {
#define CLAUSE(check, meaning, why, provide, source) { check, provide },
#define CLAUSE_IN(check, where, meaning, why, provide, source) { check, provide },
#include "matrix/contract.def"
#undef CLAUSE
#define DENIED CLAUSE_IN
#include "matrix/contract_sys.def"
#undef DENIED
#include "matrix/contract_start.def"
#undef CLAUSE_IN
};

int contract_of_program(const char *check) { return strncmp(check, CONTRACT_START, strlen(CONTRACT_START)) == 0; }

const char *contract_provide(const char *check)
{
	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		if (strcmp(clauses[i].check, check) == 0)
			return clauses[i].provide;
	return NULL;
}
