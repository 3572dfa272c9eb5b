/* explain.c - explain: what a check is, why it matters, what is expected of it and where that comes from. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/screen.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/contract.h"
#include "matrix/coverage.h"
#include "matrix/known.h"
#include "matrix/promises.h"
#include "matrix/references.h"
#include "runner/setup/files.h"
#include "runner/trial/controls.h"

#include <ctype.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines ---------------------------------------------------------------------------------------------- */

/* "head        text"; all texts here are the suite's own. */
static void say(const char *head, const char *text)
{
	char padded[32];
	snprintf(padded, sizeof padded, "%-12s", head);
	screen_say(padded, text, screen_width());
}

static void say_buf(const char *head, struct buf *text)
{
	say(head, text->data);
	buf_free(text);
}

/* ---- where a source leads --------------------------------------------------------------------------------- */

/* The line of a Go source in which a name is defined, else first named; 0 for none. */
static size_t line_of(const char *text, const char *name, size_t len)
{
	size_t line = 1, found = 0;
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n', line++) {
		const char *in = memmem(at, strcspn(at, "\n"), name, len);
		if (!in || isalnum((unsigned char)in[len]) || in[len] == '_')
			continue;
		if (strncmp(at, "func ", 5) == 0 || strncmp(at, "TEXT ", 5) == 0)
			return line;
		found = found ? found : line;
	}
	return found;
}

/* "runtime/os_linux.go sysargs" leads to a line of the release under test. */
static void say_go_source(const char *goroot, const char *word, size_t len)
{
	char *path = xprintf("%s/src/%.*s", goroot, (int)len, word), *text;
	const char *name = word + len + (word[len] == ' ');
	size_t name_len = strspn(name, "_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
	if (file_read(path, &text, NULL) == 0) {
		size_t line = name_len && word[len] == ' ' ? line_of(text, name, name_len) : 0;
		struct buf out = BUF_INIT;
		buf_add(&out, path);
		if (line)
			buf_printf(&out, ":%zu", line);
		say_buf("", &out);
		free(text);
	}
	free(path);
}

/* What a source column cites, each in a line: bugs, claims, lines of Go. */
static void say_cited(const struct setup *setup, const char *source)
{
	const struct reference *reference;
	for (const char *at = source; (reference = reference_next(&at));) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s %s: %s", reference->name, reference->where, reference->what);
		say_buf("", &text);
	}
	for (const char *word = source; *word;) {
		size_t len = strcspn(word, " ,;:()");
		if (len > 2 && memchr(word, '/', len) && (word[len - 2] == '.' || (len > 3 && word[len - 3] == '.')))
			say_go_source(setup->releases[0].goroot, word, len);
		word += len + (word[len] != '\0');
	}
}

/* ---- what the tables say ------------------------------------------------------------------------------------ */

static const char *const by[PASS_COUNT] = {
	[PASS_REFUSAL] = "in what go and the linker say",
	[PASS_BUILD] = "in what go and the linker say",
	[PASS_FILE] = "in the file",
	[PASS_LIVE] = "by the running program itself",
	[PASS_HOST] = "by the program that loads the library",
	[PASS_ALONE] = "by the program that loads the library, in a process for this alone",
	[PASS_TRACE] = "by build/tlstrace, which watches the running program",
};

static void say_expected(const struct check *check)
{
	const struct expectation *row;
	for (size_t n = 0; (row = oracle_row(check, n)); n++) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s, %s (%s)", row->expected,
		    *row->where ? row->where :
			n       ? "else" :
				  "everywhere",
		    row->source);
		say_buf(n ? "" : "expected", &text);
	}
	if (check->pass == PASS_REFUSAL)
		say("expected", "the exit status and words of the row of matrix/support.def that refuses the cell");
}

/* The promises that it sees kept, or breaks. */
static void say_promises(const struct check *check)
{
	const char *head = contract_provide(check->id) ? "breaks" : "serves";
	for (size_t i = 0; i < promises_count; i++) {
		if (!promise_names(&promises[i], check->id))
			continue;
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s, owed by ", promises[i].id);
		promise_owed_by(&promises[i], &text);
		buf_printf(&text, ": %s (%s)", promises[i].text, promises[i].source);
		say_buf(head, &text);
		head = "";
	}
	const char *reason = promise_none(check->id, NULL);
	if (reason) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "no text's promise: %s", reason);
		say_buf("serves", &text);
	}
}

static void say_controls(const struct check *check)
{
	const char *head = "control";
	for (size_t i = 0; i < control_count; i++) {
		if (strcmp(controls[i].check, check->id) != 0)
			continue;
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s %s, %s: %s", violation_name(controls[i].violation.kind),
		    controls[i].violation.argument, controls[i].where, controls[i].status);
		say_buf(head, &text);
		head = "";
	}
}

static int is_one_excuse(const struct known *a, const struct known *b)
{
	return strcmp(a->where, b->where) == 0 && strcmp(a->check, b->check) == 0 && strcmp(a->reason, b->reason) == 0;
}

/* Rows that differ in their status alone are one excuse (known.h). */
static void say_known(const struct check *check)
{
	const unsigned char *names = known_names(check->id);
	const char *head = "known";
	for (size_t i = 0; i < known_count; i++) {
		if (!names[i] || (i && names[i - 1] && is_one_excuse(&knowns[i], &knowns[i - 1])))
			continue;
		struct buf text = BUF_INIT;
		buf_add(&text, knowns[i].status);
		for (size_t k = i + 1; k < known_count && is_one_excuse(&knowns[i], &knowns[k]); k++)
			buf_printf(&text, " or %s", knowns[k].status);
		buf_printf(&text, ", %s: %s (%s)", knowns[i].where, knowns[i].reason, knowns[i].link);
		say_buf(head, &text);
		head = "";
	}
}

/* ---- what makes it -------------------------------------------------------------------------------------------- */

static void say_code_in(const char *root, const char *path, const char *quoted, const char **head)
{
	char *text;
	if (file_read(path, &text, NULL))
		return;
	const char *at = strstr(text, quoted);
	if (at) {
		size_t line = 1;
		struct buf out = BUF_INIT;
		for (const char *c = text; c < at; c++)
			line += *c == '\n';
		buf_printf(&out, "%s:%zu", path + strlen(root) + 1, line);
		say_buf(*head, &out);
		*head = "";
	}
	free(text);
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

/* The files of the source tree that name it, but for the tables above. */
static void say_code(const struct setup *setup, const struct check *check)
{
	char *quoted = xprintf("\"%s\"", check->id), *cases = xprintf("%s/cases", setup->places.root),
	     *harness = xprintf("%s/harness", setup->places.root),
	     *judge = xprintf("%s/runner/trial", setup->places.root);
	char *const paths[] = { cases, harness, judge, NULL };
	const char *head = "code";
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	for (FTSENT *at; tree && (at = fts_read(tree));) {
		const char *dot = strrchr(at->fts_name, '.');
		if (at->fts_info == FTS_F && dot && strcmp(dot, ".def") != 0)
			say_code_in(setup->places.root, at->fts_path, quoted, &head);
	}
	if (tree)
		fts_close(tree);
	free(judge);
	free(harness);
	free(cases);
	free(quoted);
}

/* ---- a promise ------------------------------------------------------------------------------------------- */

static void explain_promise(const struct promise *promise)
{
	struct buf owed = BUF_INIT;
	const char *check;
	size_t len;
	printf("%s\n", promise->id);
	say("states", promise->text);
	say("written in", promise->source);
	promise_owed_by(promise, &owed);
	say_buf("owed by", &owed);
	for (const char *at = promise->checks; (check = promise_next_check(&at, &len));) {
		const struct check *found = check_find_part(check, len);
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s: %s", found->id, found->meaning);
		say_buf(contract_provide(found->id) ? "broken by" : "seen by", &text);
	}
	if (*promise->note)
		say("note", promise->note);
}

/* ---- a claim, or a bug ---------------------------------------------------------------------------------- */

/* The checks that see the bug, and what is missing. */
static void say_coverage(const struct covered *bug)
{
	const char *head = "";
	say("seen", sight_name(bug->seen));
	for (size_t i = 0; i < checks_count; i++) {
		if (!covered_by(bug, checks[i].id))
			continue;
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s: %s", checks[i].id, checks[i].meaning);
		say_buf(*head ? "" : "by", &text);
		head = "by";
	}
	if (*bug->note)
		say(bug->seen == SEEN ? "where" : "missing", bug->note);
}

static void explain_reference(const struct reference *reference)
{
	const struct covered *bug = bug_find(reference->name);
	printf("%s\n", reference->name);
	say("told in", reference->where);
	say("what", reference->what);
	if (bug)
		say_coverage(bug);
}

/* ---- the command ---------------------------------------------------------------------------------------- */

static void explain(const struct setup *setup, const struct check *check)
{
	struct buf observed = BUF_INIT;
	const char *provide = contract_provide(check->id);
	printf("%s\n", check->id);
	say("states", check->meaning);
	say("matters", check->why);
	if (provide)
		say("provide", provide);
	buf_printf(&observed, "%s, where %s", by[check->pass], *check->where ? check->where : "anything is built");
	say_buf("observed", &observed);
	say("source", check->source);
	say_cited(setup, check->source);
	say_promises(check);
	say_expected(check);
	say_controls(check);
	say_code(setup, check);
	say_known(check);
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	for (size_t i = 0; i < words->count; i++) {
		const struct reference *reference = reference_find(words->word[i], strlen(words->word[i]));
		if (reference || promise_find(words->word[i]) || check_find(words->word[i]))
			continue;
		struct buf near = BUF_INIT;
		check_near(words->word[i], &near);
		diag_set(&diag, 0, "%.200s: no such check, promise, claim or bug%s", words->word[i], near.data);
		buf_free(&near);
	}
	if (!words->count)
		diag_set(&diag, 0,
		    "explain: needs CHECK..., a check's or a promise's id, or S5 or '#10' of a source column");
	if (*diag.line)
		return cmd_fail(&diag, EXIT_USAGE);
	for (size_t i = 0; i < words->count; i++) {
		const struct reference *reference = reference_find(words->word[i], strlen(words->word[i]));
		if (i)
			putchar('\n');
		if (reference)
			explain_reference(reference);
		else if (promise_find(words->word[i]))
			explain_promise(promise_find(words->word[i]));
		else
			explain(setup, check_find(words->word[i]));
	}
	return EXIT_OK;
}

const struct command cmd_explain = {
	.name = "explain",
	.synopsis = "explain CHECK...",
	.summary = "what a check is, why it matters, what is expected and where that comes from",
	.needs_release = 1,
	.help = "What the check states, how it is observed and where, its source with the bugs and the lines of Go\n"
		"that it cites, what is expected in which cells, what makes it fail in selfcheck, known deviations,\n"
		"and the code that makes it. S5 and '#10' of a source column, a promise of docs/promises.md and a\n"
		"bug of docs/coverage.md, with the checks that see it, are explained too.",
	.run = run,
};
