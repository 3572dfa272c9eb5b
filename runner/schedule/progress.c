#include "runner/schedule/progress.h"

#include "matrix/base/buf.h"
#include "matrix/base/clock.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_PLAIN = 400 };

static const double draw_seconds = 0.1, plain_seconds = 10;

struct slot {
	char *name;
	double since;
};

struct progress {
	FILE *out;
	size_t total;
	int width;
	double (*clock)(void);
	enum progress_style style; /* never PROGRESS_AUTO */
	struct progress_counts counts;
	struct slot *slots;
	size_t slot_count;
	double start, shown; /* shown: when the status was printed last */
	int drawn;           /* a status line stands on the terminal */
	int stale;           /* something changed since */
};

static enum progress_style style_of(FILE *out)
{
	const char *term = getenv("TERM");
	int fd = fileno(out);
	return fd >= 0 && isatty(fd) && term && strcmp(term, "dumb") != 0 ? PROGRESS_TERMINAL : PROGRESS_PLAIN;
}

struct progress *progress_new(const struct progress_options *options)
{
	struct progress *progress = xcalloc(1, sizeof *progress);
	progress->out = options->out;
	progress->total = options->total;
	progress->width = options->width;
	progress->clock = options->clock ? options->clock : clock_now;
	progress->style = options->style == PROGRESS_AUTO ? style_of(options->out) : options->style;
	progress->start = progress->clock();
	/* The first drawing is due at once, the first plain line only when there is something to tell. */
	progress->shown = progress->start - (progress->style == PROGRESS_TERMINAL ? 1 : 0);
	progress->stale = 1;
	return progress;
}

void progress_running(struct progress *progress, size_t slot, const char *name)
{
	if (slot >= progress->slot_count) {
		progress->slots = xrealloc(progress->slots, (slot + 1) * sizeof *progress->slots);
		while (progress->slot_count <= slot)
			progress->slots[progress->slot_count++] = (struct slot){ NULL, 0 };
	}
	free(progress->slots[slot].name);
	progress->slots[slot] = (struct slot){ name ? xstrdup(name) : NULL, progress->clock() };
	progress->stale = 1;
}

void progress_done(struct progress *progress, const struct progress_counts *counts)
{
	progress->counts = *counts;
	progress->stale = 1;
}

static void add_seconds(struct buf *line, double seconds)
{
	long whole = (long)(seconds + 0.5);
	if (whole >= 3600)
		buf_printf(line, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
	else if (whole >= 60)
		buf_printf(line, "%ldm%02lds", whole / 60, whole % 60);
	else
		buf_printf(line, "%lds", whole);
}

/* Cells that were run so far tell how long the rest takes; cached ones take no time. */
static void add_eta(const struct progress *progress, struct buf *line, double at)
{
	const struct progress_counts *counts = &progress->counts;
	if (counts->done <= counts->cached || counts->done >= progress->total)
		return;
	double each = (at - progress->start) / (double)(counts->done - counts->cached);
	buf_add(line, "  ETA ");
	add_seconds(line, each * (double)(progress->total - counts->done));
}

static void add_status(const struct progress *progress, struct buf *line, double at)
{
	const struct progress_counts *counts = &progress->counts;
	buf_printf(
	    line, "[%zu/%zu] fail:%zu cached:%zu", counts->done, progress->total, counts->failed, counts->cached);
	const char *before = "  running: ";
	for (size_t i = 0; i < progress->slot_count; i++) {
		if (!progress->slots[i].name)
			continue;
		buf_printf(line, "%s%s ", before, progress->slots[i].name);
		add_seconds(line, at - progress->slots[i].since);
		before = ", ";
	}
}

static int columns(const struct progress *progress)
{
	struct winsize size;
	if (progress->width > 0)
		return progress->width;
	if (progress->style == PROGRESS_PLAIN)
		return WIDTH_PLAIN;
	int fd = fileno(progress->out);
	if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

/* Cuts to so many characters; a character of UTF-8 is cut whole. */
static void cut(struct buf *line, int width)
{
	size_t at = 0;
	for (int column = 0; at < line->len; at++) {
		if (((unsigned char)line->data[at] & 0xc0) != 0x80 && column++ >= width)
			break;
	}
	if (at < line->len)
		line->data[line->len = at] = 0;
}

/* The status, at most width characters.  The ETA is what people look for: the names of what runs
 * give way to it. */
static void make_status(const struct progress *progress, struct buf *line, double at)
{
	struct buf eta = BUF_INIT;
	int width = columns(progress) - 1; /* in the last column some terminals wrap at once */
	add_status(progress, line, at);
	add_eta(progress, &eta, at);
	int room = width - (int)eta.len;
	if (room < 20) {
		buf_clear(&eta);
		room = width;
	}
	cut(line, room > 0 ? room : 0);
	buf_add_bytes(line, eta.data, eta.len);
	buf_free(&eta);
}

static void erase(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", progress->out);
	progress->drawn = 0;
}

void progress_tick(struct progress *progress)
{
	double at = progress->clock();
	int terminal = progress->style == PROGRESS_TERMINAL;
	double since = at - progress->shown;
	if (progress->style == PROGRESS_QUIET || since < (terminal ? draw_seconds : plain_seconds))
		return;
	if (terminal && !progress->stale && since < 1) /* only the seconds change */
		return;
	struct buf line = BUF_INIT;
	make_status(progress, &line, at);
	if (terminal)
		fprintf(progress->out, "\r%s\033[K", line.data);
	else
		fprintf(progress->out, "%s\n", line.data);
	fflush(progress->out);
	buf_free(&line);
	progress->drawn = terminal;
	progress->shown = at;
	progress->stale = 0;
}

void progress_line(struct progress *progress, const char *format, ...)
{
	va_list args;
	erase(progress);
	va_start(args, format);
	vfprintf(progress->out, format, args);
	va_end(args);
	fputc('\n', progress->out);
	fflush(progress->out);
	if (progress->style == PROGRESS_TERMINAL) {
		progress->stale = 1;
		progress_tick(progress); /* back again, unless it was drawn an instant ago */
	}
}

void progress_end(struct progress *progress)
{
	if (!progress)
		return;
	erase(progress);
	fflush(progress->out);
	for (size_t i = 0; i < progress->slot_count; i++)
		free(progress->slots[i].name);
	free(progress->slots);
	free(progress);
}
