#include "runner/trial/pulse.h"

#include "harness/record.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pulse_parse(const char *command, const char *word, enum pulse *pulse, struct diag *diag)
{
	static const char *const names[PULSE_COUNT] = {
		[PULSE_SHARE] = "share", [PULSE_ALL] = "all", [PULSE_NONE] = "none"
	};
	for (int i = 0; i < PULSE_COUNT; i++)
		if (strcmp(names[i], word) == 0) {
			*pulse = (enum pulse)i;
			return 0;
		}
	return diag_set(diag, EINVAL, "%s: --pulse '%s': needs share, all or none", command, word);
}

int pulse_is_off(enum pulse pulse, const struct cell *cell)
{
	char id[CELL_ID_MAX], hex[HASH_HEX];
	if (cell->load == LOAD_NONE || strcmp(cell->os, "js") == 0 || strcmp(cell->os, "wasip1") == 0)
		return 0;
	const char *rest = strchr(cell_id(cell, id), '/');
	hash_bytes(rest, strlen(rest), hex);
	return pulse == PULSE_NONE || (pulse == PULSE_SHARE && strchr("048c", hex[0]));
}

int pulse_is_stalled(const struct check_result *result)
{
	return result->status == STATUS_TIMEOUT ||
	    (result->message && strncmp(result->message, RECORD_STALLED, strlen(RECORD_STALLED)) == 0);
}

void pulse_tell(struct check_result *result)
{
	char *message = xprintf("stalled once of %d without the pulse: docs/design.md%s%s", 1 + PULSE_RETRIES,
	    result->message ? "; " : "", result->message ? result->message : "");
	free(result->message);
	result->message = message;
}
