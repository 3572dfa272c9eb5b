#include "runner/search/along.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/target/target.h"
#include "runner/toolchain/release_fetch.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- releases and targets ------------------------------------------------------------------------------ */

/* An end as a list has it: among the kept ones, else among those that can be had.  NULL with a line in diag. */
static const char *find_end(const char *option, const char *name, const struct release_list *kept,
    const struct release_list *available, struct diag *diag)
{
	const char *found = release_list_find(kept, name);
	if (!found)
		found = release_list_find(available, name);
	if (!found && available->count) {
		struct release_list none = RELEASE_LIST_INIT;
		struct diag nearest = DIAG_INIT;
		release_list_select(available, name, &none, &nearest);
		release_list_free(&none);
		diag_set(diag, EINVAL, "%s %s", option, *nearest.line ? nearest.line : "takes one release");
	} else if (!found) {
		diag_set(diag, EINVAL,
		    "%s %s: is not kept: --get, `tlsmatrix toolchain get %s` or `tlsmatrix "
		    "toolchain list`",
		    option, name, name);
	}
	return found;
}

/* From one end to the other: of the kept releases, and of those that can be had. */
static int make_ladder(struct release_list *kept, const struct release_list *available, const char *good,
    const char *bad, struct release_list *ladder, struct diag *diag)
{
	struct version first, last;
	char ends[2][sizeof(*kept->name)];
	const char *found[2] = { good ? find_end("--good", good, kept, available, diag) : kept->name[0], NULL };
	if (found[0])
		found[1] = bad ? find_end("--bad", bad, kept, available, diag) : kept->name[kept->count - 1];
	if (!found[0] || !found[1])
		return -EINVAL;
	version_parse(found[0], &first);
	version_parse(found[1], &last);
	int turned = version_compare(&first, &last) > 0;
	strcpy(ends[0], found[turned]);
	strcpy(ends[1], found[!turned]);
	bisect_offer(kept, available, ends[1]);
	release_list_add(kept, ends[0]);
	release_list_add(kept, ends[1]);
	bisect_ladder(kept, ends[0], ends[1], ladder);
	return 0;
}

/* What can be had, asked for the first time only.  0 or as fetch_list. */
static int learn_available(struct search *search, struct diag *diag)
{
	struct release_list available = RELEASE_LIST_INIT;
	if (!search->fetching || search->available)
		return 0;
	int error = fetch_list(search->question.setup, &available, diag);
	if (error)
		return error;
	search->available = xcalloc(1, sizeof(*search->available));
	*search->available = available;
	return 0;
}

/* Kept releases and the one under test, and with search->fetching what can be had.  As along_make. */
static int releases_between(
    struct search *search, const char *good, const char *bad, struct release_list *ladder, struct diag *diag)
{
	static const struct release_list none = RELEASE_LIST_INIT;
	struct release_list kept;
	int error = learn_available(search, diag);
	if (error)
		return error;
	kept_releases(search->question.setup, &kept);
	release_list_add(&kept, search->question.setup->releases[0].version);
	error = make_ladder(&kept, search->available ? search->available : &none, good, bad, ladder, diag);
	release_list_free(&kept);
	return error;
}

/* "glibc-" of glibc-2.31: what comes before the first digit. */
static size_t family_length(const char *name) { return strcspn(name, "0123456789"); }

/* Targets of the same family in the order in which they are described; names go into a list.  0 or -EINVAL. */
static int targets_between(const struct search *search, const char *good, const char *bad, const char ***names,
    size_t *count, struct diag *diag)
{
	const struct targets *targets = search->question.setup->targets;
	const char *family = good ? good : search->question.cell.target;
	int inside = 0, ends = 0;
	*names = xcalloc(targets->count + 1, sizeof(**names));
	*count = 0;
	for (size_t i = 0; i < targets->count; i++) {
		const char *name = targets->target[i].name;
		int is_end = (good && strcmp(name, good) == 0) || (bad && strcmp(name, bad) == 0);
		ends += is_end;
		if (targets->target[i].kind != TARGET_PACK && family_length(name) == family_length(family) &&
		    strncmp(name, family, family_length(family)) == 0 && (!good || !bad || inside || is_end))
			(*names)[(*count)++] = name;
		inside ^= is_end;
	}
	if (bad && strncmp(bad, family, family_length(family)) != 0)
		ends = 0;
	if (ends != (good != NULL) + (bad != NULL) || *count < 2)
		return diag_set(diag, EINVAL,
		    "--axis target: %s and %s are no two targets of one family: `tlsmatrix target list` names them",
		    good ? good : "the first", bad ? bad : "the last");
	return 0;
}

/* Room for what the search knows of each; the names are the caller's to fill in. */
static void make_room(struct search *search, size_t count)
{
	search->count = count;
	search->candidate = xcalloc(count + 1, sizeof(*search->candidate));
	search->value = xcalloc(count + 1, sizeof(*search->value));
	search->plan = xcalloc(count + 1, sizeof(*search->plan));
	search->toolchain = xcalloc(count + 1, sizeof(*search->toolchain));
}

static int make_releases(struct search *search, const char *good, const char *bad, struct diag *diag)
{
	struct release_list ladder = RELEASE_LIST_INIT;
	int error = releases_between(search, good, bad, &ladder, diag);
	make_room(search, ladder.count);
	for (size_t i = 0; i < ladder.count; i++)
		search->candidate[i].name = xstrdup(ladder.name[i]);
	if (!error && search->count < 2)
		error = diag_set(diag, EINVAL,
		    "%s: is the only one that is kept: `tlsmatrix toolchain get 1.5..1.27` gets more",
		    search->count ? search->candidate[0].name : "?");
	release_list_free(&ladder);
	return error;
}

static int make_targets(struct search *search, const char *good, const char *bad, struct diag *diag)
{
	const char **names = NULL;
	size_t count = 0;
	int error = targets_between(search, good, bad, &names, &count, diag);
	make_room(search, count);
	for (size_t i = 0; i < count; i++)
		search->candidate[i].name = xstrdup(names[i]);
	free(names);
	return error;
}

/* ---- commits ------------------------------------------------------------------------------------------ */

/* commits passes to the search. */
static void take_commits(struct search *search, const struct commits *commits)
{
	make_room(search, commits->count);
	search->commits = *commits;
	for (size_t i = 0; i < commits->count; i++)
		search->candidate[i].name = xprintf("%.*s", COMMIT_DIGITS, commits->commit[i].hash);
}

static int make_commits(struct search *search, const char *good, const char *bad, struct diag *diag)
{
	struct commits commits = COMMITS_INIT;
	if (!good)
		return diag_set(diag, EINVAL, "--go-tree %s: needs --good REV, a commit, tag or branch to begin with",
		    search->go_tree);
	if (commits_between(search->go_tree, good, bad ? bad : "HEAD", &commits, diag))
		return -EINVAL;
	take_commits(search, &commits);
	if (search->count < 2)
		return diag_set(diag, EINVAL, "--good %s: is the commit of the other end", good);
	return 0;
}

int along_is_merge(const struct search *search, size_t i)
{
	return search->axis == AXIS_COMMIT && search->commits.commit[i].parents > 1;
}

/* A search along other candidates for the same question, which goes on counting. */
static struct search same_question(const struct search *search)
{
	return (struct search){ .question = search->question,
		.axis = search->axis,
		.go_tree = search->go_tree,
		.fetching = search->fetching,
		.available = search->available,
		.borrows = 1,
		.evaluated = search->evaluated,
		.stored = search->stored,
		.tell = search->tell,
		.begun = search->begun };
}

/* What one search knows of the candidates of another. */
static void hand_on(const struct search *search, struct search *to)
{
	for (size_t i = 0; i < to->count; i++)
		for (size_t k = 0; k < search->count; k++) {
			if (!search->value[k] || strcmp(search->candidate[k].name, to->candidate[i].name) != 0)
				continue;
			search_settle(to, i, search->value[k]);
			strcpy(to->toolchain[i], search->toolchain[k]);
		}
}

int along_merge(const struct search *search, size_t merge, struct search *branch, struct diag *diag)
{
	struct commits commits = COMMITS_INIT;
	*branch = same_question(search);
	int error = commits_merged(search->go_tree, &search->commits.commit[merge], &commits, diag);
	if (error)
		return error;
	take_commits(branch, &commits);
	hand_on(search, branch);
	return 0;
}

int along_finer(const struct search *search, const size_t pair[2], struct search *finer, struct diag *diag)
{
	if (search->axis != AXIS_GO || !search->fetching)
		return 0;
	*finer = same_question(search);
	int error = make_releases(finer, search->candidate[pair[0]].name, search->candidate[pair[1]].name, diag);
	if (error)
		return error;
	hand_on(search, finer);
	return finer->count > pair[1] - pair[0] + 1;
}

/* ---- all ------------------------------------------------------------------------------------------------ */

int along_make(struct search *search, const char *good, const char *bad, struct diag *diag)
{
	switch (search->axis) {
	case AXIS_GO:
		return make_releases(search, good, bad, diag);
	case AXIS_TARGET:
		return make_targets(search, good, bad, diag);
	case AXIS_COMMIT:
		break;
	}
	return make_commits(search, good, bad, diag);
}
