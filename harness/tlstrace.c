/* tlstrace.c - build/tlstrace: runs a program under ptrace and records what the TRACE checks
 * observe.  The watching itself is harness/trace/trace.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/trace/census_host.h"
#include "harness/probe/probe.h"
#include "harness/trace/census.h"
#include "harness/trace/trace.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

enum { EXIT_USAGE = 2, EXIT_NOT_TRACED = 3 };

struct request {
	struct trace_spec spec;
	char **id;
	size_t ids;
};

static void help(void)
{
	fputs(
	    "usage: tlstrace [OPTION]... CHECK... -- PROGRAM [ARGUMENT]...\n"
	    "       tlstrace --census PROGRAM\n"
	    "       tlstrace --census LIBRARY FUNCTION\n"
	    "\n"
	    "Runs PROGRAM (a path) under ptrace and writes a record for each CHECK (harness/record.h).\n"
	    "The program's own output is not shown.\n"
	    "\n"
	    "--census tells, as JSON, the system calls that PROGRAM makes, or a host that loads LIBRARY and calls its\n"
	    "FUNCTION (of int, to int), by phase; of several runs (harness/trace/census.h).\n"
	    "\n"
	    "  --module FILE   the file whose Go initializer is watched; default: PROGRAM\n"
	    "  --preload FILE  LD_PRELOAD of the program, which the tracer is not subject to\n"
	    "  --output FILE   where the program's stdout and stderr go; default: /dev/null\n"
	    "  --timeout S     kill the program after S seconds and record what was seen; default: 60, 0: never\n"
	    "  --bend NAME     make the program's world wrong on purpose (controls), where NAME is\n",
	    stdout);
	for (const struct trace_bend *bend = trace_bends; bend->name; bend++)
		printf("                    %-16s %s\n", bend->name, bend->meaning);
	fputs("  --help          this text\n"
	      "\n"
	      "Exit status: 0 every check was observed, 2 usage, 3 the program could not be traced.\n",
	    stdout);
}

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "tlstrace: %s%s; tlstrace --help\n", what, word);
	return EXIT_USAGE;
}

static int known_bend(const char *name)
{
	for (const struct trace_bend *bend = trace_bends; bend->name; bend++)
		if (!strcmp(bend->name, name))
			return 1;
	return 0;
}

static int set_option(struct request *request, const char *name, char *value)
{
	char *end = value;
	if (!strcmp(name, "--module")) {
		request->spec.module = value;
	} else if (!strcmp(name, "--preload")) {
		request->spec.preload = value;
	} else if (!strcmp(name, "--output")) {
		request->spec.output = value;
	} else if (!strcmp(name, "--bend")) {
		if (!known_bend(value))
			return usage("no such bend: ", value);
		request->spec.bend = value;
	} else if (!strcmp(name, "--timeout")) {
		unsigned long seconds = strtoul(value, &end, 10);
		if (end == value || *end || *value == '-' || seconds > 86400)
			return usage("--timeout wants seconds, not ", value);
		request->spec.timeout_s = (unsigned)seconds;
	} else {
		return usage("no such option: ", name);
	}
	return 0;
}

static int read_arguments(char **argv, struct request *request)
{
	char **at = argv + 1;
	for (; *at && !strncmp(*at, "--", 2) && (*at)[2]; at += 2) {
		if (!at[1])
			return usage("a value is missing after ", *at);
		int error = set_option(request, at[0], at[1]);
		if (error)
			return error;
	}
	request->id = at;
	for (; *at && strcmp(*at, "--"); at++) {
		if (!trace_knows(*at))
			return usage("no TRACE check: ", *at);
		request->ids++;
	}
	if (!request->ids)
		return usage("no check is named", "");
	if (!*at || !at[1])
		return usage("no program is named: it stands after --", "");
	request->spec.argv = at + 1;
	return 0;
}

static void record(const struct request *request, const struct trace *trace)
{
	for (size_t i = 0; i < request->ids; i++) {
		struct buf seen = BUF_INIT, note = BUF_INIT;
		probe_begin(request->id[i]);
		const char *lacks = trace_lacks(trace, request->id[i]);
		trace_observe(trace, request->id[i], &seen, &note);
		if (lacks)
			probe_skip(request->id[i], "target", lacks);
		else
			probe_obs(request->id[i], seen.data, note.data);
		buf_free(&seen);
		buf_free(&note);
	}
	probe_end();
}

/* ---- the census -------------------------------------------------------------------------- */

enum { CENSUS_RUNS = 10 };

static int census_once(const struct trace_spec *spec, struct census *census, struct diag *diag)
{
	struct trace *trace = NULL;
	struct buf note = BUF_INIT;
	int error = trace_run(spec, &trace, diag);
	if (!error && !trace_ended(trace, &note))
		error = diag_set(diag, EIO, "%s: no census of a program that failed%s", spec->module, note.data);
	if (!error)
		census_add(census, trace);
	if (trace)
		trace_free(trace);
	buf_free(&note);
	return error;
}

/* words: the program, or the library and its function. */
static int census(char **words, size_t count)
{
	char self[4096] = { 0 };
	struct diag diag = DIAG_INIT;
	struct census census = { 0 };
	if (count < 1 || count > 2)
		return usage("--census wants a program, or a library and its function", "");
	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		strcpy(self, "/proc/self/exe");
	char *const program[] = { words[0], NULL };
	char *const host[] = { self, "--census-host", words[0], words[1], NULL };
	const struct trace_spec spec = { .argv = count == 1 ? program : host,
		.module = words[0],
		.timeout_s = 60,
		.census = count == 1 ? CENSUS_RUN : CENSUS_LOAD };
	int error = 0;
	for (int i = 0; i < CENSUS_RUNS && !error; i++)
		error = census_once(&spec, &census, &diag);
	if (error) {
		fprintf(stderr, "tlstrace: %s\n", diag.line);
		return EXIT_NOT_TRACED;
	}
	struct buf out = BUF_INIT;
	census_json(&census, &out);
	fputs(out.data, stdout);
	buf_free(&out);
	return fflush(stdout) ? EXIT_FAILURE : 0;
}

int main(int argc, char **argv)
{
	struct request request = { .spec.timeout_s = 60 };
	struct trace *trace = NULL;
	struct diag diag = DIAG_INIT;
	if (argc > 1 && !strcmp(argv[1], "--help")) {
		help();
		return fflush(stdout) ? EXIT_FAILURE : 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--census"))
		return census(argv + 2, (size_t)argc - 2);
	if (argc == 4 && !strcmp(argv[1], "--census-host"))
		return census_host(argv[2], argv[3]);
	int error = read_arguments(argv, &request);
	if (error)
		return error;
	error = trace_run(&request.spec, &trace, &diag);
	if (!error) {
		record(&request, trace);
		trace_free(trace);
		return 0;
	}
	fprintf(stderr, "tlstrace: %s\n", diag.line);
	if (error == -EPERM) {
		for (size_t i = 0; i < request.ids; i++) {
			probe_begin(request.id[i]);
			probe_skip(request.id[i], "no-ptrace", diag.line);
		}
		probe_end();
	}
	return EXIT_NOT_TRACED;
}
