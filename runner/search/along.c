#include "runner/search/along.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/target/target.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- releases and targets ------------------------------------------------------------------------------ */

/* Kept releases and the one under test, from one end to the other.  0 or -EINVAL with a line in diag. */
static int releases_between(
    const struct search *search, const char *good, const char *bad, struct release_list *ladder, struct diag *diag)
{
	struct release_list list;
	kept_releases(search->question.setup, &list);
	release_list_add(&list, search->question.setup->releases[0].version);
	const char *ends[2] = { good ? good : list.name[0], bad ? bad : list.name[list.count - 1] };
	int error = 0;
	for (int i = 0; i < 2 && !error; i++) {
		const char *found = release_list_find(&list, ends[i]);
		if (!found)
			error = diag_set(diag, EINVAL,
			    "--%s %s: is not kept: `tlsmatrix toolchain get %s` or `tlsmatrix toolchain list`",
			    i ? "bad" : "good", ends[i], ends[i]);
		ends[i] = found;
	}
	struct version first, last;
	if (!error) {
		version_parse(ends[0], &first);
		version_parse(ends[1], &last);
		int turned = version_compare(&first, &last) > 0;
		bisect_ladder(&list, ends[turned], ends[!turned], ladder);
	}
	release_list_free(&list);
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

int along_merge(const struct search *search, size_t merge, struct search *branch, struct diag *diag)
{
	struct commits commits = COMMITS_INIT;
	*branch = (struct search){ .question = search->question,
		.axis = search->axis,
		.go_tree = search->go_tree,
		.tell = search->tell,
		.begun = search->begun };
	int error = commits_merged(search->go_tree, &search->commits.commit[merge], &commits, diag);
	if (error)
		return error;
	take_commits(branch, &commits);
	for (size_t i = 0; i < branch->count; i++)
		for (size_t k = 0; k < search->count; k++) {
			if (!search->value[k] || strcmp(search->candidate[k].name, branch->candidate[i].name) != 0)
				continue;
			search_settle(branch, i, search->value[k]);
			strcpy(branch->toolchain[i], search->toolchain[k]);
		}
	return 0;
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
