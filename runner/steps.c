#include "runner/steps.h"

#include "runner/supervise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void steps_init(struct steps *steps, int timeout_ms)
{
	memset(steps, 0, sizeof(*steps));
	steps->timeout_ms = timeout_ms;
	steps->log = steps->output = steps->command = (struct buf)BUF_INIT;
}

void steps_free(struct steps *steps)
{
	env_free(&steps->env);
	buf_free(&steps->log);
	buf_free(&steps->output);
	buf_free(&steps->command);
}

static void write_command(struct steps *steps, const char *cwd, const char *const argv[])
{
	buf_clear(&steps->command);
	buf_add(&steps->command, "cd ");
	buf_add_shell(&steps->command, cwd);
	buf_add(&steps->command, " && ");
	env_shell(&steps->env, &steps->command);
	for (size_t i = 0; argv[i]; i++) {
		buf_add(&steps->command, " ");
		buf_add_shell(&steps->command, argv[i]);
	}
}

int step(struct steps *steps, const char *cwd, const char *const argv[])
{
	if (steps->failed || steps->infra)
		return 0;
	write_command(steps, cwd, argv);
	buf_printf(&steps->log, "$ %s\n", steps->command.data);
	struct child_spec spec = {
		.argv = argv,
		.env = (const char *const *)steps->env.list,
		.cwd = cwd,
		.timeout_ms = steps->timeout_ms,
		.output_limit = 1 << 20,
		.merge = 1,
	};
	struct child_result result;
	steps->infra = child_run(&spec, &result);
	if (steps->infra)
		return 0;
	struct buf how = BUF_INIT;
	child_describe(&result, &how);
	snprintf(steps->how, sizeof(steps->how), "%s", how.data);
	buf_free(&how);
	steps->exit = result.how == CHILD_EXITED || result.how == CHILD_LEAK ? result.status : -1;
	steps->failed = steps->exit != 0;
	steps->seconds += result.seconds;
	steps->cpu_seconds += result.cpu_seconds;
	buf_add_bytes(&steps->log, result.out.data, result.out.len);
	buf_add_bytes(&steps->output, result.out.data, result.out.len);
	buf_printf(&steps->log, "# %s, %.2f s\n", steps->how, result.seconds);
	child_result_free(&result);
	return !steps->failed;
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
