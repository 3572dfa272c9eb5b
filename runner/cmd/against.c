#include "runner/cmd/against.h"

#include "matrix/base/buf.h"
#include "runner/cache/use.h"
#include "runner/cmd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int one_run(const struct setup *setup, const char *name, named_reader *reader, struct session *session)
{
	struct diag diag = DIAG_INIT;
	/* A clean-up of the cache must not take what is being read. */
	if (name)
		cache_share(setup->places.cache, 0);
	int error = name ? named_load(setup->places.cache, name, reader, session, &diag) :
			   reader(setup->places.out, session, &diag);
	return error ? cmd_fail(&diag, error == -ENOENT ? EXIT_USAGE : EXIT_INFRA) : 0;
}

int last_run(const struct setup *setup, struct session *session) { return one_run(setup, NULL, session_load, session); }

int last_run_brief(const struct setup *setup, struct session *session)
{
	return one_run(setup, NULL, session_load_brief, session);
}

void against_make(const struct session *session, const struct cell_result *cells, size_t count, struct baseline *was)
{
	const struct view *view = &session->view;
	const char *(*targets)[2] = xcalloc(view->target_count + 1, sizeof(*targets));
	for (size_t i = 0; i < view->target_count; i++) {
		targets[i][0] = view->targets[i].name;
		targets[i][1] = view->targets[i].version ? view->targets[i].version : "";
	}
	const struct baseline_about about = { .tool = view->tool,
		.plan = view->plan,
		.keys = session->keys ? session->keys : "",
		.host = view->host ? view->host : "",
		.targets = (const char *const(*)[2])targets,
		.target_count = view->target_count };
	baseline_make(&about, cells, count, was);
	free(targets);
}

static int read_baseline(const char *file, struct baseline *baseline)
{
	struct diag why = DIAG_INIT, diag = DIAG_INIT;
	char *text = NULL;
	size_t len = 0;
	int error = file_read(file, &text, &len);
	if (error)
		diag_set(&diag, -error, "%s: %s: `tlsmatrix accept --baseline %s` makes one of the last run", file,
		    strerror(-error), file);
	else if (strlen(text) != len)
		error = diag_set(&diag, EINVAL, "%s: is no text", file);
	else if ((error = baseline_read(text, baseline, &why)))
		diag_set(&diag, -error, "%s: %s", file, why.line);
	free(text);
	return error ? cmd_fail(&diag, EXIT_USAGE) : 0;
}

int against_file(const char *file, const struct view *view, enum gate_plan plan, struct against *against)
{
	int code = read_baseline(file, &against->was);
	if (!code)
		against_was(view, plan, against);
	return code;
}

void against_was(const struct view *view, enum gate_plan plan, struct against *against)
{
	compare_results(&against->was, view->cells, view->count, view->repeat, &against->comparison);
	gate_make(&against->comparison, &against->was, view, plan, &against->gate);
}

void against_free(struct against *against)
{
	gate_free(&against->gate);
	comparison_free(&against->comparison);
	baseline_free(&against->was);
}
