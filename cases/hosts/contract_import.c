/* contract_import.c - the host as a foreign libc: it puts functions of its own in place of those that the library takes
 * of libc (checks contract.mmap-*, contract.create-*, contract.slot-*, entered and judged by contract.c).
 *
 * Go with cgo maps memory and makes threads by libc (runtime/cgo: x_cgo_mmap since 1.6, x_cgo_thread_start), so that
 * what libc calls itself goes on as before. */
#define _GNU_SOURCE
#include "cases/hosts/contract_enter.h"

#if defined(__linux__) && defined(__x86_64__)

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/probe/probe.h"

/* ---- in place of libc's ------------------------------------------------------------------------------ */

struct imports {
	const Elf64_Sym *symbols;
	const char *strings;
	struct {
		const Elf64_Rela *first;
		size_t size;
	} table[2]; /* of data, of calls */
};

/* glibc has put addresses in place of the offsets in the dynamic section, musl has not. */
static const void *at(const struct link_map *map, Elf64_Addr place)
{
	return (const void *)(place < map->l_addr ? map->l_addr + place : place);
}

static struct imports imports_of(const struct link_map *map)
{
	struct imports imports = { 0 };
	for (const Elf64_Dyn *dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		switch (dyn->d_tag) {
		case DT_SYMTAB:
			imports.symbols = at(map, dyn->d_un.d_ptr);
			break;
		case DT_STRTAB:
			imports.strings = at(map, dyn->d_un.d_ptr);
			break;
		case DT_RELA:
			imports.table[0].first = at(map, dyn->d_un.d_ptr);
			break;
		case DT_RELASZ:
			imports.table[0].size = dyn->d_un.d_val;
			break;
		case DT_JMPREL:
			imports.table[1].first = at(map, dyn->d_un.d_ptr);
			break;
		case DT_PLTRELSZ:
			imports.table[1].size = dyn->d_un.d_val;
			break;
		}
	}
	return imports;
}

static void write_word(uintptr_t place, uintptr_t value)
{
	if (mprotect((void *)(place & -(uintptr_t)PAGE), PAGE, PROT_READ | PROT_WRITE))
		contract_no_turn("the library's table of addresses cannot be written");
	*(uintptr_t *)place = value;
}

/* What the library is to have in place of now, the address of the function of that name; the same: it stays. */
typedef uintptr_t instead_of(const char *name, uintptr_t now, void *argument);

/* Asks instead for each address of a function of somebody else's that the library has. */
static void replace_each(const struct loaded *loaded, instead_of *instead, void *argument)
{
	struct link_map *map;
	if (dlinfo(loaded->handle, RTLD_DI_LINKMAP, &map))
		contract_no_turn("the library's link map");
	struct imports imports = imports_of(map);
	for (size_t i = 0; i < 2; i++) {
		const Elf64_Rela *rela = imports.table[i].first, *end = rela + imports.table[i].size / sizeof *rela;
		for (; rela < end; rela++) {
			const Elf64_Sym *symbol = &imports.symbols[ELF64_R_SYM(rela->r_info)];
			unsigned type = ELF64_R_TYPE(rela->r_info);
			if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64) ||
			    symbol->st_shndx != SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
				continue;
			uintptr_t place = map->l_addr + rela->r_offset, now = *(uintptr_t *)place;
			uintptr_t then = now ? instead(imports.strings + symbol->st_name, now, argument) : now;
			if (then != now)
				write_word(place, then);
		}
	}
}

struct replaced {
	const char *name;
	void *function;
	int found;
};

static uintptr_t instead_of_one(const char *name, uintptr_t now, void *argument)
{
	struct replaced *replaced = argument;
	if (strcmp(name, replaced->name) != 0)
		return now;
	replaced->found = 1;
	return (uintptr_t)replaced->function;
}

/* Wherever the library has the address of name, it has that of a function of the host's. */
static void replace(const struct loaded *loaded, const char *name, void *function)
{
	struct replaced replaced = { name, function, 0 };
	replace_each(loaded, instead_of_one, &replaced);
	if (!replaced.found)
		contract_no_turn(name);
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static void *mmap_anywhere(void *wish, size_t size, int protection, int flags, int fd, off_t offset)
{
	return mmap(flags & MAP_FIXED ? wish : NULL, size, protection, flags, fd, offset);
}

static int refusal;

static void *mmap_refused(void *wish, size_t size, int protection, int flags, int fd, off_t offset)
{
	(void)wish, (void)size, (void)protection, (void)flags, (void)fd, (void)offset;
	errno = refusal;
	return MAP_FAILED;
}

static int way_anywhere(struct turn *turn)
{
	replace(&turn->loaded, "mmap", (void *)mmap_anywhere);
	contract_enter(turn);
	return contract_ask(turn);
}

static int way_refused(struct turn *turn)
{
	replace(&turn->loaded, "mmap", (void *)mmap_refused);
	contract_enter(turn);
	return contract_ask(turn);
}

static void mmap_hint(struct entering *e) { e->way = way_anywhere; }
static void mmap_eacces(struct entering *e) { e->way = way_refused, refusal = EACCES; }
static void mmap_eagain(struct entering *e) { e->way = way_refused, refusal = EAGAIN; }
static void mmap_enomem(struct entering *e) { e->way = way_refused, refusal = ENOMEM; }

/* ---- threads ----------------------------------------------------------------------------------------- */

static const struct turn *of_threads;

/* What a thread is to run, as libc's pthread_create got it. */
struct begun {
	void *(*body)(void *);
	void *argument;
};

/* Makes a thread that begins in the host's function, which is given what it is to run then. */
static int create_begun(pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *), struct begun what)
{
	struct begun *begun = malloc(sizeof *begun);
	if (!begun)
		return EAGAIN;
	*begun = what;
	int error = pthread_create(thread, attributes, begin, begun);
	if (error)
		free(begun);
	return error;
}

static void *go_on(struct begun *argument)
{
	struct begun begun = *argument;
	free(argument);
	return begun.body(begun.argument);
}

static void *begin_spoiled(void *begun)
{
	*contract_slot(&of_threads->loaded) = NOWHERE;
	return go_on(begun);
}

static int create_spoiled(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	return create_begun(thread, attributes, begin_spoiled, (struct begun){ body, argument });
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *begin_held(void *begun)
{
	pthread_mutex_lock(&held);
	pthread_mutex_unlock(&held);
	return go_on(begun);
}

static int create_held(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	return create_begun(thread, attributes, begin_held, (struct begun){ body, argument });
}

void contract_hold_threads(const struct turn *turn)
{
	pthread_mutex_lock(&held);
	replace(&turn->loaded, "pthread_create", (void *)create_held);
}

void contract_release_threads(void) { pthread_mutex_unlock(&held); }

/* ---- threads that are not made, or run before pthread_create returns -------------------------------- */

enum { REFUSALS = 10, AHEAD_MS = 20 };

static int bent; /* how often pthread_create did so, counted atomically */

/* Each thread that makes one: the initializer's by one function of runtime/cgo, Go's by another. */
static int create_refused(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	static _Thread_local int refused;
	if (refused == REFUSALS)
		return pthread_create(thread, attributes, body, argument);
	refused++;
	__atomic_fetch_add(&bent, 1, __ATOMIC_SEQ_CST);
	return EAGAIN;
}

static int create_none(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	(void)thread, (void)attributes, (void)body, (void)argument;
	__atomic_fetch_add(&bent, 1, __ATOMIC_SEQ_CST);
	return EAGAIN;
}

static int create_one(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	static int made;
	if (__atomic_exchange_n(&made, 1, __ATOMIC_SEQ_CST))
		return create_none(thread, attributes, body, argument);
	return pthread_create(thread, attributes, body, argument);
}

struct ahead {
	struct begun begun;
	sem_t runs;
};

/* What it is to run is on the stack of who makes it, who waits. */
static void *begin_ahead(void *argument)
{
	struct ahead *ahead = argument;
	struct begun begun = ahead->begun;
	sem_post(&ahead->runs);
	return begun.body(begun.argument);
}

static int create_ahead(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	struct ahead ahead = { .begun = { body, argument } };
	struct timespec rest = { 0, AHEAD_MS * 1000000L };
	sem_init(&ahead.runs, 0, 0);
	int error = pthread_create(thread, attributes, begin_ahead, &ahead);
	if (error)
		return error;
	while (sem_wait(&ahead.runs))
		;
	while (nanosleep(&rest, &rest))
		;
	__atomic_fetch_add(&bent, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static int way_create(struct turn *turn)
{
	replace(&turn->loaded, "pthread_create", (void *)create);
	contract_enter(turn);
	int answered = contract_ask(turn);
	if (!__atomic_load_n(&bent, __ATOMIC_SEQ_CST))
		contract_no_turn("Go answered, and pthread_create did nothing else than ever");
	return answered;
}

static void create_eagain(struct entering *e) { e->way = way_create, create = create_refused; }
static void create_eagain_all(struct entering *e) { e->way = way_create, create = create_none; }
static void create_eagain_later(struct entering *e) { e->way = way_create, create = create_one; }
static void create_before(struct entering *e) { e->way = way_create, create = create_ahead; }

/* ---- slots of threads -------------------------------------------------------------------------------- */

static int way_own_threads(struct turn *turn)
{
	of_threads = turn;
	replace(&turn->loaded, "pthread_create", (void *)create_spoiled);
	contract_enter(turn);
	return contract_ask(turn);
}

static void *ask(void *argument)
{
	struct turn *turn = argument;
	turn->answered = contract_ask(turn);
	return NULL;
}

/* A thread of C's, new when Go has started. */
static int way_c_thread(struct turn *turn)
{
	pthread_t thread;
	of_threads = turn;
	contract_enter(turn);
	if (!contract_ask(turn) || create_spoiled(&thread, NULL, ask, turn))
		return 0;
	pthread_join(thread, NULL);
	return turn->answered;
}

static void slot_own_threads(struct entering *e) { e->way = way_own_threads; }
static void slot_c_thread(struct entering *e) { e->way = way_c_thread; }

/* Where the TLS of threads that begin later has no room for the library's, what lies there is their stack: glibc has
 * both in one mapping, the stack below (nptl/allocatestack.c). */
static void *enter_and_ask(void *argument)
{
	enum { BELOW = 1024 }; /* a place that the frames of whatever is called here use */
	struct turn *turn = argument;
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0) & -(uintptr_t)16, pointer;
	__asm__("movq %%fs:0, %0" : "=r"(pointer));
	write_word((uintptr_t)contract_slot_offset(&turn->loaded), frame - BELOW - pointer);
	contract_enter(turn);
	turn->answered = contract_ask(turn);
	return NULL;
}

static int way_in_stack(struct turn *turn)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, enter_and_ask, turn))
		contract_no_turn("no thread");
	pthread_join(thread, NULL);
	return turn->answered;
}

static void slot_in_stack(struct entering *e) { e->way = way_in_stack; }

/* ---- calls ------------------------------------------------------------------------------------------- */

/* What stands before each function: the stack pointer is 8 off a multiple of 16 where a function is entered, since the
 * call has pushed an address (psABI 3.2.2).  No register is touched.  The functions' addresses, and what is called
 * where it is otherwise, stand behind the code. */
__asm__(".pushsection .rodata\n"
	".balign 32\n"
	"contract_gate:\n\t"
	"testb $8, %spl\n\t"
	"jz 1f\n\t"
	"jmp *2f(%rip)\n"
	"1:\n\t"
	"leaq 2f(%rip), %rdi\n\t"
	"andq $-16, %rsp\n\t"
	"call *2f+16(%rip)\n\t"
	".balign 32\n"
	"2:\n"
	/* The control's, before that: calls it with the stack 8 bytes further down than it was called with. */
	"contract_slip:\n\t"
	"subq $16, %rsp\n\t"
	"call *3f(%rip)\n\t"
	"addq $16, %rsp\n\t"
	"ret\n\t"
	".balign 32\n"
	"3:\n"
	".popsection");
enum { GATE_CODE = 32, GATES_SIZE = 4 * PAGE };
extern const unsigned char contract_gate[GATE_CODE], contract_slip[GATE_CODE];

struct gated {
	uintptr_t function;
	const char *name;
	void (*off)(const struct gated *gated);
};

struct gate {
	unsigned char code[GATE_CODE];
	struct gated gated;
};

struct gates {
	struct gate *first, *next, *end;
	int slips; /* the control */
};

static void called_off(const struct gated *gated)
{
	enum { NO_SUCH_STACK = 2 };
	dprintf(STDERR_FILENO, "%s is called with the stack 8 bytes off a multiple of 16\n", gated->name);
	_exit(NO_SUCH_STACK);
}

static uintptr_t gate_make(struct gates *gates, const unsigned char *code, uintptr_t function, const char *name)
{
	struct gate *gate = gates->next++;
	if (gate == gates->end)
		contract_no_turn("too many functions");
	memcpy(gate->code, code, GATE_CODE);
	gate->gated = (struct gated){ function, name, called_off };
	return (uintptr_t)gate->code;
}

static uintptr_t instead_of_any(const char *name, uintptr_t now, void *argument)
{
	struct gates *gates = argument;
	uintptr_t gate = gate_make(gates, contract_gate, now, name);
	int slips = gates->slips && strcmp(name, "pthread_create") == 0;
	return slips ? gate_make(gates, contract_slip, gate, name) : gate;
}

static int way_gated(struct turn *turn)
{
	struct gates gates = { .slips = probe_control("contract.calls-align", "slips") };
	gates.first = mmap(NULL, GATES_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (gates.first == MAP_FAILED)
		contract_no_turn("no memory");
	gates.next = gates.first;
	gates.end = gates.first + GATES_SIZE / sizeof *gates.first;
	replace_each(&turn->loaded, instead_of_any, &gates);
	if (mprotect(gates.first, GATES_SIZE, PROT_READ | PROT_EXEC))
		contract_no_turn("memory for code");
	contract_enter(turn);
	return contract_ask(turn);
}

static void calls_align(struct entering *e) { e->way = way_gated; }

/* ---- clauses ----------------------------------------------------------------------------------------- */

static const struct contract_clause clauses[] = {
	{ "contract.mmap-hint", mmap_hint, TIMES },
	{ "contract.mmap-eacces", mmap_eacces, TIMES },
	{ "contract.mmap-eagain", mmap_eagain, TIMES },
	{ "contract.mmap-enomem", mmap_enomem, TIMES },
	{ "contract.create-eagain", create_eagain, TIMES },
	{ "contract.create-eagain-all", create_eagain_all, 1 }, /* Go tries for 0.2 s, and nothing of it is chance */
	{ "contract.create-eagain-later", create_eagain_later, 1 },
	{ "contract.create-before", create_before, TIMES },
	{ "contract.calls-align", calls_align, TIMES },
	{ "contract.slot-own-threads", slot_own_threads, TIMES },
	{ "contract.slot-c-thread", slot_c_thread, TIMES },
	{ "contract.slot-in-stack", slot_in_stack, TIMES },
};

const struct contract_clause *contract_find_import(const char *id)
{
	for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
		if (strcmp(clauses[i].id, id) == 0)
			return &clauses[i];
	return NULL;
}

#else

const struct contract_clause *contract_find_import(const char *id)
{
	(void)id;
	return NULL;
}

#endif
