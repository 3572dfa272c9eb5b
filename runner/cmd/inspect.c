/* inspect.c - inspect: what files ask of a loader. */
#include "runner/cmd/cmd.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"

#include <stdio.h>

static int as_json;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "the facts as JSON, one object per file, as in report.json", &as_json },
};

static int run(struct setup *setup, const struct option_words *words)
{
	(void)setup;
	struct diag usage = DIAG_INIT;
	if (!words->count) {
		diag_set(&usage, 0, "inspect: no file: tlsmatrix inspect FILE...");
		return cmd_fail(&usage, EXIT_USAGE);
	}
	int code = EXIT_OK;
	for (size_t i = 0; i < words->count; i++) {
		struct diag diag = DIAG_INIT;
		json_t *facts;
		if (inspect_file(words->word[i], &facts, &diag)) {
			code = cmd_fail(&diag, EXIT_USAGE);
			continue;
		}
		if (as_json) {
			json_dumpf(facts, stdout, JSON_INDENT(1));
			putchar('\n');
		} else {
			struct buf text = BUF_INIT;
			inspect_print(words->word[i], facts, &text);
			fputs(text.data, stdout);
			buf_free(&text);
		}
		json_decref(facts);
	}
	return code;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.synopsis = "inspect FILE...",
	.summary = "how code reaches TLS, relocations, initializers, what a file needs at least",
	.help = "Reads ELF, PE, COFF, Mach-O, XCOFF, Plan 9 a.out and wasm files of every machine that Go has, and\n"
		"archives of objects; nothing is run.  Of an archive the member with Go's code is told.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
