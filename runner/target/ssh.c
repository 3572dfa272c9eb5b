/* ssh.c - programs on another machine, by ssh: one connection for all starts of this process, files sent
 * once, and the program's end told apart from the connection's (launch.h).
 *
 * All commands share a control connection, a child of its own that ends with this process.  Its socket has no name
 * left in any folder: commands reach it by the descriptor that this process holds. */
#include "runner/target/launch.h"

#include "matrix/base/diag.h"
#include "runner/target/ssh_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CONNECT_MS = 30000, /* until logged in */
	SLACK_MS = 40000,   /* over the program's own limit: dump, kill, and a slow line */
	SEND_MS = 120000,   /* to send files, and for each megabyte of them */
	SEND_MB_MS = 10000,
	STARTS = 3,        /* ask, send, start; and once more should files vanish there */
	LAST_OUTPUT = 300, /* of what was said, in a message */
	PIPE_MAX = 1 << 20
};

static const char default_directory[] = "/tmp/tlsmatrix";

/* ---- words ---------------------------------------------------------------------------------------------- */

static const char *const options[] = {
	"-T",
	"-x",
	"-a",
	"-oBatchMode=yes",
	"-oConnectTimeout=15",
	"-oServerAliveInterval=5",
	"-oServerAliveCountMax=4",
	"-oEscapeChar=none",
	"-oClearAllForwardings=yes",
	"-oControlPersist=no",
	NULL,
};

/* The ssh key of the target is a command with options, as for sh; what it sets goes before ours. */
static void ssh_words(const struct target *target, struct argv *argv)
{
	argv_add(argv, "/bin/sh");
	argv_add(argv, "-c");
	argv_add(argv, "exec %s \"$@\"", target->ssh ? target->ssh : "ssh");
	argv_add(argv, "ssh");
	for (size_t i = 0; options[i]; i++)
		argv_add(argv, "%s", options[i]);
}

/* What ssh needs of the user's own environment. */
static void ssh_env(struct env *env)
{
	static const char *const names[] = { "PATH", "HOME", "SSH_AUTH_SOCK", "USER", "LOGNAME", "TMPDIR" };
	env_base(env, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			env_set(env, names[i], "%s", getenv(names[i]));
}

static void nonce_make(char nonce[33])
{
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

/* The end of what was said, in one line. */
static void add_last(const struct child_result *child, struct buf *line)
{
	const struct buf *texts[] = { &child->err, &child->out };
	for (size_t i = 0; i < 2; i++) {
		struct buf last = BUF_INIT;
		buf_add_last(&last, texts[i]->data, texts[i]->len, LAST_OUTPUT);
		if (last.len)
			buf_printf(line, ": %s", last.data);
		buf_free(&last);
	}
}

static int told(
    const struct launch *launch, const struct child_result *child, int error, const char *what, struct diag *diag)
{
	struct buf line = BUF_INIT;
	buf_printf(&line, "target %s: %s: %s (ssh: ", launch->target->name, launch->target->host, what);
	child_describe(child, &line);
	buf_add(&line, ")");
	add_last(child, &line);
	diag_set(diag, error, "%s", line.data);
	buf_free(&line);
	return -error;
}

/* ---- the connection ------------------------------------------------------------------------------------- */

static struct connection {
	const struct target *target;
	pid_t owner; /* a forked task makes its own */
	struct child *child;
	int socket;
} connection;

static void connection_end(struct child_result *result)
{
	child_finish(connection.child, result);
	close(connection.socket);
	connection = (struct connection){ .target = NULL };
}

static int connection_alive(const struct target *target)
{
	return connection.target == target && connection.owner == getpid() &&
	    children_wait(&connection.child, 1, 0) < 0;
}

static int connection_start(const struct launch *launch, const char *folder, struct child **child)
{
	struct argv argv = { NULL, 0 };
	struct env env = ENV_INIT;
	ssh_env(&env);
	ssh_words(launch->target, &argv);
	argv_add(&argv, "-M");
	argv_add(&argv, "-N");
	argv_add(&argv, "-S");
	argv_add(&argv, "%s/s", folder);
	argv_add(&argv, "%s", launch->target->host);
	struct child_spec spec = {
		.argv = (const char *const *)argv.word, .env = (const char *const *)env.list, .output_limit = 1 << 16
	};
	int error = child_start(&spec, child);
	argv_free(&argv);
	env_free(&env);
	return error;
}

/* Waits until the socket is there, which it is when the login is done.  Its path is short, as an address of a
 * socket has to be, and free again before anybody else uses it. */
static int connection_wait(const struct launch *launch, const char *path, struct child *child, struct diag *diag)
{
	int limit = (int)(CONNECT_MS * launch->setup->timeout_scale), over = -EAGAIN, waited = 0, fd = -1;
	for (; over == -EAGAIN && waited < limit && fd < 0; waited += 5) {
		over = children_wait(&child, 1, 5);
		fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd >= 0 && over == -EAGAIN) {
		connection = (struct connection){ launch->target, getpid(), child, fd };
		return 0;
	}
	if (fd >= 0)
		close(fd);
	struct child_result result;
	child_finish(child, &result);
	int error = told(launch, &result, over == -EAGAIN ? ETIMEDOUT : ENOTCONN,
	    over == -EAGAIN ? "no login in time" : "no connection", diag);
	child_result_free(&result);
	return error;
}

static int connection_open(const struct launch *launch, struct diag *diag)
{
	if (connection_alive(launch->target))
		return 0;
	if (connection.owner == getpid()) {
		struct child_result old;
		connection_end(&old);
		child_result_free(&old);
	}
	char folder[] = "/tmp/tlsmatrix-ssh-XXXXXX";
	if (!mkdtemp(folder))
		return diag_set(diag, errno, "%s: cannot make: %s", folder, strerror(errno));
	char *path = xprintf("%s/s", folder);
	struct child *child;
	int error = connection_start(launch, folder, &child);
	if (error)
		diag_set(diag, -error, "target %s: cannot start a process: %s", launch->target->name, strerror(-error));
	else
		error = connection_wait(launch, path, child, diag);
	unlink(path);
	rmdir(folder);
	free(path);
	return error;
}

/* A command over the connection: words for the other side's shell, a descriptor as stdin. */
static int remote_run(const struct launch *launch, const char *command, const char *feed, int in, int limit_ms,
    size_t limit, struct child_result *result)
{
	struct argv argv = { NULL, 0 };
	struct env env = ENV_INIT;
	ssh_env(&env);
	ssh_words(launch->target, &argv);
	if (feed) {
		free(argv.word[2]);
		argv.word[2] = xprintf("%s | %s \"$@\"", feed, launch->target->ssh ? launch->target->ssh : "ssh");
	}
	argv_add(&argv, "-oControlMaster=no");
	argv_add(&argv, "-S");
	argv_add(&argv, "/proc/%d/fd/%d", (int)getpid(), connection.socket);
	argv_add(&argv, "%s", launch->target->host);
	argv_add(&argv, "%s", command);
	struct child_spec spec = {
		.argv = (const char *const *)argv.word,
		.env = (const char *const *)env.list,
		.timeout_ms = limit_ms,
		.output_limit = limit,
		.in = in,
	};
	int error = child_run(&spec, result);
	argv_free(&argv);
	env_free(&env);
	return error;
}

/* ---- files ---------------------------------------------------------------------------------------------- */

static int has_word(const char *text, const char *word)
{
	size_t len = strlen(word);
	for (; *text; text += strcspn(text, " "), text += strspn(text, " "))
		if (strncmp(text, word, len) == 0 && (text[len] == ' ' || !text[len]))
			return 1;
	return 0;
}

/* A folder of links to what is to be sent, named as it is to be called there.  Bytes, or -errno. */
static long long send_collect(const struct ssh_plan *plan, const char *need, const char *folder)
{
	long long bytes = 0;
	int error = remove_tree(folder);
	error = error ? error : make_folders(folder);
	for (size_t i = 0; i < plan->count && !error; i++) {
		const struct ssh_file *file = &plan->file[i];
		if (!*file->hash || !has_word(need, file->hash))
			continue;
		char *link = xprintf("%s/%s", folder, file->hash);
		struct stat st;
		if (stat(file->path, &st) || (symlink(file->path, link) && errno != EEXIST))
			error = -errno;
		else
			bytes += st.st_size;
		free(link);
	}
	return error ? error : bytes;
}

/* What arrived in part is of no use there. */
static void send_undo(const struct launch *launch, const char *folder)
{
	char *command = xprintf("rm -rf %s", folder);
	struct child_result child;
	if (remote_run(launch, command, NULL, 0, SLACK_MS, 1 << 16, &child) == 0)
		child_result_free(&child);
	free(command);
}

/* tar here, tar there. */
static int send_folder(
    const struct launch *launch, const char *folder, const char *there, long long bytes, struct diag *diag)
{
	struct buf feed = BUF_INIT, command = BUF_INIT;
	buf_add(&feed, "tar -C ");
	buf_add_shell(&feed, folder);
	buf_add(&feed, " -chf - .");
	buf_printf(&command, "mkdir -p %s && cd %s && tar -xf -", there, there);
	int limit_ms = (int)((SEND_MS + (double)bytes / 1e6 * SEND_MB_MS) * launch->setup->timeout_scale);
	struct child_result child;
	int error = remote_run(launch, command.data, feed.data, 0, limit_ms, 1 << 16, &child);
	buf_free(&feed);
	buf_free(&command);
	if (error)
		return diag_set(
		    diag, -error, "target %s: cannot start a process: %s", launch->target->name, strerror(-error));
	if (child.how != CHILD_EXITED || child.status != 0) {
		error = told(launch, &child, EIO, "files could not be sent", diag);
		send_undo(launch, there);
	}
	child_result_free(&child);
	return error;
}

/* The folder that the files arrive in is emptied by the next script. */
static int send_files(
    const struct launch *launch, const struct ssh_plan *plan, const char *need, const char *name, struct diag *diag)
{
	char *folder = xprintf("%s/tmp/%s", launch->setup->places.cache, name),
	     *path = xprintf("%s/%s", plan->directory, name);
	struct buf there = BUF_INIT;
	buf_add_shell(&there, path);
	long long bytes = send_collect(plan, need, folder);
	int error = (int)(bytes < 0 ? bytes : 0);
	if (error)
		diag_set(diag, -error, "%s: cannot collect files: %s", folder, strerror(-error));
	else
		error = send_folder(launch, folder, there.data, bytes, diag);
	remove_tree(folder);
	buf_free(&there);
	free(path);
	free(folder);
	return error;
}

/* ---- marks ---------------------------------------------------------------------------------------------- */

/* The words of the last mark of this kind, and where the mark begins and ends; 0 when there is none. */
static int mark_find(
    const struct buf *text, const char *nonce, const char *kind, size_t *begin, size_t *end, char **words)
{
	char *mark = xprintf("\n#tlsm-ssh:%s %s", nonce, kind);
	size_t len = strlen(mark);
	int found = 0;
	for (const char *at = text->data; (at = memmem(at, text->len - (size_t)(at - text->data), mark, len)); at++) {
		const char *stop = memchr(at + 1, '\n', text->len - (size_t)(at + 1 - text->data));
		if (!stop)
			break;
		*begin = (size_t)(at - text->data);
		*end = (size_t)(stop + 1 - text->data);
		if (words) {
			free(found ? *words : NULL);
			*words = strndup(at + len, (size_t)(stop - at) - len);
		}
		found = 1;
	}
	free(mark);
	return found;
}

/* Leaves of text what lies between the marks. */
static void text_cut(struct buf *text, size_t begin, size_t end)
{
	struct buf cut = BUF_INIT;
	buf_add_bytes(&cut, text->data + begin, end - begin);
	buf_free(text);
	*text = cut;
}

static void limit_output(struct buf *text, size_t limit, size_t *dropped)
{
	if (text->len <= limit)
		return;
	*dropped += text->len - limit;
	text->len = limit;
	text->data[limit] = '\0';
}

/* env says by its status that there was nothing that it could start (POSIX env, exit status). */
static void end_not_started(struct child_result *result)
{
	if (result->how == CHILD_EXITED && (result->status == 126 || result->status == 127) &&
	    strncmp(result->err.data, "env: ", 5) == 0) {
		result->how = CHILD_NOT_STARTED;
		result->status = result->status == 126 ? ENOEXEC : ENOENT;
	}
}

/* "exit 3", "signal 11 left 17 (x)", "late 0" */
static void end_take(const struct launch *launch, const char *words, struct child_result *result)
{
	char kind[8] = "";
	int status = 0;
	if (sscanf(words, " %7s %d", kind, &status) != 2)
		status = 0;
	const char *left = strstr(words, " left ");
	result->status = status;
	result->how = strcmp(kind, "signal") == 0 ? CHILD_SIGNALED : left ? CHILD_LEAK : CHILD_EXITED;
	if (left)
		snprintf(result->left, sizeof(result->left), "%s", left + 6);
	if (strcmp(kind, "late") == 0) {
		result->how = CHILD_TIMEOUT;
		result->status = launch->timeout_ms;
	}
	result->cpu_seconds = 0;
	result->max_rss_kb = 0;
}

/* The program's own end and output, out of what ssh gave.  1 when the files in *need are to be sent first. */
static int result_take(
    const struct launch *launch, const char *nonce, struct child_result *result, char **need, struct diag *diag)
{
	size_t begin, end, from = 0;
	char *words = NULL;
	if (mark_find(&result->err, nonce, "need", &begin, &end, need))
		return 1;
	if (mark_find(&result->err, nonce, "fail", &begin, &end, &words)) {
		char *what = xprintf("its side says:%s", words);
		text_cut(&result->err, 0, begin);
		int error = told(launch, result, EIO, what, diag);
		free(what);
		free(words);
		return error;
	}
	int started = mark_find(&result->err, nonce, "start", &begin, &from, NULL);
	int ended = mark_find(&result->err, nonce, "end", &begin, &end, &words);
	if (started)
		text_cut(&result->err, from, ended ? begin : result->err.len);
	if (mark_find(&result->out, nonce, "start", &begin, &from, NULL))
		text_cut(&result->out, from, result->out.len);
	if (ended && started) {
		end_take(launch, words, result);
		limit_output(&result->out, launch->output_limit, &result->dropped);
		limit_output(&result->err, launch->output_limit, &result->dropped);
		end_not_started(result);
		free(words);
		return 0;
	}
	free(words);
	if (result->how == CHILD_FLOOD || result->dropped) {
		result->how = CHILD_FLOOD;
		return 0;
	}
	if (result->how == CHILD_TIMEOUT)
		return told(launch, result, ETIMEDOUT, "does not answer any more", diag);
	return told(launch, result, ECONNRESET,
	    started ? "the connection was lost while the program ran" : "nothing could be started", diag);
}

/* ---- starts ------------------------------------------------------------------------------------------------ */

/* The script in a pipe whose other end stays open: the other side kills the program when it closes. */
static int feed_make(const struct buf *script, int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_MAX);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	ssize_t n = write(ends[1], script->data, script->len);
	if (n == (ssize_t)script->len)
		return 0;
	int error = n < 0 && errno != EAGAIN ? -errno : -E2BIG;
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int start_once(const struct launch *launch, const struct ssh_plan *plan, const char *nonce, const char *sent,
    struct child_result *result, struct diag *diag)
{
	struct buf script = BUF_INIT;
	struct ssh_start start = { plan, nonce, sent, (launch->timeout_ms + 999) / 1000 };
	ssh_script(&start, &script);
	int ends[2], error = feed_make(&script, ends);
	buf_free(&script);
	if (!error) {
		/* Four times the output that is kept: the mark of the end comes behind what the program says. */
		error = remote_run(launch, "exec sh", NULL, ends[0], launch->timeout_ms + SLACK_MS,
		    launch->output_limit * 4 + 4096, result);
		close(ends[0]);
		close(ends[1]);
	}
	if (error)
		diag_set(diag, -error, "target %s: cannot start ssh: %s", launch->target->name, strerror(-error));
	return error;
}

static int start_all(
    const struct launch *launch, const struct ssh_plan *plan, struct child_result *result, struct diag *diag)
{
	char *sent = NULL;
	int error = 1;
	for (int i = 0; i < STARTS && error == 1; i++) {
		char nonce[33], *need = NULL;
		nonce_make(nonce);
		error = connection_open(launch, diag);
		error = error ? error : start_once(launch, plan, nonce, sent, result, diag);
		if (error)
			break;
		error = result_take(launch, nonce, result, &need, diag);
		if (error)
			child_result_free(result);
		free(sent);
		sent = NULL;
		if (error == 1) {
			sent = xprintf("in-%s", nonce);
			int failed = send_files(launch, plan, need, sent, diag);
			error = failed ? failed : 1;
		}
		free(need);
	}
	free(sent);
	return error == 1 ?
	    diag_set(diag, EIO, "target %s: %s: files that were sent are gone again: is %s being cleaned?",
		launch->target->name, launch->target->host, plan->directory) :
	    error;
}

static int plan_make(const struct launch *launch, struct ssh_plan *plan, struct diag *diag)
{
	const struct target *target = launch->target;
	char *path;
	int error = ssh_plan_make(launch->setup->places.cache,
	    target->directory ? target->directory : default_directory, launch->argv, launch->env, plan, &path);
	if (error)
		diag_set(diag, -error, "target %s: %s: cannot be read: %s", target->name, path ? path : "a file",
		    strerror(-error));
	free(path);
	return error;
}

int ssh_run(const struct launch *launch, struct child_result *result, struct diag *diag)
{
	if (launch->prefix)
		return diag_set(diag, EOPNOTSUPP,
		    "target %s: %s does not work over ssh: remove \"trace\" from its section", launch->target->name,
		    launch->prefix[0]);
	struct ssh_plan plan;
	int error = plan_make(launch, &plan, diag);
	if (error)
		return error;
	error = start_all(launch, &plan, result, diag);
	ssh_plan_free(&plan);
	return error;
}

void ssh_shell(const struct launch *launch, struct buf *out)
{
	struct ssh_plan plan;
	struct diag diag = DIAG_INIT;
	if (plan_make(launch, &plan, &diag)) {
		buf_printf(out, "# %s", diag.line);
		return;
	}
	struct buf line = BUF_INIT;
	env_shell(&plan.env, &line);
	argv_shell(&plan.argv, &line);
	buf_printf(out, "%s ", launch->target->ssh ? launch->target->ssh : "ssh");
	buf_add_shell(out, launch->target->host);
	buf_add(out, " ");
	buf_add_shell(out, line.data);
	buf_free(&line);
	ssh_plan_free(&plan);
}
