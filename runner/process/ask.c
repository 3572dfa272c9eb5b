#include "runner/process/ask.h"

#include "matrix/base/buf.h"
#include "runner/process/env.h"
#include "runner/process/supervise.h"

#include <stdlib.h>
#include <string.h>

char *ask_line(const char *const argv[])
{
	struct env env = ENV_INIT;
	/* Without a HOME, go keeps no telemetry. */
	env_base(&env, NULL);
	env_set(&env, "GOENV", "off");
	env_set(&env, "GOTOOLCHAIN", "local");
	struct child_spec spec = { .argv = argv, .env = (const char *const *)env.list, .timeout_ms = 60000 };
	struct child_result result;
	int error = child_run(&spec, &result);
	env_free(&env);
	if (error)
		return xstrdup("");
	int good = result.how == CHILD_EXITED && result.status == 0;
	char *text = xstrdup(good ? result.out.data : "");
	child_result_free(&result);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

const char *ask_version(char *line)
{
	if (strstr(line, " (compatible"))
		*strstr(line, " (compatible") = '\0';
	const char *word = strrchr(line, ' ');
	return word ? word + 1 : "?";
}
