/* init.c - breakpoints at the Go initializer and where it returns.
 *
 * The initializer's breakpoint stays for the whole run, so that a second entry is counted.  To let
 * a thread over it the original bytes are put back, the thread steps one instruction while all
 * others of the process stand still, and the breakpoint comes back: nobody can slip past. */
#include "harness/trace/state.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "matrix/base/buf.h"

/* ---- setting and passing ----------------------------------------------------------------- */

static void trap_set(struct breakpoint *at, pid_t tid, trace_word address)
{
	unsigned char now[4];
	if (memory_read(tid, address, now, trace_arch.trap_size))
		return;
	if (!memcmp(now, trace_arch.trap, trace_arch.trap_size))
		return; /* ours already, or a trap of the program's own */
	memcpy(at->original, now, sizeof now);
	at->address = address;
	at->set = !memory_write(tid, address, trace_arch.trap, trace_arch.trap_size);
}

static void trap_remove(const struct breakpoint *at, pid_t tid)
{
	unsigned char now[4];
	if (at->set && !memory_read(tid, at->address, now, trace_arch.trap_size) &&
	    !memcmp(now, trace_arch.trap, trace_arch.trap_size))
		memory_write(tid, at->address, at->original, trace_arch.trap_size);
}

static struct breakpoint *trap_find(struct breakpoint *at, trace_word address)
{
	for (int i = 0; i < INSTANCES_MAX; i++)
		if (at[i].set && at[i].address == address)
			return &at[i];
	return NULL;
}

/* A place for a breakpoint at address: where it was before, else an unused one, else any free one. */
static struct breakpoint *trap_place(struct breakpoint *at, trace_word address)
{
	struct breakpoint *best = NULL;
	for (int i = 0; i < INSTANCES_MAX; i++) {
		if (at[i].address == address)
			return &at[i];
		if (!at[i].set && (!best || (best->address && !at[i].address)))
			best = &at[i];
	}
	return best;
}

/* Was there one, taken out after this thread ran into it and before its stop was dealt with? */
static int trap_was(const struct breakpoint *at, trace_word address)
{
	for (int i = 0; i < INSTANCES_MAX; i++)
		if (!at[i].set && at[i].address == address)
			return 1;
	return 0;
}

/* The thread stands at the breakpoint; afterwards it is past the instruction and runs. */
static void pass(struct trace *trace, struct thread *thread, struct breakpoint *at)
{
	threads_hold(trace, thread);
	memory_write(thread->tid, at->address, at->original, trace_arch.trap_size);
	int signal = thread_step(thread);
	memory_write(thread->tid, at->address, trace_arch.trap, trace_arch.trap_size);
	threads_let_go(trace);
	if (!thread->pending)
		thread_resume(trace, thread, signal > 0 ? signal : 0);
}

/* ---- arguments ---------------------------------------------------------------------------- */

static trace_word word_at(pid_t tid, trace_word address)
{
	trace_word value = 0;
	return address && !memory_read(tid, address, &value, sizeof value) ? value : 0;
}

static char *string_at(pid_t tid, trace_word address)
{
	char text[4096];
	return address && !memory_string(tid, address, text, sizeof text) ? xstrdup(text) : NULL;
}

void init_forget_arguments(struct trace *trace)
{
	for (size_t i = 0; i < trace->args_count; i++)
		free(trace->args[i]);
	free(trace->args);
	free(trace->first_env);
	trace->args = NULL;
	trace->first_env = NULL;
	trace->args_count = 0;
}

/* gABI process stack: argc, argv[], NULL, envp[]. */
static void copy_arguments(struct trace *trace, pid_t tid, trace_word sp)
{
	trace_word count = word_at(tid, sp);
	init_forget_arguments(trace);
	if (count > 65536)
		return;
	trace->args = xcalloc(count + 1, sizeof *trace->args);
	trace->args_count = count;
	for (trace_word i = 0; i < count; i++)
		trace->args[i] = string_at(tid, word_at(tid, sp + (1 + i) * sizeof(trace_word)));
	trace->first_env = string_at(tid, word_at(tid, sp + (2 + count) * sizeof(trace_word)));
}

static int string_is(pid_t tid, trace_word address, const char *expected)
{
	char *text = string_at(tid, address);
	int same = text && expected && !strcmp(text, expected);
	free(text);
	return same;
}

/* A loader that was started by hand hides its own arguments from the program: how many it took, which the first one
 * that is left tells. */
static size_t hidden_arguments(struct trace *trace, pid_t tid, const struct entry *entry)
{
	const struct image *program = image_of(trace, trace->spec->argv[0]);
	if (program->interpreter || path_same(trace->spec->argv[0], trace->module))
		return 0;
	for (size_t i = 0; entry->argv && i < trace->args_count; i++)
		if (string_is(tid, word_at(tid, entry->argv), trace->args[i]))
			return i;
	return 0;
}

/* By content, not by address: a loader may hand out copies. */
static void judge_arguments(struct trace *trace, pid_t tid, struct entry *entry)
{
	size_t hidden = hidden_arguments(trace, tid, entry), count = trace->args_count - hidden;
	entry->args_count = count;
	entry->argc_ok = entry->argc == count;
	entry->argv_ok = entry->argv && !word_at(tid, entry->argv + count * sizeof(trace_word)); /* ends with NULL */
	for (size_t i = 0; i < count; i++)
		entry->argv_ok &=
		    string_is(tid, word_at(tid, entry->argv + i * sizeof(trace_word)), trace->args[hidden + i]);
	trace_word first = word_at(tid, entry->envp);
	entry->envp_ok = entry->envp && (trace->first_env ? string_is(tid, first, trace->first_env) : !first);
}

/* ---- the auxiliary vector ----------------------------------------------------------------- */

/* What Go's runtime takes from it (runtime/os_linux.go sysauxv, vdso_linux.go vdsoauxv, os_linux_*.go archauxv).  Not
 * AT_PHDR, AT_ENTRY and the like: a loader that was started by hand puts the program's in their place. */
const struct auxv_tag auxv_tags[TRACE_AUXV] = {
	{ AT_PAGESZ, "pagesize" },
	{ AT_RANDOM, "random" },
	{ AT_SYSINFO_EHDR, "vdso" },
	{ AT_SECURE, "secure" },
	{ AT_HWCAP, "hwcap" },
};

/* A vector as pairs of words up to AT_NULL. */
enum { AUXV_PAIRS = 64, ENVIRON_MAX = 65536 };

static const trace_word *auxv_value(const trace_word (*pair)[2], size_t pairs, trace_word tag)
{
	for (size_t i = 0; i < pairs; i++)
		if (pair[i][0] == tag)
			return &pair[i][1];
	return NULL;
}

/* The kernel's own copy (proc(5)).  How many pairs. */
static size_t kernel_auxv(pid_t pid, trace_word (*pair)[2])
{
	char path[64];
	size_t pairs = 0;
	snprintf(path, sizeof path, "/proc/%d/auxv", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && pairs < AUXV_PAIRS && fread(pair[pairs], sizeof *pair, 1, file) == 1 && pair[pairs][0])
		pairs++;
	if (file)
		fclose(file);
	return pairs;
}

/* Behind the NULL that ends envp, which Go looks for behind the one that ends argv (runtime/os_linux.go sysargs).  How
 * many pairs, or -1 where it cannot be read or does not end. */
static int handed_auxv(pid_t tid, const struct entry *entry, trace_word (*pair)[2])
{
	trace_word at = entry->argv + (entry->argc + 1) * sizeof at, word = 1;
	int pairs = 0;
	for (size_t i = 0; word && entry->argv && i < ENVIRON_MAX; i++, at += sizeof at)
		if (memory_read(tid, at, &word, sizeof word))
			return -1;
	for (; !word && pairs < AUXV_PAIRS; pairs++, at += sizeof *pair)
		if (memory_read(tid, at, pair[pairs], sizeof *pair))
			return -1;
		else if (!pair[pairs][0])
			return pairs;
	return -1;
}

static void judge_auxv(pid_t pid, pid_t tid, struct entry *entry)
{
	trace_word kernel[AUXV_PAIRS][2], handed[AUXV_PAIRS][2];
	size_t kept = kernel_auxv(pid, kernel);
	int pairs = handed_auxv(tid, entry, handed);
	for (size_t i = 0; i < TRACE_AUXV; i++) {
		const trace_word *of_kernel = auxv_value(kernel, kept, auxv_tags[i].tag),
				 *value = pairs < 0 ? NULL : auxv_value(handed, (size_t)pairs, auxv_tags[i].tag);
		int same = value && of_kernel ? *value == *of_kernel : value == of_kernel;
		strcpy(entry->auxv[i], pairs < 0 || !kept ? "unread" : same ? "kernel" : value ? "other" : "missing");
	}
}

/* ---- finding the initializer -------------------------------------------------------------- */

void init_find(struct trace *trace, struct thread *thread)
{
	const struct image *image = image_of(trace, trace->module);
	trace_word offset = image_offset(image, image->entry);
	regions_read(trace);
	image = image_of(trace, trace->module); /* the table of files may have moved */
	for (size_t i = 0; image->entry && i < trace->regions; i++) {
		const struct region *region = &trace->region[i];
		if (offset - region->offset >= region->end - region->start ||
		    !path_same(trace->image[region->image].path, trace->module))
			continue;
		trace_word address = region->start + offset - region->offset;
		struct breakpoint *at = trap_place(trace->entry_at, address);
		if (at) /* again where a later mapping has replaced it */
			trap_set(at, thread->tid, address);
	}
}

/* A new program: nothing of the old one counts. */
void init_exec(struct trace *trace, struct thread *thread)
{
	struct trace_regs regs;
	for (size_t i = 0; i < trace->threads; i++)
		trace->thread[i]->tp_sets = trace->thread[i]->is_thread = 0;
	thread->g = 0;
	thread->witness = WITNESS_NONE;
	census_begin(thread, trace->spec->census == CENSUS_RUN ? CENSUS_RUN : CENSUS_NONE);
	memset(&trace->go_clones, 0, sizeof trace->go_clones);
	memset(&trace->libc_clones, 0, sizeof trace->libc_clones);
	memset(trace->entry_at, 0, sizeof trace->entry_at);
	memset(trace->return_at, 0, sizeof trace->return_at);
	trace->forks = trace->failed_clones = trace->go_settls = trace->libc_settls = 0;
	trace->sigaltstacks = trace->sigaltstack_failed = trace->entries = 0;
	trace->tp_shared = 0;
	fork_begin(trace, thread);
	if (!regs_read(thread->tid, &regs))
		copy_arguments(trace, thread->tid, *reg(&regs, REG_SP));
	init_find(trace, thread);
}

void init_clean(struct trace *trace, struct thread *thread)
{
	if (thread->process == trace->first || thread->flags & CLONE_VM) /* the same memory */
		return;
	for (int i = 0; i < INSTANCES_MAX; i++) {
		trap_remove(&trace->entry_at[i], thread->tid);
		trap_remove(&trace->return_at[i], thread->tid);
	}
}

/* ---- entry and return --------------------------------------------------------------------- */

static void on_entry(struct trace *trace, struct thread *thread, struct breakpoint *at, struct trace_regs *regs)
{
	struct entry spare = { 0 }, *entry = trace->entries < ENTRIES_MAX ? &trace->entry[trace->entries] : &spare;
	memset(entry, 0, sizeof *entry); /* a program before exec may have used it */
	if (bend_apply(trace, thread, BEND_INIT_ENTRY, regs, entry)) {
		regs_write(thread->tid, regs);
		regs_read(thread->tid, regs);
	}
	trace->entries++;
	entry->tid = thread->tid;
	entry->argc = *reg(regs, REG_CARG0) & 0xffffffff; /* int */
	entry->argv = *reg(regs, REG_CARG1);
	entry->envp = *reg(regs, REG_CARG2);
	entry->sp = *reg(regs, REG_SP);
	entry->regs = *regs;
	regs_read_fp(thread->tid, &entry->fp);
	judge_arguments(trace, thread->tid, entry);
	judge_auxv(thread->process, thread->tid, entry);
	census_enter(thread, CENSUS_INIT);
	if (entry != &spare && !regs_return_address(thread->tid, regs, &entry->return_address) &&
	    !trap_find(trace->return_at, entry->return_address)) {
		struct breakpoint *back = trap_place(trace->return_at, entry->return_address);
		if (back)
			trap_set(back, thread->tid, entry->return_address);
	}
	pass(trace, thread, at);
}

/* The entry that returns to address in this thread with its stack as it was; NULL: somebody else
 * came by, for the loader calls every initializer from the same place. */
static struct entry *entry_returning(
    struct trace *trace, const struct thread *thread, trace_word address, trace_word sp)
{
	for (size_t i = trace->entries < ENTRIES_MAX ? trace->entries : ENTRIES_MAX; i-- > 0;) {
		struct entry *entry = &trace->entry[i];
		if (!entry->returned && entry->tid == thread->tid && entry->return_address == address &&
		    sp > entry->sp - 64 && sp < entry->sp + 64)
			return entry;
	}
	return NULL;
}

static void name_changed(struct entry *entry, const char *name)
{
	size_t len = strlen(entry->changed);
	snprintf(entry->changed + len, sizeof entry->changed - len, "%s%s", len ? "," : "", name);
}

static void judge_return(struct entry *entry, pid_t tid, struct trace_regs *regs)
{
	struct trace_fp fp = { { 0 } };
	regs_read_fp(tid, &fp);
	for (const struct trace_saved *saved = trace_arch.saved; saved->name; saved++)
		if (memcmp((char *)regs + saved->offset, (char *)&entry->regs + saved->offset, sizeof(trace_word)))
			name_changed(entry, saved->name);
	for (int i = 0; i < TRACE_FP_WORDS; i++)
		if (fp.value[i] != entry->fp.value[i])
			name_changed(entry, trace_arch.fp_name[i]);
	if (*reg(regs, REG_SP) != entry->sp + trace_arch.return_pops)
		name_changed(entry, "sp");
	entry->returned = 1;
}

static int still_awaited(const struct trace *trace, trace_word address)
{
	for (size_t i = 0; i < trace->entries && i < ENTRIES_MAX; i++)
		if (!trace->entry[i].returned && trace->entry[i].return_address == address)
			return 1;
	return 0;
}

static void on_return(struct trace *trace, struct thread *thread, struct breakpoint *at, struct trace_regs *regs)
{
	trace_word address = at->address;
	struct entry *entry = entry_returning(trace, thread, address, *reg(regs, REG_SP));
	if (!entry) {
		pass(trace, thread, at);
		return;
	}
	if (bend_apply(trace, thread, BEND_INIT_RETURN, regs, entry)) {
		regs_write(thread->tid, regs);
		regs_read(thread->tid, regs);
	}
	if (*reg(regs, REG_PC) != address) { /* sent back into the initializer */
		entry->returned = 1;
		if (trace_arch.return_pops)
			memory_write(thread->tid, *reg(regs, REG_SP), &address, sizeof address);
		thread_resume(trace, thread, 0);
		return;
	}
	judge_return(entry, thread->tid, regs);
	census_enter(thread, CENSUS_LOAD);
	if (entry->bent) {
		*reg(regs, REG_SP) += (trace_word)entry->bent;
		regs_write(thread->tid, regs);
	}
	if (still_awaited(trace, address)) {
		pass(trace, thread, at);
		return;
	}
	trap_remove(at, thread->tid);
	at->set = 0;
	thread_resume(trace, thread, 0);
}

int init_trap(struct trace *trace, struct thread *thread)
{
	struct trace_regs regs;
	if (thread->process != trace->first || regs_read(thread->tid, &regs))
		return 0;
	trace_word address = *reg(&regs, REG_PC) - trace_arch.trap_advance;
	struct breakpoint *entry = trap_find(trace->entry_at, address);
	struct breakpoint *back = entry ? NULL : trap_find(trace->return_at, address);
	if (!entry && !back && !trap_was(trace->return_at, address))
		return 0;
	*reg(&regs, REG_PC) = address;
	regs_write(thread->tid, &regs);
	if (entry)
		on_entry(trace, thread, entry, &regs);
	else if (back)
		on_return(trace, thread, back, &regs);
	else
		thread_resume(trace, thread, 0);
	return 1;
}
