#include "runner/target/launch.h"

#include "harness/elf/interp.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static enum target_kind kind_of(const struct launch *launch)
{
	return launch->target ? launch->target->kind : TARGET_HOST;
}

/* ---- command lines ---------------------------------------------------------------------------- */

static void add_words(struct argv *argv, const struct argv *words)
{
	for (size_t i = 0; i < words->count; i++)
		argv_add(argv, "%s", words->word[i]);
}

/* A static program has no interpreter and is started as it stands: ld.so refuses to load one. */
static int is_loaded(const struct launch *launch)
{
	return !launch->argv->count || elf_interpreter(launch->argv->word[0], NULL, 0) != 0;
}

/* LD_LIBRARY_PATH has no say beside --library-path (ld.so(8)), so what the program needs goes in front there. */
static void add_loader(const struct launch *launch, struct argv *argv)
{
	const struct target *target = launch->target;
	const char *own = env_get(launch->env, "LD_LIBRARY_PATH");
	int loaded = is_loaded(launch);
	if (loaded)
		argv_add(argv, "%s", target->interpreter);
	if (loaded && (target->library_path || own)) {
		argv_add(argv, "--library-path");
		argv_add(argv, "%s%s%s", own ? own : "", own && target->library_path ? ":" : "",
		    target->library_path ? target->library_path : "");
	}
	add_words(argv, launch->argv);
}

static void add_qemu(const struct launch *launch, struct argv *argv)
{
	const struct target *target = launch->target;
	char *path = target_program(launch->setup, target, target->qemu);
	argv_add(argv, "%s", path ? path : target->qemu);
	if (target->root) {
		argv_add(argv, "-L");
		argv_add(argv, "%s", target->root);
	}
	add_words(argv, launch->argv);
	free(path);
}

static void add_wrapper(const struct launch *launch, struct argv *argv)
{
	char *command = xstrdup(launch->target->command), *rest = command, *word;
	while ((word = strsep(&rest, " ")))
		if (strcmp(word, "{argv}") == 0) {
			add_words(argv, launch->argv);
		} else if (*word) {
			char *path = argv->count || strchr(word, '/') ?
			    NULL :
			    target_program(launch->setup, launch->target, word);
			argv_add(argv, "%s", path ? path : word);
			free(path);
		}
	free(command);
}

/* What is started here, for the kinds that are a command line. */
static void make_command(const struct launch *launch, struct argv *argv)
{
	for (size_t i = 0; launch->prefix && launch->prefix[i]; i++)
		argv_add(argv, "%s", launch->prefix[i]);
	struct argv own = { NULL, 0 };
	switch (kind_of(launch)) {
	case TARGET_LOADER:
		add_loader(launch, &own);
		break;
	case TARGET_QEMU_USER:
		add_qemu(launch, &own);
		break;
	case TARGET_WRAPPER:
		add_wrapper(launch, &own);
		break;
	default:
		add_words(&own, launch->argv);
		break;
	}
	add_words(argv, &own);
	argv_free(&own);
}

char *launch_lacks(const struct launch *launch)
{
	char name[PATH_MAX];
	const struct target *target = launch->target;
	if (kind_of(launch) != TARGET_QEMU_USER || !target->root || !launch->argv->count ||
	    elf_interpreter(launch->argv->word[0], name, sizeof(name)) != 1)
		return NULL;
	char *path = xprintf("%s%s", target->root, name);
	if (!file_exists(path))
		return path;
	free(path);
	return NULL;
}

size_t launch_front(const struct launch *launch)
{
	struct argv argv = { NULL, 0 };
	if (!launch->target || launch->target->kind != TARGET_LOADER)
		return 0;
	add_loader(launch, &argv);
	size_t front = argv.count - launch->argv->count;
	argv_free(&argv);
	return front;
}

/* The emulated ld.so looks for libraries below -L, and then where this machine's own /etc/ld.so.cache leads: with
 * libc6-i386 installed that is another libc than the ld.so's, and pthread_create goes round in a list that nobody made.
 * So the root's own folder is named.  QEMU's -E would do it for the emulated program alone, which then reads another
 * environment in /proc/self/environ; this machine's ld.so passes over libraries of other processors (ld.so(8)). */
static void make_env(const struct launch *launch, struct env *env)
{
	for (char **word = launch->env->list; word && *word; word++) {
		char *name = xprintf("%.*s", (int)strcspn(*word, "="), *word);
		env_set(env, name, "%s", *word + strlen(name) + 1);
		free(name);
	}
	if (!launch->target || launch->target->kind != TARGET_QEMU_USER || !launch->target->root)
		return;
	const char *own = env_get(launch->env, "LD_LIBRARY_PATH");
	char *path = xprintf("%s%s%s/lib", own ? own : "", own ? ":" : "", launch->target->root);
	env_set(env, "LD_LIBRARY_PATH", "%s", path);
	free(path);
}

/* ---- entry points ------------------------------------------------------------------------------- */

int launch_start(const struct launch *launch, struct launched *launched, struct diag *diag)
{
	*launched = (struct launched){ .child = NULL };
	if (kind_of(launch) == TARGET_SSH)
		return ssh_run(launch, &launched->result, diag);
	if (kind_of(launch) == TARGET_OSV)
		return osv_run(launch, &launched->result, diag);
	struct argv argv = { NULL, 0 };
	struct env env = ENV_INIT;
	make_command(launch, &argv);
	make_env(launch, &env);
	struct child_spec spec = {
		.argv = (const char *const *)argv.word,
		.env = (const char *const *)env.list,
		.timeout_ms = launch->timeout_ms,
		.first_ms = launch->first_ms,
		.output_limit = launch->output_limit,
	};
	int error = child_start(&spec, &launched->child);
	if (error)
		diag_set(diag, -error, "cannot start a process: %s", strerror(-error));
	argv_free(&argv);
	env_free(&env);
	return error;
}

int launch_finish(
    const struct launch *launch, const struct launched *launched, struct child_result *result, struct diag *diag)
{
	*result = launched->result;
	if (!launched->child)
		return 0;
	while (children_wait(&launched->child, 1, -1) < 0)
		; /* a signal to the runner; the child has its own time limit */
	child_finish(launched->child, result);
	/* Of a program of the host's own the cell says so; a target that does not start judges nothing. */
	if (result->how != CHILD_NOT_STARTED || kind_of(launch) == TARGET_HOST)
		return 0;
	struct argv argv = { NULL, 0 };
	make_command(launch, &argv);
	int error = diag_set(diag, result->status ? result->status : EIO, "target %s: cannot start %s: %s",
	    launch->target->name, argv.word[0], strerror(result->status));
	argv_free(&argv);
	child_result_free(result);
	return error;
}

int launch_run(const struct launch *launch, struct child_result *result, struct diag *diag)
{
	struct launched launched;
	int error = launch_start(launch, &launched, diag);
	return error ? error : launch_finish(launch, &launched, result, diag);
}

void launch_shell(const struct launch *launch, struct buf *out)
{
	if (kind_of(launch) == TARGET_SSH) {
		ssh_shell(launch, out);
	} else if (kind_of(launch) == TARGET_OSV) {
		osv_shell(launch, out);
	} else {
		struct argv argv = { NULL, 0 };
		struct env env = ENV_INIT;
		make_command(launch, &argv);
		make_env(launch, &env);
		env_shell(&env, out);
		argv_shell(&argv, out);
		env_free(&env);
		argv_free(&argv);
	}
}
