/* tlstrace.c - build/tlstrace: runs a program under ptrace and records what the TRACE checks
 * observe.  The watching itself is harness/trace/trace.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/probe/probe.h"
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
	fputs("usage: tlstrace [OPTION]... CHECK... -- PROGRAM [ARGUMENT]...\n"
	      "\n"
	      "Runs PROGRAM (a path) under ptrace and writes a record for each CHECK (harness/record.h).\n"
	      "The program's own output is not shown.\n"
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
		trace_observe(trace, request->id[i], &seen, &note);
		probe_obs(request->id[i], seen.data, note.data);
		buf_free(&seen);
		buf_free(&note);
	}
	probe_end();
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
