#include "reports/skips.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const struct skip_class *a, const struct skip_class *b)
{
	int d = strncmp(a->name, b->name, a->length < b->length ? a->length : b->length);

	return d != 0 ? d : (a->length > b->length) - (a->length < b->length);
}

static int compare_classes(const void *a, const void *b)
{
	const struct skip_class *x = a, *y = b;

	if (x->checks != y->checks)
		return x->checks > y->checks ? -1 : 1;
	return compare_names(x, y);
}

static void add(struct skips *skips, const struct check_result *check)
{
	struct skip_class class = {
		.name = check->reason ? check->reason : "", .length = check_skip_class(check), .checks = 1
	};

	for (size_t i = 0; i < skips->count; i++)
		if (compare_names(&skips->class[i], &class) == 0) {
			skips->class[i].checks++;
			return;
		}
	skips->class = xrealloc(skips->class, (skips->count + 1) * sizeof(*skips->class));
	skips->class[skips->count++] = class;
}

void skips_find(const struct view *view, struct skips *skips)
{
	*skips = (struct skips){ 0 };
	for (size_t i = 0; i < view->count; i++)
		for (size_t k = 0; k < view->cells[i].check_count; k++)
			if (view->cells[i].checks[k].status == STATUS_SKIP)
				add(skips, &view->cells[i].checks[k]);
	if (skips->count > 1)
		qsort(skips->class, skips->count, sizeof(*skips->class), compare_classes);
}

void skips_free(struct skips *skips)
{
	free(skips->class);
	*skips = (struct skips){ 0 };
}

char *skip_name(const struct skip_class *class)
{
	struct buf name = BUF_INIT;
	char *text = class->length > 0 ? xprintf("%.*s", (int)class->length, class->name) : xstrdup("no class");

	text_add(&name, text, TEXT_ASCII);
	free(text);
	return buf_take(&name);
}
