/* along.h - the candidates of a search: what lies between two ends. */
#ifndef TLSMATRIX_RUNNER_SEARCH_ALONG_H
#define TLSMATRIX_RUNNER_SEARCH_ALONG_H

#include "runner/search/search.h"

struct diag;

/* Makes the list of a search whose question is set.  The ends may stand in either order.
 *     AXIS_GO      kept releases and the one under test (bisect_ladder), and with search->fetching those that can be
 *                  had (bisect_offer); NULL: the oldest, the newest that is kept
 *     AXIS_TARGET  targets of the cell's target's family, in the order in which they are described; NULL: the first,
 *                  the last
 *     AXIS_COMMIT  commits of search->go_tree (commits_between); bad NULL: HEAD
 * 0; with a line in diag -EINVAL, -errno where what can be had is not to be learnt.  Free with search_free either
 * way. */
int along_make(struct search *search, const char *good, const char *bad, struct diag *diag);

/* Is there a finer list between the two sides of a change: releases that can be fetched, where the second is not the
 * first of its minor?  1 and the search along them, with what the first search knows; 0 without.  -errno with a line
 * in diag.  Free finer with search_free either way. */
int along_finer(const struct search *search, const size_t pair[2], struct search *finer, struct diag *diag);

/* Is candidate i a merge whose branch can be looked at? */
int along_is_merge(const struct search *search, size_t i);

/* The search along what a merge brought in (commits_merged), with what the first search knows of it.  0; -errno with a
 * line in diag. */
int along_merge(const struct search *search, size_t merge, struct search *branch, struct diag *diag);

#endif
