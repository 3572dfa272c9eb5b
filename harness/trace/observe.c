/* observe.c - what each TRACE check observed, in the words of matrix/oracle.def.  A check
 * whose subject never came up says so ("clones=none"); it never agrees with the oracle then. */
#include "harness/trace/state.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "matrix/base/buf.h"

/* How the program ended, for a person who wonders about the numbers. */
static void note_end(const struct trace *trace, struct buf *note)
{
	if (trace->timed_out)
		buf_printf(note, "; the program was killed after %u s", trace->spec->timeout_s);
	else if (!trace->over)
		buf_add(note, "; the program's end was not seen");
	else if (WIFSIGNALED(trace->status))
		buf_printf(note, "; the program was killed by signal %d", WTERMSIG(trace->status));
	else if (WEXITSTATUS(trace->status))
		buf_printf(note, "; the program exited with %d", WEXITSTATUS(trace->status));
}

int trace_ended(const struct trace *trace, struct buf *note)
{
	note_end(trace, note);
	return trace->over && !trace->timed_out && WIFEXITED(trace->status) && !WEXITSTATUS(trace->status);
}

static void see_clone_flags(const struct trace *trace, struct buf *out, struct buf *note)
{
	const struct clones *clones = &trace->go_clones;
	if (clones->count)
		buf_printf(out, "flags=0x%lx others=%zu", clones->flags, clones->others);
	else
		buf_add(out, "clones=none");
	buf_printf(note, "%zu threads made by Go, %zu by libc, %zu processes", clones->count, trace->libc_clones.count,
	    trace->forks);
	if (trace->failed_clones)
		buf_printf(note, ", %zu clones failed (%s)", trace->failed_clones, strerror(trace->last_clone_errno));
}

static void see_no_go_clone(const struct trace *trace, struct buf *out, struct buf *note)
{
	const struct clones *libc = &trace->libc_clones;
	buf_printf(out, "go=%zu libc=%s", trace->go_clones.count,
	    !libc->count                         ? "none" :
		libc->with_settls == libc->count ? "settls" :
						   "no-settls");
	buf_printf(note, "%zu threads made by libc, %zu with CLONE_SETTLS, flags 0x%lx; %zu processes", libc->count,
	    libc->with_settls, libc->flags, trace->forks);
}

/* Is it a thread whose thread pointer Go has to set?  The first one, and each that Go's clone made. */
static int is_go_thread(const struct trace *trace, const struct thread *thread)
{
	return thread->process == trace->first &&
	    (thread->tid == trace->first || (thread->go_made && thread->is_thread));
}

/* Up to Go 1.15 a new thread sets its thread pointer itself; where the program ended before the
 * thread's first watched call was over, nothing can be held against it. */
static int ended_too_soon(const struct trace *trace, const struct thread *thread)
{
	return !trace->go_clones.with_settls && !thread->called;
}

static void see_settls_count(const struct trace *trace, struct buf *out, struct buf *note)
{
	size_t threads = 0, calls = 0, once = 0;
	for (size_t i = 0; i < trace->threads; i++) {
		const struct thread *thread = trace->thread[i];
		if (!is_go_thread(trace, thread) || ended_too_soon(trace, thread))
			continue;
		threads++;
		calls += (size_t)thread->tp_sets;
		once += thread->tp_sets == 1;
	}
	if (!trace->go_clones.count)
		buf_add(out, "clones=none");
	else if (once == threads && threads > 1)
		buf_add(out, "calls=threads");
	else
		buf_printf(out, "calls=%zu threads=%zu", calls, threads);
	buf_printf(note, "%zu threads: %zu calls of arch_prctl, %zu clones with CLONE_SETTLS", threads,
	    trace->go_settls, trace->go_clones.with_settls);
}

static void see_settls_value(const struct trace *trace, struct buf *out, struct buf *note)
{
	size_t threads = 0, agree = 0, differ = 0;
	for (size_t i = 0; i < trace->threads; i++) {
		const struct thread *thread = trace->thread[i];
		if (!is_go_thread(trace, thread))
			continue;
		threads++;
		agree += thread->witness == WITNESS_G;
		differ += thread->witness == WITNESS_OTHER;
	}
	if (!trace->go_settls && !trace->go_clones.with_settls)
		buf_add(out, "calls=none");
	else
		buf_printf(out, "distinct=%s slot-below=%s", trace->tp_shared ? "no" : "yes",
		    differ         ? "other" :
			agree >= 2 ? "g" :
				     "unseen");
	buf_printf(note, "%zu threads, %zu hold their g, %zu something else, %zu never asked for a signal stack",
	    threads, agree, differ, threads - agree - differ);
}

static void see_no_settls(const struct trace *trace, struct buf *out, struct buf *note)
{
	/* libc sets the first thread's: where not even that was seen, nothing was watched */
	if (!trace->go_settls && !trace->libc_settls)
		buf_add(out, "calls=none");
	else
		buf_printf(out, "go=%zu", trace->go_settls);
	buf_printf(
	    note, "arch_prctl(ARCH_SET_FS): %zu calls by Go, %zu by others", trace->go_settls, trace->libc_settls);
}

static void see_sigaltstack(const struct trace *trace, struct buf *out, struct buf *note)
{
	if (trace->sigaltstacks)
		buf_printf(out, "failed=%zu", trace->sigaltstack_failed);
	else
		buf_add(out, "calls=none");
	buf_printf(note, "%zu calls", trace->sigaltstacks);
	if (trace->sigaltstack_failed)
		buf_printf(note, ", last error %s", strerror(trace->sigaltstack_errno));
}

static void see_fork_signals(const struct trace *trace, struct buf *out, struct buf *note)
{
	const struct forks *fork = &trace->fork;
	if (!fork->execs)
		buf_add(out, "children=none");
	else
		buf_printf(out, "blocked=%s handlers=", fork->blocked == fork->execs ? "all" : "no");
	if (fork->execs && !fork->open)
		buf_add(out, "none");
	else if (fork->execs)
		buf_printf(out, "%d", __builtin_ctzll(fork->open) + 1);
	if (fork->execs)
		buf_printf(out, " mask=%s", fork->restored == fork->execs ? "restored" : "other");
	buf_printf(note, "%zu processes by libc and by Go, %zu of Go's exec, %zu began with all signals blocked, ",
	    trace->forks, fork->execs, fork->blocked);
	buf_printf(note, "handlers of the signals 0x%llx could have run before", fork->open);
}

static void see_pidfd_probe(const struct trace *trace, struct buf *out, struct buf *note)
{
	const struct forks *fork = &trace->fork;
	if (!fork->probes)
		buf_add(out, "probes=none");
	else
		buf_printf(out, "blocked=%s handlers=%s", fork->probes_blocked == fork->probes ? "all" : "no",
		    fork->probes_open ? "open" : "none");
	buf_printf(note, "%zu processes of Go's ended without exec, %zu began with all signals blocked, ", fork->probes,
	    fork->probes_blocked);
	buf_printf(note, "handlers of the signals 0x%llx could have run", fork->probes_open);
}

/* ---- the initializer ---------------------------------------------------------------------- */

static size_t entries_kept(const struct trace *trace)
{
	return trace->entries < ENTRIES_MAX ? trace->entries : ENTRIES_MAX;
}

static void note_watched(const struct trace *trace, struct buf *note)
{
	buf_printf(note, "watched in %s", trace->module);
	for (size_t i = 0; i < trace->images; i++)
		if (!strcmp(trace->image[i].path, trace->module) && !trace->image[i].entry)
			buf_printf(note, ", which has no symbol _rt0_%s_linux_lib", trace_arch.goarch);
}

static void see_entry_once(const struct trace *trace, struct buf *out, struct buf *note)
{
	buf_printf(out, "entered=%zu", trace->entries);
	note_watched(trace, note);
}

static void see_entry_args(const struct trace *trace, struct buf *out, struct buf *note)
{
	int argc = 1, argv = 1, envp = 1;
	const struct entry *entry = &trace->entry[0];
	for (size_t i = 0; i < entries_kept(trace); i++) {
		argc &= trace->entry[i].argc_ok;
		argv &= trace->entry[i].argv_ok;
		envp &= trace->entry[i].envp_ok;
	}
	buf_printf(out, "argc=%s argv=%s envp=%s", argc ? "ok" : "wrong", argv ? "ok" : "wrong", envp ? "ok" : "wrong");
	buf_printf(
	    note, "argc %lu of %zu, argv 0x%lx, envp 0x%lx", entry->argc, entry->args_count, entry->argv, entry->envp);
}

/* Of several entries the first that is not as the kernel has it. */
static void see_entry_auxv(const struct trace *trace, struct buf *out, struct buf *note)
{
	for (size_t tag = 0; tag < TRACE_AUXV; tag++) {
		const char *seen = "kernel";
		for (size_t i = 0; i < entries_kept(trace) && strcmp(seen, "kernel") == 0; i++)
			seen = trace->entry[i].auxv[tag];
		buf_printf(out, "%s%s=%s", tag ? " " : "", auxv_tags[tag].name, seen);
	}
	buf_printf(note, "behind argv 0x%lx", trace->entry[0].argv);
}

static void see_entry_align(const struct trace *trace, struct buf *out, struct buf *note)
{
	trace_word mod = trace->entry[0].sp % 16;
	for (size_t i = 1; i < entries_kept(trace); i++)
		if (trace->entry[i].sp % 16 != mod)
			mod = 16; /* not the same in all of them, which no ABI allows */
	buf_printf(out, "sp-mod-16=%lu", mod);
	buf_printf(note, "sp 0x%lx", trace->entry[0].sp);
}

static void see_entry_saved(const struct trace *trace, struct buf *out, struct buf *note)
{
	size_t returned = 0;
	const char *changed = "";
	for (size_t i = 0; i < entries_kept(trace); i++) {
		returned += trace->entry[i].returned != 0;
		changed = *changed ? changed : trace->entry[i].changed;
	}
	if (returned < entries_kept(trace))
		buf_add(out, "returned=no");
	else
		buf_printf(out, "changed=%s", *changed ? changed : "none");
	buf_printf(note, "%zu entries, %zu returns", trace->entries, returned);
}

/* ---- table -------------------------------------------------------------------------------- */

static const struct {
	const char *check;
	int of_entry; /* says something about an entry of the initializer */
	void (*see)(const struct trace *trace, struct buf *out, struct buf *note);
} sights[] = {
	{ "thread.clone-flags", 0, see_clone_flags },
	{ "thread.no-go-clone", 0, see_no_go_clone },
	{ "thread.settls-count", 0, see_settls_count },
	{ "thread.settls-value", 0, see_settls_value },
	{ "thread.no-settls", 0, see_no_settls },
	{ "thread.sigaltstack-ok", 0, see_sigaltstack },
	{ "thread.fork-signals", 0, see_fork_signals },
	{ "thread.pidfd-probe", 0, see_pidfd_probe },
	{ "init.entry-once", 0, see_entry_once },
	{ "init.entry-args", 1, see_entry_args },
	{ "init.entry-auxv", 1, see_entry_auxv },
	{ "init.entry-align", 1, see_entry_align },
	{ "init.entry-callee-saved", 1, see_entry_saved },
};

int trace_knows(const char *check)
{
	for (size_t i = 0; i < sizeof sights / sizeof sights[0]; i++)
		if (!strcmp(sights[i].check, check))
			return 1;
	return 0;
}

/* Without them package os asks no further, and makes no process to learn more (os/pidfd_linux.go checkPidfd). */
const char *trace_lacks(const struct trace *trace, const char *check)
{
	if (strcmp(check, "thread.pidfd-probe") != 0 || trace->fork.probes)
		return NULL;
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int works = fd >= 0 && syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0;
	if (fd >= 0)
		close(fd);
	return works ? NULL : "the kernel gives no process descriptors here";
}

int trace_observe(const struct trace *trace, const char *check, struct buf *out, struct buf *note)
{
	for (size_t i = 0; i < sizeof sights / sizeof sights[0]; i++) {
		if (strcmp(sights[i].check, check))
			continue;
		if (sights[i].of_entry && !trace->entries) {
			buf_add(out, "entry=none");
			note_watched(trace, note);
		} else {
			sights[i].see(trace, out, note);
		}
		note_end(trace, note);
		return 0;
	}
	return -ENOENT;
}
