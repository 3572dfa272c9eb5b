#include "harness/trace/census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "harness/trace/state.h"
#include "matrix/base/buf.h"

static const char *const phase_names[CENSUS_PHASES] = { "none", "load", "init", "start", "call", "thread", "own",
	"exit", "run" };
static const char *const by_names[CENSUS_BYS] = { "go", "others" };

/* ---- names ------------------------------------------------------------------------------------------- */

#define CALL(name) [SYS_##name] = #name

/* What Go's runtime, a libc and a loader make; the second part is of the processors that still have old calls. */
static const char *const call_names[CENSUS_CALLS] = {
	CALL(brk),
	CALL(capget),
	CALL(clock_getres),
	CALL(clock_gettime),
	CALL(clock_nanosleep),
	CALL(clone),
	CALL(clone3),
	CALL(close),
	CALL(dup),
	CALL(dup3),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_pwait),
	CALL(eventfd2),
	CALL(execve),
	CALL(exit),
	CALL(exit_group),
	CALL(faccessat),
	CALL(fcntl),
	CALL(fstat),
	CALL(futex),
	CALL(getcwd),
	CALL(getdents64),
	CALL(getegid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getpid),
	CALL(getppid),
	CALL(getrandom),
	CALL(gettid),
	CALL(gettimeofday),
	CALL(getuid),
	CALL(ioctl),
	CALL(kill),
	CALL(lseek),
	CALL(madvise),
	CALL(membarrier),
	CALL(mincore),
	CALL(mmap),
	CALL(mprotect),
	CALL(mremap),
	CALL(munmap),
	CALL(nanosleep),
	CALL(newfstatat),
	CALL(openat),
	CALL(pipe2),
	CALL(prctl),
	CALL(pread64),
	CALL(prlimit64),
	CALL(pselect6),
	CALL(read),
	CALL(readlinkat),
	CALL(readv),
	CALL(restart_syscall),
	CALL(rseq),
	CALL(rt_sigaction),
	CALL(rt_sigpending),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(rt_sigtimedwait),
	CALL(sched_getaffinity),
	CALL(sched_yield),
	CALL(set_robust_list),
	CALL(set_tid_address),
	CALL(setitimer),
	CALL(sigaltstack),
	CALL(socket),
	CALL(statx),
	CALL(sysinfo),
	CALL(tgkill),
	CALL(timer_create),
	CALL(timer_delete),
	CALL(timer_settime),
	CALL(tkill),
	CALL(uname),
	CALL(wait4),
	CALL(write),
	CALL(writev),
#ifdef SYS_open
	CALL(access),
	CALL(arch_prctl),
	CALL(epoll_create),
	CALL(epoll_wait),
	CALL(getrlimit),
	CALL(lstat),
	CALL(open),
	CALL(pipe),
	CALL(poll),
	CALL(readlink),
	CALL(select),
	CALL(setrlimit),
	CALL(stat),
	CALL(time),
	CALL(fork),
	CALL(vfork),
#endif
};

const char *census_call_name(long number) { return number >= 0 && number < CENSUS_CALLS ? call_names[number] : NULL; }

/* ---- taking ------------------------------------------------------------------------------------------ */

void census_call(struct thread *thread, long number, int by_go)
{
	if (number > CENSUS_MARK - 1 && number < CENSUS_MARK + CENSUS_PHASES)
		census_enter(thread, (enum census_phase)(number - CENSUS_MARK));
	else if (number >= 0 && number < CENSUS_CALLS)
		thread->made[thread->phase][by_go ? CENSUS_BY_GO : CENSUS_BY_OTHERS][number] = 1;
}

void census_enter(struct thread *thread, enum census_phase phase)
{
	thread->phase = phase;
	thread->phases |= 1u << phase;
}

void census_made(const struct thread *parent, struct thread *child)
{
	census_enter(child,
	    parent->phase == CENSUS_NONE     ? CENSUS_NONE :
		parent->phase == CENSUS_INIT ? CENSUS_START :
					       CENSUS_OWN);
}

void census_begin(struct thread *thread, enum census_phase phase)
{
	memset(thread->made, 0, sizeof thread->made);
	thread->phases = 0;
	census_enter(thread, phase);
}

/* One unit: what any of the threads did in the phase; only: of that one thread. */
static void add_unit(
    struct census *census, const struct trace *trace, enum census_phase phase, const struct thread *only)
{
	int seen = 0;
	unsigned char made[CENSUS_BYS][CENSUS_CALLS] = { { 0 } };
	for (size_t i = 0; i < trace->threads; i++) {
		const struct thread *thread = trace->thread[i];
		if (thread->process != trace->first || (only && only != thread) || !(thread->phases & 1u << phase))
			continue;
		seen = 1;
		for (int by = 0; by < CENSUS_BYS; by++)
			for (int nr = 0; nr < CENSUS_CALLS; nr++)
				made[by][nr] |= thread->made[phase][by][nr];
	}
	census->units[phase] += seen;
	for (int by = 0; by < CENSUS_BYS; by++)
		for (int nr = 0; nr < CENSUS_CALLS; nr++)
			census->made[phase][by][nr] += made[by][nr];
}

/* Has the thread come through its start?  It waited, or ended; one that the process's end cut off is no unit, since
 * what it would have called is not known. */
static int has_started(const struct thread *thread)
{
	static const short later[] = { SYS_futex, SYS_nanosleep, SYS_pselect6, SYS_exit,
#ifdef SYS_select
		SYS_select
#endif
	};
	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		for (int by = 0; by < CENSUS_BYS; by++)
			if (thread->made[CENSUS_OWN][by][later[i]])
				return 1;
	return 0;
}

void census_add(struct census *census, const struct trace *trace)
{
	census->runs++;
	for (int phase = CENSUS_NONE + 1; phase < CENSUS_PHASES; phase++)
		if (phase != CENSUS_OWN)
			add_unit(census, trace, phase, NULL);
	for (size_t i = 0; i < trace->threads; i++)
		if (has_started(trace->thread[i]))
			add_unit(census, trace, CENSUS_OWN, trace->thread[i]);
}

/* ---- telling ----------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void add_list(const struct census *census, int phase, int by, int each, struct buf *out)
{
	char *name[CENSUS_CALLS];
	size_t count = 0;
	for (int nr = 0; nr < CENSUS_CALLS; nr++) {
		unsigned made = census->made[phase][by][nr];
		if (made && each == (made == census->units[phase]))
			name[count++] = census_call_name(nr) ? xstrdup(census_call_name(nr)) : xprintf("#%d", nr);
	}
	qsort(name, count, sizeof *name, by_name);
	buf_printf(out, "\"%s\": [", each ? "each" : "some");
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%s\"%s\"", i ? ", " : "", name[i]);
		free(name[i]);
	}
	buf_add(out, "]");
}

void census_json(const struct census *census, struct buf *out)
{
	const char *comma = "";
	buf_printf(out, "{\"runs\": %u, \"phases\": {", census->runs);
	for (int phase = CENSUS_NONE + 1; phase < CENSUS_PHASES; phase++) {
		if (!census->units[phase])
			continue;
		buf_printf(out, "%s\n \"%s\": {\"units\": %u", comma, phase_names[phase], census->units[phase]);
		for (int by = 0; by < CENSUS_BYS; by++) {
			buf_printf(out, ",\n  \"%s\": {", by_names[by]);
			add_list(census, phase, by, 1, out);
			buf_add(out, ", ");
			add_list(census, phase, by, 0, out);
			buf_add(out, "}");
		}
		buf_add(out, "}");
		comma = ",";
	}
	buf_add(out, "}}\n");
}
