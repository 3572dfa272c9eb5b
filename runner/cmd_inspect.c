/* cmd_inspect.c - inspect: what files ask of a loader. */
#include "runner/cmd.h"

#include "harness/inspect.h"
#include "matrix/base/buf.h"

#include <stdio.h>

static int as_json;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "the facts as JSON, one object per file, as in report.json", &as_json },
};

static int run(struct setup *setup, const struct words *words)
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
	.name = "inspect", .synopsis = "inspect FILE...", .summary = "TLS model, slot, relocations and initializers of a file",
	.options = options, .option_count = sizeof(options) / sizeof(options[0]), .run = run,
};
