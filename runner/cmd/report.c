/* report.c - report: the last run again, in another form, without running. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/screen.h"

#include "matrix/base/buf.h"
#include "matrix/filter.h"
#include "runner/cmd/against.h"
#include "runner/cmd/publish.h"
#include "runner/store/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *format_name, *to, *baseline, *named;
static int ports, releases;
static const struct option_row options[] = {
	{ "--format", OPTION_TEXT, "NAME", "html, json, junit, tap, markdown, github, sarif (else the grid)",
	    &format_name },
	{ "--ports", OPTION_FLAG, NULL, "with --format markdown: verdict and TLS access of every port and mode",
	    &ports },
	{ "--releases", OPTION_FLAG, NULL, "with --format markdown: what each Go release builds, runs and refuses",
	    &releases },
	{ "--baseline", OPTION_TEXT, "FILE", "json, markdown, github, sarif: what differs from this baseline (`gate`)",
	    &baseline },
	OPTION_RUN(&named),
	{ "-o", OPTION_TEXT, "FILE", "write to FILE (default: standard output)", &to },
};

/* What they make of --format markdown. */
static const struct report_format ports_format = { "markdown", report_ports, "ports.md" },
				  releases_format = { "markdown", report_releases, "releases.md" };

static int write_out(const struct view *view, const struct report_format *format)
{
	struct diag diag = DIAG_INIT;
	if (to && format && publish_file(format, view, to, &diag))
		return cmd_fail(&diag, EXIT_REPORT);
	if (to && format)
		return EXIT_OK;
	int error = format ? format->write(view, stdout) : report_grid(view, stdout, screen_color(), screen_width());
	if (!error && fflush(stdout))
		error = -errno;
	if (!error)
		return EXIT_OK;
	return cmd_unwritten(error);
}

/* What the options ask for; *format is NULL for the grid.  0, or -EINVAL with a line in diag. */
static int choose(const struct report_format **format, struct diag *diag)
{
	*format = format_name ? publish_format(format_name, diag) : NULL;
	if (format_name && !*format)
		return -EINVAL;
	if ((ports || releases) && (!*format || strcmp((*format)->name, ports_format.name) != 0))
		return diag_set(diag, EINVAL, "report: %s needs --format markdown", ports ? "--ports" : "--releases");
	if (ports && releases)
		return diag_set(diag, EINVAL, "report: --ports and --releases: give one of them");
	*format = ports ? &ports_format : releases ? &releases_format : *format;
	return to && !*format ? diag_set(diag, EINVAL, "report: -o needs --format") : 0;
}

/* The run, or what the filter leaves of it. */
static int tell(
    const struct setup *setup, const struct filter *filter, const char *text, const struct report_format *format)
{
	struct diag diag = DIAG_INIT;
	struct session session;
	struct against against;
	int code = one_run(setup, named, session_load, &session);
	if (code)
		return code;
	if (filter && session_part(&session, filter, text, &diag))
		code = cmd_fail(&diag, EXIT_NOTHING);
	else if (baseline)
		code = against_file(baseline, &session.view, filter ? GATE_SOME : GATE_SAME, &against);
	if (!code) {
		session.view.gate = baseline ? &against.gate : NULL;
		code = write_out(&session.view, format);
		if (!code)
			code = baseline ? against.gate.exit_code : view_exit_code(&session.view);
		if (baseline)
			against_free(&against);
	}
	session_free(&session);
	return code;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	const struct report_format *format = NULL;
	struct filter *filter;
	char *text;
	if (choose(&format, &diag))
		return cmd_fail(&diag, EXIT_USAGE);
	int code = cmd_filter_parse(words, "", &filter, &text);
	if (code)
		return code;
	if (baseline && (filter_asks_check(filter) || filter_asks_status(filter))) {
		diag_set(&diag, EINVAL, "report: '%.200s': --baseline is of whole cells: no check= or status=", text);
		code = cmd_fail(&diag, EXIT_USAGE);
	} else {
		code = tell(setup, words->count ? filter : NULL, text, format);
	}
	filter_free(filter);
	free(text);
	return code;
}

const struct command cmd_report = {
	.name = "report",
	.synopsis = "report [--format NAME] [FILTER]",
	.summary = "the last run in another form, without running",
	.help = "FILTER leaves a part of the run: cells, or with check= and status= the checks, too. It is judged\n"
		"alone, and no cells are missed that the baseline has besides.\n"
		"Exit status is that of a run, or with --baseline that of `gate`: 0 nothing unexpected,\n"
		"1 unexpected failures, 3, 4, 5; 6 when the report could not be written.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
