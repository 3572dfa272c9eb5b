/* contract.c - the host as a foreign loader: it enters the library's initializers itself and breaks one clause of what
 * a loader owes them at a time (checks contract.*, pass ALONE).
 *
 * Each time in a child of its own: a copy of the library without DT_INIT_ARRAYSZ is opened, so that the real loader
 * maps, relocates and gives TLS but enters nothing; then the entries are called by hand, and then Go.  Once with the
 * clause kept, which must work, or nothing is said of the clause; then so many times with it broken.  Observed is the
 * worst of those: "tolerated", "answers wrongly", "hangs", "exits: its first line", "dies".
 *
 * A program is judged by the same: its child becomes it (contract_start.h). */
#define _GNU_SOURCE
#include "cases/hosts/contract_enter.h"
#include "cases/hosts/contract_start.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases/init/init_lib.h"
#include "harness/probe/probe.h"

#if defined(__linux__) && defined(__x86_64__)

enum {
	SOON_MS = 50, /* most end sooner, and are looked at each millisecond until then */
	POLL_MS = 10,
	STILL_MS = 1000,    /* all threads asleep that long: nobody will wake them */
	DEADLINE_MS = 50000 /* the check's own limit is longer */
};

void contract_no_turn(const char *why)
{
	fprintf(stderr, "contract: %s: %s\n", why, strerror(errno));
	_exit(EXIT_FAILURE);
}

/* ---- the library, entered by nobody ------------------------------------------------------------------ */

/* Takes the number of entries out of the file: *array and *size are where and how many bytes they are.  And the flag
 * that keeps it mapped, which says something only where it is closed (contract.unmapped). */
static int take_array(int fd, uintptr_t *array, size_t *size)
{
	Elf64_Ehdr head;
	Elf64_Phdr program;
	Elf64_Dyn dyn;
	if (pread(fd, &head, sizeof head, 0) != sizeof head)
		return -1;
	for (int i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + (size_t)i * sizeof program);
		if (pread(fd, &program, sizeof program, at) != sizeof program || program.p_type != PT_DYNAMIC)
			continue;
		for (at = (off_t)program.p_offset;
		    pread(fd, &dyn, sizeof dyn, at) == sizeof dyn && dyn.d_tag != DT_NULL; at += (off_t)sizeof dyn) {
			if (dyn.d_tag == DT_INIT_ARRAY)
				*array = dyn.d_un.d_ptr;
			if (dyn.d_tag == DT_FLAGS_1) {
				dyn.d_un.d_val &= ~(Elf64_Xword)DF_1_NODELETE;
			} else if (dyn.d_tag == DT_INIT_ARRAYSZ) {
				*size = dyn.d_un.d_val;
				dyn.d_un.d_val = 0;
			} else {
				continue;
			}
			if (pwrite(fd, &dyn, sizeof dyn, at) != sizeof dyn)
				return -1;
		}
	}
	return *array && *size ? 0 : -1;
}

static void load(const char *path, struct loaded *loaded)
{
	char copied[64];
	uintptr_t array = 0;
	size_t size = 0;
	struct link_map *map;
	int from = open(path, O_RDONLY | O_CLOEXEC), to = (int)syscall(SYS_memfd_create, "tlsmatrix-contract", 0);
	while (sendfile(to, from, NULL, 1 << 24) > 0)
		;
	snprintf(copied, sizeof copied, "/proc/self/fd/%d", to);
	if (take_array(to, &array, &size) || !(loaded->handle = dlopen(copied, RTLD_NOW | RTLD_LOCAL)) ||
	    dlinfo(loaded->handle, RTLD_DI_LINKMAP, &map))
		contract_no_turn("the library cannot be opened without its initializers");
	loaded->entry = (void (**)(void))(map->l_addr + array);
	loaded->entries = size / sizeof *loaded->entry;
	*(void **)&loaded->answer = dlsym(loaded->handle, "tlsm_answer");
	loaded->base = map->l_addr;
}

/* By what inspection promised of the file: the place of its offset from the thread pointer ("ie:ADDRESS:...",
 * harness/inspect.h inspect_promise), which the loader has filled. */
uintptr_t *contract_slot_offset(const struct loaded *loaded)
{
	const char *promise = getenv("TLSMATRIX_SLOT");
	unsigned long place;
	if (!promise || sscanf(promise, "ie:%lx", &place) != 1)
		contract_no_turn("TLSMATRIX_SLOT does not say where the file's slot is");
	return (uintptr_t *)(loaded->base + place);
}

uintptr_t *contract_slot(const struct loaded *loaded)
{
	uintptr_t pointer;
	__asm__("movq %%fs:0, %0" : "=r"(pointer));
	return (uintptr_t *)(pointer + *contract_slot_offset(loaded));
}

/* ---- entering ---------------------------------------------------------------------------------------- */

/* The vector as the kernel made it, in pages of its own between two that nobody may touch. */
static void vector_make(struct entering *entering)
{
	char *pages = mmap(NULL, VECTOR_SIZE + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t *words = (uintptr_t *)(pages + PAGE);
	size_t count = 0;
	if (mprotect(words, VECTOR_SIZE, PROT_READ | PROT_WRITE))
		_exit(EXIT_FAILURE);
	entering->argv = words;
	entering->argc = 2;
	words[count++] = (uintptr_t)"foreign";
	words[count++] = (uintptr_t)"loader";
	words[count++] = 0;
	entering->envp = words + count;
	for (char **env = environ; *env && count < VECTOR_SIZE / sizeof *words / 2; env++)
		words[count++] = (uintptr_t)*env;
	words[count++] = 0;
	entering->auxv = words + count;
	int fd = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	if (read(fd, words + count, VECTOR_SIZE - count * sizeof *words) <= 0)
		_exit(EXIT_FAILURE);
	close(fd);
}

/* Calls an entry with the stack at a multiple of 16, or off it, at the call (psABI 3.2.2). */
static void call(void (*entry)(void), const struct entering *entering)
{
	long argc = entering->argc, off_by = entering->off_by;
	uintptr_t *argv = entering->argv, *envp = entering->envp;
	__asm__ volatile("movq %%rsp, %%rbx\n\t"
			 "andq $-16, %%rsp\n\t"
			 "subq %[off_by], %%rsp\n\t"
			 "call *%[entry]\n\t"
			 "movq %%rbx, %%rsp"
	    : "+D"(argc), "+S"(argv), "+d"(envp)
	    : [entry] "a"(entry), [off_by] "c"(off_by)
	    : "rbx", "r8", "r9", "r10", "r11", "memory", "cc");
}

void contract_enter(struct turn *turn)
{
	struct entering *entering = &turn->entering;
	uintptr_t *slot = entering->slot ? contract_slot(&turn->loaded) : NULL;
	if (slot)
		*slot = entering->slot;
	for (size_t i = 0; i < turn->loaded.entries; i++)
		call(turn->loaded.entry[i], entering);
}

int contract_ask(const struct turn *turn) { return turn->loaded.answer(INIT_LIB_QUESTION) == INIT_LIB_ANSWER; }

static void *enter_on_thread(void *turn)
{
	contract_enter(turn);
	return NULL;
}

static void *answer_on_thread(void *argument)
{
	struct turn *turn = argument;
	turn->answered = contract_ask(turn);
	return NULL;
}

static void start(pthread_t *thread, size_t stack, void *(*body)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	if ((stack && pthread_attr_setstacksize(&attributes, stack)) ||
	    pthread_create(thread, &attributes, body, argument))
		_exit(EXIT_FAILURE);
}

static int enter_and_ask(struct turn *turn)
{
	const struct entering *entering = &turn->entering;
	pthread_t thread, early;
	if (entering->call_first)
		start(&early, 0, answer_on_thread, turn);
	if (entering->on_thread || entering->stack) {
		start(&thread, entering->stack, enter_on_thread, turn);
		pthread_join(thread, NULL);
	} else if (!entering->never) {
		contract_enter(turn);
	}
	int answered = contract_ask(turn);
	if (entering->call_first) {
		pthread_join(early, NULL);
		answered &= turn->answered;
	}
	return answered;
}

/* The child: ends with status 0 when Go answered. */
__attribute__((noreturn)) static void child_run(
    const struct host *host, const struct contract_clause *clause, int round)
{
	static struct turn turn;
	int kept = round < 0 || probe_control(clause->id, "kept"),
	    worse = round >= 0 && probe_control(clause->id, "worse");
	load(host->path, &turn.loaded);
	vector_make(&turn.entering);
	turn.entering.way = contract_traced_way(clause->id);
	if (!kept && clause->bend)
		clause->bend(&turn.entering);
	else if (!kept && contract_is_traced(clause->id))
		contract_be_traced(clause->id, turn.loaded.base);
	else if (!kept)
		contract_deny(clause->id, turn.loaded.base);
	if (worse && !contract_is_traced(clause->id))
		turn.entering.argv = (uintptr_t *)NOWHERE;
	int answered = turn.entering.way ? turn.entering.way(&turn) : enter_and_ask(&turn);
	_exit(answered ? EXIT_SUCCESS : CONTRACT_WRONG);
}

/* ---- what became of it ------------------------------------------------------------------------------- */

/* From best to worst. */
enum end { TOLERATED, WRONG, HANGS, EXITS, DIES, NO_TURN, ENDS };

struct ended {
	enum end end;
	char line[300]; /* what it printed first */
	int status;     /* of waitpid */
};

/* Does every thread of it sleep? */
static int is_still(pid_t child)
{
	char path[80];
	snprintf(path, sizeof path, "/proc/%d/task", (int)child);
	DIR *tasks = opendir(path);
	int still = tasks != NULL;
	for (struct dirent *task; still && (task = readdir(tasks));) {
		char stat[400] = "", *state;
		snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)child, task->d_name);
		int fd = task->d_name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, stat, sizeof stat - 1) > 0 && (state = strrchr(stat, ')')))
			still = state[1] == ' ' && state[2] == 'S';
		close(fd);
	}
	if (tasks)
		closedir(tasks);
	return still;
}

/* Waits for its end, or ends it when nobody in it does anything any more. */
static int wait_for(const char *id, int traced, pid_t child, int *status)
{
	int still = 0;
	for (int waited = 0, nap = 1; waited < DEADLINE_MS && still < STILL_MS; waited += nap) {
		pid_t done = traced ? contract_trace(id, child, status) : waitpid(child, status, WNOHANG);
		if (done == child)
			return 1;
		nap = waited < SOON_MS || traced ? 1 : POLL_MS;
		nanosleep(&(struct timespec){ 0, nap * 1000000L }, NULL);
		still = waited >= SOON_MS && is_still(child) ? still + nap : 0;
	}
	kill(child, SIGKILL);
	waitpid(child, status, 0);
	return 0;
}

/* A fault in Go's code is reported by Go itself, which then exits with 2 (runtime/signal_unix.go sighandler).  A
 * library that ends with words of its own aborts as soon as it has read GOTRACEBACK, and exits with 2 before
 * (runtime/runtime1.go setTraceback: tracebackCrash).  What C in it has to say of threads is followed by an abort too
 * (runtime/cgo/gcc_libinit.c x_cgo_sys_thread_create, gcc_fatalf.c). */
static enum end end_of(const struct ended *ended, const char *said)
{
	int fault = strstr(said, "[signal ") || strstr(said, "unexpected signal");
	int words = strstr(said, "fatal error: ") || strstr(said, "pthread_create failed: ");
	if (WIFSIGNALED(ended->status))
		return WTERMSIG(ended->status) == SIGABRT && words && !fault ? EXITS : DIES;
	switch (WEXITSTATUS(ended->status)) {
	case EXIT_SUCCESS:
		return TOLERATED;
	case CONTRACT_WRONG:
		return WRONG;
	case EXIT_FAILURE:
		return strncmp(said, "contract: ", 10) == 0 || !*said ? NO_TURN : EXITS;
	}
	return fault ? DIES : EXITS;
}

/* A descriptor's number says nothing of Go: "on fd 7" is "on fd N". */
static void first_line(const char *said, char line[300])
{
	size_t len = strcspn(said, "\n"), number;
	snprintf(line, 300, "%.*s", (int)(len < 290 ? len : 290), said);
	char *at = strstr(line, " fd ");
	if (at && (number = strspn(at += strlen(" fd "), "0123456789"))) {
		memmove(at + 1, at + number, strlen(at + number) + 1);
		*at = 'N';
	}
}

/* round: from 0, or -1 with the clause kept. */
static enum start_how start_how(const char *id, int round)
{
	return round < 0 || probe_control(id, "kept") ? START_KEPT :
	    probe_control(id, "worse")                ? START_WORSE :
							START_BROKEN;
}

static struct ended turn(const struct host *host, const struct contract_clause *clause, int round)
{
	struct ended ended = { .end = NO_TURN };
	char said[8192] = "";
	int err = (int)syscall(SYS_memfd_create, "tlsmatrix-stderr", 0);
	int of_program = contract_find_start(clause->id) == clause;
	enum start_how how = start_how(clause->id, round);
	pid_t child = fork();
	if (child == 0) {
		dup2(err, STDERR_FILENO);
		if (of_program)
			contract_start_child(clause, host->path, how);
		child_run(host, clause, round);
	}
	int error = of_program && child > 0 ? contract_start(clause, child, how) : 0;
	int traced = round >= 0 && !probe_control(clause->id, "kept") && contract_is_traced(clause->id);
	int over = child > 0 && wait_for(clause->id, traced, child, &ended.status);
	if (pread(err, said, sizeof said - 1, 0) < 0)
		said[0] = 0;
	close(err);
	first_line(said, ended.line);
	ended.end = child < 0 || error ? NO_TURN : over ? end_of(&ended, said) : HANGS;
	if (error && !*said)
		snprintf(
		    ended.line, sizeof ended.line, "contract: the program cannot be started so: %s", strerror(-error));
	return ended;
}

static const char *const end_words[ENDS] = { "tolerated", "answers wrongly", "hangs", "exits", "dies",
	"could not be tried" };

static void add_end(char *text, size_t len, const struct ended *ended)
{
	seen_add(text, len, "%s", end_words[ended->end]);
	if (ended->end == EXITS)
		seen_add(text, len, ": %s", ended->line);
}

/* How it ended each time, for people. */
static void note_ends(struct seen *seen, const int count[ENDS], const struct ended *worst)
{
	const char *comma = "";
	for (int end = 0; end < ENDS; end++) {
		if (count[end])
			seen_add(seen->note, sizeof seen->note, "%s%s %d", comma, end_words[end], count[end]);
		comma = count[end] ? ", " : comma;
	}
	if (worst->end >= EXITS && WIFSIGNALED(worst->status))
		seen_add(seen->note, sizeof seen->note, "; %s", strsignal(WTERMSIG(worst->status)));
	if (worst->end != EXITS && *worst->line)
		seen_add(seen->note, sizeof seen->note, "; %s", worst->line);
}

void contract_observe(struct host *host, const struct contract_clause *clause, struct seen *seen)
{
	int count[ENDS] = { 0 };
	struct ended good = turn(host, clause, -1), worst = { .end = TOLERATED };
	if (good.end != TOLERATED) {
		seen_add(seen->text, sizeof seen->text, "kept: ");
		add_end(seen->text, sizeof seen->text, &good);
		seen_add(seen->note, sizeof seen->note, "%s", good.line);
		return;
	}
	/* What may come too late, or half-way, has done its harm when it has done it once. */
	for (int i = 0; i < clause->times && (clause->times <= TIMES || worst.end < DIES); i++) {
		struct ended ended = turn(host, clause, i);
		count[ended.end]++;
		if (ended.end >= worst.end)
			worst = ended;
	}
	add_end(seen->text, sizeof seen->text, &worst);
	note_ends(seen, count, &worst);
}

const struct contract_clause *contract_find(const char *id)
{
	const struct contract_clause *clause = contract_find_bend(id);
	clause = clause ? clause : contract_find_import(id);
	clause = clause ? clause : contract_find_dirty(id);
	clause = clause ? clause : contract_find_start(id);
	return clause ? clause : contract_find_denial(id);
}

#else

/* No such check is planned there. */
const struct contract_clause *contract_find(const char *id)
{
	(void)id;
	return NULL;
}

void contract_observe(struct host *host, const struct contract_clause *clause, struct seen *seen)
{
	(void)host, (void)clause, (void)seen;
}

#endif
