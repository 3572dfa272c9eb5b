#include "runner/cmd/publish.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A link, a device or a pipe is written through, not replaced: -o /dev/null must leave /dev/null. */
static int is_written_through(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int publish_file(const struct report_format *format, const struct view *view, const char *path, struct diag *diag)
{
	int through = is_written_through(path);
	char *temporary = through ? xstrdup(path) : xprintf("%s.new-%d", path, (int)getpid());
	FILE *out = fopen(temporary, "we");
	int error = out ? format->write(view, out) : -errno;
	if (out && fclose(out) && !error)
		error = -errno;
	if (!error && !through && rename(temporary, path))
		error = -errno;
	if (error) {
		if (!through)
			unlink(temporary);
		diag_set(diag, -error, "%s: cannot write the %s report: %s", path, format->name, strerror(-error));
	}
	free(temporary);
	return error;
}

/* The reports that every run leaves. */
static const char *const published[] = { "json", "html", "junit" };
enum { PUBLISHED = sizeof(published) / sizeof(published[0]) };

int publish_all(const struct view *view, struct diag *diag)
{
	int error = 0;
	for (size_t i = 0; !error && i < PUBLISHED; i++) {
		const struct report_format *format = publish_format(published[i], diag);
		char *path = xprintf("%s/%s", view->out_dir, format->file);
		error = publish_file(format, view, path, diag);
		free(path);
	}
	return error;
}

static int is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

int publish_is_current(const char *out)
{
	struct stat journal, report;
	char *path = xprintf("%s/journal", out);
	int current = stat(path, &journal) == 0;
	free(path);
	for (size_t i = 0; current && i < PUBLISHED; i++) {
		path = xprintf("%s/%s", out, publish_format(published[i], NULL)->file);
		current = stat(path, &report) == 0 && !is_older(&report.st_mtim, &journal.st_mtim);
		free(path);
	}
	return current;
}

const struct report_format *publish_format(const char *name, struct diag *diag)
{
	struct buf known = BUF_INIT;
	const struct report_format *found = NULL;
	for (size_t i = 0; i < report_format_count; i++) {
		buf_printf(&known, "%s%s", i ? ", " : "", report_formats[i].name);
		if (strcmp(report_formats[i].name, name) == 0)
			found = &report_formats[i];
	}
	if (!found && diag)
		diag_set(diag, EINVAL, "report: unknown format '%s': one of %s", name, known.data);
	buf_free(&known);
	return found;
}
