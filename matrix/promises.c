#include "matrix/promises.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"

#include <string.h>

const struct promise promises[] = {
#define PROMISE(id, text, source, who, checks, note) { id, text, source, who, checks, note },
#define NONE(pattern, reason)
#include "matrix/promises.def"
#undef NONE
#undef PROMISE
};

const size_t promises_count = sizeof promises / sizeof *promises;

static const struct {
	const char *pattern, *reason;
} none[] = {
#define PROMISE(id, text, source, who, checks, note)
#define NONE(pattern, reason) { pattern, reason },
#include "matrix/promises.def"
#undef NONE
#undef PROMISE
};

static const struct {
	const char *prefix, *title;
} texts[] = {
#define TEXT(prefix, title) { prefix, title },
	TEXT("elf-tls.", "ELF Handling For Thread-Local Storage") TEXT("gabi.",
	    "System V ABI, generic: ELF files and dynamic linking") TEXT("psabi.", "System V ABI, x86-64 supplement")
	    TEXT("posix.", "POSIX, and the manual pages of its functions on Linux")
		TEXT("linux.", "Linux: system calls and the auxiliary vector")
#undef TEXT
};

/* ---- rows ------------------------------------------------------------------------------------------------ */

const char *promise_next_check(const char **at, size_t *len)
{
	const char *check = *at + strspn(*at, " ");
	*len = strcspn(check, " ");
	*at = check + *len;
	return *len ? check : NULL;
}

int promise_names(const struct promise *promise, const char *check)
{
	const char *named;
	size_t len;
	for (const char *at = promise->checks; (named = promise_next_check(&at, &len));)
		if (strlen(check) == len && strncmp(named, check, len) == 0)
			return 1;
	return 0;
}

const struct promise *promise_find(const char *id)
{
	for (size_t i = 0; i < promises_count; i++)
		if (strcmp(promises[i].id, id) == 0)
			return &promises[i];
	return NULL;
}

static int is_clause(const char *check) { return strncmp(check, "contract.", strlen("contract.")) == 0; }

int promise_is_seen(const struct promise *promise)
{
	const char *check;
	size_t len;
	for (const char *at = promise->checks; (check = promise_next_check(&at, &len));)
		if (!is_clause(check))
			return 1;
	return 0;
}

const char *promise_none(const char *check, const char **pattern)
{
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (!glob_match(none[i].pattern, check))
			continue;
		if (pattern)
			*pattern = none[i].pattern;
		return none[i].reason;
	}
	return NULL;
}

static int begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static int is_of_a_text(const char *id)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (begins(id, texts[i].prefix) && id[strlen(texts[i].prefix)])
			return 1;
	return 0;
}

const char *promise_fault(const struct promise *promise)
{
	const char *check;
	size_t len;
	if (!is_of_a_text(promise->id))
		return "its id begins with the name of no text";
	if (!*promise->text || !*promise->source)
		return "it says nothing, or not where that is written";
	if (!promise->owed_by || promise->owed_by > (BY_LINKER | BY_LOADER | BY_LIBC | BY_KERNEL))
		return "nobody owes it";
	for (const char *at = promise->checks; (check = promise_next_check(&at, &len));) {
		const struct check *found = check_find_part(check, len);
		struct promise rest = { .checks = at };
		if (!found)
			return "it names a check that is not in checks.def";
		if (promise_names(&rest, found->id))
			return "it names a check twice";
	}
	int open = begins(promise->note, "open: ") && promise->note[strlen("open: ")],
	    unseen = begins(promise->note, "unseen: ") && promise->note[strlen("unseen: ")];
	if (!promise_is_seen(promise) && !open && !unseen)
		return "no check sees it, and it says neither what one would do nor why none can";
	if (promise_is_seen(promise) && unseen)
		return "it says that no check can see it, and names one";
	return NULL;
}

void promise_owed_by(const struct promise *promise, struct buf *out)
{
	static const struct {
		enum owed_by bit;
		const char *name;
	} names[] = { { BY_LINKER, "linker" }, { BY_LOADER, "loader" }, { BY_LIBC, "libc" }, { BY_KERNEL, "kernel" } };
	const char *comma = "";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(promise->owed_by & names[i].bit))
			continue;
		buf_printf(out, "%s%s", comma, names[i].name);
		comma = ", ";
	}
}

/* ---- docs/promises.md -------------------------------------------------------------------------------------- */

/* A cell of a table: '|' would end it. */
static void add_cell(struct buf *out, const char *text)
{
	for (const char *p = text; *p; p++)
		buf_add(out, *p == '|' ? "\\|" : (char[]){ *p, '\0' });
	buf_add(out, " | ");
}

static void add_checks(struct buf *out, const struct promise *promise, int clauses)
{
	const char *check;
	size_t len;
	for (const char *at = promise->checks; (check = promise_next_check(&at, &len));)
		if (is_clause(check) == clauses)
			buf_printf(out, "`%.*s` ", (int)len, check);
}

static void add_promise(struct buf *out, const struct promise *promise)
{
	buf_printf(out, "| `%s` | ", promise->id);
	add_cell(out, promise->text);
	add_cell(out, promise->source);
	promise_owed_by(promise, out);
	buf_add(out, " | ");
	add_checks(out, promise, 0);
	add_cell(out, promise->note);
	add_checks(out, promise, 1);
	buf_add(out, "|\n");
}

static void add_summary(struct buf *out)
{
	size_t seen = 0, partly = 0, open = 0, unseen = 0;
	for (size_t i = 0; i < promises_count; i++) {
		int is_seen = promise_is_seen(&promises[i]), is_open = begins(promises[i].note, "open: ");
		seen += is_seen != 0;
		partly += is_seen && is_open;
		open += !is_seen && is_open;
		unseen += begins(promises[i].note, "unseen: ");
	}
	buf_printf(out, "# The %zu promises\n\n", promises_count);
	buf_add(out,
	    "Made by `make docs` from `matrix/promises.def`: what a Go program or library, and the C in and beside it, "
	    "relies on,\nread out of the texts that promise it; who owes it; and the checks "
	    "([checks.md](checks.md)) that see whether it is kept.\n");
	buf_printf(out,
	    "%zu are seen by a check, %zu of them in part. %zu are open: nothing looks yet, and the row says "
	    "what a check would do.\n%zu cannot be seen from here, and the row says why. ",
	    seen, partly, open, unseen);
	buf_add(out,
	    "A clause of the contract ([contract.md](contract.md)) breaks\na promise itself, and says what becomes of "
	    "Go then.\n");
}

void promises_markdown(struct buf *out)
{
	add_summary(out);
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		buf_printf(out,
		    "\n## %s\n\n| promise | states | where it is written | owed by | seen by | broken by |\n"
		    "|---|---|---|---|---|---|\n",
		    texts[t].title);
		for (size_t i = 0; i < promises_count; i++)
			if (begins(promises[i].id, texts[t].prefix))
				add_promise(out, &promises[i]);
	}
	buf_add(out,
	    "\n## Checks that serve none\n\nWhat they state is Go's own, or the suite's.\n\n| checks | why "
	    "|\n|---|---|\n");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		buf_printf(out, "| `%s` | ", none[i].pattern);
		add_cell(out, none[i].reason);
		buf_add(out, "\n");
	}
}
