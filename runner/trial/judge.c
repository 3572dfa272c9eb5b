#include "runner/trial/judge.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/known.h"
#include "runner/build/beside.h"
#include "runner/process/script.h"

#include <stdlib.h>
#include <string.h>

static void replace(char **field, const char *text)
{
	free(*field);
	*field = text && *text ? xstrdup(text) : NULL;
}

static void expect(const struct check *check, const struct cell *cell, struct check_result *result)
{
	struct buf expected = BUF_INIT;
	const char *source = NULL;
	int known = oracle_expect(check, cell, &expected, &source) == 0;
	replace(&result->expected, known ? expected.data : NULL);
	replace(&result->source, known ? source : NULL);
	buf_free(&expected);
}

void judge_start(const struct check *check, const struct cell *cell, struct check_result *result)
{
	memset(result, 0, sizeof(*result));
	result->id = xstrdup(check->id);
	result->status = STATUS_MISS;
	expect(check, cell, result);
}

/* Pass or fail, where something was observed and nothing worse happened. */
static enum status compared(const struct check_result *result)
{
	if (result->status != STATUS_PASS && result->status != STATUS_FAIL)
		return result->status;
	if (!result->observed)
		return STATUS_MISS;
	return result->expected && strcmp(result->expected, result->observed) == 0 ? STATUS_PASS : STATUS_FAIL;
}

void judge_result(struct cell_result *result)
{
	for (size_t i = 0; i < result->check_count; i++) {
		struct check_result *check = &result->checks[i];
		const struct check *row = check_find(check->id);
		const struct known *known;
		if (row)
			expect(row, &result->cell, check);
		check->status = compared(check);
		check->verdict = known_judge(&result->cell, check->id, check->status, &known);
		if (check->status == STATUS_SKIP)
			continue;
		free(check->reason);
		check->reason = known ? xprintf("%s (%s)", known->reason, known->link) : NULL;
		if (!check->rate || (check->verdict == VERDICT_KNOWN && known_is_at_times(&result->cell, check->id)))
			continue;
		free(check->reason);
		check->verdict = VERDICT_FLAKY;
		check->reason = xprintf("not the same each time: %s", check->rate);
	}
	cell_result_sum(result);
}

static enum status status_of(const struct cell *cell, const struct check *row, const struct check_result *check)
{
	struct buf text = BUF_INIT;
	const char *source, *expected = NULL;
	if (check->status != STATUS_PASS && check->status != STATUS_FAIL)
		return check->status;
	if (row && row->pass == PASS_REFUSAL)
		expected = oracle_expect(row, cell, &text, &source) == 0 ? text.data : NULL;
	else if (row)
		expected = oracle_text(row, cell, &source);
	/* As judge_result: an empty text is none, and a check that is not in the list keeps what it has. */
	const struct check_result as = { .status = check->status,
		.observed = check->observed,
		.expected = row ? (char *)(expected && *expected ? expected : NULL) : check->expected };
	enum status status = compared(&as);
	buf_free(&text);
	return status;
}

void judge_brief(struct cell_result *result, struct known_memo *memo)
{
	for (size_t i = 0; i < result->check_count; i++) {
		struct check_result *check = &result->checks[i];
		check->status = status_of(&result->cell, check_find(check->id), check);
		check->verdict = known_judge_memo(memo, &result->cell, i == 0, check->id, check->status);
		if (check->status != STATUS_SKIP && check->rate &&
		    !(check->verdict == VERDICT_KNOWN && known_is_at_times(&result->cell, check->id)))
			check->verdict = VERDICT_FLAKY;
	}
	cell_result_sum(result);
}

int judge_is_final(const struct cell_result *result)
{
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		if ((check->status == STATUS_MISS || check->status == STATUS_TIMEOUT || check->status == STATUS_INFRA ||
			check->status == STATUS_NOTRUN) &&
		    check->verdict != VERDICT_KNOWN)
			return 0;
	}
	return 1;
}

void judge_observed(struct check_result *result, const char *text, const char *note)
{
	replace(&result->observed, text);
	replace(&result->message, note);
	int same = result->expected && strcmp(result->expected, text) == 0;
	result->status = same ? STATUS_PASS : STATUS_FAIL;
}

void judge_status(struct check_result *result, enum status status, const char *message)
{
	result->status = status;
	replace(&result->message, message);
}

void judge_skip(struct check_result *result, const char *skip_class, const char *reason)
{
	result->status = STATUS_SKIP;
	free(result->reason);
	result->reason = xprintf("%s: %s", skip_class, reason);
}

/* build.refused: the documented message where it is, else what was said instead. */
static void observe_refusal(const struct cell *cell, const json_t *build, struct buf *out)
{
	struct buf message = BUF_INIT;
	const char *source, *output = json_string_value(json_object_get(build, "output"));
	int refused = support_refused(cell, &message, &source);
	int named = refused && output && strstr(output, message.data);
	buf_printf(out, "exit=%d \"%s\"", (int)json_integer_value(json_object_get(build, "exit")),
	    named ? message.data : json_string_value(json_object_get(build, "message")));
	buf_free(&message);
}

/* "named": the refusal names the variable, or in Mach-O the relocation that makes it thread-local; or it names the
 * relocation of local-exec TLS, which gold does by its number. */
static void observe_beside(enum beside beside, const json_t *build, struct buf *out)
{
	static const char *const words[BESIDE_COUNT][2] = {
		[BESIDE_CTLS] = { "ctls_variable", "_RELOC_TLV" },
		[BESIDE_SHARED] = { "R_X86_64_TPOFF32", "unsupported reloc 23" },
		[BESIDE_STATIC] = { "relocation target getpwuid_r not defined", NULL },
	};
	const json_t *of = json_object_get(build, beside_name(beside));
	const char *output = json_string_value(json_object_get(of, "output"));
	int built = json_integer_value(json_object_get(of, "exit")) == 0;
	int named = 0;
	for (size_t i = 0; output && i < 2 && words[beside][i]; i++)
		named |= strstr(output, words[beside][i]) != NULL;
	buf_printf(out, "built=%s message=%s", built ? "yes" : "no", named ? "named" : "other");
}

/* What shows the check by hand, and what was said: of a build that must fail its own, of what should be silent the
 * command that was not. */
static void tell_build(
    const struct check *check, enum beside beside, const json_t *build, const char **repro, char **message)
{
	const json_t *of = build;
	const char *spoke = json_string_value(json_object_get(build, "spoke")), *said = NULL;
	if (beside < BESIDE_COUNT) {
		of = json_object_get(build, beside_name(beside));
		said = json_string_value(json_object_get(of, "output"));
	}
	const char *told = json_string_value(json_object_get(of, "message"));
	*repro = json_string_value(json_object_get(of, "command"));
	*message = told || !said ? xstrdup(told ? told : "") : script_telling(said);
	if (strcmp(check->id, "build.quiet") == 0 && spoke && *spoke)
		*repro = spoke;
}

void judge_build(const struct check *check, const struct cell *cell, const json_t *build, struct check_result *result)
{
	enum beside beside = beside_of(check->id);
	struct buf text = BUF_INIT;
	const char *repro;
	char *message;
	tell_build(check, beside, build, &repro, &message);
	if (check->pass == PASS_REFUSAL)
		observe_refusal(cell, build, &text);
	else if (strcmp(check->id, "build.succeeds") == 0)
		buf_printf(&text, "exit=%d", (int)json_integer_value(json_object_get(build, "exit")));
	else if (strcmp(check->id, "build.quiet") == 0)
		buf_add(&text, *message ? "stderr=text" : "stderr=empty");
	else
		observe_beside(beside, build, &text);
	/* Where nothing can be linked so, a refusal says nothing; of build.c-tls-internal it comes before the link. */
	if (beside < BESIDE_COUNT && beside != BESIDE_CTLS && json_integer_value(json_object_get(build, "exit")))
		judge_status(result, STATUS_BROKEN, json_string_value(json_object_get(build, "message")));
	else
		judge_observed(result, text.data, message);
	free(result->repro);
	result->repro = xstrdup(repro ? repro : "");
	free(message);
	buf_free(&text);
}

/* What a person looks at instead of our facts: the code for instruction forms, else the tables. */
static void file_repro(
    const char *id, const json_t *facts, const char *module, const char *mutated, struct check_result *result)
{
	static const char *const of_code[] = { "insn", "plt", "le-users", "slot-offset" };
	const char *tool = "readelf -lrdsW ",
		   *caller = json_string_value(json_object_get(json_object_get(facts, "caller"), "path"));
	for (size_t i = 0; i < sizeof(of_code) / sizeof(of_code[0]); i++)
		if (strstr(id, of_code[i]))
			tool = "objdump -d --no-show-raw-insn ";
	struct buf repro = BUF_INIT;
	buf_add(&repro, tool);
	buf_add_shell(&repro, mutated && (!caller || strcmp(caller, mutated) != 0) ? mutated : module);
	if (caller && strstr(id, "plt")) {
		buf_add(&repro, " ");
		buf_add_shell(&repro, caller);
	}
	free(result->repro);
	result->repro = buf_take(&repro);
}

void judge_file(const struct check *check, const json_t *facts, const char *module, const char *mutated,
    struct check_result *result)
{
	struct buf text = BUF_INIT;
	char *note = NULL;
	if (inspect_observe(check->id, facts, &text, &note) == 0)
		judge_observed(result, text.data, note);
	free(note);
	buf_free(&text);
	file_repro(check->id, facts, module, mutated, result);
}
