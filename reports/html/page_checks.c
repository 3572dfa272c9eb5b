/* The list of checks: what each states, why it matters, where that is written, how it went. */
#include "reports/html/page.h"

#include <stdlib.h>
#include <string.h>

struct tally {
	const char *id;
	size_t passed, planned;
};

static int compare_tally(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->id, ((const struct tally *)b)->id);
}

/* How often each check was planned and passed; tally is sorted by id. */
static void count_checks(const struct view *view, struct tally *tally, size_t count)
{
	for (size_t i = 0; i < view->count; i++) {
		for (size_t k = 0; k < view->cells[i].check_count; k++) {
			const struct check_result *check = &view->cells[i].checks[k];
			struct tally key = { .id = check->id }, *found;
			found = bsearch(&key, tally, count, sizeof(*tally), compare_tally);
			if (found == NULL)
				continue;
			found->planned++;
			found->passed += check->status == STATUS_PASS;
		}
	}
}

static void check_row(struct pen *pen, const struct check *check, const struct tally *tally)
{
	buf_add(&pen->text, "<tr id=\"check:");
	text_xml(&pen->text, check->id);
	buf_add(&pen->text, "\"><th scope=\"row\"><code>");
	text_xml(&pen->text, check->id);
	buf_printf(&pen->text, "</code></th><td>%s</td><td>", pass_name(check->pass));
	text_xml(&pen->text, check->meaning);
	buf_add(&pen->text, "<div class=\"note\">Why: ");
	text_xml(&pen->text, check->why);
	buf_add(&pen->text, "</div><div class=\"note\">Source: ");
	text_xml(&pen->text, check->source);
	buf_printf(&pen->text, "</div></td><td class=\"number\">%zu of %zu</td></tr>\n", tally->passed, tally->planned);
}

void page_checks(struct pen *pen, const struct view *view)
{
	const struct check *list = view->checks ? view->checks : checks;
	size_t count = view->checks ? view->checks_count : checks_count;
	struct tally *tally = xcalloc(count + 1, sizeof(*tally));

	for (size_t i = 0; i < count; i++)
		tally[i].id = list[i].id;
	qsort(tally, count, sizeof(*tally), compare_tally);
	count_checks(view, tally, count);
	buf_add(&pen->text,
	    "<section id=\"checks\">\n<h2>Checks</h2>\n<div class=\"wide\"><table class=\"checks\">\n<thead><tr>"
	    "<th scope=\"col\">check</th><th scope=\"col\">how</th><th scope=\"col\">meaning</th>"
	    "<th scope=\"col\">passed</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < count; i++) {
		struct tally key = { .id = list[i].id };
		check_row(pen, &list[i], bsearch(&key, tally, count, sizeof(*tally), compare_tally));
	}
	buf_add(&pen->text, "</tbody></table></div>\n</section>\n");
	free(tally);
}
