#include "runner/process/supervise.h"
#include "matrix/base/clock.h"

#include "runner/process/descendants.h"
#include "runner/process/reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LIMIT_DEFAULT = 4 << 20,
	FLOOD_FACTOR = 16,
	READ_MAX = 64 << 10, /* per stream and turn, so that no child starves the others */
	DRAIN_MAX = 1 << 20, /* the largest pipe: fs.pipe-max-size as the kernel sets it */
	SPARE_MAX = 256      /* reapers that a search for strays leaves alone */
};

struct stream {
	int fd;
	struct buf *kept;
	size_t seen;
};

struct child {
	struct child *next; /* all children that are not over */
	pid_t reaper;
	int control;
	int timeout_ms, first_ms;
	size_t limit;
	double start, last_output, overdue; /* overdue: when the reaper must have reported; 0: never */
	int flooded, mute, over;            /* mute: killed since it had printed nothing by first_ms */
	struct stream out, err;
	struct child_result result;
};

static struct child *running;

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- start ---- */

/* The descriptors of a start.  The reaper's ends are >= 3, as it lays 0, 1 and 2 over. */
struct wiring { int in, out[2], err[2], control[2]; };

static int raise_fd(int *fd)
{
	if (*fd > 2)
		return 0;
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
	if (high < 0)
		return -errno;
	close(*fd);
	*fd = high;
	return 0;
}

static void wiring_free(struct wiring *wiring)
{
	int *all[] = { &wiring->in, wiring->out, wiring->out + 1, wiring->err, wiring->err + 1, wiring->control,
		wiring->control + 1 };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		shut(all[i]);
}

static int wiring_make(struct wiring *wiring, int in, int merge)
{
	*wiring = (struct wiring){ -1, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int error = 0;
	wiring->in = in ? fcntl(in, F_DUPFD_CLOEXEC, 3) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (wiring->in < 0 || pipe2(wiring->out, O_CLOEXEC) < 0 || (!merge && pipe2(wiring->err, O_CLOEXEC) < 0) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wiring->control) < 0)
		error = -errno;
	int *raise[] = { &wiring->in, wiring->out, wiring->out + 1, wiring->err, wiring->err + 1, wiring->control,
		wiring->control + 1 };
	for (size_t i = 0; i < sizeof raise / sizeof *raise && !error; i++)
		if (*raise[i] >= 0)
			error = raise_fd(raise[i]);
	if (!error &&
	    (fcntl(wiring->out[0], F_SETFL, O_NONBLOCK) < 0 ||
		(!merge && fcntl(wiring->err[0], F_SETFL, O_NONBLOCK) < 0)))
		error = -errno;
	if (error)
		wiring_free(wiring);
	return error;
}

/* Forks the reaper.  Signals are blocked around it, so that no handler of the runner runs in it. */
static pid_t reaper_fork(const struct child_spec *spec, const struct wiring *wiring)
{
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	int error = errno;
	if (pid == 0) {
		struct reaper_job job = { spec->argv, spec->env, spec->cwd, spec->timeout_ms, wiring->in,
			wiring->out[1], spec->merge ? wiring->out[1] : wiring->err[1], wiring->control[1] };
		reaper_main(&job);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -error : pid;
}

int child_start(const struct child_spec *spec, struct child **child)
{
	struct wiring wiring;
	int error = wiring_make(&wiring, spec->in, spec->merge);
	if (error)
		return error;
	/* Should a reaper be killed, what it kept comes to the runner (see strays_kill). */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	double start = clock_now();
	pid_t pid = reaper_fork(spec, &wiring);
	if (pid < 0) {
		wiring_free(&wiring);
		return pid;
	}
	struct child *made = xcalloc(1, sizeof *made);
	made->reaper = pid;
	made->control = wiring.control[0];
	made->timeout_ms = spec->timeout_ms;
	made->first_ms = spec->first_ms;
	made->limit = spec->output_limit ? spec->output_limit : LIMIT_DEFAULT;
	made->start = made->last_output = start;
	if (spec->timeout_ms > 0)
		made->overdue = start + (spec->timeout_ms + (double)REAPER_OVERDUE_MS) / 1e3;
	made->result.out = made->result.err = (struct buf)BUF_INIT;
	made->out = (struct stream){ wiring.out[0], &made->result.out, 0 };
	made->err = (struct stream){ wiring.err[0], &made->result.err, 0 };
	wiring.out[0] = wiring.err[0] = wiring.control[0] = -1;
	wiring_free(&wiring);
	made->next = running;
	running = made;
	*child = made;
	return 0;
}

/* ---- while it runs ---- */

void child_kill(struct child *child)
{
	double overdue = clock_now() + REAPER_OVERDUE_MS / 1e3;
	if (child->over)
		return;
	shutdown(child->control, SHUT_WR);
	if (!child->overdue || child->overdue > overdue)
		child->overdue = overdue;
}

const struct buf *child_output(const struct child *child) { return &child->result.out; }

/* Reads once.  Returns bytes moved, 0 when there is nothing now or nothing more. */
static size_t stream_read(struct child *child, struct stream *stream)
{
	char bytes[READ_MAX];
	if (stream->fd < 0)
		return 0;
	ssize_t n = read(stream->fd, bytes, sizeof bytes);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		shut(&stream->fd);
		return 0;
	}
	size_t room = child->limit - stream->kept->len, len = (size_t)n;
	size_t keep = len < room ? len : room;
	buf_add_bytes(stream->kept, bytes, keep);
	child->result.dropped += len - keep;
	stream->seen += len;
	/* What comes after the time limit is the answer to SIGQUIT. */
	double at = clock_now();
	if (child->timeout_ms <= 0 || at - child->start < child->timeout_ms / 1e3)
		child->last_output = at;
	if (!child->flooded && (child->out.seen + child->err.seen) / FLOOD_FACTOR > child->limit) {
		child->flooded = 1;
		child_kill(child);
	}
	return len;
}

/* All that the dead have written is in the pipe.  A stranger that was handed the pipe may still
 * write, so this ends after what a pipe can hold. */
static void stream_drain(struct child *child, struct stream *stream)
{
	for (size_t moved = 0, n; moved < DRAIN_MAX && (n = stream_read(child, stream)) > 0; moved += n)
		;
	shut(&stream->fd);
}

/* Kills the reaper, if it lives, and what it kept, which is the caller's then.  The caller's other children are spared:
 * the other reapers, and what was there before this one.  Returns the reaper's status. */
static int tree_end(const struct child *child)
{
	pid_t reapers[SPARE_MAX];
	struct descendants_spare spare = { reapers, 0, descendants_start_time(child->reaper) };
	int status = SIGKILL;
	for (struct child *other = running; other && spare.count < SPARE_MAX; other = other->next)
		if (other != child)
			reapers[spare.count++] = other->reaper;
	if (spare.before && spare.count < SPARE_MAX) {
		descendants_end(child->reaper, &spare, &status);
	} else { /* better a stray than a reaper killed */
		kill(child->reaper, SIGKILL);
		descendants_reap(child->reaper, REAPER_DUMP_MS, &status);
	}
	return status;
}

static void timeout_take(struct child *child)
{
	double silent = child->start + child->timeout_ms / 1e3 - child->last_output;
	child->result.how = CHILD_TIMEOUT;
	child->result.status = child->timeout_ms;
	child->result.silent_seconds = silent > 0 ? silent : 0;
}

static void result_take(struct child *child, const struct reaper_report *report)
{
	struct child_result *result = &child->result;
	int status = report->wait_status;
	result->seconds = report->seconds;
	result->cpu_seconds = report->cpu_seconds;
	result->max_rss_kb = report->max_rss_kb;
	memcpy(result->left, report->left, sizeof result->left);
	if (report->end == REAPER_NOT_STARTED) {
		result->how = CHILD_NOT_STARTED;
		result->status = status;
	} else if (report->end == REAPER_TIMEOUT) {
		timeout_take(child);
	} else {
		result->how = WIFSIGNALED(status) ? CHILD_SIGNALED :
		    report->end == REAPER_LEFT    ? CHILD_LEAK :
						    CHILD_EXITED;
		result->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	}
}

/* What the reaper's own result would have been, without a reaper. */
static void result_guess(struct child *child, int status)
{
	struct child_result *result = &child->result;
	result->seconds = clock_now() - child->start;
	if (child->timeout_ms > 0 && result->seconds >= child->timeout_ms / 1e3) {
		timeout_take(child);
	} else {
		result->how = WIFSIGNALED(status) ? CHILD_SIGNALED : CHILD_NOT_STARTED;
		result->status = WIFSIGNALED(status) ? WTERMSIG(status) : EIO;
	}
}

/* The reaper is gone, and what it kept. */
static void child_close(struct child *child)
{
	for (struct child **at = &running; *at; at = &(*at)->next)
		if (*at == child) {
			*at = child->next;
			break;
		}
	stream_drain(child, &child->out);
	stream_drain(child, &child->err);
	if (child->flooded)
		child->result.how = CHILD_FLOOD;
	if (child->mute && child->result.how != CHILD_NOT_STARTED) {
		child->result.how = CHILD_TIMEOUT;
		child->result.status = child->first_ms;
		child->result.silent_seconds = child->first_ms / 1e3;
	}
	shut(&child->control);
	child->over = 1;
}

/* The reaper has reported, or is gone without a report. */
static void child_end(struct child *child)
{
	struct reaper_report report;
	int status = 0;
	ssize_t n = recv(child->control, &report, sizeof report, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == (ssize_t)sizeof report) {
		kill(child->reaper, SIGKILL); /* it has nothing more to do, and may have been stopped here */
		if (descendants_reap(child->reaper, REAPER_DUMP_MS, &status) < 0)
			tree_end(child);
		result_take(child, &report);
	} else {
		child->result.keeper = "was killed";
		result_guess(child, tree_end(child));
	}
	child_close(child);
}

/* The reaper should have reported long ago. */
static void child_overdue(struct child *child)
{
	char state = descendants_state(child->reaper);
	child->result.keeper = state == 'T' ? "was stopped" :
	    state == 't'                    ? "was stopped by a tracer" :
					      "did not answer";
	result_guess(child, tree_end(child));
	child_close(child);
}

/* ---- waiting ---- */

enum { FDS = 3 }; /* per child: out, err, control */

static int first_over(struct child *const *children, size_t count, int *alive)
{
	*alive = 0;
	for (size_t i = 0; i < count; i++) {
		if (children[i] && children[i]->over)
			return (int)i;
		*alive |= children[i] != NULL;
	}
	return -1;
}

/* When it must have printed something; 0: it need not, or has. */
static double child_first(const struct child *child)
{
	int waits = child->first_ms > 0 && !child->mute && !child->out.seen && !child->err.seen;
	return waits ? child->start + child->first_ms / 1e3 : 0;
}

/* Of two points in time, where 0 is never. */
static double sooner(double a, double b) { return !a || (b && b < a) ? b : a; }

static void serve(struct child *const *children, size_t count, const struct pollfd *fds)
{
	for (size_t i = 0; i < count; i++) {
		struct child *child = children[i];
		if (!child)
			continue;
		if (fds[i * FDS].revents)
			stream_read(child, &child->out);
		if (fds[i * FDS + 1].revents)
			stream_read(child, &child->err);
		if (fds[i * FDS + 2].revents)
			child_end(child);
		else if (child->overdue && clock_now() >= child->overdue)
			child_overdue(child);
		else if (child_first(child) && clock_now() >= child_first(child)) {
			child->mute = 1;
			child_kill(child);
		}
	}
}

/* How long poll may sleep, in ms, when the caller's patience (-1: endless) ends at until. */
static int sleep_ms(struct child *const *children, size_t count, int ms, double until)
{
	double wake = ms < 0 ? 0 : until;
	for (size_t i = 0; i < count; i++)
		if (children[i]) {
			wake = sooner(wake, children[i]->overdue);
			wake = sooner(wake, child_first(children[i]));
		}
	double left = (wake - clock_now()) * 1e3;
	return !wake ? -1 : left <= 0 ? 0 : left < 1e6 ? (int)left + 1 : 1000000;
}

int children_wait(struct child *const *children, size_t count, int ms)
{
	double until = clock_now() + ms / 1e3;
	struct pollfd *fds = xcalloc(count * FDS + 1, sizeof *fds);
	int alive, over, failed = 0;
	while ((over = first_over(children, count, &alive)) < 0 && !failed) {
		if (!alive && ms < 0) {
			failed = -EAGAIN; /* nothing can ever come */
			break;
		}
		for (size_t i = 0; i < count; i++) {
			const struct child *child = children[i];
			fds[i * FDS] = (struct pollfd){ child ? child->out.fd : -1, POLLIN, 0 };
			fds[i * FDS + 1] = (struct pollfd){ child ? child->err.fd : -1, POLLIN, 0 };
			fds[i * FDS + 2] = (struct pollfd){ child ? child->control : -1, POLLIN, 0 };
		}
		int n = poll(fds, count * FDS, sleep_ms(children, count, ms, until));
		if (n < 0)
			failed = -errno;
		else
			serve(children, count, fds);
		if (n == 0 && ms >= 0 && clock_now() >= until)
			failed = -EAGAIN;
	}
	free(fds);
	return over >= 0 ? over : failed;
}

void child_finish(struct child *child, struct child_result *result)
{
	if (!child->over)
		child_kill(child);
	while (!child->over)
		children_wait(&child, 1, -1);
	*result = child->result;
	free(child);
}

int child_run(const struct child_spec *spec, struct child_result *result)
{
	struct child *child;
	int error = child_start(spec, &child);
	if (error)
		return error;
	while (children_wait(&child, 1, -1) < 0)
		; /* a signal to the runner; the child has its own time limit */
	child_finish(child, result);
	return 0;
}

void child_result_free(struct child_result *result)
{
	buf_free(&result->out);
	buf_free(&result->err);
}

static void describe_signal(int signal, struct buf *out)
{
	const char *name = sigabbrev_np(signal);
	if (name)
		buf_printf(out, "killed by SIG%s", name);
	else
		buf_printf(out, "killed by signal %d", signal);
}

void child_describe(const struct child_result *result, struct buf *out)
{
	switch (result->how) {
	case CHILD_EXITED:
		buf_printf(out, "exit status %d", result->status);
		break;
	case CHILD_SIGNALED:
		describe_signal(result->status, out);
		break;
	case CHILD_TIMEOUT:
		buf_printf(
		    out, "timed out after %g s (silent for %.3g s)", result->status / 1e3, result->silent_seconds);
		break;
	case CHILD_LEAK:
		buf_printf(out, "exit status %d, but it left behind %s", result->status,
		    *result->left ? result->left : "a process that forks on");
		break;
	case CHILD_FLOOD:
		buf_printf(out, "killed for its output: %zu bytes kept, %zu more dropped",
		    result->out.len + result->err.len, result->dropped);
		break;
	case CHILD_NOT_STARTED:
		buf_printf(out, "could not be started: %s", strerror(result->status));
		break;
	}
	if (result->keeper)
		buf_printf(out, "; its reaper %s, most likely by the program", result->keeper);
}
