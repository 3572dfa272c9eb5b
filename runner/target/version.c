#include "runner/target/version.h"

#include "matrix/base/buf.h"
#include "runner/debian/pack.h"
#include "runner/process/env.h"
#include "runner/process/script.h"
#include "runner/process/supervise.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION_MS = 20000, LINE_MAX_BYTES = 200 };

/* The first line that a command prints; NULL when it fails. */
static char *first_line(const struct setup *setup, const struct target *target, const char *command)
{
	char *copy = xstrdup(command), *rest = copy, *word, *line = NULL;
	struct argv argv = { NULL, 0 };
	struct env env = ENV_INIT;
	struct child_result result;
	while ((word = strsep(&rest, " "))) {
		char *path = argv.count || !*word ? NULL : target_program(setup, target, word);
		if (*word)
			argv_add(&argv, "%s", path ? path : word);
		free(path);
	}
	env_base(&env, NULL);
	struct child_spec spec = { .argv = (const char *const *)argv.word,
		.env = (const char *const *)env.list,
		.timeout_ms = VERSION_MS,
		.output_limit = 1 << 16,
		.merge = 1 };
	if (argv.count && child_run(&spec, &result) == 0) {
		size_t len = strcspn(result.out.data, "\r\n");
		if (result.how == CHILD_EXITED && result.status == 0 && len)
			line = xprintf("%.*s", len < LINE_MAX_BYTES ? (int)len : LINE_MAX_BYTES, result.out.data);
		child_result_free(&result);
	}
	env_free(&env);
	argv_free(&argv);
	free(copy);
	return line;
}

char *target_version(const struct setup *setup, const struct target *target)
{
	char *emulator = target->kind == TARGET_QEMU_USER ? xprintf("%s --version", target->qemu) : NULL;
	const char *command = target->version ? target->version : emulator;
	char *version = command ? first_line(setup, target, command) : NULL;
	free(emulator);
	return version || !target->packages ? version : pack_version(setup, target->name);
}
