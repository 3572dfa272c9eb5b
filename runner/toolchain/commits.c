#include "runner/toolchain/commits.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/process/script.h"
#include "runner/process/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum {
	GIT_TIMEOUT_MS = 600000,
	GIT_OUTPUT = 64 << 20, /* a line of 100 bytes for each of Go's commits, ten times over */
	NEWEST_TAG = 99,       /* of go/build's tags: 1.12 has twelve of them */
};

/* ---- git ------------------------------------------------------------------------------------------- */

/* Runs git in the checkout.  Its output, malloc'ed; NULL with a line in diag that says what was wanted. */
static char *git(const char *tree, struct diag *diag, const char *wanted, const char *const words[])
{
	const char *argv[16] = { "git", "-C", tree, "--no-pager" };
	for (size_t i = 0; words[i]; i++)
		argv[i + 4] = words[i];
	struct child_spec spec = { .argv = argv,
		.env = (const char *const *)environ,
		.timeout_ms = GIT_TIMEOUT_MS,
		.output_limit = GIT_OUTPUT };
	struct child_result result;
	int error = child_run(&spec, &result);
	if (error) {
		diag_set(diag, -error, "git: cannot start: %s", strerror(-error));
		return NULL;
	}
	char *text = result.how == CHILD_EXITED && result.status == 0 ? buf_take(&result.out) : NULL;
	if (!text && result.how == CHILD_NOT_STARTED)
		diag_set(diag, result.status, "git: %s: install git", strerror(result.status));
	else if (!text)
		diag_set(diag, ENOENT, "%s: %s: %.*s", tree, wanted, (int)strcspn(result.err.data, "\n"),
		    *result.err.data ? result.err.data : "git says nothing");
	child_result_free(&result);
	return text;
}

#define GIT(tree, diag, wanted, ...) git(tree, diag, wanted, (const char *const[]){ __VA_ARGS__, NULL })

/* ---- commits ------------------------------------------------------------------------------------------ */

/* "HASH\tPARENTS\tDATE SUBJECT" */
static const char format[] = "--format=%H%x09%P%x09%cs %s";

static void add_line(struct commits *commits, const char *line, size_t len)
{
	const char *parents = memchr(line, '\t', len), *subject = parents ? strchr(parents + 1, '\t') : NULL;
	if (!subject || parents - line >= (ptrdiff_t)sizeof(commits->commit->hash))
		return;
	struct commit commit = { .parents = parents + 1 < subject };
	memcpy(commit.hash, line, (size_t)(parents - line));
	for (const char *at = parents + 1; at < subject; at++)
		commit.parents += *at == ' ';
	commit.subject = xprintf("%.*s", (int)(line + len - subject - 1), subject + 1);
	commits->commit = xrealloc(commits->commit, (commits->count + 1) * sizeof(commit));
	commits->commit[commits->count++] = commit;
}

/* Adds what `git log` has of range, oldest first. */
static int add_log(const char *tree, const char *range, int one, struct commits *commits, struct diag *diag)
{
	char *text = GIT(tree, diag, "cannot list commits", "log", "--first-parent", "--reverse", format,
	    one ? "--max-count=1" : "--max-count=-1", range);
	if (!text)
		return -ENOENT;
	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		add_line(commits, line, strcspn(line, "\n"));
	free(text);
	return 0;
}

/* The hash of a revision or of where two part; malloc'ed, NULL with a line in diag. */
static char *hash_of(const char *tree, const char *revision, struct diag *diag)
{
	char *commit = xprintf("%s^{commit}", revision), *wanted = xprintf("has no commit '%s'", revision);
	char *text = GIT(tree, diag, wanted, "rev-parse", "--verify", "--end-of-options", commit);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	free(wanted);
	free(commit);
	return text;
}

static char *parting(const char *tree, const char *a, const char *b, struct diag *diag)
{
	char *text = GIT(tree, diag, "the two have no commit in common", "merge-base", a, b);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

int commits_between(const char *tree, const char *first, const char *last, struct commits *commits, struct diag *diag)
{
	char *ends[2] = { hash_of(tree, first, diag), NULL }, *base = NULL;
	struct commits found = COMMITS_INIT;
	ends[1] = ends[0] ? hash_of(tree, last, diag) : NULL;
	base = ends[1] ? parting(tree, ends[0], ends[1], diag) : NULL;
	int error = base ? 0 : -ENOENT;
	if (base) {
		int turned = strcmp(base, ends[1]) == 0;
		char *range = xprintf("%s..%s", base, ends[!turned]);
		error = add_log(tree, ends[turned], 1, &found, diag);
		if (!error && strcmp(base, ends[turned]) != 0)
			error = add_log(tree, base, 1, &found, diag);
		error = error ? error : add_log(tree, range, 0, &found, diag);
		free(range);
	}
	free(ends[0]);
	free(ends[1]);
	free(base);
	if (error)
		commits_free(&found);
	else
		*commits = found;
	return error;
}

int commits_merged(const char *tree, const struct commit *merge, struct commits *commits, struct diag *diag)
{
	char *main_line = xprintf("%s^1", merge->hash), *branch = xprintf("%s^2", merge->hash);
	char *base = parting(tree, main_line, branch, diag), *range = base ? xprintf("%s..%s", base, branch) : NULL;
	struct commits found = COMMITS_INIT;
	int error = base ? add_log(tree, base, 1, &found, diag) : -ENOENT;
	error = error ? error : add_log(tree, range, 0, &found, diag);
	error = error ? error : add_log(tree, merge->hash, 1, &found, diag);
	free(range);
	free(base);
	free(branch);
	free(main_line);
	if (error)
		commits_free(&found);
	else
		*commits = found;
	return error;
}

void commits_free(struct commits *commits)
{
	for (size_t i = 0; i < commits->count; i++)
		free(commits->commit[i].subject);
	free(commits->commit);
	*commits = (struct commits)COMMITS_INIT;
}

/* ---- one of them as a toolchain ---------------------------------------------------------------------------- */

/* A file of a commit, malloc'ed; NULL when it has none. */
static char *file_of(const char *tree, const char *hash, const char *path)
{
	struct diag none = DIAG_INIT;
	char *object = xprintf("%s:%s", hash, path), *text = GIT(tree, &none, path, "cat-file", "blob", object);
	free(object);
	return text;
}

/* The release it is, or was to become: "go1.16"; "" for none. */
static void version_of(const char *tree, const char *hash, char version[32])
{
	struct version parsed;
	char *text = file_of(tree, hash, "VERSION");
	*version = '\0';
	if (text) {
		text[strcspn(text, " \n")] = '\0';
		if (strncmp(text, "go", 2) == 0 && version_parse(text, &parsed) == 0 && strlen(text) < 18)
			snprintf(version, 32, "%s", text);
	}
	free(text);
	text = *version ? NULL : file_of(tree, hash, "src/internal/goversion/goversion.go");
	const char *number = text ? strstr(text, "\nconst Version = ") : NULL;
	if (number && strtol(number + 17, NULL, 10) > 0)
		snprintf(version, 32, "go1.%ld", strtol(number + 17, NULL, 10) % 1000);
	free(text);
	text = *version ? NULL : file_of(tree, hash, "src/go/build/build.go");
	for (int minor = NEWEST_TAG; text && minor > 0 && !*version; minor--) {
		char tag[16];
		snprintf(tag, sizeof(tag), "\"go1.%d\"", minor);
		if (strstr(text, tag))
			snprintf(version, 32, "go1.%d", minor);
	}
	free(text);
}

int commit_name(const char *tree, const char *hash, char name[32], struct diag *diag)
{
	char version[32];
	version_of(tree, hash, version);
	if (!*version)
		return diag_set(diag, ENOENT,
		    "%s: commit %.*s: is none of Go: it has neither src/go/build nor a VERSION", tree, COMMIT_DIGITS,
		    hash);
	snprintf(name, 32, "%.18s-%.*s", version, COMMIT_DIGITS, hash);
	return 0;
}

int commit_unpack(const char *tree, const char *hash, const char *folder, struct diag *diag)
{
	char *file = xprintf("%s/commit.tar", folder), *option = xprintf("--output=%s", file);
	char *said = GIT(tree, diag, "cannot read the commit", "archive", "--format=tar", option, hash);
	int error = said ? 0 : -EIO;
	struct script script;
	script_init(&script, GIT_TIMEOUT_MS);
	env_base(&script.env, NULL);
	if (!error && !step(&script, folder, (const char *const[]){ "tar", "-xf", file, "--no-same-owner", NULL })) {
		struct buf last = BUF_INIT;
		buf_add_last(&last, script.output.data, script.output.len, 400);
		error =
		    diag_set(diag, EIO, "%s: cannot unpack commit %.*s: %s", folder, COMMIT_DIGITS, hash, last.data);
		buf_free(&last);
	}
	remove(file);
	script_free(&script);
	free(said);
	free(option);
	free(file);
	return error;
}
