#include "matrix/groups.h"

#include "matrix/base/buf.h"
#include "matrix/bits.h"
#include "matrix/groups_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	SEEDS = 4,  /* single cells that a box is begun with */
	TURNS = 12, /* ways to make it larger */
	/* How many boxes are tried for better groups, in all: the more cells, the dearer is each. */
	TRIES_LEAST = 200,
	TRIES_WORDS = 1000000,
};

struct field {
	struct group_values values;
	size_t at;       /* of its set of values in a box: the sets of all fields, one behind the other */
	uint32_t *of;    /* of each cell: which value */
	uint64_t *cells; /* of each value: the set of cells */
};

struct group_cells {
	struct field field[GROUP_FIELDS];
	size_t count, words; /* cells, and words of a set of them */
	size_t total;        /* words of a box */
};

struct search {
	const struct field *field; /* this and the next are those of the cells */
	size_t count, words, total;
	uint64_t *bad;  /* cells that are not chosen */
	uint64_t *left; /* chosen and in no group */
	/* Of the box at hand: the fields that it limits, and the cells that each of them alone would let pass. */
	int limited[GROUP_FIELDS];
	uint64_t *pass[GROUP_FIELDS];
	uint64_t *some; /* the last conjunction of these */
	size_t tries;   /* how many more boxes may be tried for the sake of better groups */
};

/* ---- boxes ---------------------------------------------------------------------------------------- */

/* Looks at a field of the box at hand. */
static void load_field(struct search *search, int f, const uint64_t *box)
{
	const struct field *field = &search->field[f];
	size_t count = bits_count_both(box + field->at, box + field->at, field->values.words);
	search->limited[f] = count < field->values.count;
	if (!search->limited[f])
		return;
	memset(search->pass[f], 0, search->words * sizeof(uint64_t));
	for (size_t v = 0; v < field->values.count; v++) {
		const uint64_t *cells = field->cells + v * search->words;
		for (size_t i = 0; bits_has(box + field->at, v) && i < search->words; i++)
			search->pass[f][i] |= cells[i];
	}
}

/* Leaves in search->some the cells of `of` (NULL: all) that the limits let pass, but for those of one field. */
static void conjoin(struct search *search, const uint64_t *of, int but)
{
	if (of)
		memcpy(search->some, of, search->words * sizeof(uint64_t));
	else
		memset(search->some, 0xff, search->words * sizeof(uint64_t));
	for (int f = 0; f < GROUP_FIELDS; f++)
		for (size_t i = 0; f != but && search->limited[f] && i < search->words; i++)
			search->some[i] &= search->pass[f][i];
}

static int is_exact(struct search *search, const uint64_t *box)
{
	for (int f = 0; f < GROUP_FIELDS; f++)
		load_field(search, f, box);
	conjoin(search, search->bad, GROUP_FIELDS);
	return !bits_meet(search->some, search->some, search->words);
}

/* Makes an exact box as large as it can be.  First whole fields are dropped, so that few are named; then each of the
 * others takes the values that no cell which is not chosen has in the rest of the box.  These can be taken all at once,
 * and never become more by what is taken later.
 * The turn says what is tried first: the fields that explain little, in several orders. */
static void grow(struct search *search, uint64_t *box, size_t turn)
{
	static const int little[] = { GROUP_OS, GROUP_ARCH, GROUP_VARIANT, GROUP_CGO, GROUP_LINK },
			 much[] = { GROUP_LOAD, GROUP_GO, GROUP_TARGET, GROUP_MODE };
	enum { LITTLE = sizeof(little) / sizeof(*little), MUCH = sizeof(much) / sizeof(*much) };
	int order[GROUP_FIELDS];
	/* Every third turn begins with what explains much, for what is of one link mode, or of one port. */
	size_t first = turn % 3 == 2 ? MUCH : 0;
	for (size_t i = 0; i < LITTLE; i++)
		order[first + i] = little[(i + turn) % LITTLE];
	for (size_t i = 0; i < MUCH; i++)
		order[(first ? 0 : LITTLE) + i] = much[(i + turn) % MUCH];
	for (int f = 0; f < GROUP_FIELDS; f++)
		load_field(search, f, box);
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < GROUP_FIELDS; i++) {
			const struct field *field = &search->field[order[i]];
			if (!search->limited[order[i]])
				continue;
			conjoin(search, search->bad, order[i]);
			if (pass == 0 && bits_meet(search->some, search->some, search->words))
				continue;
			for (size_t v = 0; v < field->values.count; v++)
				if (!bits_meet(field->cells + v * search->words, search->some, search->words))
					bits_put(box + field->at, v);
			load_field(search, order[i], box);
		}
	}
}

/* What a box says of a field that it limits.  Only what is left must be explained by it: values that it allows beside
 * are free, and what is said of them goes into said. */
static char *limit_text(const struct search *search, const struct field *field, const uint64_t *box, uint64_t *said)
{
	uint64_t *must = bits_new(field->values.words);
	for (size_t v = 0; v < field->values.count; v++) {
		const uint64_t *cells = field->cells + v * search->words;
		int needed = 0;
		for (size_t i = 0; bits_has(box + field->at, v) && i < search->words && !needed; i++)
			needed = (cells[i] & search->some[i] & search->left[i]) != 0;
		if (needed)
			bits_put(must, v);
	}
	char *text = group_values_text(&field->values, must, box + field->at, said + field->at);
	free(must);
	return text;
}

/* The filter of a box that has been weighed (search->some: its cells); NULL when there is none.  said becomes the box
 * that it selects: in the other, with all that the other explains of what is left. */
static char *box_text(const struct search *search, const uint64_t *box, uint64_t *said)
{
	char *limit[GROUP_FIELDS] = { NULL };
	struct buf out = BUF_INIT;
	int whole = 1;
	memcpy(said, box, search->total * sizeof(*said));
	for (int f = 0; f < GROUP_FIELDS && whole; f++) {
		if (!search->limited[f])
			continue;
		limit[f] = limit_text(search, &search->field[f], box, said);
		whole = limit[f] != NULL;
	}
	if (whole)
		group_join_arch(&limit[GROUP_ARCH], &limit[GROUP_VARIANT]);
	for (int f = 0; f < GROUP_FIELDS; f++) {
		if (limit[f] && whole)
			buf_printf(&out, "%s%s", out.len ? " & " : "", limit[f]);
		free(limit[f]);
	}
	if (!whole)
		return NULL;
	return out.len ? buf_take(&out) : xstrdup("");
}

/* The best box so far: it explains most of what is left, then limits few fields, then has a short text. */
struct best {
	char *text;           /* NULL: none yet */
	uint64_t *box, *said; /* as large as it can be, and what the text selects of it */
	size_t explains, limits;
};

/* How much there is to read in a filter; what is not there is harder to think of. */
static size_t length_of(const char *text)
{
	size_t length = strlen(text);
	for (; *text; text++)
		length += *text == '!' ? 8 : 0;
	return length;
}

/* Keeps the box at hand when it is better. */
static void weigh(struct search *search, const uint64_t *box, struct best *best)
{
	size_t limits = 0;
	for (int f = 0; f < GROUP_FIELDS; f++)
		limits += search->limited[f] != 0;
	conjoin(search, NULL, GROUP_FIELDS);
	size_t explains = bits_count_both(search->some, search->left, search->words);
	int better = explains > best->explains || (explains == best->explains && limits < best->limits);
	if (best->text && !better &&
	    (explains < best->explains || limits > best->limits ||
		memcmp(box, best->box, search->total * sizeof(*box)) == 0))
		return;
	uint64_t *said = bits_new(search->total);
	char *text = box_text(search, box, said);
	if (!text || (best->text && !better && length_of(text) >= length_of(best->text))) {
		free(text);
		free(said);
		return;
	}
	free(best->text);
	memcpy(best->box, box, search->total * sizeof(*box));
	memcpy(best->said, said, search->total * sizeof(*said));
	free(said);
	best->text = text;
	best->explains = explains;
	best->limits = limits;
}

/* Grows a box in several ways, if it is exact. */
static void try_box(struct search *search, const uint64_t *start, size_t turns, struct best *best)
{
	uint64_t *box = bits_new(search->total);
	int exact = is_exact(search, start);
	for (size_t turn = 0; exact && turn < turns && (turn == 0 || search->tries); turn++) {
		search->tries -= search->tries > 0;
		memcpy(box, start, search->total * sizeof(*box));
		grow(search, box, turn);
		weigh(search, box, best);
	}
	free(box);
}

/* Into box the values that the cells have which are in both sets. */
static void close_cells(const struct search *search, const uint64_t *a, const uint64_t *b, uint64_t *box)
{
	memset(box, 0, search->total * sizeof(*box));
	for (size_t i = 0; i < search->words; i++)
		for (uint64_t word = a[i] & b[i]; word; word &= word - 1)
			for (int f = 0; f < GROUP_FIELDS; f++) {
				size_t cell = i * 64 + (size_t)__builtin_ctzll(word);
				bits_put(box + search->field[f].at, search->field[f].of[cell]);
			}
}

/* The n-th cell of a set alone, as a box. */
static size_t seed_box(const struct search *search, const uint64_t *set, size_t n, uint64_t *box)
{
	size_t i = 0;
	while (!bits_has(set, i) || n--)
		i++;
	memset(box, 0, search->total * sizeof(*box));
	for (int f = 0; f < GROUP_FIELDS; f++)
		bits_put(box + search->field[f].at, search->field[f].of[i]);
	return i;
}

/* The best box for what is left.  Begun with: all that is left, if that is a box; single cells; and what is left of one
 * value of one field. */
static void find_best(struct search *search, struct best *best)
{
	size_t left = bits_count_both(search->left, search->left, search->words), turns = search->tries ? TURNS : 1;
	uint64_t *start = bits_new(search->total);
	close_cells(search, search->left, search->left, start);
	try_box(search, start, turns, best);
	size_t seeds = left < SEEDS ? left : SEEDS;
	for (size_t i = 0; i < seeds && best->explains < left && (i == 0 || search->tries); i++) {
		seed_box(search, search->left, i * left / seeds, start);
		try_box(search, start, turns, best);
	}
	for (int f = 0; f < GROUP_FIELDS; f++) {
		const struct field *field = &search->field[f];
		for (size_t v = 0; v < field->values.count && search->tries && best->explains < left; v++) {
			const uint64_t *cells = field->cells + v * search->words;
			if (bits_count_both(search->left, cells, search->words) <= best->explains)
				continue;
			close_cells(search, search->left, cells, start);
			search->tries--;
			try_box(search, start, SEEDS, best);
		}
	}
	free(start);
}

/* ---- the groups ----------------------------------------------------------------------------------- */

/* The number of the cell's value.  slot: 1 + number, by the hash of the text; mask + 1 of them, more than values. */
static uint32_t value_of(struct field *field, const struct cell *cell, uint32_t *slot, size_t mask)
{
	const char *text = group_field_text(field->values.field, cell);
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (const char *at = text; *at; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
	size_t i = (hash ^ hash >> 32) & mask;
	for (; slot[i]; i = (i + 1) & mask)
		if (strcmp(field->values.value[slot[i] - 1].text, text) == 0)
			return slot[i] - 1;
	if ((field->values.count & (field->values.count - 1)) == 0)
		field->values.value =
		    xrealloc(field->values.value, (field->values.count * 2 + 1) * sizeof(*field->values.value));
	field->values.value[field->values.count] = (struct group_value){ text, cell, (uint32_t)field->values.count };
	slot[i] = (uint32_t)++field->values.count;
	return slot[i] - 1;
}

static void collect(struct group_cells *of, int f, const struct cell *const *cells)
{
	struct field *field = &of->field[f];
	size_t mask = 1;
	while (mask < of->count * 2)
		mask = mask * 2 + 1;
	uint32_t *slot = xcalloc(mask + 1, sizeof(*slot));
	*field = (struct field){ .values.field = (enum group_field)f, .of = xcalloc(of->count, sizeof(*field->of)) };
	for (size_t i = 0; i < of->count; i++)
		field->of[i] = value_of(field, cells[i], slot, mask);
	group_values_init(&field->values);
	for (size_t v = 0; v < field->values.count; v++)
		slot[field->values.value[v].number] = (uint32_t)v;
	field->cells = xcalloc(field->values.count * of->words, sizeof(uint64_t));
	for (size_t i = 0; i < of->count; i++) {
		field->of[i] = slot[field->of[i]];
		bits_put(field->cells + field->of[i] * of->words, i);
	}
	free(slot);
	field->at = of->total;
	of->total += field->values.words;
}

struct group_cells *group_cells_new(const struct cell *const *cells, size_t count)
{
	struct group_cells *of = xcalloc(1, sizeof(*of));
	of->count = count;
	of->words = bits_words(count);
	for (int f = 0; f < GROUP_FIELDS && count; f++)
		collect(of, f, cells);
	return of;
}

void group_cells_free(struct group_cells *of)
{
	for (int f = 0; f < GROUP_FIELDS; f++) {
		struct field *field = &of->field[f];
		group_values_free(&field->values);
		free(field->values.value);
		free(field->of);
		free(field->cells);
	}
	free(of);
}

static void begin_search(struct search *search, const struct group_cells *of)
{
	*search = (struct search){ .field = of->field, .count = of->count, .words = of->words, .total = of->total };
	search->bad = bits_new(of->words);
	search->left = bits_new(of->words);
	search->some = bits_new(of->words);
	for (int f = 0; f < GROUP_FIELDS; f++)
		search->pass[f] = bits_new(of->words);
	search->tries = TRIES_LEAST + TRIES_WORDS / (of->words + 1);
}

static void free_search(struct search *search)
{
	for (int f = 0; f < GROUP_FIELDS; f++)
		free(search->pass[f]);
	free(search->bad);
	free(search->left);
	free(search->some);
}

static size_t *list_cells(const uint64_t *set, size_t count, size_t *listed)
{
	size_t *list = xcalloc(bits_count_both(set, set, bits_words(count)) + 1, sizeof(*list));
	*listed = 0;
	for (size_t i = 0; i < count; i++)
		if (bits_has(set, i))
			list[(*listed)++] = i;
	return list;
}

/* Adds the group of a box behind those that are not smaller. */
static void add_group(struct search *search, struct best *best, struct cell_groups *groups)
{
	struct cell_group group = { .filter = best->text };
	is_exact(search, best->said); /* it is: this is to look at it again */
	conjoin(search, NULL, GROUP_FIELDS);
	for (size_t i = 0; i < search->words; i++)
		search->left[i] &= ~search->some[i];
	if (search->count % 64)
		search->some[search->words - 1] &= (UINT64_C(1) << search->count % 64) - 1;
	group.cell = list_cells(search->some, search->count, &group.count);
	groups->group = xrealloc(groups->group, (groups->count + 1) * sizeof(*groups->group));
	size_t at = groups->count++;
	for (; at && groups->group[at - 1].count < group.count; at--)
		groups->group[at] = groups->group[at - 1];
	groups->group[at] = group;
}

/* Drops groups all of whose cells others explain, the smallest first; how many. */
static size_t drop_needless(struct cell_groups *groups, size_t count)
{
	size_t before = groups->count;
	uint32_t *times = xcalloc(count + 1, sizeof(*times));
	for (size_t g = 0; g < groups->count; g++)
		for (size_t i = 0; i < groups->group[g].count; i++)
			times[groups->group[g].cell[i]]++;
	for (size_t g = groups->count; g-- > 0;) {
		struct cell_group *group = &groups->group[g];
		int needed = 0;
		for (size_t i = 0; i < group->count && !needed; i++)
			needed = times[group->cell[i]] < 2;
		if (needed)
			continue;
		for (size_t i = 0; i < group->count; i++)
			times[group->cell[i]]--;
		free(group->filter);
		free(group->cell);
		memmove(group, group + 1, (--groups->count - g) * sizeof(*group));
	}
	free(times);
	return before - groups->count;
}

/* Makes groups of what is left, as long as there may be more. */
static void add_groups(struct search *search, size_t most, uint64_t *hopeless, struct cell_groups *groups)
{
	struct best best = { .box = bits_new(search->total), .said = bits_new(search->total) };
	while (groups->count < most && bits_meet(search->left, search->left, search->words)) {
		best.text = NULL;
		best.explains = best.limits = 0;
		find_best(search, &best);
		if (best.text) {
			add_group(search, &best, groups);
			continue;
		}
		/* The same id again among those that are not chosen, or a text that no filter takes. */
		size_t i = seed_box(search, search->left, 0, best.box);
		bits_cut(search->left, i);
		bits_put(hopeless, i);
	}
	free(best.box);
	free(best.said);
}

void groups_find(const struct group_cells *of, const unsigned char *chosen, size_t most, struct cell_groups *groups)
{
	struct search search;
	size_t count = of->count;
	*groups = (struct cell_groups){ 0 };
	begin_search(&search, of);
	uint64_t *hopeless = bits_new(search.words);
	for (size_t i = 0; i < count; i++)
		bits_put(chosen[i] ? search.left : search.bad, i);
	/* What is dropped makes room for others. */
	do
		add_groups(&search, most, hopeless, groups);
	while (drop_needless(groups, count) && bits_meet(search.left, search.left, search.words));
	for (size_t i = 0; i < search.words; i++)
		search.left[i] |= hopeless[i];
	groups->rest = list_cells(search.left, count, &groups->rest_count);
	free(hopeless);
	free_search(&search);
}

void groups_free(struct cell_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->group[i].filter);
		free(groups->group[i].cell);
	}
	free(groups->group);
	free(groups->rest);
	*groups = (struct cell_groups){ 0 };
}
