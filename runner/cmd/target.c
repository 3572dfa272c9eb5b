/* target.c - target: which loaders there are, what they take, and whether they can be believed. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/base/nearest.h"
#include "matrix/base/text.h"
#include "matrix/needs.h"
#include "runner/debian/pack.h"
#include "runner/target/target.h"
#include "runner/target/version.h"
#include "runner/trial/target_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int as_json;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "list and check as JSON", &as_json },
};

/* ---- list ------------------------------------------------------------------------------------- */

/* NULL when it is not here, or nobody knows. */
static char *version_of(const struct setup *setup, const struct target *target)
{
	char *version = target->missing ? NULL : target_version(setup, target);
	return version || target->kind != TARGET_HOST ? version :
							xprintf("%s, %s", setup->machine.libc, setup->machine.kernel);
}

/* That, the libc that was found there, and what it was found to lack; NULL when nobody knows. */
static char *found_of(const struct setup *setup, const struct target *target, const json_t *told)
{
	const json_t *facts = json_object_get(told, "facts");
	struct buf line = BUF_INIT;
	char *version = version_of(setup, target);
	const char *libc = json_string_value(json_object_get(facts, "libc")), *why, *before = "; lacks ";
	buf_add(&line, version ? version : "");
	if (libc && target->kind != TARGET_HOST)
		buf_printf(&line, "%s%s", line.len ? ", " : "", libc);
	for (size_t i = 0; line.len && i < needs_count; i++)
		if (need_is_lacked(&needs[i], facts, &why)) {
			buf_printf(&line, "%s%s", before, needs[i].fact);
			before = ", ";
		}
	free(version);
	char *found = line.len ? buf_take(&line) : NULL;
	buf_free(&line);
	return found;
}

/* "linux/amd64", and the filter where it is not all of that port. */
static char *fits(const struct setup *setup, const struct target *target)
{
	if (target->kind == TARGET_PACK)
		return xstrdup("-");
	return xprintf("%s/%s%s%s", target->goos ? target->goos : setup->machine.os,
	    target->goarch ? target->goarch : setup->machine.arch, target->cells ? " & " : "",
	    target->cells ? target->cells : "");
}

/* Class of the skip; else whether its check (`target check`, or a run) believed it, or "ready": not checked yet. */
static const char *state_of(const struct target *target, const json_t *told)
{
	return target->missing                               ? target->missing :
	    !told                                            ? "ready" :
	    json_is_string(json_object_get(told, "message")) ? "not believed" :
							       "believed";
}

static json_t *entry_of(const struct setup *setup, const struct target *target)
{
	json_t *told = target->missing ? NULL : target_check_load(setup, target);
	char *version = version_of(setup, target), *contents = pack_contents(setup, target->name);
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:o*, s:o*, s:o*}",
	    "name", target->name, "kind", target_kind_name(target->kind), "state",
	    target->missing ? target->missing : "ready", "thing", target->thing, "version", version, "packages",
	    contents, "suite", target->suite, "goos",
	    target->kind == TARGET_PACK ? "" :
		target->goos            ? target->goos :
					  setup->machine.os,
	    "goarch",
	    target->kind == TARGET_PACK ? "" :
		target->goarch          ? target->goarch :
					  setup->machine.arch,
	    "cells", target->cells, "note", target->note, "believed",
	    told ? json_boolean(!json_is_string(json_object_get(told, "message"))) : NULL, "message",
	    json_incref(json_object_get(told, "message")), "facts", json_incref(json_object_get(told, "facts")));
	json_decref(told);
	free(contents);
	free(version);
	return entry;
}

static int widest(const struct targets *targets)
{
	size_t width = 4;
	for (size_t i = 0; i < targets->count; i++)
		width = strlen(targets->target[i].name) > width ? strlen(targets->target[i].name) : width;
	return (int)width;
}

static void print_row(const struct setup *setup, const struct target *target, int width)
{
	json_t *told = target->missing ? NULL : target_check_load(setup, target);
	char *version = found_of(setup, target, told), *cells = fits(setup, target),
	     *get = target->gettable ? xprintf("`tlsmatrix target get %s`", target->name) : NULL;
	struct buf last = BUF_INIT;
	text_add(&last, version ? version : get ? get : target->missing ? target->thing : "-", TEXT_ASCII);
	printf("%-*s  %-9s  %-13s  %-16s  %s\n", width, target->name, target_kind_name(target->kind),
	    state_of(target, told), cells, last.data);
	if (target->note)
		printf("%-*s  %s\n", width, "", target->note);
	buf_free(&last);
	json_decref(told);
	free(get);
	free(cells);
	free(version);
}

static int list(struct setup *setup)
{
	json_t *entries = json_array();
	int width = widest(setup->targets);
	if (!as_json)
		printf("%-*s  %-9s  %-13s  %-16s  %s\n", width, "name", "kind", "state", "cells", "version");
	for (size_t i = 0; i < setup->targets->count; i++) {
		struct target *target = &setup->targets->target[i];
		target_look(setup, target);
		if (as_json)
			json_array_append_new(entries, entry_of(setup, target));
		else
			print_row(setup, target, width);
	}
	if (as_json) {
		json_dumpf(entries, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(entries);
	return EXIT_OK;
}

/* ---- get ------------------------------------------------------------------------------------------ */

/* Every pack that the target takes and that is not here. */
static int get(struct setup *setup, struct target *target)
{
	const struct target *pack;
	struct diag diag = DIAG_INIT;
	size_t at = 0;
	int fetched = 0;
	while ((pack = target_wants(setup, target, &at))) {
		if (pack_get(setup, pack->name, pack->suite, pack->packages, &diag))
			return cmd_fail(&diag, EXIT_INFRA);
		char *contents = pack_contents(setup, pack->name);
		printf("%s: fetched %s of Debian %s\n", pack->name, contents ? contents : "", pack->suite);
		fflush(stdout);
		free(contents);
		fetched = 1;
	}
	targets_forget(setup->targets);
	target_look(setup, target);
	if (target->missing) {
		diag_set(&diag, 0, "target %s: %s", target->name, target->thing);
		return cmd_fail(&diag, EXIT_INFRA);
	}
	if (!fetched)
		printf("%s: is here\n", target->name);
	return EXIT_OK;
}

/* ---- check ---------------------------------------------------------------------------------------- */

void cmd_print_facts(const json_t *facts)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)facts, name, value)
	{
		/* The target's words: as text of one line, and not as commands to a terminal. */
		char *json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		struct buf line = BUF_INIT;
		text_add(&line, name, TEXT_ASCII);
		while (line.len < 24)
			buf_add(&line, " ");
		buf_add(&line, " ");
		text_add(&line, json_is_string(value) ? json_string_value(value) : json, TEXT_ASCII);
		printf("  %s\n", line.data);
		buf_free(&line);
		free(json);
	}
}

static int check(struct setup *setup, struct target *target)
{
	struct diag diag = DIAG_INIT;
	target_look(setup, target);
	if (target->kind == TARGET_PACK) {
		diag_set(&diag, 0, "target %s: is of kind pack: nothing runs there", target->name);
		return cmd_fail(&diag, EXIT_USAGE);
	}
	if (target->missing) {
		char *place = target_place(target);
		diag_set(&diag, 0, "%starget %s: %s: %s", place, target->name, target->missing, target->thing);
		free(place);
		return cmd_fail(&diag, EXIT_INFRA);
	}
	int error = target_check(setup, target, &diag);
	json_t *told = target_check_load(setup, target);
	if (as_json && told) {
		json_dumpf(told, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		printf("%s: %s\n", target->name, error ? "is not to be believed" : "runs what is right and can say no");
		cmd_print_facts(json_object_get(told, "facts"));
	}
	json_decref(told);
	return error ? cmd_fail(&diag, EXIT_INFRA) : EXIT_OK;
}

/* ---- the command ------------------------------------------------------------------------------------ */

static const struct targets *known;
static const char *target_word(size_t i) { return known->target[i].name; }

/* All names are looked up before anything is done: 0, or the exit code. */
static int find_all(const struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	known = setup->targets;
	for (size_t i = 1; i < words->count; i++) {
		const char *name = words->word[i];
		if (target_find(setup->targets, name) || strcmp(name, "all") == 0)
			continue;
		const char *near = nearest_word(name, target_word, known->count);
		diag_set(&diag, 0, "%s: no such target%s%s%s: `tlsmatrix target list` names them", name,
		    near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	return 0;
}

/* Does "all" take this target?  What cannot be fetched or is not here, it leaves out. */
static int in_all(struct setup *setup, struct target *target, int getting)
{
	target_look(setup, target);
	return getting ? target->gettable : target->kind != TARGET_PACK && !target->missing;
}

/* One after another; a target that fails does not keep the others from their turn. */
static int each(struct setup *setup, const struct option_words *words, int (*act)(struct setup *, struct target *))
{
	int code = find_all(setup, words);
	for (size_t i = 1; i < words->count && code != EXIT_USAGE; i++) {
		int all = strcmp(words->word[i], "all") == 0;
		for (size_t k = 0; k < setup->targets->count; k++) {
			struct target *target = &setup->targets->target[k];
			if (all ? !in_all(setup, target, act == get) : strcmp(target->name, words->word[i]) != 0)
				continue;
			int one = act(setup, target);
			code = code ? code : one;
		}
	}
	return code;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	const char *action = words->count ? words->word[0] : "";
	setup_keys(setup);
	if (strcmp(action, "list") == 0 && words->count == 1)
		return list(setup);
	if (strcmp(action, "get") == 0 && words->count > 1)
		return each(setup, words, get);
	if (strcmp(action, "check") == 0 && words->count > 1)
		return each(setup, words, check);
	diag_set(&diag, 0, "target%s%s: takes list, get NAME... or check NAME...", *action ? " " : "", action);
	return cmd_fail(&diag, EXIT_USAGE);
}

const struct command cmd_target = {
	.name = "target",
	.synopsis = "target list|get NAME...|check NAME...",
	.summary = "the loaders to run on: what is there, fetch it, can it be believed",
	.needs_release = 1,
	.uses = CACHE_USED,
	.help = "list   every target: its state, the cells that fit, the version\n"
		"get    fetches the Debian packages that a target takes into the cache (all: of every target)\n"
		"check  runs a program that must pass there, one that must fail; its facts (all: each that is here)\n"
		"Exit status 3 when a target could not be fetched or is not to be believed.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
