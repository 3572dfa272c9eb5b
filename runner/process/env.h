/* env.h - the environment of a child: made from nothing, so that nothing leaks in.
 *
 * env_base gives what every child gets (PATH, HOME in a private folder or none, LANG=C, TZ=UTC); a build adds
 * Go's settings with env_go.  What a user's shell or `go env -w` file holds never arrives:
 * facts of what leaks are GOFLAGS, GOENV, GOTOOLCHAIN, CGO_*, CC, LD_*, GODEBUG, XDG_CONFIG_HOME. */
#ifndef TLSMATRIX_RUNNER_PROCESS_ENV_H
#define TLSMATRIX_RUNNER_PROCESS_ENV_H

#include "matrix/base/buf.h"

/* PATH of every child. */
#define ENV_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct env {
	char **list; /* NULL-terminated; give it to child_spec.env */
	size_t count;
};
#define ENV_INIT { NULL, 0 }

/* Sets NAME to the formatted value; a later setting replaces an earlier one. */
void env_set(struct env *env, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
const char *env_get(const struct env *env, const char *name);
void env_base(struct env *env, const char *home);
void env_free(struct env *env);

/* "env -i NAME=VALUE ..." quoted for sh: the start of a line that reproduces the child. */
void env_shell(const struct env *env, struct buf *out);

#endif
