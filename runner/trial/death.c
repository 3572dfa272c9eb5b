#include "runner/trial/death.h"

#include "matrix/base/buf.h"

#include <string.h>

enum { MESSAGE_MAX = 400, LAST_OUTPUT = 200 };

const struct disturbance *death_disturbance(const struct child_result *child)
{
	const struct disturbance *sent = child->how == CHILD_SIGNALED ? disturbance_signal(child->status) : NULL;
	if (sent || (child->how != CHILD_SIGNALED && (child->how != CHILD_EXITED || child->status == 0)))
		return sent;
	const struct disturbance *said = disturbance_said(DISTURBED_PROGRAMS, child->err.data);
	return said ? said : disturbance_said(DISTURBED_PROGRAMS, child->out.data);
}

enum status death_status(const struct child_result *child)
{
	if (death_disturbance(child))
		return STATUS_INFRA;
	switch (child->how) {
	case CHILD_TIMEOUT:
		return STATUS_TIMEOUT;
	case CHILD_NOT_STARTED:
		return STATUS_INFRA;
	case CHILD_EXITED:
	case CHILD_LEAK:
		return child->status == 0 ? STATUS_MISS : STATUS_CRASH;
	default:
		return STATUS_CRASH;
	}
}

/* Was something else on stdout than the records of a program that goes its way until it dies? */
static int is_spoiled(const struct child_result *child, const struct records *records)
{
	return !records->count || records->garbled || records->lost || death_status(child) == STATUS_MISS;
}

char *death_message(const struct child_result *child, const struct records *records)
{
	struct buf text = BUF_INIT;
	child_describe(child, &text);
	if (death_disturbance(child))
		buf_add(&text, ", which was done to it from outside and says nothing of Go: run again");
	const char *line = child->err.data;
	while (*line == '\n')
		line++;
	size_t len = strcspn(line, "\n");
	if (len > MESSAGE_MAX)
		len = MESSAGE_MAX;
	if (len) {
		buf_add(&text, ": ");
		for (size_t i = 0; i < len; i++)
			buf_add_bytes(&text, line[i] < 32 || line[i] > 126 ? "?" : &line[i], 1);
	}
	if (child->out.len && is_spoiled(child, records)) {
		buf_add(&text, "; last output: ");
		buf_add_last(&text, child->out.data, child->out.len, LAST_OUTPUT);
	}
	return buf_take(&text);
}
