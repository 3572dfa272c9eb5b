/* loaders.c - targets by name, rules asked, judgements told. */
#include "harness/loader/loaders.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- targets ------------------------------------------------------------------------------ */

static const struct family {
	const char *name;          /* of the target */
	const char *release;       /* what its releases are called */
	unsigned start, by_dlopen; /* enum loader; by_dlopen 0: not told apart */
} families[] = {
	{ "glibc", "glibc", GLIBC, GLIBC_DLOPEN },
	{ "musl", "musl", MUSL, MUSL_DLOPEN },
	{ "android", "the API level", ANDROID, ANDROID_DLOPEN },
	{ "osv", "OSv", OSV, OSV_DLOPEN },
	{ "windows", "Windows", WINDOWS, 0 },
	{ "macos", "macOS", MACOS, 0 },
};
enum { FAMILIES = sizeof families / sizeof families[0] };

static const char known[] =
    "glibc, glibc-dlopen, musl, musl-dlopen, android, android-dlopen, osv, osv-dlopen, windows, "
    "macos, and with a release: glibc-2.31, musl-1.2.5-dlopen, android-28, windows-10, macos-11";

/* Windows' numbers of what it is called. */
static const struct alias {
	const char *name, *release;
} windows[] = { { "7", "6.1" }, { "8", "6.2" }, { "8.1", "6.3" } };

static int is_release(const char *text, size_t length)
{
	if (!length || length >= RELEASE_SIZE || text[0] == '.' || text[length - 1] == '.')
		return 0;
	for (size_t i = 0; i < length; i++)
		if ((text[i] < '0' || text[i] > '9') && (text[i] != '.' || text[i - 1] == '.'))
			return 0;
	return 1;
}

/* What stands behind the family's name: "", "-RELEASE", "-dlopen" or "-RELEASE-dlopen". */
static int parse_rest(const struct family *family, const char *rest, struct loader_target *made)
{
	static const char dlopen_end[] = "-dlopen";
	size_t length = strlen(rest), end = sizeof dlopen_end - 1;
	int by_dlopen = family->by_dlopen && length >= end && !strcmp(rest + length - end, dlopen_end);
	length -= by_dlopen ? end : 0;
	made->loader = by_dlopen ? family->by_dlopen : family->start;
	if (!length)
		return 0;
	if (rest[0] != '-' || !is_release(rest + 1, length - 1))
		return -EINVAL;
	snprintf(made->release, sizeof made->release, "%.*s", (int)(length - 1), rest + 1);
	for (size_t i = 0; family->start == WINDOWS && i < sizeof windows / sizeof windows[0]; i++)
		if (!strcmp(made->release, windows[i].name))
			snprintf(made->release, sizeof made->release, "%s", windows[i].release);
	return 0;
}

int loader_parse(const char *name, struct loader_target *target, struct diag *diag)
{
	for (size_t i = 0; i < FAMILIES; i++) {
		size_t length = strlen(families[i].name);
		struct loader_target made = { .release = "" };
		if (strncmp(name, families[i].name, length) || parse_rest(&families[i], name + length, &made))
			continue;
		snprintf(made.name, sizeof made.name, "%s", name);
		*target = made;
		return 0;
	}
	return diag_set(diag, EINVAL, "unknown target '%.80s': known are %s", name, known);
}

static const struct family *family_of(unsigned loader)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if ((families[i].start | families[i].by_dlopen) & loader)
			return &families[i];
	abort(); /* each bit has a family */
}

/* ---- rules -------------------------------------------------------------------------------- */

static const char *const verdict_names[] = { [VERDICT_RUNS] = "runs",
	[VERDICT_WHILE] = "runs while",
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_DIES] = "dies",
	[VERDICT_REFUSES] = "refuses" };

/* Does a row hold for the target's release?  Where the target has none the row becomes a condition on it. */
static int row_holds(const struct rule *rule, const struct loader_target *target, const char *release,
    enum verdict *verdict, struct buf *text)
{
	if (rule->when == ALWAYS)
		return 1;
	if (*target->release)
		return (release_order(target->release, release) < 0) == (rule->when == BEFORE);
	*verdict = VERDICT_WHILE;
	buf_printf(text, "%s is %s %s: ", family_of(target->loader)->release,
	    rule->when == BEFORE ? release : "older than", rule->when == BEFORE ? "or newer" : release);
	return 1;
}

/* What a row says of the file, or NULL for nothing. */
static json_t *reason(
    const struct rule *rule, const json_t *facts, const struct loader_target *target, enum verdict *verdict)
{
	struct found found = { "", "" };
	struct buf text = BUF_INIT;
	enum truth truth = rule->loaders & target->loader ? rule->holds(facts, &found) : NO;
	*verdict = truth == NOT_KNOWN ? VERDICT_UNKNOWN : rule->verdict;
	if (truth == NO ||
	    (truth == YES && !row_holds(rule, target, rule->release ? rule->release : found.release, verdict, &text))) {
		buf_free(&text);
		return NULL;
	}
	char *told = xreplace(rule->text, "{}", found.detail);
	if (truth == NOT_KNOWN)
		buf_add(&text, "whether this is so the file does not say: ");
	buf_add(&text, told);
	json_t *made =
	    json_pack("{s:s,s:s,s:s}", "verdict", verdict_names[*verdict], "text", text.data, "source", rule->source);
	free(told);
	buf_free(&text);
	return made;
}

json_t *loader_judge(const json_t *facts, const struct loader_target *target)
{
	int is_osv = (target->loader & (OSV | OSV_DLOPEN)) != 0;
	enum verdict worst = is_osv ? VERDICT_UNKNOWN : VERDICT_RUNS, each;
	json_t *reasons = json_array();
	/* By verdict, the worst first, in the order of the table. */
	for (int wanted = VERDICT_REFUSES; wanted >= VERDICT_RUNS; wanted--)
		for (size_t i = 0; i < loader_rule_count; i++) {
			json_t *made = reason(&loader_rules[i], facts, target, &each);
			if (made && each == (enum verdict)wanted) {
				json_array_append(reasons, made);
				worst = each > worst ? each : worst;
			}
			json_decref(made);
		}
	return json_pack("{s:s,s:s,s:o}", "loader", target->name, "verdict", verdict_names[worst], "reasons", reasons);
}

/* ---- the loaders of a file ---------------------------------------------------------------- */

/* Those that a file may have been made for; of ELF files by the libc that they name. */
static unsigned loaders_of(const json_t *facts)
{
	static const unsigned by_libc[] = {
		[LIBC_NONE] = GLIBC | GLIBC_DLOPEN | MUSL | MUSL_DLOPEN | OSV | OSV_DLOPEN,
		[LIBC_GLIBC] = GLIBC | GLIBC_DLOPEN | MUSL | MUSL_DLOPEN | OSV | OSV_DLOPEN,
		[LIBC_MUSL] = MUSL | MUSL_DLOPEN | GLIBC | GLIBC_DLOPEN,
		[LIBC_BIONIC] = ANDROID | ANDROID_DLOPEN,
		[LIBC_MUSL_OR_BIONIC] = MUSL | MUSL_DLOPEN | ANDROID | ANDROID_DLOPEN,
		[LIBC_OTHER] = 0,
	};
	enum { AT_START = GLIBC | MUSL | ANDROID | OSV | WINDOWS | MACOS };
	const char *format = json_string_value(json_object_get(facts, "format"));
	if (!format || !loader_is_linked(facts))
		return 0;
	if (!strcmp(format, "pe"))
		return WINDOWS;
	const char *system = json_string_value(json_array_get(json_object_get(facts, "floor"), 0));
	if (!strcmp(format, "macho"))
		return !system || !strncmp(system, "macOS ", 6) ? MACOS : 0;
	if (strcmp(format, "elf"))
		return 0;
	unsigned all = by_libc[loader_libc(facts)];
	return loader_is_program(facts) ? all & AT_START : all;
}

json_t *loader_judge_all(const json_t *facts)
{
	json_t *all = json_array();
	unsigned loaders = loaders_of(facts);
	for (size_t i = 0; i < FAMILIES; i++)
		for (int by_dlopen = 0; by_dlopen < 2; by_dlopen++) {
			struct loader_target target = { .loader =
							    by_dlopen ? families[i].by_dlopen : families[i].start };
			if (!(loaders & target.loader))
				continue;
			snprintf(target.name, sizeof target.name, "%s%s", families[i].name, by_dlopen ? "-dlopen" : "");
			json_t *judged = loader_judge(facts, &target);
			/* OSv is spoken of where something is known. */
			if (!(target.loader & (OSV | OSV_DLOPEN)) ||
			    json_array_size(json_object_get(judged, "reasons")))
				json_array_append(all, judged);
			json_decref(judged);
		}
	return all;
}

/* ---- words -------------------------------------------------------------------------------- */

static const char *word(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

enum loader_answer loader_answer(const json_t *judged)
{
	const char *verdict = word(judged, "verdict");
	if (!strcmp(verdict, verdict_names[VERDICT_UNKNOWN]))
		return LOADER_UNKNOWN;
	return strcmp(verdict, verdict_names[VERDICT_RUNS]) && strcmp(verdict, verdict_names[VERDICT_WHILE]) ?
	    LOADER_TAKES_NOT :
	    LOADER_TAKES;
}

void loader_line(const json_t *judged, struct buf *out)
{
	const json_t *first = json_array_get(json_object_get(judged, "reasons"), 0);
	const char *verdict = word(judged, "verdict");
	buf_add(out, verdict);
	if (first)
		buf_printf(out, strcmp(verdict, verdict_names[VERDICT_WHILE]) ? ": %s (%s)" : " %s (%s)",
		    word(first, "text"), word(first, "source"));
	else
		buf_add(out,
		    loader_answer(judged) == LOADER_TAKES ?
			": nothing in the file that is known to be refused" :
			": nothing in the file that is known to fail, and not all is known");
}

static void part(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void part(struct buf *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_add(out, out->len ? "; " : "");
	buf_vprintf(out, format, args);
	va_end(args);
}

static void ask_tls(const json_t *facts, struct buf *made)
{
	const json_t *tls = json_object_get(facts, "tls");
	long long size = json_integer_value(json_object_get(tls, "size"));
	if (loader_ie_size(facts))
		part(made, "initial-exec TLS of %lld byte%s", size, size == 1 ? "" : "s");
	else if (json_integer_value(json_object_get(tls, "segments")))
		part(made, "TLS of %lld byte%s%s", size, size == 1 ? "" : "s",
		    loader_is_program(facts) ? " at its fixed place" : ", reached by calls");
}

void loader_asks(const json_t *facts, struct buf *out)
{
	struct buf made = BUF_INIT;
	struct found glibc, go_floor;
	const json_t *dynamic = json_object_get(facts, "dynamic");
	long long go = loader_go_entries(facts);
	json_t *floor = json_object_get(facts, "floor");
	if (!loader_is_linked(facts))
		return;
	ask_tls(facts, &made);
	if (go > 0)
		part(&made, "argc, argv and envp for Go's initializer");
	if (!loader_glibc_floor(facts, &glibc))
		part(&made, "glibc %s or newer", glibc.release);
	else if (!loader_go_floor(facts, &go_floor))
		part(&made, "%s or newer (%s)", go_floor.detail, word(json_object_get(facts, "go"), "version"));
	else if (json_array_size(floor) && !dynamic)
		part(&made, "%s or newer", json_string_value(json_array_get(floor, 0)));
	if (json_is_true(json_object_get(dynamic, "relr")))
		part(&made, "packed relative relocations (DT_RELR)");
	if (dynamic && loader_exec_stack(facts))
		part(&made, "an executable stack");
	if (json_is_true(json_object_get(dynamic, "textrel")))
		part(&made, "text relocations");
	if (go != 0 && loader_is_library(facts) && json_is_true(json_object_get(dynamic, "nodelete")))
		part(&made, "never to be unloaded");
	buf_add(out, made.len ? made.data : "nothing out of the ordinary");
	buf_free(&made);
}
