#include "runner/process/env.h"

#include <stdlib.h>
#include <string.h>

static size_t find(const struct env *env, const char *name, size_t len)
{
	size_t i = 0;
	while (i < env->count && !(strncmp(env->list[i], name, len) == 0 && env->list[i][len] == '='))
		i++;
	return i;
}

void env_set(struct env *env, const char *name, const char *format, ...)
{
	struct buf text = BUF_INIT;
	buf_printf(&text, "%s=", name);
	va_list args;
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	size_t at = find(env, name, strlen(name));
	if (at == env->count) {
		env->list = xrealloc(env->list, (env->count + 2) * sizeof(*env->list));
		env->list[env->count++] = NULL;
		env->list[env->count] = NULL;
	}
	free(env->list[at]);
	env->list[at] = buf_take(&text);
}

const char *env_get(const struct env *env, const char *name)
{
	size_t len = strlen(name), at = find(env, name, len);
	return at == env->count ? NULL : env->list[at] + len + 1;
}

void env_base(struct env *env, const char *home)
{
	env_set(env, "PATH", ENV_PATH);
	if (home)
		env_set(env, "HOME", "%s", home);
	env_set(env, "LANG", "C");
	env_set(env, "TZ", "UTC");
}

void env_free(struct env *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->list[i]);
	free(env->list);
	env->list = NULL;
	env->count = 0;
}

void env_shell(const struct env *env, struct buf *out)
{
	buf_add(out, "env -i");
	for (size_t i = 0; i < env->count; i++) {
		buf_add(out, " ");
		const char *equals = strchr(env->list[i], '=');
		buf_add_bytes(out, env->list[i], (size_t)(equals - env->list[i]) + 1);
		if (equals[1])
			buf_add_shell(out, equals + 1);
	}
}
