#include "runner/cmd/publish.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is no file is written to and not replaced: -o /dev/null must leave /dev/null.  A link is followed only to
 * such a thing or to a descriptor of our own (/dev/stdout); to a file it may be somebody's trap. */
static int is_written_through(const char *path)
{
	static const char own[] = "/proc/self/fd/";
	char to[sizeof(own)];
	struct stat status;
	if (readlink(path, to, sizeof(to)) >= (ssize_t)sizeof(own) - 1 && memcmp(to, own, sizeof(own) - 1) == 0)
		return 1;
	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

int publish_file(const struct report_format *format, const struct view *view, const char *path, struct diag *diag)
{
	char *aside = NULL;
	int through = is_written_through(path);
	int fd = through ? open(path, O_WRONLY | O_CLOEXEC) : file_aside(path, 0644, &aside);
	int error = fd >= 0 ? 0 : through ? -errno : fd;
	FILE *out = error ? NULL : fdopen(fd, "w");
	error = error ? error : out ? format->write(view, out) : -errno;
	if (out && fclose(out) && !error)
		error = -errno;
	if (aside)
		error = file_settle(aside, path, error);
	if (error)
		diag_set(diag, -error, "%s: cannot write the %s report: %s", path, format->name, strerror(-error));
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

void publish_withdraw(const char *out)
{
	struct stat is;
	for (size_t i = 0; i < PUBLISHED; i++) {
		char *path = xprintf("%s/%s", out, publish_format(published[i], NULL)->file);
		/* A pipe that somebody reads from stays. */
		if (lstat(path, &is) == 0 && S_ISREG(is.st_mode))
			unlink(path);
		free(path);
	}
}

static int is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

int publish_is_current(const char *out)
{
	struct stat journal, report, program;
	char *path = xprintf("%s/journal", out);
	int current = stat(path, &journal) == 0 && stat("/proc/self/exe", &program) == 0;
	free(path);
	for (size_t i = 0; current && i < PUBLISHED; i++) {
		path = xprintf("%s/%s", out, publish_format(published[i], NULL)->file);
		current = stat(path, &report) == 0 && !is_older(&report.st_mtim, &journal.st_mtim) &&
		    !is_older(&report.st_mtim, &program.st_ctim); /* its mtime may come from a package */
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
