#include "runner/process/script.h"

#include "runner/process/supervise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void script_init(struct script *script, int timeout_ms)
{
	memset(script, 0, sizeof(*script));
	script->timeout_ms = timeout_ms;
	script->log = script->output = script->command = script->spoke = (struct buf)BUF_INIT;
}

void script_free(struct script *script)
{
	env_free(&script->env);
	buf_free(&script->log);
	buf_free(&script->output);
	buf_free(&script->command);
	buf_free(&script->spoke);
	argv_free(&script->commands);
}

static void write_command(struct script *script, const char *cwd, const char *const argv[])
{
	buf_clear(&script->command);
	buf_add(&script->command, "cd ");
	buf_add_shell(&script->command, cwd);
	buf_add(&script->command, " && ");
	env_shell(&script->env, &script->command);
	for (size_t i = 0; argv[i]; i++) {
		buf_add(&script->command, " ");
		buf_add_shell(&script->command, argv[i]);
	}
}

int step(struct script *script, const char *cwd, const char *const argv[])
{
	if (script->failed || script->infra)
		return 0;
	write_command(script, cwd, argv);
	buf_printf(&script->log, "$ %s\n", script->command.data);
	argv_add(&script->commands, "%s", script->command.data);
	if (script->dry)
		return 1;
	struct child_spec spec = {
		.argv = argv,
		.env = (const char *const *)script->env.list,
		.cwd = cwd,
		.timeout_ms = script->timeout_ms,
		.output_limit = 1 << 20,
		.merge = 1,
	};
	struct child_result result;
	script->infra = child_run(&spec, &result);
	if (script->infra)
		return 0;
	struct buf how = BUF_INIT;
	child_describe(&result, &how);
	snprintf(script->how, sizeof(script->how), "%s", how.data);
	buf_free(&how);
	script->exit = result.how == CHILD_EXITED || result.how == CHILD_LEAK ? result.status : -1;
	script->failed = script->exit != 0;
	script->timeout = result.how == CHILD_TIMEOUT;
	script->signaled = result.how == CHILD_SIGNALED ? result.status : 0;
	script->seconds += result.seconds;
	script->cpu_seconds += result.cpu_seconds;
	buf_add_bytes(&script->log, result.out.data, result.out.len);
	if (result.out.len && !script->spoke.len)
		buf_add(&script->spoke, script->command.data);
	buf_add_bytes(&script->output, result.out.data, result.out.len);
	buf_printf(&script->log, "# %s, %.2f s\n", script->how, result.seconds);
	child_result_free(&result);
	return !script->failed;
}

void argv_add(struct argv *argv, const char *format, ...)
{
	struct buf word = BUF_INIT;
	va_list args;
	va_start(args, format);
	buf_vprintf(&word, format, args);
	va_end(args);
	argv->word = xrealloc(argv->word, (argv->count + 2) * sizeof(*argv->word));
	argv->word[argv->count++] = buf_take(&word);
	argv->word[argv->count] = NULL;
}

void argv_free(struct argv *argv)
{
	for (size_t i = 0; i < argv->count; i++)
		free(argv->word[i]);
	free(argv->word);
	memset(argv, 0, sizeof(*argv));
}

void argv_shell(const struct argv *argv, struct buf *out)
{
	for (size_t i = 0; i < argv->count; i++) {
		buf_add(out, " ");
		buf_add_shell(out, argv->word[i]);
	}
}
