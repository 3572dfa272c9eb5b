#include "runner/process/descendants.h"

#include "matrix/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PROCESSES_MAX = 65536, /* seen in one walk; what is beyond has its turn in the next */
	STATUS_MAX = 4096,     /* all of /proc/PID/status does */
	STAT_MAX = 512,        /* the first fields of /proc/PID/stat fit */
	FREEZE_ROUNDS = 64,    /* walks that look for processes not stopped yet */
	GIVE_UP_SECONDS = 10
};

struct process {
	pid_t pid, parent;
	int counted;
};

/* One walk through /proc.  Mapped, not on the stack: only pages that are used cost anything. */
struct walk {
	struct process *process;
	size_t count;
	pid_t root;
	int proc; /* descriptor of /proc */
	int signal;
	const struct descendants_spare *spare;
	int *dying; /* counts those apart; or NULL */
	char *names;
	size_t names_len, names_at;
	int counted;
};

/* The fields of /proc/PID/stat that matter.  NAME may hold anything, ")" included; the last ")"
 * of the line ends it (proc_pid_stat(5)). */
struct stat_line {
	char name[32];
	char state;
	pid_t parent;
	unsigned long long flags, start;
};

enum { FIELD_STATE = 3, FIELD_FLAGS = 9, FIELD_START = 22 };

static unsigned long long number_at(const char *at)
{
	unsigned long long number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (unsigned long long)(*at - '0');
	return number;
}

static int stat_read(int dir, struct stat_line *line)
{
	char text[STAT_MAX];
	int fd = openat(dir, "stat", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return -ESRCH;
	text[n] = 0;
	char *open = strchr(text, '('), *shut = strrchr(text, ')');
	if (!open || !shut || shut < open || strlen(shut) < 5)
		return -EBADMSG;
	size_t len = (size_t)(shut - open - 1);
	if (len > sizeof line->name - 1)
		len = sizeof line->name - 1;
	memcpy(line->name, open + 1, len);
	line->name[len] = 0;
	line->state = shut[2];
	line->parent = (pid_t)number_at(shut + 4);
	const char *field = shut + 2;
	line->flags = 0;
	for (int i = FIELD_STATE; i < FIELD_START && field; i++) {
		if (i == FIELD_FLAGS)
			line->flags = number_at(field);
		field = strchr(field, ' ') ? strchr(field, ' ') + 1 : NULL;
	}
	line->start = field ? number_at(field) : 0;
	return 0;
}

/* Is SIGKILL on its way to the process?  SigPnd and ShdPnd of /proc/PID/status (proc_pid_status(5)), whose last digits
 * have signals 1 to 12. */
static int kill_pending(int dir)
{
	char text[STATUS_MAX];
	int fd = openat(dir, "status", O_RDONLY | O_CLOEXEC), pending = 0;
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = 0;
	for (const char *at = text; (at = strstr(at, "Pnd:")); at++) {
		const char *end = strchr(at, '\n');
		pending |= end && end - at > 3 && strchr("13579bdf", end[-3]) != NULL;
	}
	return pending;
}

/* PF_EXITING of the kernel's include/linux/sched.h: what is killed may still have to be given a processor to die on,
 * and the first process of a namespace waits there for all others. */
static int is_dying(int dir, const struct stat_line *line)
{
	enum { EXITING = 4 };
	return (line->flags & EXITING) || kill_pending(dir);
}

enum { DIGITS_MAX = 16 };

/* A pid in decimal, in digits; where it begins. */
static const char *pid_text(pid_t pid, char digits[DIGITS_MAX])
{
	char *at = digits + DIGITS_MAX - 1;
	*at = 0;
	do
		*--at = (char)('0' + pid % 10);
	while (pid /= 10);
	return at;
}

static void name_add(struct walk *walk, pid_t pid, const char *name)
{
	char digits[DIGITS_MAX];
	const char *const parts[] = { walk->names_at ? " " : "", pid_text(pid, digits), " (", name, ")" };
	size_t need = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		need += strlen(parts[i]);
	if (walk->names_at + need >= walk->names_len)
		return;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		walk->names_at = (size_t)(stpcpy(walk->names + walk->names_at, parts[i]) - walk->names);
}

static int is_spared(const struct walk *walk, pid_t pid, const struct stat_line *line)
{
	if (!walk->spare || line->parent != walk->root)
		return 0;
	for (size_t i = 0; i < walk->spare->count; i++)
		if (walk->spare->pid[i] == pid)
			return 1;
	return line->start < walk->spare->before;
}

/* Is pid in the tree, as far as the walk has come?  Parents mostly have the smaller numbers, so
 * the walk knows them before their children. */
static int in_tree(const struct walk *walk, pid_t pid)
{
	if (pid == walk->root)
		return 1;
	for (size_t i = walk->count; i-- > 0;)
		if (walk->process[i].pid == pid)
			return walk->process[i].counted;
	return 0;
}

static void send_signal(int dir, pid_t pid, int signal)
{
	if (syscall(SYS_pidfd_send_signal, dir, signal, NULL, 0) < 0 && errno == ENOSYS)
		kill(pid, signal); /* before Linux 5.1 */
}

static void process_count(struct walk *walk, int dir, const struct stat_line *line, struct process *process)
{
	process->counted = 1;
	if (line->state == 'Z' && walk->spare && line->parent == walk->root)
		waitpid(process->pid, NULL, WNOHANG);
	if (line->state == 'Z' || line->state == 'X')
		return;
	if (walk->dying && is_dying(dir, line)) {
		++*walk->dying;
		return;
	}
	if (walk->signal == SIGSTOP && (line->state == 'T' || line->state == 't'))
		return;
	walk->counted++;
	if (walk->names)
		name_add(walk, process->pid, line->name);
	if (walk->signal)
		send_signal(dir, process->pid, walk->signal);
}

/* Takes one process into the walk, and signals it when it is a descendant. */
static void process_see(struct walk *walk, const char *name, pid_t pid)
{
	struct stat_line line;
	int dir = openat(walk->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	if (stat_read(dir, &line) == 0 && walk->count < PROCESSES_MAX) {
		struct process *process = &walk->process[walk->count];
		*process = (struct process){ pid, line.parent, 0 };
		if (in_tree(walk, line.parent) && !is_spared(walk, pid, &line))
			process_count(walk, dir, &line, process);
		walk->count++;
	}
	close(dir);
}

/* Children whose number is smaller than their parent's, after the numbers wrapped around. */
static void see_late(struct walk *walk)
{
	for (int more = 1; more;) {
		more = 0;
		for (size_t i = 0; i < walk->count; i++) {
			struct process *process = &walk->process[i];
			if (process->counted || process->parent == walk->root || !in_tree(walk, process->parent))
				continue; /* the walk had the root's children right */
			char digits[DIGITS_MAX];
			process->counted = more = 1;
			struct stat_line line;
			int dir =
			    openat(walk->proc, pid_text(process->pid, digits), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (dir < 0)
				continue;
			/* The number may be another process's by now: its parent tells. */
			if (stat_read(dir, &line) == 0 && (line.parent == process->parent || line.parent == walk->root))
				process_count(walk, dir, &line, process);
			close(dir);
		}
	}
}

static int walk_proc(struct walk *walk)
{
	_Alignas(struct dirent64) char entries[4096];
	for (;;) {
		long n = syscall(SYS_getdents64, walk->proc, entries, sizeof entries);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (long at = 0; at < n;) {
			const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
			pid_t pid = (pid_t)number_at(entry->d_name);
			if (pid)
				process_see(walk, entry->d_name, pid);
			at += entry->d_reclen;
		}
	}
}

static int walk_tree(struct walk walk)
{
	size_t size = PROCESSES_MAX * sizeof *walk.process;
	walk.process = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (walk.process == MAP_FAILED)
		return -errno;
	walk.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = walk.proc < 0 ? -errno : 0;
	if (walk.names && walk.names_len)
		walk.names[0] = 0;
	if (!error) {
		error = walk_proc(&walk);
		see_late(&walk);
		close(walk.proc);
	}
	munmap(walk.process, size);
	return error ? error : walk.counted;
}

int descendants_signal(int signal, const struct descendants_spare *spare, char *names, size_t names_len)
{
	return walk_tree((struct walk){
	    .root = getpid(), .signal = signal, .spare = spare, .names = names, .names_len = names_len });
}

int descendants_living(char *names, size_t names_len, int *dying)
{
	*dying = 0;
	return walk_tree((struct walk){ .root = getpid(), .dying = dying, .names = names, .names_len = names_len });
}

int descendants_kill(const struct descendants_spare *spare)
{
	int seen = 1;
	for (int round = 0; round < FREEZE_ROUNDS && seen > 0; round++)
		seen = descendants_signal(SIGSTOP, spare, NULL, 0);
	return descendants_signal(SIGKILL, spare, NULL, 0);
}

/* waitpid blocks for as long as a tracer keeps a zombie, which nobody but the tracer can end. */
int descendants_reap(pid_t child, int ms, int *status)
{
	double until = clock_now() + ms / 1e3;
	for (int us = 50;; us = us < 5000 ? us * 2 : us) {
		pid_t got = waitpid(child, status, WNOHANG);
		if (got < 0 && errno == ECHILD)
			*status = SIGKILL;
		if (got == child || (got < 0 && errno == ECHILD))
			return 0;
		if (clock_now() >= until)
			return -ETIMEDOUT;
		usleep((useconds_t)us);
	}
}

int descendants_end(pid_t child, const struct descendants_spare *spare, int *status)
{
	double until = clock_now() + GIVE_UP_SECONDS;
	for (int gone = 0, left = 1; clock_now() < until;) {
		if (!gone) {
			kill(child, SIGKILL);
			gone = descendants_reap(child, 1, status) == 0;
		}
		if (gone && left <= 0)
			return 0;
		left = descendants_kill(spare);
		usleep(1000);
	}
	return -EBUSY;
}

static int stat_of(pid_t pid, struct stat_line *line)
{
	char digits[DIGITS_MAX];
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int dir = proc < 0 ? -1 : openat(proc, pid_text(pid, digits), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = dir < 0 ? -errno : stat_read(dir, line);
	if (dir >= 0)
		close(dir);
	if (proc >= 0)
		close(proc);
	return error;
}

char descendants_state(pid_t pid)
{
	struct stat_line line;
	return stat_of(pid, &line) == 0 ? line.state : 0;
}

unsigned long long descendants_start_time(pid_t pid)
{
	struct stat_line line;
	return stat_of(pid, &line) == 0 ? line.start : 0;
}
