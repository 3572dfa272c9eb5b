#include "runner/trial/target_check.h"

#include "harness/record.h"
#include "matrix/base/clock.h"
#include "matrix/base/diag.h"
#include "runner/setup/stages.h"
#include "runner/target/launch.h"
#include "runner/target/version.h"
#include "runner/trial/target_program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A program that does nothing must be done in START_MS, times the target's scale; a fact is not worth waiting for. */
enum { START_MS = 30000, FACT_MS = 10000, OUTPUT_MAX = 1 << 18, LAST_OUTPUT = 200, BAD_STATUS = 3 };

struct checking {
	const struct setup *setup;
	const struct target *target;
	struct target_program program;
	struct env env;
	json_t *facts;
	int good, bad;
};

/* ---- starting ------------------------------------------------------------------------------------- */

static int start_behind(const struct checking *checking, const char *const *prefix, const char *const *words,
    int limit_ms, struct child_result *result, struct diag *diag)
{
	struct argv argv = { NULL, 0 };
	for (; *words; words++)
		argv_add(&argv, "%s", *words);
	struct launch launch = {
		.setup = checking->setup,
		.target = checking->target,
		.argv = &argv,
		.env = &checking->env,
		.prefix = prefix,
		.timeout_ms = (int)(limit_ms * checking->setup->timeout_scale),
		.output_limit = OUTPUT_MAX,
	};
	int error = launch_run(&launch, result, diag);
	argv_free(&argv);
	return error;
}

static int start(const struct checking *checking, const char *const *words, int limit_ms, struct child_result *result,
    struct diag *diag)
{
	return start_behind(checking, NULL, words, limit_ms, result, diag);
}

static unsigned made_up_number(void)
{
	unsigned number;
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		abort();
	return number;
}

/* ---- what was wrong ---------------------------------------------------------------------------------- */

/* The end of what was printed, in one line. */
static void add_last(const struct child_result *child, struct buf *line)
{
	const struct {
		const char *name;
		const struct buf *text;
	} streams[] = { { "stderr", &child->err }, { "stdout", &child->out } };
	for (size_t i = 0; i < 2; i++) {
		const struct buf *text = streams[i].text;
		struct buf last = BUF_INIT;
		buf_add_last(&last, text->data, text->len, LAST_OUTPUT);
		if (last.len)
			buf_printf(line, "; last of %s: %s", streams[i].name, last.data);
		buf_free(&last);
	}
}

static int is_number(const struct records *records, const char *id, unsigned long long number)
{
	const struct record *record = records_find(records, id);
	char text[32];
	snprintf(text, sizeof(text), "%llu", number);
	return record && record->kind == RECORD_OBS && strcmp(record->text, text) == 0;
}

/* What is wrong with how a start ended, that said number as it should and had to exit with status; NULL: nothing. */
static const char *wrong_with(
    const struct child_result *child, const struct records *records, unsigned long long number, int status)
{
	if (child->how == CHILD_TIMEOUT)
		return "it hangs";
	if (child->how == CHILD_FLOOD)
		return "it prints without end";
	if (records->garbled)
		return "what it prints arrives garbled";
	if (!records->count)
		return "nothing of what it prints arrives";
	if (!is_number(records, "number", number))
		return "it prints something else than the program does";
	if (records->lost || !records->ended)
		return "only a part of what it prints arrives";
	if (child->how == CHILD_LEAK)
		return "it leaves processes behind";
	if (child->how != CHILD_EXITED || child->status != status)
		return "its exit status does not arrive";
	return NULL;
}

static int disbelieve(const char *which, const char *what, const struct child_result *child, struct diag *diag)
{
	struct buf line = BUF_INIT;
	buf_printf(&line, "its known-%s program: %s (", which, what);
	child_describe(child, &line);
	buf_add(&line, ")");
	add_last(child, &line);
	diag_set(diag, EPROTO, "%s", line.data);
	buf_free(&line);
	return -EPROTO;
}

/* ---- good and bad -------------------------------------------------------------------------------------- */

/* The program told to be good, or bad: 0 when it was seen to be just that. */
static int check_one(struct checking *checking, int good, struct diag *diag)
{
	unsigned number = made_up_number(), variable = made_up_number();
	char text[16];
	snprintf(text, sizeof(text), "%u", number);
	env_set(&checking->env, "TLSMATRIX_TARGET", "%u", variable);
	const char *const words[] = { checking->program.path, good ? "good" : "bad", text, NULL };
	struct child_result child;
	int error = start(checking, words, (int)(START_MS * checking->target->scale), &child, diag);
	if (error)
		return error;
	struct records records;
	records_read(child.out.data, child.out.len, &records);
	const char *wrong = wrong_with(&child, &records, good ? number + 1ull : number - 1ull, good ? 0 : BAD_STATUS);
	if (!wrong && good && !is_number(&records, "variable", variable + 1ull))
		wrong = "the environment does not arrive";
	error = wrong ? disbelieve(good ? "good" : "bad", wrong, &child, diag) : 0;
	records_free(&records);
	child_result_free(&child);
	return error;
}

/* In C first, so that the target is known apart from Go; then in Go, which may start where the C program finds no libc.
 * What the first of them had against it is the message. */
static int believe(struct checking *checking, struct diag *diag)
{
	int error = -EPROTO;
	for (int in_c = 1; error && in_c >= 0; in_c--) {
		struct diag own = DIAG_INIT;
		if (!in_c && checking->target->kind == TARGET_LOADER)
			break;
		target_program_free(&checking->program);
		int failed = target_program_make(checking->setup, checking->target, in_c, &checking->program, &own);
		if (failed) {
			memcpy(diag, &own, sizeof(own));
			return failed;
		}
		if (!checking->program.path) {
			diag_set(diag, ENOEXEC, "its known-good program cannot be built: %s", checking->program.why);
			continue;
		}
		env_set(&checking->env, "LD_LIBRARY_PATH", "%s", checking->program.dir);
		error = check_one(checking, 1, &own);
		checking->good = !error;
		error = error ? error : check_one(checking, 0, &own);
		checking->bad = checking->good && !error;
		/* A compiler that is not there says less than a start that went wrong. */
		if (error && (!*diag->line || strstr(diag->line, "cannot be built")))
			memcpy(diag, &own, sizeof(own));
	}
	return error;
}

/* ---- facts ------------------------------------------------------------------------------------------------ */

static void take_facts(struct checking *checking, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->record[i];
		if (record->kind == RECORD_OBS && *record->text)
			json_object_set_new(checking->facts, record->id, json_string(record->text));
	}
}

/* How a fact ended that never came. */
static void take_death(struct checking *checking, const char *fact, const struct child_result *child)
{
	struct buf text = BUF_INIT;
	child_describe(child, &text);
	json_object_set_new(checking->facts, fact, json_string(text.data));
	buf_free(&text);
}

/* One process for as many as possible: from the one behind a crash on, the rest is asked in another.  Facts are
 * told, not judged: where the target does not do its part here, they are not known. */
static void ask_facts(struct checking *checking, char **names)
{
	while (*names) {
		struct argv argv = { NULL, 0 };
		argv_add(&argv, "%s", checking->program.path);
		argv_add(&argv, "facts");
		for (char **name = names; *name; name++)
			argv_add(&argv, "%s", *name);
		struct child_result child;
		struct diag diag = DIAG_INIT;
		int error = start(checking, (const char *const *)argv.word, FACT_MS, &child, &diag);
		argv_free(&argv);
		if (error)
			return;
		struct records records;
		records_read(child.out.data, child.out.len, &records);
		take_facts(checking, &records);
		while (*names && records_find(&records, *names))
			names++;
		if (*names)
			take_death(checking, *names++, &child);
		records_free(&records);
		child_result_free(&child);
	}
}

/* The names come from the program itself; main.go answers with its facts at once. */
static void tell_facts(struct checking *checking)
{
	const char *const words[] = { checking->program.path, "facts", NULL };
	struct child_result child;
	struct diag diag = DIAG_INIT;
	if (start(checking, words, FACT_MS, &child, &diag))
		return;
	struct records records;
	records_read(child.out.data, child.out.len, &records);
	take_facts(checking, &records);
	char **names = xcalloc(records.count + 1, sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; i < records.count; i++)
		if (records.record[i].kind == RECORD_BEGIN)
			names[count++] = records.record[i].id;
	ask_facts(checking, names);
	free(names);
	records_free(&records);
	child_result_free(&child);
}

static void tell_starts(struct checking *checking)
{
	for (const struct target_start *at = target_starts; at->file; at++) {
		char *path = xprintf("%s/%s", checking->program.dir, at->file);
		const char *const words[] = { path, NULL };
		struct child_result child;
		struct diag diag = DIAG_INIT;
		if (file_exists(path) && start(checking, words, FACT_MS, &child, &diag) == 0) {
			struct records records;
			records_read(child.out.data, child.out.len, &records);
			take_facts(checking, &records);
			if (!records_find(&records, at->fact))
				take_death(checking, at->fact, &child);
			records_free(&records);
			child_result_free(&child);
		}
		free(path);
	}
}

/* Words that a wrapper, a shell or a loader may split, drop or expand on the way. */
static const char *const odd_words[] = { "two words", "", "a'b\"c\\d", "$HOME", "*", "--", "-h", "x=y;z" };
enum { ODD_WORDS = sizeof(odd_words) / sizeof(odd_words[0]) };
static const char odd_variable[] = " two  words 'and' \"quotes\" $HOME ";

static void tell_words(struct checking *checking)
{
	const char *words[ODD_WORDS + 3] = { checking->program.path, "words" };
	memcpy(words + 2, odd_words, sizeof(odd_words));
	env_set(&checking->env, "TLSMATRIX_WORDS", "%s", odd_variable);
	struct child_result child;
	struct diag diag = DIAG_INIT;
	if (start(checking, words, FACT_MS, &child, &diag))
		return;
	struct records records;
	records_read(child.out.data, child.out.len, &records);
	size_t bad = ODD_WORDS + 1;
	for (size_t i = ODD_WORDS; i-- > 0;) {
		char id[24];
		snprintf(id, sizeof(id), "word-%zu", i);
		const struct record *record = records_find(&records, id);
		if (!record || strcmp(record->text, odd_words[i]) != 0)
			bad = i;
	}
	const struct record *variable = records_find(&records, "variable");
	json_object_set_new(checking->facts, "arguments",
	    bad > ODD_WORDS ? json_string("whole") : json_sprintf("changed: '%s' does not arrive", odd_words[bad]));
	json_object_set_new(checking->facts, "environment",
	    json_string(variable && strcmp(variable->text, odd_variable) == 0 ? "whole" : "changed"));
	records_free(&records);
	child_result_free(&child);
}

/* Does tlstrace, in front of the command, see what a program that it starts does: a number of calls made up for this
 * start? */
static void try_trace(struct checking *checking)
{
	char *tracer = xprintf("%s/tlstrace", checking->setup->places.bin),
	     *path = xprintf("%s/%s", checking->program.dir, target_traced), *calls = NULL;
	char number[16], seen[32];
	snprintf(number, sizeof(number), "%u", 2 + made_up_number() % 200);
	snprintf(seen, sizeof(seen), "%s calls", number);
	const char *const prefix[] = { tracer, "--timeout", "10", "--module", path, "thread.sigaltstack-ok", "--",
		NULL };
	const char *const words[] = { path, number, NULL };
	struct child_result child;
	struct diag diag = DIAG_INIT;
	if (!file_exists(path)) {
		calls = xstrdup("no: its program is not for a processor that tlstrace knows");
	} else if (start_behind(checking, prefix, words, FACT_MS, &child, &diag)) {
		calls = xprintf("no: %s", diag.line);
	} else {
		struct records records;
		records_read(child.out.data, child.out.len, &records);
		const struct record *record = records_find(&records, "thread.sigaltstack-ok");
		if (record && record->kind == RECORD_OBS && strcmp(record->note, seen) == 0)
			calls = xstrdup("yes");
		else if (record)
			calls = xprintf("no: tlstrace saw %s of %s", record->note, number);
		else
			calls = xprintf("no: tlstrace ended with %d", child.status);
		records_free(&records);
		child_result_free(&child);
	}
	json_object_set_new(checking->facts, "trace", json_string(calls));
	free(calls);
	free(path);
	free(tracer);
}

/* Tried where nobody says so of the target (target.h). */
static void tell_trace(struct checking *checking)
{
	if (checking->target->trace < 0)
		try_trace(checking);
	else
		json_object_set_new(checking->facts, "trace", json_string(checking->target->trace ? "yes" : "no"));
}

/* ---- version --------------------------------------------------------------------------------------------- */

/* What knows its version, or what the program saw of libc or kernel.  What has a version and is no libc stands between
 * program and kernel. */
static char *version_of(const struct checking *checking)
{
	const struct target *target = checking->target;
	char *line = target_version(checking->setup, target);
	if (line && (target->kind == TARGET_QEMU_USER || (target->kind == TARGET_WRAPPER && target->version)))
		json_object_set_new(checking->facts, "emulator", json_string(line));
	const char *const told[] = { "libc", "kernel", "go" };
	for (size_t i = 0; i < 3 && !line; i++) {
		const char *fact = json_string_value(json_object_get(checking->facts, told[i]));
		line = fact ? xstrdup(fact) : NULL;
	}
	return line;
}

/* ---- check.json ---------------------------------------------------------------------------------------------- */

/* Where it lies; malloc'ed. */
static char *check_path(const struct setup *setup, const struct target *target)
{
	char key[HASH_HEX];
	struct hash *hash = hash_new();
	hash_add_text(hash, "check 1");
	hash_add_text(hash, target->key);
	hash_add_text(hash, stage_trial);
	target_program_hash(setup, target, hash);
	hash_end(hash, key);
	return xprintf("%s/target/%s/check.json", setup->places.cache, key);
}

json_t *target_check_load(const struct setup *setup, const struct target *target)
{
	char *path = check_path(setup, target);
	json_t *json = json_load_file(path, 0, NULL);
	free(path);
	if (json && json_is_object(json_object_get(json, "facts")))
		return json;
	json_decref(json);
	return NULL;
}

void target_learn(const struct setup *setup, struct target *target)
{
	if (target->facts.known || target->broken)
		return;
	target_look(setup, target);
	json_t *told = target->missing ? NULL : target_check_load(setup, target);
	target_facts_take(
	    json_is_string(json_object_get(told, "message")) ? NULL : json_object_get(told, "facts"), &target->facts);
	json_decref(told);
}

int target_disbelieved(const struct target *target, const char *message, struct diag *diag)
{
	char *place = target_place(target);
	diag_set(diag, EIO, "%starget %s is not believed: %s", place, target->name, message);
	free(place);
	return -EIO;
}

static int write_check(const struct checking *checking, const char *message, double seconds, struct diag *diag)
{
	const struct target *target = checking->target;
	char *path = check_path(checking->setup, target), *folder = xstrdup(path), *version = version_of(checking);
	*strrchr(folder, '/') = '\0';
	json_t *json = json_pack("{s:s, s:s, s:s?, s:f, s:b, s:b, s:s?, s:s, s:O}", "name", target->name, "kind",
	    target_kind_name(target->kind), "version", version, "seconds", seconds, "good", checking->good, "bad",
	    checking->bad, "message", message, "program", checking->program.is_c ? "c" : "go", "facts",
	    checking->facts);
	char *text = json_dumps(json, JSON_INDENT(2));
	int error = make_folders(folder);
	error = error ? error : file_write(path, text, strlen(text));
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
	free(text);
	json_decref(json);
	free(version);
	free(folder);
	free(path);
	return error;
}

static int check(const struct setup *setup, const struct target *target, int again, struct diag *diag)
{
	struct checking checking = { .setup = setup, .target = target, .env = ENV_INIT, .facts = json_object() };
	struct diag wrong = DIAG_INIT;
	double started = clock_now();
	char *home = xprintf("%s/home", setup->places.cache);
	make_folders(home);
	env_base(&checking.env, home);
	free(home);
	int error = believe(&checking, &wrong);
	/* What a kind says of itself begins with the target's name, too. */
	char *name = xprintf("target %s: ", target->name);
	const char *message = wrong.line + (strncmp(wrong.line, name, strlen(name)) == 0 ? strlen(name) : 0);
	if (!error && !again) {
		if (checking.program.is_c)
			tell_starts(&checking);
		tell_facts(&checking);
		tell_words(&checking);
		tell_trace(&checking);
	}
	int failed = again && !error ? 0 : write_check(&checking, error ? message : NULL, clock_now() - started, diag);
	if (error && !failed)
		target_disbelieved(target, message, diag);
	free(name);
	env_free(&checking.env);
	json_decref(checking.facts);
	target_program_free(&checking.program);
	return error ? error : failed;
}

int target_check(const struct setup *setup, const struct target *target, struct diag *diag)
{
	return check(setup, target, 0, diag);
}

int target_check_again(const struct setup *setup, const struct target *target, struct diag *diag)
{
	return check(setup, target, 1, diag);
}
