#include "runner/process/reaper.h"
#include "matrix/base/clock.h"

#include "runner/process/descendants.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CONTROL = 3, /* where the control socket lies in a reaper */
	REAPED_AT_ONCE = 1000,
	GRACES = 25, /* of REAPER_GRACE_MS, for what is dying, and has to wait for a processor or for its children */
	RSS_BLUR_KB =
	    1024, /* the kernel counts a process's pages in batches of 64, of three kinds (SPLIT_RSS_COUNTING) */
	GIVE_UP_SECONDS = 10 /* for what SIGKILL does not end: uninterruptible, or another user's */
};

/* What the program's process says of its way to exec. */
struct exec {
	int error;   /* why it did not come to it; 0: it did, or was killed before */
	long rss_kb; /* its peak when it called it */
};

enum phase { RUNNING, DUMPING, LEAVING, KILLING };

struct reaper {
	const struct reaper_job *job;
	pid_t program;
	struct exec *exec; /* shared with the program until then */
	int signals;       /* signalfd of SIGCHLD */
	int exited;        /* the program was reaped */
	int hung_up;       /* the runner is gone, or wants the tree dead */
	enum phase phase;
	double start, deadline; /* deadline of the phase, 0: none */
	double killing_since;
	int graces;
	struct reaper_report report;
};

/* ---- starting the program ---- */

static const char *env_path(const char *const *env)
{
	for (; env && *env; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return "/usr/local/bin:/usr/bin:/bin";
}

/* execve, with a search through PATH of the program's own environment (execvpe searches the
 * caller's).  Returns the errno that tells most. */
static int exec_search(const char *const *argv, const char *const *env)
{
	static const char *const nothing[] = { NULL };
	char *const *args = (char *const *)(uintptr_t)argv;
	char *const *vars = (char *const *)(uintptr_t)(env ? env : nothing);
	const char *name = argv[0];
	int error = ENOENT;
	if (!name || !*name)
		return ENOENT;
	if (strchr(name, '/')) {
		execve(name, args, vars);
		return errno;
	}
	for (const char *at = env_path(env);;) {
		size_t len = strcspn(at, ":"), name_len = strlen(name);
		char path[PATH_MAX];
		if (len + name_len + 3 <= sizeof path) {
			memcpy(path, len ? at : ".", len ? len : 1);
			char *end = path + (len ? len : 1);
			*end++ = '/';
			memcpy(end, name, name_len + 1);
			execve(path, args, vars);
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
		}
		if (!at[len])
			return error;
		at += len + 1;
	}
}

/* Not by vfork, which would have the reaper wait for the child's exec in a sleep that nothing but SIGKILL ends: a child
 * that somebody stops before its exec would outlive a killed runner.  0 or an errno. */
static int program_start(struct reaper *reaper)
{
	const struct reaper_job *job = reaper->job;
	struct exec *exec = mmap(NULL, sizeof(*exec), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (exec == MAP_FAILED)
		return errno;
	reaper->exec = exec;
	reaper->program = fork();
	if (reaper->program)
		return reaper->program < 0 ? errno : 0;
	sigset_t none;
	sigemptyset(&none);
	/* A group of its own, so that kill(0, SIG) in the program does not reach the reaper; and its
	 * end with the reaper's, should somebody kill that. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	struct rusage own;
	if (getrusage(RUSAGE_SELF, &own) == 0)
		exec->rss_kb = own.ru_maxrss;
	exec->error = job->cwd && chdir(job->cwd) < 0 ? errno : exec_search(job->argv, job->env);
	_exit(127);
}

/* A session is one group for the scheduler, and nice counts within a group alone (sched(7), The autogroup feature):
 * what somebody starts at nice 19 is to give way here too. */
static void reaper_give_way(void)
{
	int nice = getpriority(PRIO_PROCESS, 0);
	int fd = nice ? open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nice);
	/* Refused at once after another one (EAGAIN), where there is no privilege: then it is as it was. */
	if (write(fd, text, (size_t)len) < 0)
		errno = 0;
	close(fd);
}

/* Descriptors, limits and signals as the program shall have them; the control socket at 3. */
static void reaper_prepare(const struct reaper_job *job)
{
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGCONT); /* stopped by the program, it would not see the hang-up */
	prctl(PR_SET_DUMPABLE, 0);        /* an exec of the program sets it again for that */
	prctl(PR_SET_NAME, "tlsm-reaper");
	dup2(job->in, 0);
	dup2(job->out, 1);
	dup2(job->err, 2);
	if (job->control != CONTROL)
		dup3(job->control, CONTROL, O_CLOEXEC);
	if (syscall(SYS_close_range, CONTROL + 1, ~0u, 0) < 0)
		for (int fd = (int)sysconf(_SC_OPEN_MAX); fd > CONTROL; fd--) /* before Linux 5.9 */
			close(fd);
	for (int signal = 1; signal < NSIG; signal++) {
		struct sigaction plain = { .sa_handler = SIG_DFL };
		/* glibc keeps its own two to itself; who was started by its posix_spawn, as by make, has them
		 * ignored.  The kernel's structure of zeros is SIG_DFL on every processor. */
		static const unsigned char zeros[64];
		if (sigaction(signal, &plain, NULL))
			syscall(SYS_rt_sigaction, signal, zeros, NULL, 8);
	}
	struct rlimit core;
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &core);
	}
	umask(022);
	reaper_give_way();
}

/* ---- its life ---- */

/* Reaps what is dead.  Returns 0 when no child is left, so no descendant either: whose parent
 * dies is the reaper's child. */
static int reaper_reap(struct reaper *reaper)
{
	/* A storm may bring zombies faster than they are reaped; deadlines must be looked at all the same. */
	for (int reaped = 0; reaped < REAPED_AT_ONCE; reaped++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid == 0)
			return 1;
		if (pid < 0)
			return errno == EINTR;
		if (pid != reaper->program)
			continue;
		reaper->exited = 1;
		reaper->report.wait_status = status;
		reaper->report.seconds = clock_now() - reaper->start;
	}
	return 1;
}

static void phase_enter(struct reaper *reaper, enum phase phase, int ms)
{
	reaper->phase = phase;
	reaper->deadline = clock_now() + ms / 1e3;
	if (phase == KILLING)
		reaper->killing_since = clock_now();
}

/* The deadline of the phase has come. */
static void phase_over(struct reaper *reaper)
{
	struct reaper_report *report = &reaper->report;
	int dying = 0;
	switch (reaper->phase) {
	case RUNNING:
		report->end = REAPER_TIMEOUT;
		/* Go answers SIGQUIT with the stacks of all goroutines; a stopped program answers nothing. */
		kill(reaper->program, SIGQUIT);
		kill(reaper->program, SIGCONT);
		phase_enter(reaper, DUMPING, REAPER_DUMP_MS);
		break;
	case LEAVING:
		/* waitpid has just said that a child is there.  The walk is only asked for its name: it may
		 * miss one that forks the next and exits all the time. */
		if (descendants_living(report->left, sizeof report->left, &dying) == 0 && dying &&
		    ++reaper->graces < GRACES) {
			phase_enter(reaper, LEAVING, REAPER_GRACE_MS);
			break;
		}
		if (dying && !*report->left)
			descendants_signal(0, NULL, report->left, sizeof report->left);
		if (WIFEXITED(report->wait_status))
			report->end = REAPER_LEFT;
		phase_enter(reaper, KILLING, 0);
		break;
	default:
		phase_enter(reaper, KILLING, 0);
	}
}

static void tree_kill(struct reaper *reaper)
{
	if (descendants_kill(NULL) < 0 && !reaper->exited) {
		/* No /proc: what can be reached without it. */
		kill(-reaper->program, SIGKILL);
		kill(reaper->program, SIGKILL);
	}
}

static void phase_step(struct reaper *reaper)
{
	if (reaper->exited && reaper->phase == RUNNING)
		phase_enter(reaper, LEAVING, REAPER_GRACE_MS);
	if (reaper->phase != KILLING && (reaper->hung_up || (reaper->exited && reaper->phase == DUMPING)))
		phase_enter(reaper, KILLING, 0);
	else if (reaper->phase != KILLING && reaper->deadline && clock_now() >= reaper->deadline)
		phase_over(reaper);
	if (reaper->phase == KILLING)
		tree_kill(reaper);
}

static void reaper_poll(struct reaper *reaper)
{
	struct pollfd fds[] = { { reaper->signals, POLLIN, 0 },
		{ reaper->hung_up ? -1 : CONTROL, POLLIN | POLLRDHUP, 0 } };
	int ms = reaper->signals < 0 ? 10 : -1;
	if (reaper->phase == KILLING)
		ms = 5;
	else if (reaper->deadline) {
		double left = (reaper->deadline - clock_now()) * 1e3;
		ms = left <= 0 ? 0 : left > 1e9 ? 1000000000 : (int)left + 1;
	}
	poll(fds, 2, ms);
	if (fds[1].revents)
		reaper->hung_up = 1;
	if (fds[0].revents) {
		struct signalfd_siginfo info[8];
		while (read(reaper->signals, info, sizeof info) > 0)
			;
	}
}

static _Noreturn void reaper_report(struct reaper *reaper)
{
	struct rusage usage;
	if (reaper->exec && getrusage(RUSAGE_CHILDREN, &usage) == 0) {
		const struct timeval *user = &usage.ru_utime, *system = &usage.ru_stime;
		reaper->report.cpu_seconds =
		    (double)(user->tv_sec + system->tv_sec) + (double)(user->tv_usec + system->tv_usec) / 1e6;
		/* The kernel lets a program's peak begin with that of what called exec, a copy of the reaper
		 * (exec_mmap in fs/exec.c): one that is not larger says nothing of the program. */
		if (usage.ru_maxrss > reaper->exec->rss_kb + RSS_BLUR_KB)
			reaper->report.max_rss_kb = usage.ru_maxrss;
	}
	send(CONTROL, &reaper->report, sizeof reaper->report, MSG_NOSIGNAL);
	_exit(0);
}

void reaper_main(const struct reaper_job *job)
{
	struct reaper reaper = { .job = job, .phase = RUNNING, .report = { .end = REAPER_OVER } };
	sigset_t child;
	reaper_prepare(job);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	reaper.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	reaper.start = clock_now();
	if (job->timeout_ms > 0)
		reaper.deadline = reaper.start + job->timeout_ms / 1e3;
	int error = program_start(&reaper);
	while (reaper_reap(&reaper)) {
		phase_step(&reaper);
		if (reaper.phase == KILLING && clock_now() - reaper.killing_since > GIVE_UP_SECONDS) {
			descendants_signal(0, NULL, reaper.report.left, sizeof reaper.report.left);
			break;
		}
		reaper_poll(&reaper);
	}
	if (!error)
		error = reaper.exec->error;
	if (error) {
		reaper.report.end = REAPER_NOT_STARTED;
		reaper.report.wait_status = error;
	}
	reaper_report(&reaper);
}
