#include "reports/history.h"

#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- with what -------------------------------------------------------------------------------------- */

static void moved(struct buf *out, const char *what, const char *was, const char *is)
{
	if (text_compare(was, is) == 0)
		return;
	buf_printf(out, "%s%s", out->len ? "; " : "", what);
	text_add(out, was && *was ? was : "none", TEXT_ASCII);
	buf_add(out, " -> ");
	text_add(out, is && *is ? is : "none", TEXT_ASCII);
}

/* The first word of a part of the host's line, which says what it is the version of. */
static size_t head_of(const char *part) { return strcspn(part, " ,"); }

static size_t part_length(const char *part) { return strcspn(part, ","); }

static const char *next_part(const char *part)
{
	part += part_length(part);
	return part + strspn(part, ", ");
}

/* The part of host that begins with the same word as the given one, or NULL. */
static const char *same_part(const char *host, const char *part)
{
	size_t head = head_of(part);
	for (; *host; host = next_part(host))
		if (head_of(host) == head && strncmp(host, part, head) == 0)
			return host;
	return NULL;
}

/* What one host says of a thing and the other does not, or says otherwise; both: also what it says otherwise. */
static void hosts_moved(struct buf *out, const char *from, const char *to, int both)
{
	for (const char *part = from; *part; part = next_part(part)) {
		const char *other = same_part(to, part);
		char *is = xprintf("%.*s", (int)part_length(part), part),
		     *there = other ?
		    xprintf("%.*s", (int)part_length(other) - (int)head_of(other), other + head_of(other)) :
		    NULL;
		if (other && both)
			moved(out, "", is, strcmp(is + head_of(part), there) ? there + strspn(there, " ") : is);
		else if (!other)
			moved(out, "", both ? is : NULL, both ? NULL : is);
		free(there);
		free(is);
	}
}

char *history_with(const struct past *was, const struct past *is)
{
	struct buf out = BUF_INIT;
	moved(&out, "", was->go, is->go);
	moved(&out, "the target: ", was->target, is->target);
	hosts_moved(&out, was->host ? was->host : "", is->host ? is->host : "", 1);
	hosts_moved(&out, is->host ? is->host : "", was->host ? was->host : "", 0);
	moved(&out, "tlsmatrix ", was->tool, is->tool);
	if (!out.len)
		buf_add(&out,
		    text_compare(was->key, is->key) == 0 ?
			"nothing: the same inputs, so it comes and goes" :
			text_compare(was->build, is->build) != 0 ?
			"other inputs of the build, of which no version tells" :
			"other files of the target, or other checks of this tlsmatrix");
	return buf_take(&out);
}

/* ---- checks ----------------------------------------------------------------------------------------- */

static const struct past_check *check_in(const struct past_result *result, const char *id)
{
	for (size_t i = 0; i < result->count; i++)
		if (strcmp(result->check[i].id, id) == 0)
			return &result->check[i];
	return NULL;
}

/* A skip is told by its class: the reason names files. */
static void state(struct buf *out, const struct past_check *check, int whole)
{
	buf_add(out, status_name(check->status));
	if (check->rate) {
		buf_add(out, " (");
		text_add(out, check->rate, TEXT_ASCII);
		buf_add(out, ")");
	} else if (check->status == STATUS_SKIP && check->reason) {
		buf_printf(out, " (%.*s)", (int)strcspn(check->reason, ":"), check->reason);
	} else if (whole && check->observed && *check->observed) {
		buf_add(out, " ");
		text_add(out, check->observed, TEXT_ASCII);
	}
}

/* How one check moved, or NULL when it did not; malloc'ed. */
static char *way_of(const struct past_check *was, const struct past_check *is)
{
	struct buf out = BUF_INIT;
	if (!was || !is)
		return xstrdup(was ? "is not planned any more" : "is planned now");
	int other = was->status != is->status || text_compare(was->rate, is->rate);
	if (!other && text_compare(was->observed, is->observed) == 0)
		return NULL;
	/* What a check that passes observes says nothing that its rule does not, beside one that does not pass. */
	state(&out, was, !other);
	buf_add(&out, " -> ");
	state(&out, is, !other || is->status == STATUS_FAIL);
	return buf_take(&out);
}

/* Takes the way. */
static void move_add(struct past_move **moves, size_t *count, char *way, const char *check)
{
	size_t at = 0;
	while (at < *count && strcmp((*moves)[at].way, way) != 0)
		at++;
	if (at < *count) {
		free(way);
	} else {
		*moves = xrealloc(*moves, (*count + 1) * sizeof(**moves));
		(*moves)[(*count)++] = (struct past_move){ way, NULL, 0 };
	}
	struct past_move *move = &(*moves)[at];
	move->check = xrealloc(move->check, (move->count + 1) * sizeof(*move->check));
	move->check[move->count++] = check;
}

static int most_first(const void *a, const void *b)
{
	const struct past_move *x = a, *y = b;
	return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->way, y->way);
}

size_t history_moves(
    const struct past_result *was, const struct past_result *is, const char *check, struct past_move **moves)
{
	size_t count = 0;
	*moves = NULL;
	for (size_t i = 0; i < is->count; i++) {
		const char *id = is->check[i].id;
		char *way = check && strcmp(check, id) != 0 ? NULL : way_of(check_in(was, id), &is->check[i]);
		if (way)
			move_add(moves, &count, way, id);
	}
	for (size_t i = 0; i < was->count; i++) {
		const char *id = was->check[i].id;
		if ((!check || strcmp(check, id) == 0) && !check_in(is, id))
			move_add(moves, &count, way_of(&was->check[i], NULL), id);
	}
	if (count)
		qsort(*moves, count, sizeof(**moves), most_first);
	return count;
}

void history_moves_free(struct past_move *moves, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(moves[i].way);
		free(moves[i].check);
	}
	free(moves);
}

/* ---- facts ------------------------------------------------------------------------------------------ */

struct facts_walk {
	struct buf out;
	size_t told, most, more;
};

static void facts_differ(struct facts_walk *walk, const char *path, const json_t *was, const json_t *is);

/* What stands at a path, short. */
static void leaf(struct buf *out, const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : xstrdup("none"),
	     *clipped = text_clip(text, 40);
	text_add(out, clipped, TEXT_ASCII);
	free(clipped);
	free(text);
}

static void object_differs(struct facts_walk *walk, const char *path, const json_t *was, const json_t *is)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)was, key, value)
	{
		char *below = xprintf("%s%s%s", path, *path ? "." : "", key);
		facts_differ(walk, below, value, json_object_get(is, key));
		free(below);
	}
	json_object_foreach((json_t *)is, key, value)
	{
		if (json_object_get(was, key))
			continue;
		char *below = xprintf("%s%s%s", path, *path ? "." : "", key);
		facts_differ(walk, below, NULL, value);
		free(below);
	}
}

static void facts_differ(struct facts_walk *walk, const char *path, const json_t *was, const json_t *is)
{
	if (json_equal(was, is) || (!was && !is))
		return;
	if (json_is_object(was) && json_is_object(is)) {
		object_differs(walk, path, was, is);
		return;
	}
	if (walk->told == walk->most) {
		walk->more++;
		return;
	}
	buf_printf(&walk->out, "%s%s ", walk->told++ ? "; " : "", path);
	leaf(&walk->out, was);
	buf_add(&walk->out, " -> ");
	leaf(&walk->out, is);
}

char *history_facts(const json_t *was, const json_t *is, size_t most)
{
	struct facts_walk walk = { .out = BUF_INIT, .most = most };
	facts_differ(&walk, "", was, is);
	if (walk.more)
		buf_printf(&walk.out, "; and %zu more", walk.more);
	if (walk.told)
		return buf_take(&walk.out);
	buf_free(&walk.out);
	return NULL;
}

int history_moved(const struct past_result *was, const struct past_result *is, const char *check)
{
	struct past_move *moves;
	if (was == is)
		return 0;
	size_t count = history_moves(was, is, check, &moves);
	history_moves_free(moves, count);
	return count || (!check && !json_equal(was->facts, is->facts) && (was->facts || is->facts));
}
