#include "reports/marks.h"

#include <string.h>

const struct mark_style mark_styles[MARK_COUNT] = {
	[MARK_PASS] = { '.', "pass", "all checks pass", "32" },
	[MARK_PARTLY] = { 's', "partly", "pass, some checks skipped", "32" },
	[MARK_REFUSED] = { 'r', "refused", "Go refuses the build, as it must", "2" },
	[MARK_SKIP] = { 'S', "skip", "skipped", "36" },
	[MARK_UNBUILDABLE] = { '-', "unbuildable", "not buildable here: this machine lacks something", "36" },
	[MARK_NOTARGET] = { '_', "notarget", "its target is not here", "36" },
	[MARK_KNOWN] = { 'K', "known", "known deviation", "33" },
	[MARK_FIXED] = { 'X', "fixed", "passes, though known to fail", "1;35" },
	[MARK_FLAKY] = { '?', "flaky", "a check is not the same each time", "1;33" },
	[MARK_NOTRUN] = { 'N', "notrun", "not run", "1;33" },
	[MARK_FAIL] = { 'F', "fail", "a check fails", "1;31" },
	[MARK_MISS] = { 'M', "miss", "a check did not report", "1;31" },
	[MARK_LEAK] = { 'L', "leak", "left processes behind", "1;31" },
	[MARK_TIMEOUT] = { 'T', "timeout", "timed out", "1;31" },
	[MARK_CRASH] = { 'C', "crash", "the process died", "1;31" },
	[MARK_BROKEN] = { 'B', "broken", "could not be built or set up", "1;35" },
	[MARK_INFRA] = { 'I', "infra", "this machine failed", "1;35" },
};

enum mark mark_check(const struct check_result *check)
{
	static const enum mark marks[STATUS_COUNT] = {
		[STATUS_PASS] = MARK_PASS,
		[STATUS_SKIP] = MARK_SKIP,
		[STATUS_NOTRUN] = MARK_NOTRUN,
		[STATUS_FAIL] = MARK_FAIL,
		[STATUS_MISS] = MARK_MISS,
		[STATUS_LEAK] = MARK_LEAK,
		[STATUS_TIMEOUT] = MARK_TIMEOUT,
		[STATUS_CRASH] = MARK_CRASH,
		[STATUS_BROKEN] = MARK_BROKEN,
		[STATUS_INFRA] = MARK_INFRA,
	};

	if (check->verdict == VERDICT_KNOWN)
		return MARK_KNOWN;
	if (check->verdict == VERDICT_FIXED)
		return MARK_FIXED;
	if (check->verdict == VERDICT_FLAKY)
		return MARK_FLAKY;
	return marks[check->status];
}

enum mark mark_cell(const struct cell_result *cell)
{
	enum mark worst = MARK_PASS;
	size_t skipped = 0;

	if (cell->check_count == 0)
		return MARK_NOTRUN;
	for (size_t i = 0; i < cell->check_count; i++) {
		enum mark mark = mark_check(&cell->checks[i]);
		if (mark == MARK_SKIP)
			skipped++;
		else if (mark > worst)
			worst = mark;
	}
	if (worst != MARK_PASS)
		return worst;
	if (skipped == cell->check_count) {
		enum outcome outcome = cell_outcome(cell);
		return outcome == OUTCOME_UNBUILDABLE ? MARK_UNBUILDABLE :
		    outcome == OUTCOME_NOTARGET       ? MARK_NOTARGET :
							MARK_SKIP;
	}
	if (skipped > 0)
		return MARK_PARTLY;
	return cell_is_refusal(cell) ? MARK_REFUSED : MARK_PASS;
}

const char *mark_reason(const struct check_result *check)
{
	return check->verdict == VERDICT_FLAKY ? "flaky" : "known";
}
