#include "reports/census.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 28, LINE_WIDTH = 110 };

/* ---- facts ------------------------------------------------------------------------------------------- */

/* "load.align" of the facts; NULL where it is not there. */
static const json_t *at(const json_t *json, const char *path)
{
	while (json && *path) {
		size_t len = strcspn(path, ".");
		json = json_object_getn(json, path, len);
		path += len + (path[len] == '.');
	}
	return json_is_null(json) ? NULL : json;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* GLIBC_2.3.2 before GLIBC_2.14, as sort -V has it. */
static int by_version(const void *a, const void *b) { return strverscmp(*(char *const *)a, *(char *const *)b); }

/* Strings of an array, or keys of an object, in order; "none" where there is nothing. */
static void say_names(struct buf *out, const json_t *json, int (*order)(const void *, const void *))
{
	size_t count = 0, i;
	const char **name = xcalloc(json_array_size(json) + json_object_size(json) + 1, sizeof(*name)), *key;
	json_t *value;
	json_array_foreach((json_t *)json, i, value) name[count++] = json_string_value(value);
	json_object_foreach((json_t *)json, key, value) name[count++] = key;
	if (order)
		qsort(name, count, sizeof(*name), order);
	for (i = 0; i < count; i++)
		buf_printf(out, "%s%s", i ? " " : "", name[i]);
	buf_add(out, count ? "" : "none");
	free(name);
}

static void say_list(const struct asked *of, const char *path, struct buf *out)
{
	say_names(out, at(of->facts, path), NULL);
}

static void say_text(const struct asked *of, const char *path, struct buf *out)
{
	const char *text = json_string_value(at(of->facts, path));
	buf_add(out, text ? text : "none");
}

static void say_set(const struct asked *of, const char *path, struct buf *out)
{
	say_names(out, at(of->facts, path), by_text);
}

/* "libc.so.6: GLIBC_2.2.5 GLIBC_2.34" of each library. */
static void say_versions(const struct asked *of, const char *path, struct buf *out)
{
	const json_t *needs = at(of->facts, path);
	const char *library, *before = "";
	json_t *versions;
	json_object_foreach((json_t *)needs, library, versions)
	{
		buf_printf(out, "%s%s: ", before, library);
		say_names(out, versions, by_version);
		before = ", ";
	}
	buf_add(out, *before ? "" : "none");
}

static void say_slot(const struct asked *of, const char *path, struct buf *out)
{
	const json_t *tls = at(of->facts, path), *reloc = at(tls, "reloc"), *size = at(tls, "slot.size");
	buf_printf(out, "%s at %s", json_string_value(at(tls, "model")), json_string_value(at(tls, "at")));
	if (reloc)
		buf_printf(out, ", %s", json_string_value(reloc));
	if (size)
		buf_printf(out, ", %lld bytes", (long long)json_integer_value(size));
}

static void say_tls(const struct asked *of, const char *path, struct buf *out)
{
	const json_t *tls = at(of->facts, path);
	if (json_integer_value(at(tls, "segments")))
		buf_printf(out, "%lld bytes, aligned to %lld", (long long)json_integer_value(at(tls, "size")),
		    (long long)json_integer_value(at(tls, "align")));
	else
		buf_add(out, "none");
}

static void say_init(const struct asked *of, const char *path, struct buf *out)
{
	const json_t *init = at(of->facts, path);
	const char *before = "";
	size_t i;
	json_t *entry;
	if (at(init, "init")) {
		buf_add(out, "DT_INIT");
		before = ", ";
	}
	json_array_foreach((json_t *)at(init, "init_array"), i, entry)
	{
		const char *symbol = json_string_value(at(entry, "symbol"));
		buf_printf(out, "%s%s", i ? " " : before, i ? "" : "DT_INIT_ARRAY: ");
		buf_add(out, symbol ? symbol : "(no symbol)");
	}
	buf_add(out, *before || json_array_size(at(init, "init_array")) ? "" : "none");
}

static void say_dynamic(const struct asked *of, const char *path, struct buf *out)
{
	const json_t *dynamic = at(of->facts, path);
	buf_printf(out, "%s, %s", json_is_true(at(dynamic, "textrel")) ? "DT_TEXTREL" : "no DT_TEXTREL",
	    json_is_true(at(dynamic, "relr")) ? "DT_RELR" : "no DT_RELR");
}

static void say_segments(const struct asked *of, const char *path, struct buf *out)
{
	const json_t *load = at(of->facts, path);
	buf_printf(out, "%lld PT_LOAD, aligned to %lld; stack %sexecutable, %sPT_GNU_RELRO",
	    (long long)json_integer_value(at(load, "segments")), (long long)json_integer_value(at(load, "align")),
	    json_is_true(at(of->facts, "stack.exec")) || !json_is_true(at(of->facts, "stack.present")) ? "" : "not ",
	    json_is_true(at(of->facts, "relro")) ? "" : "no ");
}

/* What is told of no phase, since chance decides in which thread and whether it comes at all: preemption (runtime
 * preemptone, signal_unix.go preemptM and the handler's return), waiting (lock_futex.go, sysmon's usleep), threads made
 * when work comes (proc.go startm, by libc's pthread_create or Go's clone), and on which thread a program ends. */
static const struct chance {
	const char *phases, *by, *calls;
} chances[] = {
	{ "load init start call thread own exit run", "go others",
	    "getpid tgkill rt_sigreturn sched_yield nanosleep select pselect6" },
	{ "call thread", "others", "clone clone3 futex mmap mprotect munmap rt_sigprocmask madvise" },
	{ "own", "others", "clone clone3 futex mmap mprotect munmap madvise exit" },
	{ "own", "go", "clone exit futex mmap madvise write exit_group" },
	{ "run", "go", "write exit_group" },
};

static int has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	for (const char *found = words; (found = strstr(found, word)); found += len)
		if ((found == words || found[-1] == ' ') && (!found[len] || found[len] == ' '))
			return 1;
	return 0;
}

static int by_chance(const char *phase, const char *by, const char *call)
{
	for (size_t i = 0; i < sizeof(chances) / sizeof(chances[0]); i++)
		if (has_word(chances[i].phases, phase) && has_word(chances[i].by, by) &&
		    has_word(chances[i].calls, call))
			return 1;
	return 0;
}

static int has_call(const json_t *calls, const json_t *call)
{
	size_t i;
	json_t *one;
	json_array_foreach((json_t *)calls, i, one) if (json_equal(one, call)) return 1;
	return 0;
}

/* "load.go" of which calls were made "each" time, or in "some" starts; NULL where none is. */
static const json_t *made(const struct asked *of, const char *maker, const char *how)
{
	char *path = xprintf("phases.%s.%s", maker, how);
	const json_t *calls = at(of->calls, path);
	free(path);
	return calls;
}

/* Is a call that some starts of of[i] make to be told?  As of the release before; of the first one, as of the next for
 * which it is certain. */
static int is_told(const struct asked *const *of, size_t count, size_t i, const char *maker, const json_t *call)
{
	if (i)
		return has_call(json_object_get(of[i - 1]->told, maker), call);
	while (++i < count)
		if (!has_call(made(of[i], maker, "some"), call))
			return has_call(made(of[i], maker, "each"), call);
	return 0;
}

static json_t *told(
    const struct asked *const *of, size_t count, size_t i, const char *phase, const char *by, const char *maker)
{
	static const char *const hows[] = { "each", "some" };
	json_t *list = json_array(), *call;
	size_t k;
	for (size_t how = 0; how < 2; how++)
		json_array_foreach((json_t *)made(of[i], maker, hows[how]), k, call)
		{
			if (!by_chance(phase, by, json_string_value(call)) &&
			    (how == 0 || is_told(of, count, i, maker, call)))
				json_array_append(list, call);
		}
	return list;
}

/* What is told of each, as {"load.go": [CALL...]}; json_decref. */
static void settle(struct asked *const *of, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *phase, *by;
		json_t *makers, *lists;
		of[i]->told = json_object();
		json_object_foreach((json_t *)at(of[i]->calls, "phases"), phase, makers)
		    json_object_foreach(makers, by, lists)
		{
			char *maker = xprintf("%s.%s", phase, by);
			if (json_is_object(lists)) /* beside them is how often the phase was seen */
				json_object_set_new(of[i]->told, maker,
				    told((const struct asked *const *)of, count, i, phase, by, maker));
			free(maker);
		}
	}
}

/* Appends to list those of calls that are not in others, each after the sign. */
static void add_missing(json_t *list, const json_t *calls, const json_t *others, const char *sign)
{
	size_t i;
	json_t *call;
	json_array_foreach((json_t *)calls, i, call) if (!has_call(others, call))
	    json_array_append_new(list, json_sprintf("%s%s", sign, json_string_value(call)));
}

/* "Go: futex gettid; C: rseq"; against what was before, where that is not NULL: "Go: +uname -munmap". */
static void say_made(const struct asked *of, const struct asked *before, const char *phase, struct buf *out)
{
	static const struct { const char *by, *name; } makers[] = { { "go", "Go: " }, { "others", "C: " } };
	size_t told = 0;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		char *maker = xprintf("%s.%s", phase, makers[i].by);
		const json_t *now = json_object_get(of->told, maker),
			     *was = before ? json_object_get(before->told, maker) : NULL;
		json_t *list = json_array();
		add_missing(list, now, was, before ? "+" : "");
		add_missing(list, was, now, "-");
		free(maker);
		if (json_array_size(list)) {
			buf_printf(out, "%s%s", told++ ? "; " : "", makers[i].name);
			say_names(out, list, by_text);
		}
		json_decref(list);
	}
	buf_add(out, told ? "" : "none");
}

static int has_phase(const struct asked *of, const char *phase) { return at(at(of->calls, "phases"), phase) != NULL; }

static void say_calls(const struct asked *of, const char *phase, struct buf *out)
{
	if (has_phase(of, phase))
		say_made(of, NULL, phase, out);
	else
		buf_add(out, "not seen");
}

enum { LIBRARIES = 1, PROGRAMS = 2, BOTH = LIBRARIES | PROGRAMS };

static const struct row {
	unsigned of;
	const char *name;
	void (*say)(const struct asked *of, const char *path, struct buf *out);
	const char *path;
} rows[] = {
	{ PROGRAMS, "interpreter", say_text, "interp" },
	{ BOTH, "needed libraries", say_list, "needed" },
	{ BOTH, "symbol versions", say_versions, "imports.needs" },
	{ BOTH, "relocation types", say_set, "relocs.types" },
	{ BOTH, "Go's TLS slot", say_slot, "tls" },
	/* A library's has C's variable of the suite in it (cases/port/port_tls.c). */
	{ PROGRAMS, "PT_TLS", say_tls, "tls" },
	{ BOTH, "initializers", say_init, "init" },
	{ BOTH, "DT_FLAGS", say_list, "dynamic.flags" },
	{ BOTH, "DT_FLAGS_1", say_list, "dynamic.flags_1" },
	{ BOTH, "also dynamic", say_dynamic, "dynamic" },
	{ BOTH, "segments", say_segments, "load" },
	{ LIBRARIES, "calls: while it is loaded", say_calls, "load" },
	{ LIBRARIES, "calls: its initializer", say_calls, "init" },
	{ LIBRARIES, "calls: the thread it starts", say_calls, "start" },
	{ LIBRARIES, "calls: first call from C", say_calls, "call" },
	{ LIBRARIES, "calls: of a new C thread", say_calls, "thread" },
	{ PROGRAMS, "calls: first thread", say_calls, "run" },
	{ BOTH, "calls: each Go thread", say_calls, "own" },
	{ LIBRARIES, "calls: at exit", say_calls, "exit" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static char *say(const struct row *row, const struct asked *of)
{
	struct buf text = BUF_INIT;
	row->say(of, row->path, &text);
	return buf_take(&text);
}

/* ---- tables ------------------------------------------------------------------------------------------ */

static const struct table {
	enum mode mode;
	unsigned of;
	const char *title;
} tables[] = {
	{ MODE_C_SHARED, LIBRARIES, "a library, -buildmode=c-shared" },
	{ MODE_EXE, PROGRAMS, "a program without cgo, -buildmode=exe" },
	{ MODE_PIE, PROGRAMS, "a program without cgo, -buildmode=pie" },
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

/* Those of the mode, in their order; malloc'ed. */
static struct asked **of_mode(struct asked *all, size_t count, enum mode mode, size_t *found)
{
	struct asked **of = xcalloc(count + 1, sizeof(*of));
	*found = 0;
	for (size_t i = 0; i < count; i++)
		if (all[i].cell->mode == mode)
			of[(*found)++] = &all[i];
	return of;
}

/* What is told of the release first, which may be what changed since the one before it, and in *next the release of
 * which something else is to be told; malloc'ed. */
static char *fold(const struct row *row, const struct asked *const *of, size_t count, size_t first, size_t *next)
{
	char *value = say(row, of[first]);
	for (*next = first + 1; *next < count; ++*next) {
		char *other = say(row, of[*next]);
		int same = strcmp(value, other) == 0;
		free(other);
		if (!same)
			break;
	}
	if (first && row->say == say_calls && has_phase(of[first], row->path) && has_phase(of[first - 1], row->path)) {
		struct buf change = BUF_INIT;
		say_made(of[first], of[first - 1], row->path, &change);
		free(value);
		value = buf_take(&change);
	}
	return value;
}

static void text_table(struct buf *out, const struct table *table, const struct asked *const *of, size_t count)
{
	const char *from = version_bare(of[0]->cell->go), *to = version_bare(of[count - 1]->cell->go);
	buf_printf(out, "%s, %s%s%s\n", table->title, from, count > 1 ? " to " : "", count > 1 ? to : "");
	for (size_t r = 0; r < ROWS; r++) {
		if (!(rows[r].of & table->of))
			continue;
		for (size_t i = 0, next; i < count; i = next) {
			char *value = fold(&rows[r], of, count, i, &next);
			char *told = i ? xprintf("since %s: %s", version_bare(of[i]->cell->go), value) : xstrdup(value);
			buf_printf(out, "  %-*s", NAME_WIDTH, i ? "" : rows[r].name);
			text_wrap(out, told, NAME_WIDTH + 2, LINE_WIDTH);
			free(told);
			free(value);
		}
	}
	buf_add(out, "\n");
}

static void markdown_table(struct buf *out, const struct table *table, const struct asked *const *of, size_t count)
{
	buf_printf(out, "\n## Of %s, %s to %s\n\n| fact | releases |\n|---|---|\n", table->title,
	    version_bare(of[0]->cell->go), version_bare(of[count - 1]->cell->go));
	for (size_t r = 0; r < ROWS; r++) {
		if (!(rows[r].of & table->of))
			continue;
		buf_printf(out, "| %s | ", rows[r].name);
		for (size_t i = 0, next; i < count; i = next) {
			char *value = fold(&rows[r], of, count, i, &next);
			buf_add(out, i ? "<br>" : "");
			if (i)
				buf_printf(out, "**since %s** ", version_bare(of[i]->cell->go));
			text_markdown(out, value);
			free(value);
		}
		buf_add(out, " |\n");
	}
}

static void markdown_head(struct buf *out)
{
	buf_add(out,
	    "\n# What a library asks for\n\nMade by `tlsmatrix contract --census`, linux/amd64: what the file of a "
	    "library that imports `runtime` alone (`cases/port`, with cgo, linked externally by this machine's "
	    "compiler and libc, whose symbol versions these are) has for its loader, and which system calls its "
	    "process makes (`harness/trace/census.h`). \"Go\" are those whose instruction is in Go's text, \"C\" those "
	    "of libc and of the loader, for Go's sake or their own. Told are those that were made in each of ten "
	    "starts; of threads, by each one that came to wait or to its end; one that only some starts made is told "
	    "as "
	    "of the release before. What chance decides is in `--json` "
	    "alone (preemption, waiting, a thread that is made when work comes: by libc that is clone3, mmap, "
	    "mprotect, munmap and rt_sigprocmask), as are the numbers of relocations. \"+\" and \"-\" are against the "
	    "release before. R_X86_64_DTPMOD64 is of a "
	    "variable of C that the library of the suite has.\n");
}

static json_t *copy(const struct asked *of, const char *path)
{
	const json_t *value = at(of->facts, path);
	return value ? json_deep_copy(value) : json_null();
}

static json_t *asked_json(const struct asked *of, const struct table *table)
{
	json_t *asks = json_object();
	for (size_t r = 0; r < ROWS; r++) {
		char *value = rows[r].of & table->of ? say(&rows[r], of) : NULL;
		if (value)
			json_object_set_new(asks, rows[r].name, text_json(value));
		free(value);
	}
	return json_pack("{s:o, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "go",
	    text_json(of->cell->go), "buildmode", mode_name(of->cell->mode), "cgo", of->cell->cgo, "link",
	    link_name(of->cell->link), "asks", asks, "needed", copy(of, "needed"), "needs", copy(of, "imports.needs"),
	    "relocations", copy(of, "relocs.types"), "tls", copy(of, "tls"), "init", copy(of, "init"), "dynamic",
	    copy(of, "dynamic"), "load", copy(of, "load"), "calls", json_deep_copy(of->calls));
}

int report_census(const struct asked *all, size_t count, enum census_form form, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	json_t *array = json_array();
	struct asked *mine = xcalloc(count + 1, sizeof(*mine));
	memcpy(mine, all, count * sizeof(*mine));
	if (form == CENSUS_MARKDOWN)
		markdown_head(&pen.text);
	for (size_t t = 0; t < TABLES; t++) {
		size_t found;
		struct asked **settled = of_mode(mine, count, tables[t].mode, &found);
		const struct asked *const *of = (const struct asked *const *)settled;
		settle(settled, found);
		if (found && form == CENSUS_TEXT)
			text_table(&pen.text, &tables[t], of, found);
		else if (found && form == CENSUS_MARKDOWN)
			markdown_table(&pen.text, &tables[t], of, found);
		for (size_t i = 0; form == CENSUS_JSON && i < found; i++)
			json_array_append_new(array, asked_json(of[i], &tables[t]));
		free(settled);
	}
	if (form == CENSUS_JSON) {
		char *text = json_dumps(array, JSON_INDENT(1));
		buf_printf(&pen.text, "%s\n", text);
		free(text);
	}
	json_decref(array);
	for (size_t i = 0; i < count; i++)
		json_decref(mine[i].told);
	free(mine);
	return pen_end(&pen);
}
