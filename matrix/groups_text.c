#include "matrix/groups_text.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/bits.h"
#include "matrix/filter.h"
#include "matrix/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PENALTY_NOT = 6,      /* what a thing is says more than what it is not, unless that is much longer */
	PENALTY_BEYOND = 4,   /* go>=1.24 names the first that is concerned, go>1.23 the last that is not */
	PENALTY_UNNAMED = 40, /* a range or pattern selects own builds that were made, and makes none (is_own) */
};

static const char *go_of(const struct cell *cell) { return cell->go; }
static const char *os_of(const struct cell *cell) { return cell->os; }
static const char *arch_of(const struct cell *cell) { return cell->arch; }
static const char *variant_of(const struct cell *cell) { return cell->variant; }
static const char *mode_of(const struct cell *cell) { return mode_name(cell->mode); }
static const char *cgo_of(const struct cell *cell) { return cell->cgo ? "1" : "0"; }
static const char *link_of(const struct cell *cell) { return link_name(cell->link); }
static const char *target_of(const struct cell *cell) { return cell->target; }
static const char *load_of(const struct cell *cell) { return load_name(cell->load); }

static const struct {
	const char *name;
	const char *(*text)(const struct cell *cell);
} fields[GROUP_FIELDS] = {
	[GROUP_GO] = { "go", go_of },
	[GROUP_OS] = { "os", os_of },
	[GROUP_ARCH] = { "arch", arch_of },
	[GROUP_VARIANT] = { "arch", variant_of },
	[GROUP_MODE] = { "mode", mode_of },
	[GROUP_CGO] = { "cgo", cgo_of },
	[GROUP_LINK] = { "link", link_of },
	[GROUP_TARGET] = { "target", target_of },
	[GROUP_LOAD] = { "load", load_of },
};

const char *group_field_text(enum group_field field, const struct cell *cell) { return fields[field].text(cell); }

/* ---- values ---------------------------------------------------------------------------------------- */

/* The values that a filter on this field alone selects, as filter.c says; not 0 when it is no filter. */
static int select_values(const struct group_values *values, const char *text, uint64_t *set)
{
	struct filter *filter;
	struct diag diag = DIAG_INIT;
	memset(set, 0, values->words * sizeof(*set));
	if (filter_parse(text, &filter, &diag))
		return -1;
	for (size_t i = 0; i < values->count; i++)
		if (filter_match(filter, &(struct filter_subject){ .cell = values->value[i].cell }))
			bits_put(set, i);
	filter_free(filter);
	return 0;
}

/* Keeps it when it means anything, and unless it is there. */
static void add_atom(struct group_values *values, char *text)
{
	uint64_t *set = bits_new(values->words);
	char *whole = xprintf("%s=%s", fields[values->field].name, text);
	int known = select_values(values, whole, set) != 0;
	for (size_t i = 0; i < values->atoms && !known; i++)
		known = strcmp(values->atom[i].text, text) == 0;
	free(whole);
	size_t means = bits_count_both(set, set, values->words);
	/* A pattern for a single value hides its name. */
	if (known || !means || (means == 1 && values->field != GROUP_VARIANT && strchr(text, '*'))) {
		free(text);
		free(set);
		return;
	}
	if ((values->atoms & (values->atoms - 1)) == 0)
		values->atom = xrealloc(values->atom, (values->atoms * 2 + 1) * sizeof(*values->atom));
	values->atom[values->atoms++] = (struct group_atom){ text, set };
}

/* The values, and patterns for families of them: musl-*, *-static, external*. */
static void make_atoms(struct group_values *values)
{
	for (size_t i = 0; i < values->count && values->field != GROUP_GO; i++) {
		const char *text = values->value[i].text;
		if (values->field == GROUP_VARIANT) {
			add_atom(values, xprintf("*.%s", *text ? text : "*"));
			continue;
		}
		add_atom(values, xstrdup(text));
		for (const char *dash = strchr(text, '-'); dash && values->count > 2; dash = strchr(dash + 1, '-')) {
			add_atom(values, xprintf("%.*s*", (int)(dash - text + 1), text));
			add_atom(values, xprintf("*%s", dash));
		}
		if (values->count > 2)
			add_atom(values, xprintf("%s*", text));
	}
}

static int compare_releases(const void *a, const void *b)
{
	return version_order(((const struct group_value *)a)->text, ((const struct group_value *)b)->text);
}

/* glibc-2.9 before glibc-2.36. */
static int compare_texts(const void *a, const void *b)
{
	return strverscmp(((const struct group_value *)a)->text, ((const struct group_value *)b)->text);
}

void group_values_init(struct group_values *values)
{
	qsort(values->value, values->count, sizeof(*values->value),
	    values->field == GROUP_GO ? compare_releases : compare_texts);
	values->words = bits_words(values->count);
	values->atom = NULL;
	values->atoms = 0;
	make_atoms(values);
}

void group_values_free(struct group_values *values)
{
	for (size_t i = 0; i < values->atoms; i++) {
		free(values->atom[i].text);
		free(values->atom[i].set);
	}
	free(values->atom);
}

/* ---- lists ----------------------------------------------------------------------------------------- */

/* Texts for a set of values: it must have these and may have those; the cheapest is kept, NULL when there is none. */
struct choice {
	const struct group_values *values;
	const uint64_t *must, *may;
	uint64_t *set;
	char *text;
	size_t cost;
};

/* Is it a build of somebody's own?  Only its name stands for it in a command that makes cells of a filter. */
static int is_own(const struct group_values *values, size_t i)
{
	return values->field == GROUP_GO && *version_suffix(values->value[i].text);
}

/* Must it mean an own build that it does not name? */
static int is_unnamed(const struct choice *choice, const char *text)
{
	for (size_t i = 0; i < choice->values->count; i++)
		if (is_own(choice->values, i) && bits_has(choice->must, i) &&
		    !strstr(text, version_bare(choice->values->value[i].text)))
			return 1;
	return 0;
}

/* A release and somebody's own builds of it are one version: ` & go!=1.16-0123456789ab` for those that a text about
 * versions selects and must not.  NULL when there are others, too. */
static char *without_own(const struct choice *choice, const char *text)
{
	const struct group_values *values = choice->values;
	struct buf out = BUF_INIT;
	buf_printf(&out, "%s & go!=", text);
	const char *comma = "";
	for (size_t i = 0; i < values->count; i++) {
		const char *name = version_bare(values->value[i].text);
		if (!bits_has(choice->set, i) || bits_has(choice->may, i))
			continue;
		if (!is_own(values, i)) {
			buf_free(&out);
			return NULL;
		}
		buf_printf(&out, "%s%s", comma, name);
		comma = ",";
	}
	return buf_take(&out);
}

/* Keeps the text if it fits and is the cheapest so far, or frees it; NULL is none. */
static void offer(struct choice *choice, size_t penalty, char *text)
{
	const struct group_values *values = choice->values;
	int fits = text && select_values(values, text, choice->set) == 0 &&
	    bits_within(choice->must, choice->set, values->words);
	if (fits && !bits_within(choice->set, choice->may, values->words)) {
		fits = 0;
		char *more = values->field == GROUP_GO && !strstr(text, " & ") ? without_own(choice, text) : NULL;
		if (more)
			offer(choice, penalty, more);
	}
	size_t cost = fits ? strlen(text) + penalty : 0;
	if (fits && is_unnamed(choice, text))
		cost += PENALTY_UNNAMED;
	if (!fits || (choice->text && choice->cost <= cost)) {
		free(text);
		return;
	}
	free(choice->text);
	choice->text = text;
	choice->cost = cost;
}

/* "a,b-*" for all that it must mean and nothing but what it may; NULL when there is none. */
static char *list_of(const struct group_values *values, const uint64_t *must, const uint64_t *may)
{
	uint64_t *want = bits_new(values->words), *taken = bits_new(bits_words(values->atoms));
	memcpy(want, must, values->words * sizeof(*want));
	size_t best = 0;
	for (;;) {
		size_t gain = 0, means = 0;
		for (size_t i = 0; i < values->atoms; i++) {
			const struct group_atom *atom = &values->atom[i];
			size_t fresh = bits_count_both(atom->set, want, values->words);
			size_t all = bits_count_both(atom->set, atom->set, values->words);
			if (!fresh || fresh < gain || !bits_within(atom->set, may, values->words))
				continue;
			if (fresh > gain || all < means ||
			    (all == means && strlen(atom->text) < strlen(values->atom[best].text))) {
				best = i;
				gain = fresh;
				means = all;
			}
		}
		if (!gain)
			break;
		bits_put(taken, best);
		for (size_t i = 0; i < values->words; i++)
			want[i] &= ~values->atom[best].set[i];
	}
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < values->atoms; i++)
		if (bits_has(taken, i))
			buf_printf(&out, "%s%s", out.len ? "," : "", values->atom[i].text);
	int whole = out.len && !bits_meet(want, want, values->words);
	free(want);
	free(taken);
	char *text = buf_take(&out);
	if (whole)
		return text;
	free(text);
	return NULL;
}

/* ---- releases -------------------------------------------------------------------------------------- */

/* "1.24" of a value, or "1.24.13", "1.8.0", "1.22rc1"; "" of what is no release, which no filter takes. */
static void version_text(const struct group_values *values, size_t i, int minor, char text[48])
{
	static const char *const stages[] = { "beta", "rc" };
	struct version at;
	*text = '\0';
	if (version_parse(values->value[i].text, &at))
		return;
	int len = snprintf(text, 48, "%d.%d", at.major, at.minor);
	if (at.stage != VERSION_RELEASE && !minor)
		snprintf(text + len, 48 - (size_t)len, "%s%d", stages[at.stage], at.stage_number);
	else if (!minor)
		snprintf(text + len, 48 - (size_t)len, ".%d", at.patch);
}

/* What a list says of the values from first to last, all that must be meant; NULL when it cannot be said at once. */
static char *release_item(
    const struct group_values *values, size_t first, size_t last, const uint64_t *must, const uint64_t *may)
{
	uint64_t *want = bits_new(values->words);
	for (size_t i = first; i <= last; i++)
		if (bits_has(must, i))
			bits_put(want, i);
	struct choice choice = { values, want, may, bits_new(values->words), NULL, 0 };
	char low[48], high[48];
	if (is_own(values, first) && first == last)
		offer(&choice, 0, xprintf("go=%s", version_bare(values->value[first].text)));
	for (int way = 0; way < 4; way++) {
		version_text(values, first, !(way & 1), low);
		version_text(values, last, !(way & 2), high);
		if (strcmp(low, high) == 0)
			offer(&choice, 0, xprintf("go=%s", low));
		offer(&choice, 0, xprintf("go=%s..%s", low, high));
	}
	/* An exception belongs behind the whole list, not into it. */
	char *item = choice.text && !strstr(choice.text, " & ") ? xstrdup(choice.text + 3) : NULL;
	free(choice.text);
	free(choice.set);
	free(want);
	return item;
}

/* Adds what a list says of releases, or of somebody's own builds; 0 when something cannot be said. */
static int add_releases(
    const struct group_values *values, const uint64_t *must, const uint64_t *may, int own, struct buf *out)
{
	for (size_t i = 0; i < values->count; i++) {
		if (!bits_has(must, i) || is_own(values, i) != own)
			continue;
		size_t last = i;
		for (size_t j = i; !own && j < values->count && bits_has(may, j); j++)
			last = bits_has(must, j) && !is_own(values, j) ? j : last;
		char *item = release_item(values, i, last, must, may);
		if (!item && last > i)
			item = release_item(values, i, last = i, must, may);
		if (!item)
			return 0;
		buf_printf(out, "%s%s", out->len ? "," : "", item);
		free(item);
		i = last;
	}
	return 1;
}

/* list_of for go: runs of releases, and own builds by their names. */
static char *list_releases(const struct group_values *values, const uint64_t *must, const uint64_t *may)
{
	struct buf out = BUF_INIT;
	if (add_releases(values, must, may, 0, &out) && add_releases(values, must, may, 1, &out) && out.len)
		return buf_take(&out);
	buf_free(&out);
	return NULL;
}

/* go>=1.24, go<1.17 and the like. */
static void offer_bounds(struct choice *choice)
{
	const struct group_values *values = choice->values;
	size_t first = values->count, last = 0;
	for (size_t i = 0; i < values->count; i++) {
		if (!bits_has(choice->must, i))
			continue;
		first = first < i ? first : i;
		last = i;
	}
	for (int minor = 1; minor >= 0 && first < values->count; minor--) {
		char text[48];
		version_text(values, first, minor, text);
		offer(choice, 0, xprintf("go>=%s", text));
		version_text(values, last, minor, text);
		offer(choice, PENALTY_BEYOND, xprintf("go<=%s", text));
		if (first)
			version_text(values, first - 1, minor, text);
		if (first)
			offer(choice, PENALTY_BEYOND, xprintf("go>%s", text));
		if (last + 1 < values->count)
			version_text(values, last + 1, minor, text);
		if (last + 1 < values->count)
			offer(choice, 0, xprintf("go<%s", text));
	}
}

/* ---- a set of values ------------------------------------------------------------------------------- */

/* PREFIX LIST SUFFIX, or NULL without a list; frees it. */
static char *around(const char *before, char *list, const char *after)
{
	char *text = list ? xprintf("%s%s%s", before, list, after) : NULL;
	free(list);
	return text;
}

/* "" is the port itself, without a variant: the first value when there is such a cell. */
static void offer_variants(struct choice *choice, const uint64_t *must_not, const uint64_t *may_not)
{
	const struct group_values *values = choice->values;
	int plain = !*values->value[0].text;
	uint64_t *named = bits_new(values->words), *unnamed = bits_new(values->words);
	memcpy(named, choice->must, values->words * sizeof(*named));
	memcpy(unnamed, must_not, values->words * sizeof(*unnamed));
	if (plain) {
		bits_cut(named, 0);
		bits_cut(unnamed, 0);
	}
	offer(choice, 0, around("arch=", list_of(values, named, choice->may), ""));
	offer(choice, 0, xstrdup("arch!=*.*"));
	offer(choice, 0, around("(arch!=*.* | arch=", list_of(values, named, choice->may), ")"));
	offer(choice, PENALTY_NOT, around("arch!=", list_of(values, unnamed, may_not), ""));
	offer(choice, PENALTY_NOT, around("arch=*.* & arch!=", list_of(values, unnamed, may_not), ""));
	free(named);
	free(unnamed);
}

char *group_values_text(const struct group_values *values, const uint64_t *must, const uint64_t *may, uint64_t *said)
{
	struct choice choice = { values, must, may, said, NULL, 0 };
	uint64_t *must_not = bits_others(may, values->count), *may_not = bits_others(must, values->count);
	if (values->field == GROUP_VARIANT) {
		offer_variants(&choice, must_not, may_not);
	} else if (values->field == GROUP_GO) {
		uint64_t *wide = bits_new(values->words);
		for (size_t i = 0; i < values->count; i++)
			if (bits_has(may, i) || is_own(values, i))
				bits_put(wide, i);
		offer(&choice, 0, around("go=", list_releases(values, must, may), ""));
		offer(&choice, 0, around("go=", list_releases(values, must, wide), ""));
		offer_bounds(&choice);
		offer(&choice, 0, xstrdup("go=*-*"));
		offer(&choice, PENALTY_NOT + PENALTY_UNNAMED, xstrdup("go!=*-*"));
		offer(&choice, PENALTY_NOT, around("go!=", list_releases(values, must_not, may_not), ""));
		free(wide);
	} else {
		const char *name = fields[values->field].name;
		char *list = list_of(values, must, may), *other = list_of(values, must_not, may_not);
		offer(&choice, 0, list ? xprintf("%s=%s", name, list) : NULL);
		offer(&choice, PENALTY_NOT, other ? xprintf("%s!=%s", name, other) : NULL);
		free(list);
		free(other);
	}
	free(must_not);
	free(may_not);
	if (choice.text)
		select_values(values, choice.text, said);
	return choice.text;
}

void group_join_arch(char **arch, char **variant)
{
	if (!*arch || !*variant || strpbrk(*arch, "!,*") || strncmp(*variant, "arch=*.", 7) != 0 ||
	    strpbrk(*variant, "&|") || strstr(*variant, "*.*"))
		return;
	char *port = xprintf("%s.", *arch + strlen("arch="));
	char *joined = xreplace(*variant, "*.", port);
	free(port);
	free(*arch);
	free(*variant);
	*arch = NULL;
	*variant = joined;
}
