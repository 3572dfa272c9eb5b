/* The console reader on any bytes: as they are, after a start, and around real records, whose believed payload must be
 * theirs. */
#include "runner/target/console.h"

#include "harness/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define START "Cmdline: \"/case\"\n"
/* What harness/probe/record.c writes for probe_begin("a"), probe_obs("a", "b", "c"), probe_end(). */
static const char records[] =
    "\n#tlsm:1 7 fe0a35f1 begin\ta\n\n#tlsm:2 9 10f14408 obs\ta\tb\tc\n\n#tlsm:3 5 29d4f414 end\t2\n";

static void check(int holds)
{
	if (!holds)
		abort();
}

static void read_all(const char *text, size_t len)
{
	struct console whole, part;
	struct records seen;
	console_read(text, len, 1, &whole);
	console_read(text, len, 0, &part);
	check(strlen(whole.why) < sizeof(whole.why) && strlen(whole.last) < sizeof(whole.last));
	check(whole.started || (!whole.output.len && whole.end == CONSOLE_RUNNING));
	check(part.output.len <= whole.output.len && (!part.started || whole.started));
	records_read(whole.output.data, whole.output.len, &seen);
	check(!seen.ended || whole.recorded);
	records_free(&seen);
	console_free(&whole);
	console_free(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf text = BUF_INIT;
	size_t at = len ? (bytes[0] + bytes[len - 1] * 7u) % (sizeof(records) - 1) : 0;
	read_all((const char *)bytes, len);
	buf_add(&text, START);
	buf_add_bytes(&text, records, at);
	buf_add_bytes(&text, bytes, len);
	buf_add(&text, records + at);
	read_all(text.data, text.len);
	buf_free(&text);
	return 0;
}
