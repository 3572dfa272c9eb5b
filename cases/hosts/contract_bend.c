/* contract_bend.c - the clauses of what a foreign loader owes a Go library: how each is broken (checks contract.*,
 * entered and judged by contract.c). */
#define _GNU_SOURCE
#include "cases/hosts/contract_enter.h"

#if defined(__linux__) && defined(__x86_64__)

#include <dlfcn.h>
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "harness/probe/probe.h"

static uintptr_t *auxv_find(const struct entering *entering, uintptr_t tag)
{
	uintptr_t *at = entering->auxv;
	while (at[0] != AT_NULL && at[0] != tag)
		at += 2;
	return at;
}

static void auxv_set(struct entering *entering, uintptr_t tag, uintptr_t value)
{
	uintptr_t *at = auxv_find(entering, tag);
	if (at[0] == tag)
		at[1] = value;
}

/* AT_IGNORE says nothing to anybody (getauxval(3)). */
static void auxv_drop(struct entering *entering, uintptr_t tag)
{
	uintptr_t *at = auxv_find(entering, tag);
	if (at[0] == tag)
		at[0] = AT_IGNORE;
}

static void args_null(struct entering *e) { e->argc = 0, e->argv = e->envp = NULL; }

/* What OSv issue 1141 saw, where no arguments are handed on. */
static void args_garbage(struct entering *e) { e->argc = 1078122281, e->argv = e->envp = NULL; }

static void args_empty(struct entering *e) { e->argc = 0, e->argv = e->envp - 1; }

/* What Go's first thread finds is what was done to the vector before it began: it may not begin before. */
static int ask_without_vector(struct turn *turn, void (*spoil)(uintptr_t *vector))
{
	contract_hold_threads(turn);
	contract_enter(turn);
	spoil(turn->entering.argv);
	contract_release_threads();
	return contract_ask(turn);
}

static void vector_unmap(uintptr_t *vector) { munmap(vector, VECTOR_SIZE); }
static void vector_poison(uintptr_t *vector) { memset(vector, 0x5a, VECTOR_SIZE); }
static int way_gone(struct turn *turn) { return ask_without_vector(turn, vector_unmap); }
static int way_poisoned(struct turn *turn) { return ask_without_vector(turn, vector_poison); }

static void argv_gone(struct entering *e) { e->way = way_gone; }
static void argv_poisoned(struct entering *e) { e->way = way_poisoned; }

/* The auxiliary vector follows the arguments at once. */
static void env_missing(struct entering *e)
{
	size_t words = VECTOR_SIZE / sizeof *e->auxv - (size_t)(e->auxv - e->argv);
	e->envp[0] = 0;
	memmove(e->envp + 1, e->auxv, words * sizeof *e->auxv);
	e->auxv = e->envp + 1;
}

static void auxv_missing(struct entering *e) { memset(e->auxv, 0, 2 * sizeof *e->auxv); }

/* The last entry lies at the end of the vector's pages. */
static void auxv_unended(struct entering *e)
{
	uintptr_t *end = auxv_find(e, AT_NULL), *last = e->argv + VECTOR_SIZE / sizeof *e->argv;
	ptrdiff_t by = last - end;
	memmove(e->argv + by, e->argv, (size_t)(end - e->argv) * sizeof *end);
	e->argv += by, e->envp += by, e->auxv += by;
}

/* As a stack has them: addresses, and a zero some time. */
static void auxv_junk(struct entering *e)
{
	enum { JUNK = 128 };
	uintptr_t *end = auxv_find(e, AT_NULL);
	for (size_t i = 0; i < JUNK; i++)
		end[i] = (uintptr_t)&end[i];
	end[JUNK] = 0;
}

static void page_size_missing(struct entering *e) { auxv_drop(e, AT_PAGESZ); }

/* What is mapped without a wish for its place comes to lie at the end of the highest hole in which there is room: so
 * that nothing of up to 1 MiB is aligned to more than a page by chance. */
static void make_holes(void)
{
	enum { HOLES = 8, MIB = 1 << 20, LARGE = 1 << 16 };
	char *at = mmap(NULL, (2 * HOLES + 1) * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at += LARGE - (uintptr_t)at % LARGE;
	for (int i = 0; i < HOLES; i++)
		munmap(at + 2 * i * MIB + PAGE, MIB + PAGE);
}

static void page_size_64k(struct entering *e)
{
	auxv_set(e, AT_PAGESZ, 65536);
	make_holes();
}

static void page_size_odd(struct entering *e) { auxv_set(e, AT_PAGESZ, 5000); }
static void page_size_small(struct entering *e) { auxv_set(e, AT_PAGESZ, 1024); }
static void random_missing(struct entering *e) { auxv_drop(e, AT_RANDOM); }
static void random_bad(struct entering *e) { auxv_set(e, AT_RANDOM, NOWHERE); }

static void random_readonly(struct entering *e)
{
	void *seed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(seed, 0x5a, PAGE);
	mprotect(seed, PAGE, PROT_READ);
	auxv_set(e, AT_RANDOM, (uintptr_t)seed);
}

static void vdso_missing(struct entering *e) { auxv_drop(e, AT_SYSINFO_EHDR); }
static void vdso_bad(struct entering *e) { auxv_set(e, AT_SYSINFO_EHDR, NOWHERE); }

static void init_stack_align(struct entering *e) { e->off_by = 8; }
static void stack_16k(struct entering *e) { e->stack = 16384; }
static void other_thread(struct entering *e) { e->on_thread = 1; }
static void never(struct entering *e) { e->never = 1; }
static void call_before(struct entering *e) { e->call_first = 1; }

/* Every thread of Go inherits the mask (pthread_create(3)). */
static int way_blocked(struct turn *turn)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	contract_enter(turn);
	return contract_ask(turn);
}

static void signals_blocked(struct entering *e) { e->way = way_blocked; }

static void wait_ms(long ms) { nanosleep(&(struct timespec){ 0, ms * 1000000L }, NULL); }

/* The second start takes the first one's g0 and m0 for its own (runtime/asm_amd64.s rt0_go): what the thread that has
 * them does in between decides what goes wrong, unless it sleeps, which it does soon after an answer. */
static int way_again(struct turn *turn)
{
	enum { ASLEEP_MS = 100, STARTED_MS = 300 };
	contract_enter(turn);
	int answered = contract_ask(turn);
	wait_ms(ASLEEP_MS);
	contract_enter(turn);
	wait_ms(STARTED_MS);
	return answered & contract_ask(turn);
}

static void again(struct entering *e) { e->way = way_again; }

/* The constructor of a library that needs Go's, which is the only one to enter Go's next. */
static int way_order(struct turn *turn)
{
	int answered = contract_ask(turn);
	contract_enter(turn);
	return answered;
}

static void wrong_order(struct entering *e) { e->way = way_order; }

/* What runs of Go runs soon: its monitor looks around each 20 us to 10 ms (runtime/proc.go sysmon). */
static int way_unmapped(struct turn *turn)
{
	enum { SOON_MS = 300 };
	contract_enter(turn);
	int answered = contract_ask(turn);
	if (dlclose(turn->loaded.handle) || msync((void *)turn->loaded.base, PAGE, MS_ASYNC) == 0)
		contract_no_turn("the library stays mapped");
	wait_ms(SOON_MS);
	return answered;
}

static void unmapped(struct entering *e) { e->way = way_unmapped; }

/* One frame holds the vector, and is gone when the entries have returned. */
static __attribute__((noinline)) void enter_with_frame(struct turn *turn)
{
	uintptr_t frame[VECTOR_SIZE / sizeof(uintptr_t)];
	memcpy(frame, turn->entering.argv, sizeof frame);
	turn->entering.argv = frame;
	turn->entering.envp = frame + turn->entering.argc + 1;
	contract_enter(turn);
	/* No tail call: the frame is needed until here. */
	__asm__ volatile("" ::"r"(frame) : "memory");
}

/* The next one lies over it: numbers where the arguments were, zeros behind. */
static __attribute__((noinline)) int ask_over_frame(struct turn *turn)
{
	volatile uintptr_t frame[2 * VECTOR_SIZE / sizeof(uintptr_t)];
	for (size_t i = 0; i < sizeof frame / sizeof *frame; i++)
		frame[i] = &frame[i] >= turn->entering.argv && &frame[i] < turn->entering.argv + turn->entering.argc ?
		    0x5a5a5a5a5a5a5a5a :
		    0;
	contract_release_threads();
	return contract_ask(turn);
}

static int way_frame(struct turn *turn)
{
	contract_hold_threads(turn);
	enter_with_frame(turn);
	return ask_over_frame(turn);
}

static void argv_frame(struct entering *e) { e->way = way_frame; }

static void slot_nowhere(struct entering *e) { e->slot = NOWHERE; }
static void slot_zeros(struct entering *e) { e->slot = (uintptr_t)e->argv + VECTOR_SIZE / 2; }

/* The control leaves what the slot held: the first call dies of it, and so it was Go's slot. */
static int way_late(struct turn *turn)
{
	contract_enter(turn);
	if (!probe_control("contract.slot-late", "stays"))
		*contract_slot(&turn->loaded) = 0;
	return contract_ask(turn);
}

static void slot_late(struct entering *e) { e->slot = NOWHERE, e->way = way_late; }

/* Times: of what may come too late to do harm, until it does. */
static const struct contract_clause clauses[] = {
	{ "contract.args-null", args_null, TIMES },
	{ "contract.args-garbage", args_garbage, TIMES },
	{ "contract.args-empty", args_empty, TIMES },
	{ "contract.argv-gone", argv_gone, TIMES },
	{ "contract.argv-poisoned", argv_poisoned, TIMES },
	{ "contract.argv-frame", argv_frame, TIMES },
	{ "contract.env-missing", env_missing, TIMES },
	{ "contract.auxv-missing", auxv_missing, TIMES },
	{ "contract.auxv-unended", auxv_unended, TIMES },
	{ "contract.auxv-junk", auxv_junk, TIMES },
	{ "contract.page-size-missing", page_size_missing, TIMES },
	{ "contract.page-size-64k", page_size_64k, TIMES },
	{ "contract.page-size-odd", page_size_odd, TIMES },
	{ "contract.page-size-small", page_size_small, TIMES },
	{ "contract.random-missing", random_missing, TIMES },
	{ "contract.random-bad", random_bad, TIMES },
	{ "contract.random-readonly", random_readonly, TIMES },
	{ "contract.vdso-missing", vdso_missing, TIMES },
	{ "contract.vdso-bad", vdso_bad, TIMES },
	{ "contract.init-stack-align", init_stack_align, TIMES },
	{ "contract.stack-16k", stack_16k, TIMES },
	{ "contract.other-thread", other_thread, TIMES },
	{ "contract.init-again", again, TIMES },
	{ "contract.unmapped", unmapped, 4 * TIMES },
	{ "contract.init-order", wrong_order, 2 },
	{ "contract.signals-blocked", signals_blocked, TIMES },
	{ "contract.never-entered", never, 2 },
	{ "contract.call-before", call_before, TIMES },
	{ "contract.slot-nowhere", slot_nowhere, TIMES },
	{ "contract.slot-zeros", slot_zeros, TIMES },
	{ "contract.slot-late", slot_late, TIMES },
};

const struct contract_clause *contract_find_bend(const char *id)
{
	for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
		if (strcmp(clauses[i].id, id) == 0)
			return &clauses[i];
	return NULL;
}

#else

/* No such check is planned there. */
const struct contract_clause *contract_find_bend(const char *id)
{
	(void)id;
	return NULL;
}

#endif
