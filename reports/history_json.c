/* The history of cells as JSON: what `history --json` prints. */
#include "reports/history.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <stdlib.h>

static json_t *moves_json(const struct past_result *was, const struct past_result *is, const char *check)
{
	struct past_move *moves;
	size_t count = history_moves(was, is, check, &moves);
	json_t *all = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *ids = json_array();
		for (size_t k = 0; k < moves[i].count; k++)
			json_array_append_new(ids, text_json(moves[i].check[k]));
		json_array_append_new(all, json_pack("{s:o, s:o}", "way", text_json(moves[i].way), "checks", ids));
	}
	history_moves_free(moves, count);
	return all;
}

/* What the checks were: the first word of a history. */
static json_t *checks_json(const struct past_result *result, const char *check)
{
	json_t *all = json_array();
	for (size_t i = 0; i < result->count; i++) {
		const struct past_check *at = &result->check[i];
		if (check && text_compare(at->id, check) != 0)
			continue;
		json_array_append_new(all,
		    json_pack("{s:o, s:s, s:o, s:o, s:o}", "id", text_json(at->id), "status", status_name(at->status),
			"observed", text_json(at->observed), "reason", text_json(at->reason), "rate",
			text_json(at->rate)));
	}
	return all;
}

static json_t *past_json(const struct past *past, const struct past *was, const char *check)
{
	json_t *json = json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "run", text_json(past->run),
	    "started", text_json(past->started), "go", text_json(past->go), "status", status_name(past->result->status),
	    "verdict", verdict_name(past->verdict), "tool", text_json(past->tool), "host", text_json(past->host),
	    "target", text_json(past->target), "build", text_json(past->build), "key", text_json(past->key), "cached",
	    past->cached);
	if (was) {
		char *with = history_with(was, past),
		     *facts = history_facts(was->result->facts, past->result->facts, (size_t)-1);
		json_object_set_new(json, "with", text_json(with));
		json_object_set_new(json, "moved", moves_json(was->result, past->result, check));
		json_object_set_new(json, "facts", text_json(facts));
		free(facts);
		free(with);
	} else {
		json_object_set_new(json, "checks", checks_json(past->result, check));
	}
	return json;
}

static int put(json_t *json, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	char *text = json_dumps(json, JSON_INDENT(2));
	buf_add(&pen.text, text);
	buf_add(&pen.text, "\n");
	free(text);
	json_decref(json);
	return pen_end(&pen);
}

int report_history_json(const struct past_cell *cells, size_t count, const char *check, FILE *out)
{
	json_t *all = json_array();
	for (size_t i = 0; i < count; i++) {
		const struct past_cell *cell = &cells[i];
		json_t *changes = json_array();
		for (size_t k = 0; k < cell->count; k++)
			if (!k || history_moved(cell->past[k - 1].result, cell->past[k].result, check))
				json_array_append_new(
				    changes, past_json(&cell->past[k], k ? &cell->past[k - 1] : cell->before, check));
		json_array_append_new(all,
		    json_pack("{s:o, s:i, s:o, s:o, s:o}", "cell", text_json(cell->id), "runs", (int)cell->count,
			"first", text_json(cell->past[0].started), "last",
			text_json(cell->past[cell->count - 1].started), "changes", changes));
	}
	return put(all, out);
}

int report_flaky_json(const struct past_flaky *flaky, size_t count, FILE *out)
{
	json_t *all = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *times = json_object();
		for (int status = 0; status < STATUS_COUNT; status++)
			if (flaky[i].times[status])
				json_object_set_new(times, status_name((enum status)status),
				    json_integer((json_int_t)flaky[i].times[status]));
		json_array_append_new(all,
		    json_pack("{s:o, s:o, s:o, s:i, s:o, s:o}", "cell", text_json(flaky[i].cell), "check",
			text_json(flaky[i].check), "times", times, "values", (int)flaky[i].values, "rate",
			text_json(flaky[i].rate), "last", text_json(flaky[i].last)));
	}
	return put(all, out);
}
