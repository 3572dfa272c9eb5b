/* inspect.c - inspect: what files ask of a loader, and whether one gives it. */
#include "runner/cmd/cmd.h"

#include "harness/inspect.h"
#include "harness/loader/loaders.h"
#include "matrix/base/buf.h"
#include "matrix/base/text.h"

#include <stdio.h>
#include <string.h>

static int as_json;
static const char *check;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "the facts as JSON: of one FILE an object, of several an array of them",
	    &as_json },
	{ "--check", OPTION_TEXT, "TARGET", "does that loader take it: musl-dlopen, glibc-2.31, android-28", &check },
};

/* A name that is no UTF-8 has its bytes shown, as in lines. */
static json_t *shown(const char *name)
{
	struct buf text = BUF_INIT;
	text_add(&text, name, TEXT_CONTROLS);
	json_t *made = json_string(text.data);
	buf_free(&text);
	return made;
}

/* What the files were, together. */
struct told {
	const struct loader_target *target; /* NULL: not asked */
	json_t *list;
	int refused, unknown, unread;
};

static void tell(const char *path, json_t *facts, struct told *told)
{
	struct buf text = BUF_INIT;
	json_t *judged = told->target ? loader_judge(facts, told->target) : NULL;
	enum loader_answer answer = judged ? loader_answer(judged) : LOADER_TAKES;
	told->refused += answer == LOADER_TAKES_NOT;
	told->unknown += answer == LOADER_UNKNOWN;
	if (as_json) {
		json_t *made = json_pack("{s:o}", "file", shown(path));
		json_object_update(made, facts);
		json_object_set_new(made, "loaders", loader_judge_all(facts));
		if (judged)
			json_object_set(made, "check", judged);
		json_array_append_new(told->list, made);
	} else if (judged) {
		struct buf line = BUF_INIT;
		buf_printf(&line, "%s: %s: ", path, told->target->name);
		loader_line(judged, &line);
		text_add(&text, line.data, 0);
		puts(text.data);
		buf_free(&line);
	} else {
		inspect_print(path, facts, &text);
		fputs(text.data, stdout);
	}
	json_decref(judged);
	buf_free(&text);
}

/* What could not be read has its line on stderr, and its place in the list. */
static void tell_unread(const char *path, const struct diag *diag, struct told *told)
{
	cmd_fail(diag, EXIT_USAGE);
	told->unread++;
	if (as_json)
		json_array_append_new(
		    told->list, json_pack("{s:o,s:o}", "file", shown(path), "error", shown(diag->line)));
}

static void inspect_one(const char *path, struct told *told)
{
	struct diag diag = DIAG_INIT;
	json_t *facts;
	if (inspect_file(path, &facts, &diag)) {
		tell_unread(path, &diag, told);
		return;
	}
	tell(path, facts, told);
	json_decref(facts);
}

/* One file that was named is an object of its own, as report.json has its facts. */
static void print_json(const struct told *told, int alone)
{
	if (alone && told->unread)
		return;
	json_dumpf(alone ? json_array_get(told->list, 0) : told->list, stdout, JSON_INDENT(1));
	putchar('\n');
}

static int run(struct setup *setup, const struct option_words *words)
{
	(void)setup;
	struct diag usage = DIAG_INIT;
	struct loader_target target;
	if (!words->count)
		diag_set(&usage, 0, "inspect: no file: tlsmatrix inspect FILE...");
	else if (check)
		loader_parse(check, &target, &usage);
	if (*usage.line)
		return cmd_fail(&usage, EXIT_USAGE);
	struct told told = { .target = check ? &target : NULL, .list = json_array() };
	for (size_t i = 0; i < words->count; i++)
		inspect_one(words->word[i], &told);
	if (as_json)
		print_json(&told, words->count == 1);
	json_decref(told.list);
	return told.unread ? EXIT_USAGE : told.refused ? EXIT_UNEXPECTED : told.unknown ? EXIT_INFRA : EXIT_OK;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.synopsis = "inspect FILE...",
	.summary = "who loads a file; how code reaches TLS, relocations, initializers, what it needs at least",
	.help = "Reads ELF, PE, COFF, Mach-O, XCOFF, Plan 9 a.out and wasm files of every machine that Go has, and\n"
		"archives of objects; nothing is run.  Of an archive the member with Go's code is told.\n"
		"--check: 0 it runs (while what is told holds), 1 it does not, 3 the file does not say, 2 not read.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.anywhere = 1,
	.run = run,
};
