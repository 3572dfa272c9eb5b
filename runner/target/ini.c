#include "runner/target/ini.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/nearest.h"
#include "matrix/filter.h"
#include "runner/setup/files.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libinih silently cuts what is longer. */
enum { LINE_MAX_INI = 190, NAME_MAX_INI = 49 };

enum type { TEXT, FACTOR, COUNT, YES_NO, KIND };

#define OF(kind) (1u << TARGET_##kind)
enum { ANY = ~0u, RUNS = ~(1u << TARGET_PACK) };

/* Every key: where it goes, and the kinds that have it. */
static const struct key {
	const char *name;
	enum type type;
	size_t at;
	unsigned kinds;
} keys[] = {
	{ "kind", KIND, 0, ANY },
	{ "goos", TEXT, offsetof(struct target, goos), RUNS },
	{ "goarch", TEXT, offsetof(struct target, goarch), RUNS },
	{ "cells", TEXT, offsetof(struct target, cells), RUNS },
	{ "links", TEXT, offsetof(struct target, links), RUNS },
	{ "note", TEXT, offsetof(struct target, note), ANY },
	{ "cc", TEXT, offsetof(struct target, cc), RUNS },
	{ "cc-static", TEXT, offsetof(struct target, cc_static), RUNS },
	{ "interpreter", TEXT, offsetof(struct target, interpreter), OF(LOADER) },
	{ "library-path", TEXT, offsetof(struct target, library_path), OF(LOADER) },
	{ "command", TEXT, offsetof(struct target, command), OF(WRAPPER) },
	{ "qemu", TEXT, offsetof(struct target, qemu), OF(QEMU_USER) },
	{ "root", TEXT, offsetof(struct target, root), OF(QEMU_USER) },
	{ "host", TEXT, offsetof(struct target, host), OF(SSH) },
	{ "ssh", TEXT, offsetof(struct target, ssh), OF(SSH) },
	{ "directory", TEXT, offsetof(struct target, directory), OF(SSH) },
	{ "tree", TEXT, offsetof(struct target, tree), OF(OSV) },
	{ "memory", TEXT, offsetof(struct target, memory), OF(OSV) },
	{ "cpus", COUNT, offsetof(struct target, cpus), OF(OSV) },
	{ "version", TEXT, offsetof(struct target, version), RUNS },
	{ "suite", TEXT, offsetof(struct target, suite), ANY },
	{ "packages", TEXT, offsetof(struct target, packages), ANY },
	{ "uses", TEXT, offsetof(struct target, uses), RUNS },
	{ "needs", TEXT, offsetof(struct target, needs), RUNS },
	{ "debian", TEXT, offsetof(struct target, debian), RUNS },
	{ "pypi", TEXT, offsetof(struct target, pypi), RUNS },
	{ "without", TEXT, offsetof(struct target, without), RUNS },
	{ "seen-by", TEXT, offsetof(struct target, seen_by), RUNS },
	{ "scale", FACTOR, offsetof(struct target, scale), RUNS },
	{ "trace", YES_NO, offsetof(struct target, trace), RUNS },
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* What a kind cannot do without. */
static const struct {
	enum target_kind kind;
	const char *key;
} needed[] = {
	{ TARGET_LOADER, "interpreter" },
	{ TARGET_WRAPPER, "command" },
	{ TARGET_QEMU_USER, "qemu" },
	{ TARGET_SSH, "host" },
	{ TARGET_PACK, "suite" },
	{ TARGET_PACK, "packages" },
};

static const char *const kinds[TARGET_KINDS] = {
	[TARGET_HOST] = "host",
	[TARGET_LOADER] = "loader",
	[TARGET_WRAPPER] = "wrapper",
	[TARGET_QEMU_USER] = "qemu-user",
	[TARGET_SSH] = "ssh",
	[TARGET_OSV] = "osv",
	[TARGET_PACK] = "pack",
};

const char *target_kind_name(enum target_kind kind) { return kinds[kind]; }

static const char *key_word(size_t i) { return keys[i].name; }
static const char *kind_word(size_t i) { return kinds[i]; }

static char **text_at(struct target *target, const struct key *key) { return (char **)((char *)target + key->at); }

void target_texts(struct target *target, char *(*replace)(char *text, void *context), void *context)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].type == TEXT && *text_at(target, &keys[i]))
			*text_at(target, &keys[i]) = replace(*text_at(target, &keys[i]), context);
}

void target_clear(struct target *target)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].type == TEXT)
			free(*text_at(target, &keys[i]));
	free(target->name);
	free(target->missing);
	free(target->thing);
	free(target->broken);
	free(target->wants);
	memset(target, 0, sizeof(*target));
}

/* ---- one file --------------------------------------------------------------------------------- */

struct reading {
	const char *file;
	int user;
	struct target *target; /* sections read so far; trace is -1 and kind TARGET_KINDS until given */
	size_t count;
	unsigned given[KEYS]; /* of the section being read: 1 once */
	char wrong[512];      /* of the first error */
};

static int refuse(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct reading *reading, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!*reading->wrong)
		vsnprintf(reading->wrong, sizeof(reading->wrong), format, args);
	va_end(args);
	return 0;
}

static int name_is_good(const char *name)
{
	if (!isalnum((unsigned char)*name) || strlen(name) > NAME_MAX_INI || strcmp(name, "none") == 0)
		return 0;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._+-", *name))
			return 0;
	return 1;
}

static struct target *open_section(struct reading *reading, const char *section)
{
	for (size_t i = 0; i < reading->count; i++)
		if (strcmp(reading->target[i].name, section) == 0) {
			if (i + 1 == reading->count)
				return &reading->target[i];
			refuse(reading, "section [%s] is there twice", section);
			return NULL;
		}
	if (!*section) {
		refuse(reading, "a key stands before any [NAME]");
		return NULL;
	}
	reading->target = xrealloc(reading->target, (reading->count + 1) * sizeof(*reading->target));
	memset(reading->given, 0, sizeof(reading->given));
	struct target *target = &reading->target[reading->count++];
	*target = (struct target){ .name = xstrdup(section),
		.kind = TARGET_KINDS,
		.scale = 1.0,
		.trace = -1,
		.user = reading->user,
		.file = reading->file };
	return target;
}

static int take_kind(struct reading *reading, struct target *target, const char *value)
{
	for (int kind = 0; kind < TARGET_KINDS; kind++)
		if (strcmp(kinds[kind], value) == 0) {
			target->kind = (enum target_kind)kind;
			return 1;
		}
	const char *near = nearest_word(value, kind_word, TARGET_KINDS);
	return refuse(reading, "unknown kind '%s' in [%s]%s%s%s", value, target->name,
	    near ? ": did you mean '" : ": host, loader, wrapper, qemu-user, ssh, osv or pack", near ? near : "",
	    near ? "'?" : "");
}

static int take_number(struct reading *reading, struct target *target, const struct key *key, const char *value)
{
	char *end;
	double number = strtod(value, &end);
	int whole = key->type == COUNT;
	if (!*value || *end || !(number > 0) || number > 1000 || (whole && number != (int)number))
		return refuse(reading, "%s = %s in [%s]: a%s number above 0, at most 1000", key->name, value,
		    target->name, whole ? " whole" : "");
	if (whole)
		*(int *)((char *)target + key->at) = (int)number;
	else
		*(double *)((char *)target + key->at) = number;
	return 1;
}

static int take_filter(struct reading *reading, const char *key, const char *value)
{
	struct filter *filter;
	struct diag diag = DIAG_INIT;
	if (filter_parse(value, &filter, &diag))
		return refuse(reading, "%s of [%s]: %s", key, reading->target[reading->count - 1].name, diag.line);
	filter_free(filter);
	return 1;
}

/* Of what a text may say, where not everything will do. */
static int take_text(struct reading *reading, const char *key, const char *value)
{
	if (strcmp(key, "cells") == 0)
		return take_filter(reading, key, value);
	const char *field = strcmp(key, "seen-by") == 0 ? "check" : strcmp(key, "links") == 0 ? "link" : NULL;
	if (!field || (strcmp(key, "links") == 0 && strcmp(value, "all") == 0))
		return 1;
	char *text = xprintf("%s=%s", field, value);
	int taken = take_filter(reading, key, text);
	free(text);
	return taken;
}

/* libinih's handler: 0 is an error, whose line ini_parse_string returns. */
static int take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	if (*reading->wrong)
		return 0;
	struct target *target = open_section(reading, section);
	if (!target)
		return 0;
	size_t i = 0;
	while (i < KEYS && strcmp(keys[i].name, name) != 0)
		i++;
	if (i == KEYS) {
		const char *near = nearest_word(name, key_word, KEYS);
		return refuse(reading, "unknown key '%s' in [%s]%s%s%s", name, section, near ? ": did you mean '" : "",
		    near ? near : "", near ? "'?" : "");
	}
	if (reading->given[i]++)
		return refuse(reading, "%s is given twice in [%s]", name, section);
	if (!*value)
		return refuse(reading, "%s in [%s] has no value", name, section);
	switch (keys[i].type) {
	case KIND:
		return take_kind(reading, target, value);
	case FACTOR:
	case COUNT:
		return take_number(reading, target, &keys[i], value);
	case YES_NO:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return refuse(reading, "%s = %s in [%s]: yes or no", name, value, section);
		target->trace = *value == 'y';
		return 1;
	case TEXT:
		*text_at(target, &keys[i]) = xstrdup(value);
		return take_text(reading, name, value);
	}
	return 1;
}

/* ---- the whole ---------------------------------------------------------------------------------- */

/* The line of a section's heading, from 1; 0 when there is none (before any section). */
static int line_of(const char *text, const char *section)
{
	int line = 1;
	size_t len = strlen(section);
	for (const char *p = text; *p; p++) {
		const char *start = p + strspn(p, " \t");
		if (*start == '[' && strncmp(start + 1, section, len) == 0 && start[1 + len] == ']')
			return line;
		p += strcspn(p, "\n");
		if (!*p)
			break;
		line++;
	}
	return 0;
}

static int is_given(struct target *target, const struct key *key) { return key->type == TEXT && *text_at(target, key); }

static int has_argv(const char *command)
{
	static const char word[] = "{argv}";
	const size_t len = sizeof(word) - 1;
	for (const char *p = command; (p = strstr(p, word)); p += len)
		if ((p == command || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return 1;
	return 0;
}

/* What only the whole section shows: the line is that of its heading. */
static int complete(struct target *target, const char *text, struct diag *diag)
{
	target->line = line_of(text, target->name);
	if (target->kind == TARGET_KINDS)
		return diag_set(diag, EINVAL, "%s:%d: [%s] has no kind", target->file, target->line, target->name);
	for (size_t i = 0; i < KEYS; i++)
		if (is_given(target, &keys[i]) && !(keys[i].kinds >> target->kind & 1))
			return diag_set(diag, EINVAL, "%s:%d: [%s] is of kind %s, which has no key '%s'", target->file,
			    target->line, target->name, kinds[target->kind], keys[i].name);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		for (size_t k = 0; k < KEYS; k++)
			if (needed[i].kind == target->kind && strcmp(needed[i].key, keys[k].name) == 0 &&
			    !is_given(target, &keys[k]))
				return diag_set(diag, EINVAL, "%s:%d: [%s] is of kind %s and has no '%s'", target->file,
				    target->line, target->name, kinds[target->kind], keys[k].name);
	if (!target->suite != !target->packages)
		return diag_set(diag, EINVAL, "%s:%d: [%s]: suite and packages go together", target->file, target->line,
		    target->name);
	if (!target->without != !target->seen_by)
		return diag_set(diag, EINVAL, "%s:%d: [%s]: without and seen-by go together", target->file,
		    target->line, target->name);
	if (target->command && !has_argv(target->command))
		return diag_set(diag, EINVAL,
		    "%s:%d: command of [%s] has no word {argv}, where the program and its arguments go", target->file,
		    target->line, target->name);
	if (target->trace < 0 && target->kind != TARGET_WRAPPER)
		target->trace = target->kind == TARGET_HOST || target->kind == TARGET_LOADER;
	return 0;
}

/* Is a line the heading of a section that can be read?  Before the keys are read (reading is NULL), and afterwards:
 * libinih says nothing of a section without a key. */
static int check_heading(
    const char *file, int line, const char *text, size_t len, const struct reading *reading, struct diag *diag)
{
	const char *start = text + strspn(text, " \t"), *end = memchr(text, ']', len);
	if (*start != '[')
		return 0;
	if (!end)
		return diag_set(diag, EINVAL, "%s:%d: a heading [NAME] without its ']'", file, line);
	char *name = xprintf("%.*s", (int)(end - start - 1), start + 1);
	int error = 0, known = !reading;
	for (size_t i = 0; !known && i < reading->count; i++)
		known = strcmp(reading->target[i].name, name) == 0;
	if (!name_is_good(name))
		error = diag_set(diag, EINVAL,
		    "%s:%d: [%s] is no name for a target: at most %d letters, digits, '.', '_', '+' and '-', and not "
		    "'none'",
		    file, line, name, NAME_MAX_INI);
	else if (!known)
		error = diag_set(diag, EINVAL, "%s:%d: [%s] has no kind", file, line, name);
	free(name);
	return error;
}

static int check_lines(const char *file, const char *text, const struct reading *reading, struct diag *diag)
{
	int error = 0;
	for (int line = 1; *text && !error; line++) {
		size_t len = strcspn(text, "\n");
		if (len > LINE_MAX_INI)
			return diag_set(diag, EINVAL,
			    "%s:%d: the line has %zu characters, at most %d can be read: put a longer command into a "
			    "script",
			    file, line, len, LINE_MAX_INI);
		error = check_heading(file, line, text, len, reading, diag);
		text += len + (text[len] == '\n');
	}
	return error;
}

/* The line of a byte that no text holds and behind which C sees nothing; 0: there is none. */
static int line_of_nul(const char *text, size_t len)
{
	int line = strlen(text) < len;
	for (const char *p = text; line && *p; p++)
		line += *p == '\n';
	return line;
}

/* A section of the user's takes the place of the known one. */
static void add(struct targets *targets, struct target *target)
{
	for (size_t i = 0; i < targets->count; i++)
		if (strcmp(targets->target[i].name, target->name) == 0) {
			target_clear(&targets->target[i]);
			targets->target[i] = *target;
			return;
		}
	targets->target = xrealloc(targets->target, (targets->count + 1) * sizeof(*targets->target));
	targets->target[targets->count++] = *target;
}

int target_ini_read(const char *file, int user, struct targets *targets, struct diag *diag)
{
	char *text = NULL;
	size_t len;
	int error = file_read(file, &text, &len);
	if (error)
		return diag_set(diag, -error, "%s: cannot read: %s", file, strerror(-error));
	struct reading reading = { .file = file, .user = user };
	int line = line_of_nul(text, len);
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* the mark that some editors put in front of UTF-8 */
		memset(text, ' ', 3);
	error = line ? diag_set(diag, EINVAL, "%s:%d: the line holds a NUL byte", file, line) :
		       check_lines(file, text, NULL, diag);
	line = error ? 0 : ini_parse_string(text, take, &reading);
	if (line > 0)
		error = diag_set(diag, EINVAL, "%s:%d: %s", file, line,
		    *reading.wrong ? reading.wrong : "neither [NAME] nor KEY = VALUE nor a ; comment");
	error = error ? error : check_lines(file, text, &reading, diag);
	for (size_t i = 0; i < reading.count && !error; i++)
		error = complete(&reading.target[i], text, diag);
	for (size_t i = 0; i < reading.count; i++) {
		if (error)
			target_clear(&reading.target[i]);
		else
			add(targets, &reading.target[i]);
	}
	free(reading.target);
	free(text);
	return error;
}
