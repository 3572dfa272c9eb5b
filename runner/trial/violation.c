#include "runner/trial/violation.h"

#include "harness/mutate.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/build/facts.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *violation_name(enum violation_kind kind)
{
	static const char *const names[] = {
		[VIOLATION_NONE] = "", [SABOTAGE] = "sabotage", [MUTATE] = "mutate", [BEND] = "bend", [BUILD] = "build"
	};
	return names[kind];
}

const char *violation_argument(const struct violation *violation, enum violation_kind kind, const char *otherwise)
{
	return violation->kind == kind ? violation->argument : otherwise;
}

const char *violation_mutation(const char *argument, int *of_caller)
{
	static const char prefix[] = "caller:";
	*of_caller = strncmp(argument, prefix, sizeof prefix - 1) == 0;
	return *of_caller ? argument + sizeof prefix - 1 : argument;
}

int violation_facts(const struct violation *violation, const char *module, const char *caller, const char *copy,
    json_t **facts, struct diag *diag)
{
	int of_caller;
	const char *mutation = violation_mutation(violation->argument, &of_caller);
	if (of_caller && !caller)
		return diag_set(
		    diag, EINVAL, "%s: %s: no program of Go calls this module", module, violation->argument);
	char *folder = xstrdup(copy);
	*strrchr(folder, '/') = '\0';
	int error = make_folders(folder);
	error = error ? error : file_copy(of_caller ? caller : module, copy);
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", copy, strerror(-error));
	error = error ? error : mutate_file(copy, mutation, diag);
	error = error ? error : module_facts(of_caller ? module : copy, of_caller ? copy : caller, facts, diag);
	if (error)
		unlink(copy);
	free(folder);
	return error;
}
