#include "cases/windows/host_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

#include "cases/windows/init_count_windows.h"
#include "cases/init/init_lib.h"
#include "harness/probe/probe.h"

/* The C host's own checks on Windows: what cases/hosts/checks_loaded.c and checks_alone.c are elsewhere. */

#define SEEN(seen, ...) seen_add((seen)->text, sizeof(seen)->text, __VA_ARGS__)
#define NOTE(seen, ...) seen_add((seen)->note, sizeof(seen)->note, __VA_ARGS__)

enum { BUSY_THREADS = 32, CONCURRENT_THREADS = 8, TWO_LIBS_THREADS = 8, ROUNDS = 100 };

/* ---- threads that wait for each other -------------------------------------------------------- */

struct crowd {
	struct host *host;
	HANDLE go; /* all are there, or the library is */
	LONG started, answered, fresh, unknown;
	LONG wrong[2], shared_slot, swapped_value;
	HMODULE handles[CONCURRENT_THREADS];
	struct library second;
};

static void start(struct crowd *crowd, HANDLE *threads, int count, DWORD(WINAPI *body)(void *))
{
	crowd->go = CreateEventA(NULL, TRUE, FALSE, NULL);
	for (int i = 0; i < count; i++) {
		threads[i] = CreateThread(NULL, 0, body, crowd, 0, NULL);
		if (!threads[i])
			abort();
	}
	while (InterlockedCompareExchange(&crowd->started, 0, 0) < count)
		Sleep(1);
}

static void finish(struct crowd *crowd, HANDLE *threads, int count)
{
	SetEvent(crowd->go);
	WaitForMultipleObjects((DWORD)count, threads, TRUE, INFINITE);
}

/* Says that the thread is there and waits; returns its number. */
static int wait(struct crowd *crowd)
{
	int number = (int)InterlockedIncrement(&crowd->started) - 1;
	WaitForSingleObject(crowd->go, INFINITE);
	return number;
}

/* cases/init/init_lib.go and cases/init/second/main.go. */
static int answers(const struct library *library) { return library->answer(INIT_LIB_QUESTION) == INIT_LIB_ANSWER; }
static int answers_second(const struct library *library)
{
	return library->answer(INIT_LIB_QUESTION) == INIT_LIB_SECOND;
}

static long inits(void)
{
	volatile struct init_count *count = init_count();
	if (!count)
		return -1;
	return count->constructed > count->initialized ? count->constructed : count->initialized;
}

/* A copy of the file is another library to every loader; for controls. */
static HMODULE open_copy(const char *path)
{
	char folder[MAX_PATH], copy[MAX_PATH];
	if (!GetTempPathA(sizeof folder, folder))
		return NULL;
	snprintf(copy, sizeof copy, "%s\\tlsmatrix-%lu.dll", folder, GetCurrentProcessId());
	return CopyFileA(path, copy, FALSE) ? LoadLibraryA(copy) : NULL;
}

static int load_second(struct library *second)
{
	const char *path = getenv("TLSMATRIX_SECOND");
	HMODULE module = path ? LoadLibraryA(path) : NULL;
	FARPROC answer = module ? GetProcAddress(module, "tlsm_answer") : NULL,
		slot = module ? GetProcAddress(module, "tlsm_slot") : NULL;
	memcpy(&second->answer, &answer, sizeof answer);
	memcpy(&second->slot, &slot, sizeof slot);
	second->module = module;
	return answer && slot ? 0 : -1;
}

/* Controls have the second library loaded where the first one should be: it answers otherwise. */
static void load_first_or(struct host *host, const char *id, const char *point)
{
	if (!probe_control(id, point))
		host_load(host);
	else if (load_second(&host->library) != 0)
		abort();
}

/* ---- HOST ------------------------------------------------------------------------------------ */

static void handle_once(struct host *host, struct seen *seen)
{
	HMODULE again = probe_control("init.handle-once", "copy") ? open_copy(host->path) : LoadLibraryA(host->path);
	if (!again)
		NOTE(seen, "error %lu", GetLastError());
	int answered = answers(&host->library);
	SEEN(seen, "handle=%s init=%ld%s", again == host->library.module ? "same" : "other", inits(),
	    answered ? "" : " no-answer");
}

const struct host_check host_checks[] = { { "init.handle-once", handle_once }, { NULL, NULL } };

/* ---- ALONE ------------------------------------------------------------------------------------ */

static DWORD WINAPI loader_thread(void *argument)
{
	struct crowd *crowd = argument;
	wait(crowd);
	load_first_or(crowd->host, "init.load-thread", "other");
	crowd->answered = answers(&crowd->host->library);
	return 0;
}

static void load_thread(struct host *host, struct seen *seen)
{
	struct crowd crowd = { .host = host };
	HANDLE thread;
	start(&crowd, &thread, 1, loader_thread);
	finish(&crowd, &thread, 1);
	int on_main = answers(&host->library);
	SEEN(seen, "answers=%s%s%s init=%ld", on_main ? "main" : "", on_main && crowd.answered ? "," : "",
	    crowd.answered ? "loader" : "", inits());
}

static DWORD WINAPI busy_thread(void *argument)
{
	struct crowd *crowd = argument;
	const struct library *library = &crowd->host->library;
	int number = wait(crowd);
	uintptr_t *slot = (uintptr_t *)library->slot();
	if (!slot) {
		InterlockedIncrement(&crowd->unknown);
		return 0;
	}
	int dirty = number == 0 && probe_control("init.load-busy", "dirty");
	if (dirty)
		*slot = 1;
	if (library->slot_value() == 0)
		InterlockedIncrement(&crowd->fresh);
	if (dirty)
		*slot = 0;
	if (answers(library))
		InterlockedIncrement(&crowd->answered);
	return 0;
}

static void load_busy(struct host *host, struct seen *seen)
{
	struct crowd crowd = { .host = host };
	HANDLE threads[BUSY_THREADS];
	start(&crowd, threads, BUSY_THREADS, busy_thread);
	host_load(host);
	host->library.first_call(); /* the slot's place is known when the runtime has started */
	finish(&crowd, threads, BUSY_THREADS);
	if (crowd.unknown)
		NOTE(seen, "the slot's place is not known (TLSMATRIX_SLOT)");
	SEEN(seen, "threads=%d fresh-zero=%ld answered=%ld", BUSY_THREADS, crowd.fresh, crowd.answered);
}

static DWORD WINAPI concurrent_thread(void *argument)
{
	struct crowd *crowd = argument;
	struct library library;
	int number = wait(crowd), copy = number == 0 && probe_control("init.load-concurrent", "copy");
	if (library_load(crowd->host->path, &library) != 0)
		return 0;
	crowd->handles[number] = copy ? open_copy(crowd->host->path) : library.module;
	if (answers(&library))
		InterlockedIncrement(&crowd->answered);
	return 0;
}

static void load_concurrent(struct host *host, struct seen *seen)
{
	struct crowd crowd = { .host = host };
	HANDLE threads[CONCURRENT_THREADS];
	int distinct = 0;
	start(&crowd, threads, CONCURRENT_THREADS, concurrent_thread);
	finish(&crowd, threads, CONCURRENT_THREADS);
	for (int i = 0; i < CONCURRENT_THREADS; i++) {
		int before = 0;
		while (before < i && crowd.handles[before] != crowd.handles[i])
			before++;
		distinct += crowd.handles[i] && before == i;
	}
	SEEN(
	    seen, "threads=%d handles=%d init=%ld answered=%ld", CONCURRENT_THREADS, distinct, inits(), crowd.answered);
}

static void pair_use(struct crowd *crowd)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (!answers(&crowd->host->library))
			InterlockedIncrement(&crowd->wrong[0]);
		if (!answers_second(&crowd->second))
			InterlockedIncrement(&crowd->wrong[1]);
	}
	uintptr_t first = crowd->host->library.slot(), second = crowd->second.slot();
	if (!first || !second || first == second)
		InterlockedIncrement(&crowd->shared_slot);
	else if (*(uintptr_t *)first && *(uintptr_t *)first == *(uintptr_t *)second)
		InterlockedIncrement(&crowd->swapped_value);
}

static DWORD WINAPI pair_thread(void *argument)
{
	wait(argument);
	pair_use(argument);
	return 0;
}

static void two_libs(struct host *host, struct seen *seen)
{
	struct crowd crowd = { .host = host };
	HANDLE threads[TWO_LIBS_THREADS];
	start(&crowd, threads, TWO_LIBS_THREADS, pair_thread);
	host_load(host);
	if (probe_control("init.two-libs", "once"))
		crowd.second = host->library;
	else if (load_second(&crowd.second) != 0) {
		fprintf(stderr, "host: the second library cannot be loaded: error %lu\n", GetLastError());
		exit(65);
	}
	host->library.first_call();
	crowd.second.answer(INIT_LIB_QUESTION);
	finish(&crowd, threads, TWO_LIBS_THREADS);
	pair_use(&crowd);
	NOTE(seen,
	    "%d threads, %d calls of each library on each; wrong answers %ld and %ld; one slot on %ld threads, one g "
	    "on %ld",
	    TWO_LIBS_THREADS + 1, ROUNDS, crowd.wrong[0], crowd.wrong[1], crowd.shared_slot, crowd.swapped_value);
	SEEN(seen, "answers=%d slots=%d", !crowd.wrong[0] + !crowd.wrong[1],
	    crowd.shared_slot || crowd.swapped_value ? 1 : 2);
}

/* ---- tls.indexes-taken ---- */

enum { ANSWERS = 100 };

/* The indexes that the host has before the library comes, each with a value of its own on the main thread. */
struct indexes {
	DWORD index[4 * TLS_MINIMUM_AVAILABLE];
	size_t count;
};

static void *index_value(DWORD index) { return (void *)(uintptr_t)(0x5a5a0000 + index); }

/* TEB.TlsSlots has TLS_MINIMUM_AVAILABLE words: takes its indexes, and the first that has none there. */
static void take_indexes(struct indexes *indexes)
{
	DWORD index = 0;
	while (index < TLS_MINIMUM_AVAILABLE && indexes->count < sizeof indexes->index / sizeof *indexes->index) {
		index = TlsAlloc();
		if (index == TLS_OUT_OF_INDEXES || !TlsSetValue(index, index_value(index)))
			abort();
		indexes->index[indexes->count++] = index;
	}
}

static int indexes_kept(const struct indexes *indexes)
{
	for (size_t i = 0; i < indexes->count; i++)
		if (TlsGetValue(indexes->index[i]) != index_value(indexes->index[i]))
			return 0;
	return 1;
}

/* The word of the TEB (winternl.h, winnt.h) that the library has for its slot. */
static const char *slot_name(const struct library *library)
{
	uintptr_t offset = library->slot() - (uintptr_t)NtCurrentTeb();
	size_t slots = offsetof(TEB, TlsSlots);
	return !library->slot()                                            ? "unknown" :
	    offset == offsetof(NT_TIB, ArbitraryUserPointer)               ? "ArbitraryUserPointer" :
	    offset >= slots && offset < slots + sizeof((TEB *)0)->TlsSlots ? "TlsSlots" :
									     "elsewhere";
}

/* The library's own checks of what its slot holds, under these conditions. */
static void observe_g(const struct library *library, struct seen *seen)
{
	static char ids[][16] = { "tls.g.main", "tls.g.go", "tls.g.c" };
	const char *before = "";
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct seen own = { "", "" };
		library->check(ids[i], own.text, sizeof own.text, own.note, sizeof own.note);
		if (strcmp(own.text, "slot=g") == 0) {
			SEEN(seen, "%s%s", before, ids[i] + strlen("tls.g."));
			before = ",";
		} else
			NOTE(seen, "%s: %s %s; ", ids[i], own.text, own.note);
	}
}

static void indexes_taken(struct host *host, struct seen *seen)
{
	static struct indexes indexes;
	int answered = 0;
	if (!probe_control("tls.indexes-taken", "none"))
		take_indexes(&indexes);
	host_load(host);
	host->library.first_call(); /* the slot's place is known when the runtime has started */
	for (int i = 0; i < ANSWERS; i++)
		answered += answers(&host->library);
	if (probe_control("tls.indexes-taken", "written"))
		TlsSetValue(indexes.index[0], NULL);
	NOTE(seen, "%zu indexes before, the last %lu; ", indexes.count,
	    indexes.count ? indexes.index[indexes.count - 1] : 0);
	SEEN(seen, "slots=%s answered=%d g=",
	    indexes.count && indexes.index[indexes.count - 1] >= TLS_MINIMUM_AVAILABLE ? "taken" : "free", answered);
	observe_g(&host->library, seen);
	SEEN(seen, " slot=%s values=%s", slot_name(&host->library), indexes_kept(&indexes) ? "kept" : "written");
}

const struct host_check alone_checks[] = {
	{ "tls.indexes-taken", indexes_taken },
	{ "init.two-libs", two_libs },
	{ "init.load-thread", load_thread },
	{ "init.load-busy", load_busy },
	{ "init.load-concurrent", load_concurrent },
	{ NULL, NULL },
};
