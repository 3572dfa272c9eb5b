/* Any bytes as an ELF file: refused with a line, or facts that every observer can read. */
#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_facts(const json_t *facts)
{
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < checks_count; i++) {
		char *note = NULL;
		if (!inspect_observe(checks[i].id, facts, &out, &note))
			free(note);
	}
	inspect_promise(facts, &out);
	inspect_print("file", facts, &out);
	char *text = json_dumps(facts, JSON_COMPACT);
	if (!text)
		abort();
	free(text);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];
	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, (off_t)size) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	int result = inspect_file(path, &facts, &diag);
	if (result ? !diag.line[0] || facts : !facts || diag.line[0])
		abort();
	if (facts)
		read_facts(facts);
	json_decref(facts);
	return 0;
}
