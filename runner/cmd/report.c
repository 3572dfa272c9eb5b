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

static const char *format_name, *to, *baseline;
static int ports, releases;
static const struct option_row options[] = {
	{ "--format", OPTION_TEXT, "NAME", "html, json, junit, tap, markdown or github (else the terminal's grid)",
	    &format_name },
	{ "--ports", OPTION_FLAG, NULL, "with --format markdown: verdict and TLS access of every port and mode",
	    &ports },
	{ "--releases", OPTION_FLAG, NULL, "with --format markdown: what each Go release builds, runs and refuses",
	    &releases },
	{ "--baseline", OPTION_TEXT, "FILE", "json, markdown, github: with what differs from this baseline (`gate`)",
	    &baseline },
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

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	if (words->count) {
		diag_set(&diag, EINVAL, "report: '%s': takes no filter; it reports the last run whole", words->word[0]);
		return cmd_fail(&diag, EXIT_USAGE);
	}
	const struct report_format *format = format_name ? publish_format(format_name, &diag) : NULL;
	if (format_name && !format)
		return cmd_fail(&diag, EXIT_USAGE);
	if ((ports || releases) && (!format || strcmp(format->name, ports_format.name) != 0)) {
		diag_set(&diag, EINVAL, "report: %s needs --format markdown", ports ? "--ports" : "--releases");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	if (ports && releases) {
		diag_set(&diag, EINVAL, "report: --ports and --releases: give one of them");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	format = ports ? &ports_format : releases ? &releases_format : format;
	if (to && !format) {
		diag_set(&diag, EINVAL, "report: -o needs --format");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	struct session session;
	struct against against;
	int code = last_run(setup, &session);
	if (code)
		return code;
	code = baseline ? against_file(baseline, &session.view, GATE_SAME, &against) : 0;
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

const struct command cmd_report = {
	.name = "report",
	.synopsis = "report [--format NAME [--ports|--releases]] [-o FILE]",
	.summary = "the last run in another form, without running",
	.help = "Exit status is that of the run, or with --baseline that of `gate`: 0 nothing unexpected,\n"
		"1 unexpected failures, 3, 5; 6 when the report could not be written.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
