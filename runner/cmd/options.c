#include "runner/cmd/options.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row *find(const struct option_row *rows, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(rows[i].name, word, len) == 0 && rows[i].name[len] == '\0')
			return &rows[i];
	return NULL;
}

static int take(const char *command, const struct option_row *row, const char *value, struct diag *diag)
{
	char *end;
	errno = 0;
	if (row->kind == OPTION_TEXT) {
		*(const char **)row->to = value;
		return 0;
	}
	if (row->kind == OPTION_EACH) {
		struct option_words *each = row->to;
		each->word = xrealloc(each->word, (each->count + 1) * sizeof(*each->word));
		each->word[each->count++] = value;
		return 0;
	}
	if (row->kind == OPTION_NUMBER) {
		long number = strtol(value, &end, 10);
		if (!*value || *end || errno || number < 1 || number > INT_MAX)
			return diag_set(
			    diag, EINVAL, "%s: %s '%s': needs a whole number of at least 1", command, row->name, value);
		*(int *)row->to = (int)number;
		return 0;
	}
	double factor = strtod(value, &end);
	if (!*value || *end || errno || !(factor > 0 && factor <= 1000))
		return diag_set(
		    diag, EINVAL, "%s: %s '%s': needs a number above 0 and up to 1000", command, row->name, value);
	*(double *)row->to = factor;
	return 0;
}

static int parse_option(
    const char *command, const struct option_row *rows, size_t count, char **argv, int argc, int *at, struct diag *diag)
{
	const char *word = argv[*at];
	size_t len = strcspn(word, "=");
	const struct option_row *row = find(rows, count, word, len);
	const char *value = word[len] ? word + len + 1 : NULL;
	if (!row && word[1] != '-' && word[1] && (row = find(rows, count, word, 2)))
		value = word + 2;
	if (!row)
		return diag_set(
		    diag, EINVAL, "%s: unknown option '%s': `tlsmatrix %s --help` lists them", command, word, command);
	if (row->kind == OPTION_FLAG) {
		if (value)
			return diag_set(diag, EINVAL, "%s: %s takes no value", command, row->name);
		*(int *)row->to = 1;
		return 0;
	}
	if (!value) {
		if (*at + 1 >= argc)
			return diag_set(diag, EINVAL, "%s: %s needs a value (%s)", command, row->name, row->value);
		value = argv[++*at];
	}
	/* An unset variable in a script: --out "$OUT". */
	if (!*value)
		return diag_set(diag, EINVAL, "%s: %s is empty: needs a value (%s)", command, row->name, row->value);
	return take(command, row, value, diag);
}

int options_parse(const char *command, const struct option_row *rows, size_t count, int argc, char **argv,
    struct option_words *words, struct diag *diag)
{
	words->word = xcalloc((size_t)argc + 1, sizeof(*words->word));
	words->count = 0;
	int only_words = 0;
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		int error = 0;
		if (only_words || word[0] != '-' || word[1] == '\0')
			words->word[words->count++] = word;
		else if (strcmp(word, "--") == 0)
			only_words = 1;
		else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
			return 1;
		else if ((error = parse_option(command, rows, count, argv, argc, &i, diag)))
			return error;
	}
	return 0;
}

void options_help(const struct option_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char left[40];
		snprintf(left, sizeof(left), "%s%s%s", rows[i].name, rows[i].value ? " " : "",
		    rows[i].value ? rows[i].value : "");
		printf("  %-22s %s\n", left, rows[i].help);
	}
}
