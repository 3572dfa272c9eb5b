/* show.c - show: everything known about one cell. */
#include "runner/cmd/cmd.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "matrix/check.h"
#include "matrix/references.h"
#include "runner/cmd/against.h"
#include "runner/cmd/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int all;
static const char *named;
static const struct option_row options[] = {
	{ "--all", OPTION_FLAG, NULL, "how to reproduce every check, not only those that did not pass", &all },
	OPTION_RUN(&named),
};

/* A path or a command, which keep their letters and are in one line, to be copied. */
static void say_whole(const char *head, const char *text)
{
	if (!text)
		return;
	struct buf line = BUF_INIT;
	text_add(&line, text, 0);
	printf("%s%s\n", head, line.data);
	buf_free(&line);
}

/* A text, broken where a terminal ends.  What a program said has no say here: it is ASCII, as in the grid. */
static void say(const char *head, const char *text)
{
	if (text)
		screen_say(head, text, screen_prose());
}

static void say_reference(const struct reference *reference)
{
	struct buf text = BUF_INIT;
	char head[32];
	snprintf(head, sizeof head, "             %-7s ", reference->name);
	buf_printf(&text, "%s: %s", reference->where, reference->what);
	say(head, text.data);
	buf_free(&text);
}

/* What "S5" and "#10" in a source stand for. */
static void show_cited(const char *source)
{
	const struct reference *reference;
	for (const char *at = source ? source : ""; (reference = reference_next(&at));)
		say_reference(reference);
}

static void show_check(const struct check_result *result, int build_passes)
{
	const struct check *check = check_find(result->id);
	char head[80];
	snprintf(head, sizeof head, "  %-8s %-24s ", status_name(result->status), result->id);
	say(head, result->observed ? result->observed : "");
	/* One cause, which is told of the build, is told once. */
	if ((result->status == STATUS_PASS || (result->status == STATUS_BROKEN && !build_passes)) && !all)
		return;
	say("           expected  ", result->expected);
	say("           message   ", result->message);
	say("           reason    ", result->reason);
	say("           means     ", check ? check->meaning : NULL);
	say("           matters   ", check ? check->why : NULL);
	say("           source    ", result->source);
	show_cited(result->source);
	say_whole("           repro     ", result->repro);
}

static void show_log(const char *out, const char *log, const char *title)
{
	if (!log)
		return;
	char *line = xprintf("%-9s %s/%s", title, out, log);
	say_whole("", line);
	free(line);
}

/* What the run knows of where the cell ran. */
static void show_target(const struct view *view, const char *name)
{
	const struct view_target *target = view_target(view, name);
	if (!target)
		return;
	char *line = xprintf("%s (%s)%s%s", target->name, target->kind ? target->kind : "?",
	    target->version ? ", " : "", target->version ? target->version : "");
	say("target    ", line);
	say("          ", target->message);
	free(line);
}

static void show_cell(const struct session *session, const struct cell_result *result)
{
	char id[CELL_ID_MAX];
	printf("cell      %s\n", cell_id(&result->cell, id));
	printf("status    %s (%s), %zu checks, judged in %.2f s%s\n", status_name(result->status),
	    verdict_name(result->verdict), result->check_count, result->seconds, result->cached ? ", up to date" : "");
	if (result->again)
		say("again     tried twice, since it was disturbed the first time: ", result->again);
	if (result->no_pulse)
		printf("pulse     none: no timer keeps Go's scheduler awake (`run --pulse`)\n");
	show_target(&session->view, result->cell.target);
	if (result->build_command && *result->build_command) {
		printf("build     %.2f s\n", result->build_seconds);
		say_whole("          ", result->build_command);
		if (result->build_commands)
			printf("          one of %zu commands: the build log has them all\n",
			    json_array_size(result->build_commands));
	}
	show_log(session->view.out_dir, result->build_log, "build log");
	show_log(session->view.out_dir, result->log, "run log");
	printf("checks\n");
	for (size_t i = 0; i < result->check_count; i++)
		show_check(&result->checks[i], result->build_status == STATUS_PASS);
	if (result->facts) {
		struct buf text = BUF_INIT;
		inspect_print("facts", result->facts, &text);
		printf("%s", text.data);
		buf_free(&text);
	}
	const struct view_target *target = view_target(&session->view, result->cell.target);
	if (target && target->facts) {
		printf("target's facts\n");
		cmd_print_facts(target->facts);
	}
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	struct cell cell;
	if (words->count != 1) {
		diag_set(&diag, EINVAL, "show: needs one cell id: `tlsmatrix list` prints them");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	if (cell_parse(words->word[0], &cell, &diag))
		return cmd_fail(&diag, EXIT_USAGE);
	struct session session;
	int code = one_run(setup, named, session_load, &session);
	if (code)
		return code;
	const struct cell_result *result = session_find(&session, words->word[0]);
	if (result) {
		show_cell(&session, result);
	} else if (named) {
		diag_set(&diag, ENOENT, "%s: not in the run %s: `tlsmatrix report --run %s` shows what it has",
		    words->word[0], named, named);
		code = cmd_fail(&diag, EXIT_NOTHING);
	} else {
		diag_set(&diag, ENOENT,
		    "%s: not in the last run (%s/plan.json): `tlsmatrix run` with a filter that selects it",
		    words->word[0], setup->places.out);
		code = cmd_fail(&diag, EXIT_NOTHING);
	}
	session_free(&session);
	return code;
}

const struct command cmd_show = {
	.name = "show",
	.synopsis = "show CELL [--run NAME]",
	.summary = "everything known about one cell, and how to reproduce it by hand",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
