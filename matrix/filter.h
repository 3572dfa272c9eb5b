/* filter.h - the one filter grammar of every command and table.
 *
 *     mode=c-shared & go>=1.21 & !arch=386 & target=glibc-*
 *
 *   expr  := term { '|' term }        term := factor { '&' factor }
 *   factor:= '!' factor | '(' expr ')' | field op value { ',' value } | the id of a cell
 *   field := go os arch mode cgo link target load libc kernel emulator check status
 *   op    := =  !=  <  <=  >  >=      the ordered ones for go only
 *   value := text with * and ? as in the shell; "a,b" is a or b
 *
 * arch=arm selects arm and all its variants, arch=arm.5 and arch=arm.* variants alone (cell.h).
 *
 * An empty expression matches everything.  "go" is compared as Go orders releases
 * (version.h; "1.21" and "go1.21" are the same): go=1.21 is every 1.21, go>1.21 begins with 1.22, go=1.5..1.21 is
 * all from the first to the last of these; cgo takes 0 and 1.  mode, link, load,
 * check and status values without wildcards must exist, and a pattern of checks must match one, so that a typing error
 * is not an empty selection.
 *
 * libc, kernel and emulator are what the target was found to be (target_facts.h): libc=musl-*, kernel=Linux-6.*,
 * emulator=qemu-*.
 *
 * A filter owns its nodes; free it with filter_free. */
#ifndef TLSMATRIX_MATRIX_FILTER_H
#define TLSMATRIX_MATRIX_FILTER_H

#include "matrix/cell.h"

struct filter;

/* What a filter looks at.  A NULL check or status leaves a test on that field open, also below a !:
 * the answer is yes unless the rest says no, since the question is asked again later, of results
 * (a plan knows no statuses).  So do facts of the cell's target that are not known yet; "none" has none. */
struct filter_subject {
	const struct cell *cell;
	const char *check;
	const char *status;
	const char *verdict; /* of a result, status=known asks for it as well; NULL: none */
};

/* Parses text.  Returns 0 and *filter, or -EINVAL with one line in diag: the text, the column
 * (from 1), what is wrong, and the nearest known word; *filter is left alone then. */
int filter_parse(const char *text, struct filter **filter, struct diag *diag);
int filter_match(const struct filter *filter, const struct filter_subject *subject);
/* The same, and the answer is no where it is left open. */
int filter_sure(const struct filter *filter, const struct filter_subject *subject);
void filter_free(struct filter *filter);

/* Does it ask for facts of targets (libc, kernel, emulator), so that they must be known first? */
int filter_asks_facts(const struct filter *filter);

/* Does it say where: os, arch, target, facts of targets, the id of a cell? */
int filter_asks_place(const struct filter *filter);

/* Does it ask for the check? */
int filter_asks_status(const struct filter *filter); /* of results */
int filter_asks_check(const struct filter *filter);

/* May it match a cell of that release, whatever the rest of the cell is? */
int filter_takes_release(const struct filter *filter, const char *go);

/* May it match a cell there (os, arch, variant, target and facts of *place), whatever the rest of it is? */
int filter_takes_place(const struct filter *filter, const struct cell *place);

/* May it match with that check, whatever the cell is? */
int filter_takes_check(const struct filter *filter, const char *check);

/* Calls body for each value of a test on go ("1.6.4", "1.26", "1.5..1.27"); bound: the test is not "=".  Returns the
 * first result of body that is not 0; else 1 when there is such a test, 0 when there is none.  body may be NULL. */
int filter_each_release(const struct filter *filter, int (*body)(const char *text, int bound, void *data), void *data);

/* Why it selects none of these cells, appended to out as one phrase: a value that no cell has, with the nearest that
 * one has and all there are, or the condition that leaves nothing of what those before it select ("arch=amd64
 * selects 60, with os=windows 0").  Nothing is appended where it is one condition, of values that there are.
 * selects says of a filter how many it takes: of cells, or of what else is made of them.  One thread at a time. */
struct buf;
struct filter_among {
	const struct cell *cell;
	size_t count;
	size_t (*selects)(const struct filter *filter, void *data);
	void *data;
};
void filter_why_empty(const struct filter *filter, const struct filter_among *among, struct buf *out);

/* All fields with an example and their values, and the operators: lines of at most 100 columns, appended to out. */
void filter_help(struct buf *out);

/* The rule tables (checks.def, oracle.def, support.def, known.def) hold filters as text.  Parsed
 * once and kept for the life of the process; aborts on a bad one, which a unit test finds first. */
int filter_text_match(const char *text, const struct filter_subject *subject);

/* The filter of such a text; lives as long as the process.  One thread at a time, as filter_text_match. */
const struct filter *filter_text(const char *text);

/* The same, and the answer is no where it is left open. */
int filter_text_sure(const char *text, const struct filter_subject *subject);

#endif
