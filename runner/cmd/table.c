#include "runner/cmd/table.h"

#include <string.h>

size_t table_options(
    const struct command_table *table, const struct command *command, struct option_row rows[OPTIONS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < command->option_count && count < OPTIONS_MAX; i++)
		rows[count++] = command->options[i];
	for (size_t i = 0; i < table->common_count && count < OPTIONS_MAX; i++) {
		size_t own = 0;
		while (own < command->option_count && strcmp(rows[own].name, table->common[i].name) != 0)
			own++;
		if (own == command->option_count)
			rows[count++] = table->common[i];
	}
	return count;
}
