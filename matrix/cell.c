#include "matrix/cell.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/nearest.h"
#include "matrix/version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const mode_names[MODE_COUNT] = {
	[MODE_EXE] = "exe",
	[MODE_PIE] = "pie",
	[MODE_C_ARCHIVE] = "c-archive",
	[MODE_C_SHARED] = "c-shared",
	[MODE_SHARED] = "shared",
	[MODE_PLUGIN] = "plugin",
};

static const struct {
	const char *name, *linker;
	int external, is_static;
} links[LINK_COUNT] = {
	[LINK_INTERNAL] = { "internal", "", 0, 0 },
	[LINK_EXTERNAL] = { "external", "", 1, 0 },
	[LINK_EXTERNAL_GOLD] = { "external-gold", "gold", 1, 0 },
	[LINK_EXTERNAL_LLD] = { "external-lld", "lld", 1, 0 },
	[LINK_EXTERNAL_MOLD] = { "external-mold", "mold", 1, 0 },
	[LINK_EXTERNAL_STATIC] = { "external-static", "", 1, 1 },
	[LINK_EXTERNAL_GOLD_STATIC] = { "external-gold-static", "gold", 1, 1 },
	[LINK_EXTERNAL_LLD_STATIC] = { "external-lld-static", "lld", 1, 1 },
	[LINK_EXTERNAL_MOLD_STATIC] = { "external-mold-static", "mold", 1, 1 },
};

static const char *const load_names[LOAD_COUNT] = {
	[LOAD_NONE] = "none",
	[LOAD_EXEC] = "exec",
	[LOAD_NEEDED] = "needed",
	[LOAD_DLOPEN] = "dlopen",
	[LOAD_DLOPEN_LAZY] = "dlopen-lazy",
	[LOAD_DLOPEN_GLOBAL] = "dlopen-global",
	[LOAD_DLOPEN_LAZY_GLOBAL] = "dlopen-lazy-global",
	[LOAD_DLMOPEN] = "dlmopen",
	[LOAD_PRELOAD] = "preload",
	[LOAD_GOMAIN] = "gomain",
	[LOAD_ARCHIVE] = "archive",
	[LOAD_ARCHIVE_PIE] = "archive-pie",
	[LOAD_ARCHIVE_SO] = "archive-so",
	[LOAD_PLUGIN] = "plugin",
	[LOAD_WASI] = "wasi",
	[LOAD_JS] = "js",
};

const char *mode_name(enum mode mode) { return mode_names[mode]; }
const char *link_name(enum link link) { return links[link].name; }
const char *load_name(enum load load) { return load_names[load]; }

int cell_is_windows(const struct cell *cell) { return strcmp(cell->os, "windows") == 0; }
int target_is_osv(const char *target) { return strncmp(target, "osv", 3) == 0; }
const char *link_linker(enum link link) { return links[link].linker; }
int link_is_external(enum link link) { return links[link].external; }
int link_is_static(enum link link) { return links[link].is_static; }

const char *cell_arch(const struct cell *cell, char out[32])
{
	/* Asked of every cell by every rule: both fit, with a dot between them. */
	char *end = stpcpy(out, cell->arch);
	if (*cell->variant)
		stpcpy(stpcpy(end, "."), cell->variant);
	return out;
}

const char *cell_id(const struct cell *cell, char id[CELL_ID_MAX])
{
	int none = cell->load == LOAD_NONE;
	char arch[32];
	snprintf(id, CELL_ID_MAX, "%s/%s/%s/%s/cgo%d/%s@%s%s%s", cell->go, cell->os, cell_arch(cell, arch),
	    mode_name(cell->mode), cell->cgo, link_name(cell->link), cell->target, none ? "" : ":",
	    none ? "" : load_name(cell->load));
	return id;
}

/* The rest of an id while it is parsed. */
struct reader {
	const char *id, *rest;
	struct diag *diag;
};

/* Takes the text up to the separator (NUL: to the end) into out.  Names are letters, digits and
 * "._+-", so that an id is one word for a shell, a filter and a file name but for its '/'. */
static int take(struct reader *reader, const char *part, char end, char *out, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
	size_t len = strcspn(reader->rest, "/@:");
	int column = (int)(reader->rest - reader->id) + 1;
	if (len == 0)
		return diag_set(
		    reader->diag, EINVAL, "cell '%s': %s is missing at column %d", reader->id, part, column);
	if (len >= size)
		return diag_set(reader->diag, EINVAL, "cell '%s': %s at column %d is longer than %zu characters",
		    reader->id, part, column, size - 1);
	memcpy(out, reader->rest, len);
	out[len] = '\0';
	if (strspn(out, plain) != len)
		return diag_set(reader->diag, EINVAL, "cell '%s': %s '%s' may hold only letters, digits and ._+-",
		    reader->id, part, out);
	if (reader->rest[len] != end && end)
		return diag_set(
		    reader->diag, EINVAL, "cell '%s': %s '%s' is not followed by '%c'", reader->id, part, out, end);
	if (reader->rest[len] != end)
		return diag_set(reader->diag, EINVAL, "cell '%s': the id goes on after %s '%s'", reader->id, part, out);
	reader->rest += len + (end != '\0');
	return 0;
}

static const char *mode_word(size_t i) { return mode_names[i]; }
static const char *link_word(size_t i) { return links[i].name; }
/* "none" is written as a target without a load mode. */
static const char *load_word(size_t i) { return i == LOAD_NONE ? NULL : load_names[i]; }

/* Takes a word of a list; its index, or -EINVAL. */
static int take_word(struct reader *reader, const char *part, char end, nearest_word_fn *word, size_t count)
{
	char text[64];
	int error = take(reader, part, end, text, sizeof text);
	if (error)
		return error;
	for (size_t i = 0; i < count; i++)
		if (word(i) && strcmp(text, word(i)) == 0)
			return (int)i;
	const char *near = nearest_word(text, word, count);
	if (near)
		return diag_set(reader->diag, EINVAL, "cell '%s': unknown %s '%s'; did you mean '%s'?", reader->id,
		    part, text, near);
	char known[256] = "";
	for (size_t i = 0; i < count; i++)
		if (word(i))
			snprintf(
			    known + strlen(known), sizeof known - strlen(known), "%s%s", *known ? " " : "", word(i));
	return diag_set(reader->diag, EINVAL, "cell '%s': unknown %s '%s'; known: %s", reader->id, part, text, known);
}

static int take_go(struct reader *reader, struct cell *cell)
{
	struct version version;
	int error = take(reader, "the Go release", '/', cell->go, sizeof cell->go);
	if (error)
		return error;
	if (strncmp(cell->go, "go", 2) != 0 || version_parse(cell->go, &version) != 0)
		return diag_set(reader->diag, EINVAL,
		    "cell '%s': '%s' is not a Go release such as go1.21.3 or go1.22rc1", reader->id, cell->go);
	return 0;
}

/* GOARCH, with a variant behind a dot. */
static int take_arch(struct reader *reader, struct cell *cell)
{
	char text[32];
	int column = (int)(reader->rest - reader->id) + 1, error = take(reader, "GOARCH", '/', text, sizeof text);
	if (error)
		return error;
	size_t len = strcspn(text, ".");
	const char *variant = text[len] ? text + len + 1 : "";
	if (!len || (text[len] && !*variant))
		return diag_set(reader->diag, EINVAL,
		    "cell '%s': '%s' at column %d is not GOARCH or GOARCH.VARIANT, such as arm.5", reader->id, text,
		    column);
	if (len >= sizeof cell->arch || strlen(variant) >= sizeof cell->variant)
		return diag_set(reader->diag, EINVAL, "cell '%s': GOARCH at column %d is longer than %zu characters",
		    reader->id, column, sizeof cell->arch - 1);
	memcpy(cell->arch, text, len);
	strcpy(cell->variant, variant);
	return 0;
}

static int take_cgo(struct reader *reader, struct cell *cell)
{
	char text[16];
	int error = take(reader, "cgo0 or cgo1", '/', text, sizeof text);
	if (error)
		return error;
	if (strcmp(text, "cgo0") != 0 && strcmp(text, "cgo1") != 0)
		return diag_set(reader->diag, EINVAL, "cell '%s': '%s' is neither cgo0 nor cgo1", reader->id, text);
	cell->cgo = text[3] - '0';
	return 0;
}

static int take_run(struct reader *reader, struct cell *cell)
{
	if (strcmp(reader->rest, "none") == 0) {
		strcpy(cell->target, "none");
		cell->load = LOAD_NONE;
		return 0;
	}
	int error = take(reader, "the target", ':', cell->target, sizeof cell->target);
	if (error)
		return error;
	if (strcmp(cell->target, "none") == 0)
		return diag_set(reader->diag, EINVAL, "cell '%s': target none takes no load mode", reader->id);
	int load = take_word(reader, "load mode", '\0', load_word, LOAD_COUNT);
	if (load < 0)
		return load;
	cell->load = (enum load)load;
	return 0;
}

int cell_parse(const char *id, struct cell *cell, struct diag *diag)
{
	struct reader reader = { id, id, diag };
	struct cell read;
	memset(&read, 0, sizeof read);
	int mode, link;
	int error = take_go(&reader, &read);
	if (!error)
		error = take(&reader, "GOOS", '/', read.os, sizeof read.os);
	if (!error)
		error = take_arch(&reader, &read);
	if (error)
		return error;
	if ((mode = take_word(&reader, "buildmode", '/', mode_word, MODE_COUNT)) < 0)
		return mode;
	if ((error = take_cgo(&reader, &read)) < 0)
		return error;
	if ((link = take_word(&reader, "link mode", '@', link_word, LINK_COUNT)) < 0)
		return link;
	if ((error = take_run(&reader, &read)) < 0)
		return error;
	read.mode = (enum mode)mode;
	read.link = (enum link)link;
	*cell = read;
	return 0;
}

void cell_expand(const struct cell *cell, const char *text, struct buf *out)
{
	const struct {
		const char *name, *value;
	} variables[] = { { "$MODE", mode_name(cell->mode) }, { "$OS", cell->os }, { "$ARCH", cell->arch } };
	const size_t count = sizeof variables / sizeof *variables;
	while (*text) {
		size_t i = 0;
		while (i < count && strncmp(text, variables[i].name, strlen(variables[i].name)) != 0)
			i++;
		if (i < count) {
			buf_add(out, variables[i].value);
			text += strlen(variables[i].name);
		} else {
			buf_add_bytes(out, text++, 1);
		}
	}
}

int cell_same_build(const struct cell *a, const struct cell *b)
{
	return a->mode == b->mode && a->cgo == b->cgo && a->link == b->link && strcmp(a->go, b->go) == 0 &&
	    strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 && strcmp(a->variant, b->variant) == 0;
}
