#include "runner/target/ssh_plan.h"

#include "runner/setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- which files ---------------------------------------------------------------------------------- */

static int add_file(struct ssh_plan *plan, const char *path, const struct stat *st)
{
	for (size_t i = 0; i < plan->count; i++)
		if (strcmp(plan->file[i].path, path) == 0)
			return 0;
	struct ssh_file file = { .hash = "" };
	if (!S_ISDIR(st->st_mode)) {
		const char *hash = file_hash(path);
		if (!*hash)
			return -EIO;
		snprintf(file.hash, sizeof(file.hash), "%s%s", hash, st->st_mode & 0111 ? "-x" : "");
	}
	file.path = xstrdup(path);
	plan->file = xrealloc(plan->file, (plan->count + 1) * sizeof(*plan->file));
	plan->file[plan->count++] = file;
	return 0;
}

static int add_libraries(struct ssh_plan *plan, const char *folder, char **bad)
{
	DIR *dir = opendir(folder);
	if (!dir)
		return -errno;
	int error = 0;
	for (struct dirent *entry; !error && (entry = readdir(dir));) {
		if (!strstr(entry->d_name, ".so"))
			continue;
		char *path = xprintf("%s/%s", folder, entry->d_name);
		struct stat st;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			error = add_file(plan, path, &st);
		if (error)
			*bad = path;
		else
			free(path);
	}
	closedir(dir);
	return error;
}

/* What a word names, when it names something below the cache; the word as it is there is appended to out. */
static int add_word(struct ssh_plan *plan, const char *cache, const char *word, size_t len, struct buf *out, char **bad)
{
	size_t cache_len = strlen(cache);
	char *path = strndup(word, len);
	struct stat st;
	int error = 0,
	    ours = len > cache_len && strncmp(path, cache, cache_len) == 0 && path[cache_len] == '/' &&
	    stat(path, &st) == 0;
	if (ours)
		error = add_file(plan, path, &st);
	if (ours && !error && S_ISDIR(st.st_mode))
		error = add_libraries(plan, path, bad);
	if (ours)
		buf_printf(out, "%s/%s", plan->directory, plan->key);
	buf_add(out, path);
	if (error && !*bad)
		*bad = xstrdup(path);
	free(path);
	return error;
}

static int add_value(struct ssh_plan *plan, const char *cache, const char *value, struct buf *out, char **bad)
{
	for (;;) {
		size_t len = strcspn(value, ":");
		int error = add_word(plan, cache, value, len, out, bad);
		if (error || !value[len])
			return error;
		buf_add(out, ":");
		value += len + 1;
	}
}

/* Once to collect the files, and once more when their key is known, to write the words. */
static int walk(struct ssh_plan *plan, const char *cache, const struct argv *argv, const struct env *env, char **bad)
{
	int error = 0;
	struct buf text = BUF_INIT;
	argv_free(&plan->argv);
	env_free(&plan->env);
	for (size_t i = 0; !error && i < argv->count; i++) {
		buf_clear(&text);
		error = add_word(plan, cache, argv->word[i], strlen(argv->word[i]), &text, bad);
		argv_add(&plan->argv, "%s", text.data);
	}
	for (size_t i = 0; !error && i < env->count; i++) {
		char *name = strndup(env->list[i], strcspn(env->list[i], "="));
		buf_clear(&text);
		error = add_value(plan, cache, env->list[i] + strlen(name) + 1, &text, bad);
		env_set(&plan->env, name, "%s", text.data);
		free(name);
	}
	buf_free(&text);
	return error;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct ssh_file *)a)->path, ((const struct ssh_file *)b)->path);
}

int ssh_plan_make(const char *cache, const char *directory, const struct argv *argv, const struct env *env,
    struct ssh_plan *plan, char **path)
{
	*plan = (struct ssh_plan){ .directory = directory, .env = ENV_INIT };
	*path = NULL;
	int error = walk(plan, cache, argv, env, path);
	if (!error) {
		if (plan->count)
			qsort(plan->file, plan->count, sizeof(*plan->file), by_path);
		struct hash *hash = hash_new();
		for (size_t i = 0; i < plan->count; i++) {
			hash_add_text(hash, plan->file[i].path);
			hash_add_text(hash, plan->file[i].hash);
		}
		hash_end(hash, plan->key);
		error = walk(plan, cache, argv, env, path);
	}
	if (error)
		ssh_plan_free(plan);
	return error;
}

void ssh_plan_free(struct ssh_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->file[i].path);
	free(plan->file);
	argv_free(&plan->argv);
	env_free(&plan->env);
	memset(plan, 0, sizeof(*plan));
}

/* ---- the script ------------------------------------------------------------------------------------- */

/* Moves what was sent into place, and asks for what is not there or makes the set of links. */
static const char script_files[] =
    "umask 022\n"
    "say() { printf '\\n#tlsm-ssh:%s %s\\n' \"$N\" \"$*\"; }\n"
    "fail() { say fail \"$*\" >&2; exit 1; }\n"
    "if [ ! -d \"$D/run\" ]; then mkdir -p \"$D/files\" \"$D/run\" || fail \"cannot make $D\"; fi\n"
    "if [ -n \"$IN\" ]; then\n"
    "	for f in \"$D/$IN\"/*; do mv -f \"$f\" \"$D/files/\" || fail \"cannot write to $D\"; done\n"
    "	rm -rf \"$D/$IN\"\n"
    "fi\n"
    "if [ ! -e \"$D/$K/.complete\" ]; then\n"
    "	need=\n"
    "	for h in $HAVE; do [ -e \"$D/files/$h\" ] || need=\"$need $h\"; done\n"
    "	if [ -n \"$need\" ]; then say need$need >&2; exit 0; fi\n"
    "	S=$D/$K.$N\n"
    "	folder() { mkdir -p \"$S$1\" || fail \"cannot write to $D\"; }\n"
    "	copy() { folder \"${2%/*}\"; cp -p \"$D/files/$1\" \"$S$2\" || fail \"cannot write to $D\"; }\n"
    "	put() { folder \"${2%/*}\"; ln \"$D/files/$1\" \"$S$2\" 2>/dev/null || copy \"$@\"; }\n";

/* The program's processes are those of this session, which sshd makes for each command, and those that
 * left it but not the working folder.  The helper that watches the clock and the one that watches
 * stdin spare each other, the shell in front, and nobody else.  One that left both still has the
 * environment that it was started with, in which HOME names the working folder.
 *
 * sh does not tell an exit status above 128 from a signal, but says in words on its own stderr what
 * killed a program in front, except for SIGINT, SIGPIPE and, in some shells, SIGTERM. */
static const char script_run[] =
    "	: >\"$S/.complete\" && mv \"$S\" \"$D/$K\" || fail \"cannot write to $D\"\n"
    "fi\n"
    "R=$D/run/$N\n"
    "mkdir \"$R\" \"$R/home\" && cd \"$R\" || fail \"cannot make $R\"\n"
    "ulimit -c 0 2>/dev/null\n"
    "exec 3<&0 5>&2\n"
    "session=0\n"
    "if read -r line </proc/$$/stat; then set -- ${line##*) }; [ \"$4\" != $$ ] || session=$$; fi 2>/dev/null\n"
    "ours() {\n"
    "	until read -r spared <\"$R/helpers\"; do kill -0 $$ || return 1; done 2>/dev/null\n"
    "	found= names= spared=\" $$ $spared \"\n"
    "	for d in /proc/[0-9]*; do\n"
    "		p=${d#/proc/}\n"
    "		case $spared in *\" $p \"*) continue;; esac\n"
    "		read -r line <\"$d/stat\" || continue\n"
    "		set -- ${line##*) }\n"
    "		case $1 in Z|X) continue;; esac\n"
    "		case $spared in *\" $2 \"*) [ \"$2\" = $$ ] || continue;; esac\n"
    "		if [ \"$4\" = $session ] || [ \"$d/cwd\" -ef \"$R\" ]; then\n"
    "			c=${line#*(}\n"
    "			found=\"$found $p\" names=\"$names $p (${c%)*})\"\n"
    "			[ \"$2\" != $$ ] || front=$p\n"
    "		fi\n"
    "	done 2>/dev/null\n"
    "	[ -n \"$found\" ] || for d in $(grep -ls \"$N/home\" /proc/[0-9]*/environ); do\n"
    "		d=${d%/environ}\n"
    "		found=\"$found ${d#/proc/}\" names=\"$names ${d#/proc/}\"\n"
    "	done\n"
    "	[ -n \"$found\" ]\n"
    "}\n"
    "end_all() { for i in 1 2 3 4 5 6 7 8 9 10; do ours || break; kill -9 $found; done 2>/dev/null; }\n"
    "nap() { sleep 0.2 2>/dev/null || sleep 1; }\n"
    "(\n"
    "	trap 'kill $s; exit' TERM\n"
    "	sleep \"$LIMIT\" & s=$!\n"
    "	wait $s\n"
    "	: >\"$R/late\"\n"
    "	ours && kill -3 $front && kill -18 $front\n"
    "	sleep 2\n"
    "	end_all\n"
    ") </dev/null >/dev/null 2>&1 3<&- 5>&- & clock=$!\n"
    "(\n"
    "	while read -r line <&3; do :; done\n"
    "	kill $clock\n"
    "	end_all\n"
    "	kill -9 $$\n"
    "	end_all\n"
    "	cd / && rm -rf \"$R\"\n"
    ") </dev/null >/dev/null 2>&1 5>&- & line=$!\n"
    "helpers=\"$clock $line\"\n"
    "echo \"$helpers\" >\"$R/helpers\" || fail \"cannot write to $D\"\n"
    "say start\n"
    "say start >&2\n"
    "exec 2>\"$R/said\"\n";

static const char script_end[] =
    "st=$?\n"
    "exec 2>/dev/null\n"
    "left=\n"
    "if [ -e \"$R/late\" ]; then end_all; elif ours && nap && ours; then left=\" left$names\"; end_all; fi\n"
    "how=\"exit $st\"\n"
    "if [ -e \"$R/late\" ]; then how=\"late 0\"\n"
    "elif [ $st -gt 128 ]; then\n"
    "	case $st in 130|141|143) how=\"signal $((st - 128))\";; *) [ ! -s \"$R/said\" ] || how=\"signal $((st - "
    "128))\";; esac\n"
    "fi\n"
    "kill $helpers\n"
    "cd / && rm -rf \"$R\"\n"
    "say \"end $how$left\" >&5\n"
    "exit 0\n";

static void put_variable(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s=", name);
	if (*value)
		buf_add_shell(out, value);
	buf_add(out, "\n");
}

/* Two names of one file would be one library to a loader. */
static int is_twin(const struct ssh_plan *plan, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(plan->file[i].hash, plan->file[index].hash) == 0)
			return 1;
	return 0;
}

/* A home that is this start's own: nothing is shared, and its name marks all that the program starts. */
static void add_env(const struct ssh_start *start, struct buf *out)
{
	const struct env *given = &start->plan->env;
	struct env env = ENV_INIT;
	for (size_t i = 0; i < given->count; i++) {
		char *name = strndup(given->list[i], strcspn(given->list[i], "="));
		env_set(&env, name, "%s", given->list[i] + strlen(name) + 1);
		free(name);
	}
	if (env_get(&env, "HOME"))
		env_set(&env, "HOME", "%s/run/%s/home", start->plan->directory, start->nonce);
	env_shell(&env, out);
	env_free(&env);
}

void ssh_script(const struct ssh_start *start, struct buf *out)
{
	const struct ssh_plan *plan = start->plan;
	/* In braces: sh reads all of it before it does anything, and leaves the rest of stdin alone. */
	buf_add(out, "{\n");
	put_variable(out, "D", plan->directory);
	put_variable(out, "K", plan->key);
	put_variable(out, "N", start->nonce);
	put_variable(out, "IN", start->sent ? start->sent : "");
	buf_printf(out, "LIMIT=%d\nHAVE='", start->seconds);
	for (size_t i = 0; i < plan->count; i++)
		if (*plan->file[i].hash)
			buf_printf(out, " %s", plan->file[i].hash);
	buf_add(out, "'\n");
	buf_add(out, script_files);
	buf_add(out, "\tfolder ''\n");
	for (size_t i = 0; i < plan->count; i++) {
		if (*plan->file[i].hash)
			buf_printf(out, "\t%s %s ", is_twin(plan, i) ? "copy" : "put", plan->file[i].hash);
		else
			buf_add(out, "\tfolder ");
		buf_add_shell(out, plan->file[i].path);
		buf_add(out, "\n");
	}
	buf_add(out, script_run);
	buf_add(out, "( exec ");
	add_env(start, out);
	argv_shell(&plan->argv, out);
	buf_add(out, " </dev/null 2>&5 3<&- 5>&- )\n");
	buf_add(out, script_end);
	buf_add(out, "}\n");
}
