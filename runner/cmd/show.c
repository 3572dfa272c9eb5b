/* show.c - show: everything known about one cell. */
#include "runner/cmd/cmd.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "runner/store/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int all;
static const struct option_row options[] = {
	{ "--all", OPTION_FLAG, NULL, "how to reproduce every check, not only those that did not pass", &all },
};

static void show_check(const struct check_result *result)
{
	const struct check *check = check_find(result->id);
	printf("  %-8s %-24s %s\n", status_name(result->status), result->id, result->observed ? result->observed : "");
	if (result->status == STATUS_PASS && !all)
		return;
	if (result->expected)
		printf("           expected  %s\n", result->expected);
	if (result->message)
		printf("           message   %s\n", result->message);
	if (result->reason)
		printf("           reason    %s\n", result->reason);
	if (check)
		printf("           means     %s\n           matters   %s\n", check->meaning, check->why);
	if (result->source)
		printf("           source    %s\n", result->source);
	if (result->repro)
		printf("           repro     %s\n", result->repro);
}

static void show_log(const char *out, const char *log, const char *title)
{
	if (log)
		printf("%-9s %s/%s\n", title, out, log);
}

/* What the run knows of where the cell ran. */
static void show_target(const struct view *view, const char *name)
{
	const struct view_target *target = view_target(view, name);
	if (!target)
		return;
	printf("target    %s (%s)%s%s\n", target->name, target->kind ? target->kind : "?", target->version ? ", " : "",
	    target->version ? target->version : "");
	if (target->message)
		printf("          %s\n", target->message);
	if (target->facts) {
		struct buf text = BUF_INIT;
		inspect_print("target's facts", target->facts, &text);
		printf("%s", text.data);
		buf_free(&text);
	}
}

static void show_cell(const struct session *session, const struct cell_result *result)
{
	char id[CELL_ID_MAX];
	printf("cell      %s\n", cell_id(&result->cell, id));
	printf("status    %s (%s), %zu checks, judged in %.2f s%s\n", status_name(result->status),
	    verdict_name(result->verdict), result->check_count, result->seconds, result->cached ? ", up to date" : "");
	show_target(&session->view, result->cell.target);
	if (result->build_command && *result->build_command)
		printf("build     %.2f s\n          %s\n", result->build_seconds, result->build_command);
	show_log(session->view.out_dir, result->build_log, "build log");
	show_log(session->view.out_dir, result->log, "run log");
	printf("checks\n");
	for (size_t i = 0; i < result->check_count; i++)
		show_check(&result->checks[i]);
	if (result->facts) {
		struct buf text = BUF_INIT;
		inspect_print("facts", result->facts, &text);
		printf("%s", text.data);
		buf_free(&text);
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
	int error = session_load(setup->places.out, &session, &diag);
	if (error)
		return cmd_fail(&diag, error == -ENOENT ? EXIT_USAGE : EXIT_INFRA);
	const struct cell_result *result = session_find(&session, words->word[0]);
	int code = EXIT_OK;
	if (result) {
		show_cell(&session, result);
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
	.synopsis = "show CELL",
	.summary = "everything known about one cell, and how to reproduce it by hand",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
