#include "runner/trial/violation.h"

#include "harness/inspect.h"
#include "harness/mutate.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/setup/files.h"

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

int violation_facts(
    const struct violation *violation, const char *module, const char *copy, json_t **facts, struct diag *diag)
{
	char *folder = xstrdup(copy);
	*strrchr(folder, '/') = '\0';
	int error = make_folders(folder);
	error = error ? error : file_copy(module, copy);
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", copy, strerror(-error));
	error = error ? error : mutate_file(copy, violation->argument, diag);
	error = error ? error : inspect_file(copy, facts, diag);
	if (error)
		unlink(copy);
	free(folder);
	return error;
}
