/* A cell that was read back from its id, with the row of its port, is the cell that was planned: cache and journal hold
 * ids alone, and what they hold is judged by that. */
#include "tests/unit/targets_list.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"

#include <stdlib.h>
#include <string.h>

/* What the rules say of a cell, as text: planned checks, what each must observe and by which source, and the refusal.
 * malloc'ed. */
static char *meaning(const struct cell *cell)
{
	struct buf text = BUF_INIT, message = BUF_INIT;
	const char *source = "";
	int refused = support_refused(cell, &message, &source);
	buf_printf(&text, "row %d refused %d '%s' %s\n", support_row(cell), refused, message.data, source);
	buf_free(&message);
	for (size_t i = 0; i < checks_count; i++) {
		struct buf expected = BUF_INIT;
		if (!check_planned(&checks[i], cell))
			continue;
		source = "";
		int error = oracle_expect(&checks[i], cell, &expected, &source);
		buf_printf(&text, "%s %d '%s' %s\n", checks[i].id, error, expected.data, source);
		buf_free(&expected);
	}
	return buf_take(&text);
}

static struct cell read_back(const struct cell *cell, char id[CELL_ID_MAX])
{
	struct cell parsed;
	assert_int_equal(cell_parse(cell_id(cell, id), &parsed, NULL), 0);
	assert_null(parsed.port);
	return parsed;
}

/* Every cell of a sample release on a machine; adds to *changed the cells that mean something else without a port. */
static void expect_same_meaning(size_t sample, const char *arch, size_t *changed)
{
	struct cells cells = list_on_targets(sample, arch);
	assert_true(cells.count > 400); /* 1.5 has 29 ports and few modes */
	for (size_t i = 0; i < cells.count; i++) {
		char id[CELL_ID_MAX];
		struct cell parsed = read_back(&cells.cell[i], id);
		char *planned = meaning(&cells.cell[i]), *bare = meaning(&parsed);
		ports_attach(sample_ports(sample), &parsed);
		char *read = meaning(&parsed);
		if (strcmp(planned, read) != 0)
			fail_msg("%s\nplanned:\n%s\nread back:\n%s", id, planned, read);
		*changed += strcmp(planned, bare) != 0;
		free(planned);
		free(bare);
		free(read);
	}
	cells_free(&cells);
}

static void test_a_cell_means_the_same_after_it_was_read(void **state)
{
	(void)state;
	size_t changed = 0;
	for (size_t sample = 0; sample < SAMPLES; sample++)
		for (size_t arch = 0; arch < UNIT_ARCHES; arch++)
			expect_same_meaning(sample, unit_arches[arch], &changed);
	/* Else nothing asks for ports, and this test could not fail. */
	assert_true(changed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cell_means_the_same_after_it_was_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
