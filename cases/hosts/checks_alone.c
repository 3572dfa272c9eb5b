#define _GNU_SOURCE
#include "cases/hosts/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/probe/probe.h"

/* The checks that load the library their own way, each in a process of its own (pass ALONE). */

#define TEXT(seen, ...) seen_add((seen)->text, sizeof(seen)->text, __VA_ARGS__)
#define NOTE(seen, ...) seen_add((seen)->note, sizeof(seen)->note, __VA_ARGS__)

enum { BUSY_THREADS = 32, CONCURRENT_THREADS = 8, TWO_LIBS_THREADS = 8, ROUNDS = 100, CHILD_DEADLINE_MS = 40000 };

/* Controls have the second library loaded where the first one should be: it answers otherwise. */
static void load_first_or(struct host *host, const char *id, const char *point)
{
	char why[1024];
	if (!probe_control(id, point))
		host_load(host);
	else if (library_load_second(host->mode, &host->library, why, sizeof why) != 0)
		abort();
}

/* ---- init.two-libs ---- */

struct pair {
	struct library first, second;
	pthread_barrier_t loaded;
	int wrong[2];      /* answers, counted atomically */
	int shared_slot;   /* threads on which the slots are one */
	int swapped_value; /* threads on which the two slots hold the same word after the calls */
};

static void pair_use(struct pair *pair)
{
	for (int i = 0; i < host_rounds(ROUNDS); i++) {
		if (!library_answers(&pair->first))
			__atomic_fetch_add(&pair->wrong[0], 1, __ATOMIC_SEQ_CST);
		if (!library_answers_second(&pair->second))
			__atomic_fetch_add(&pair->wrong[1], 1, __ATOMIC_SEQ_CST);
	}
	uintptr_t first = pair->first.slot(), second = pair->second.slot();
	if (!first || !second || first == second)
		__atomic_fetch_add(&pair->shared_slot, 1, __ATOMIC_SEQ_CST);
	else if (*(uintptr_t *)first && *(uintptr_t *)first == *(uintptr_t *)second)
		__atomic_fetch_add(&pair->swapped_value, 1, __ATOMIC_SEQ_CST);
}

static void *pair_thread(void *argument)
{
	struct pair *pair = argument;
	pthread_barrier_wait(&pair->loaded);
	pair_use(pair);
	return NULL;
}

/* Who is bound to the first library's symbols by name: an object that was opened later, and the program. */
static const char *pair_scope(const struct pair *pair)
{
	void *symbol = dlsym(RTLD_DEFAULT, "tlsm_first_call");
	uintptr_t first = (uintptr_t)pair->first.first_call, bound = pair->second.bound ? pair->second.bound() : 0;
	if (!symbol && !bound)
		return "local";
	return (uintptr_t)symbol == first && bound == first ? "global" : "mixed";
}

static void two_libs(struct host *host, struct seen *seen)
{
	static struct pair pair;
	struct load_mode global = *host->mode;
	pthread_t threads[TWO_LIBS_THREADS];
	char why[1024];
	pthread_barrier_init(&pair.loaded, NULL, TWO_LIBS_THREADS + 1);
	for (int i = 0; i < TWO_LIBS_THREADS; i++)
		threads[i] = host_thread(pair_thread, &pair);
	global.flags ^= RTLD_GLOBAL ^ RTLD_LOCAL;
	if (probe_control("init.two-libs", "scope"))
		host->mode = &global;
	host_load(host);
	pair.first = host->library;
	int error = 0;
	if (probe_control("init.two-libs", "once"))
		pair.second = pair.first;
	else
		error = library_load_second(host->mode, &pair.second, why, sizeof why);
	if (error) {
		fprintf(stderr, "host: %s\n", why);
		exit(EXIT_LOAD);
	}
	pthread_barrier_wait(&pair.loaded);
	pair_use(&pair);
	for (int i = 0; i < TWO_LIBS_THREADS; i++)
		pthread_join(threads[i], NULL);
	NOTE(seen,
	    "%d threads, %d calls of each library on each; wrong answers %d and %d; one slot on %d threads, one g on "
	    "%d",
	    TWO_LIBS_THREADS + 1, host_rounds(ROUNDS), pair.wrong[0], pair.wrong[1], pair.shared_slot,
	    pair.swapped_value);
	TEXT(seen, "answers=%d slots=%d scope=%s", !pair.wrong[0] + !pair.wrong[1],
	    pair.shared_slot || pair.swapped_value ? 1 : 2, pair_scope(&pair));
}

/* ---- init.load-thread ---- */

struct loader {
	struct host *host;
	int answered;
};

static void *loader_thread(void *argument)
{
	struct loader *loader = argument;
	load_first_or(loader->host, "init.load-thread", "other");
	loader->answered = library_answers(&loader->host->library);
	return NULL;
}

static void load_thread(struct host *host, struct seen *seen)
{
	struct loader loader = { host, 0 };
	pthread_join(host_thread(loader_thread, &loader), NULL);
	int on_main = library_answers(&host->library);
	TEXT(seen, "answers=%s%s%s init=%d", on_main ? "main" : "", on_main && loader.answered ? "," : "",
	    loader.answered ? "loader" : "", library_inits());
}

/* ---- init.load-busy ---- */

struct busy {
	struct host *host;
	pthread_barrier_t loaded;
	int running, fresh, answered, unknown, images;
	int (*image_ok)(
	    void); /* of a library with dynamic TLS (harness/probe/neighbours.c), opened when the threads were there */
	void (*fill)(unsigned);
};

static void *busy_thread(void *argument)
{
	struct busy *busy = argument;
	const struct library *library = &busy->host->library;
	int first = __atomic_fetch_add(&busy->running, 1, __ATOMIC_SEQ_CST) == 0;
	pthread_barrier_wait(&busy->loaded);
	uintptr_t *slot = (uintptr_t *)library->slot();
	if (!slot) {
		__atomic_fetch_add(&busy->unknown, 1, __ATOMIC_SEQ_CST);
		return NULL;
	}
	int dirty = first && probe_control("init.load-busy", "dirty");
	if (dirty)
		*slot = 1;
	if (library->slot_value() == 0)
		__atomic_fetch_add(&busy->fresh, 1, __ATOMIC_SEQ_CST);
	if (dirty)
		*slot = 0;
	if (library_answers(library))
		__atomic_fetch_add(&busy->answered, 1, __ATOMIC_SEQ_CST);
	if (first && probe_control("init.load-busy", "image"))
		busy->fill(9);
	if (busy->image_ok())
		__atomic_fetch_add(&busy->images, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void busy_open(struct busy *busy)
{
	const char *path = getenv("TLSMATRIX_NEIGHBOURS");
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!handle) {
		fprintf(stderr, "host: TLSMATRIX_NEIGHBOURS: %s\n", path ? dlerror() : "is not set");
		exit(EXIT_LOAD);
	}
	*(void **)&busy->image_ok = dlsym(handle, "probe_image_ok");
	*(void **)&busy->fill = dlsym(handle, "probe_sizes_fill");
}

static void load_busy(struct host *host, struct seen *seen)
{
	static struct busy busy;
	pthread_t threads[BUSY_THREADS];
	busy.host = host;
	pthread_barrier_init(&busy.loaded, NULL, BUSY_THREADS + 1);
	for (int i = 0; i < BUSY_THREADS; i++)
		threads[i] = host_thread(busy_thread, &busy);
	while (__atomic_load_n(&busy.running, __ATOMIC_SEQ_CST) < BUSY_THREADS)
		usleep(100);
	host_load(host);
	busy_open(&busy);
	pthread_barrier_wait(&busy.loaded);
	for (int i = 0; i < BUSY_THREADS; i++)
		pthread_join(threads[i], NULL);
	if (busy.unknown)
		NOTE(seen, "the slot's place is not known (TLSMATRIX_SLOT)");
	TEXT(seen, "threads=%d fresh-zero=%d answered=%d images=%d", BUSY_THREADS, busy.fresh, busy.answered,
	    busy.images);
}

/* ---- init.load-concurrent ---- */

struct crowd {
	struct host *host;
	pthread_barrier_t ready;
	int started, answered, constructed; /* when dlopen had returned, the constructors had run */
	void *handles[CONCURRENT_THREADS];
	char why[1024];
};

static void *crowd_thread(void *argument)
{
	struct crowd *crowd = argument;
	struct host *host = crowd->host;
	struct library library;
	int number = __atomic_fetch_add(&crowd->started, 1, __ATOMIC_SEQ_CST);
	int copy = number == 0 && probe_control("init.load-concurrent", "copy");
	int early = number == 0 && probe_control("init.load-concurrent", "early"), inits = library_inits();
	prctl(PR_SET_NAME, CTOR_SLOW);
	pthread_barrier_wait(&crowd->ready);
	if (library_load(host->mode, host->path, &library, crowd->why, sizeof crowd->why) != 0)
		return NULL;
	if (!early)
		inits = library_inits();
	if (inits)
		__atomic_fetch_add(&crowd->constructed, 1, __ATOMIC_SEQ_CST);
	crowd->handles[number] = copy ? library_open_copy(host->mode, host->path) : library.handle;
	if (library_answers(&library))
		__atomic_fetch_add(&crowd->answered, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void load_concurrent(struct host *host, struct seen *seen)
{
	static struct crowd crowd;
	pthread_t threads[CONCURRENT_THREADS];
	int distinct = 0;
	crowd.host = host;
	pthread_barrier_init(&crowd.ready, NULL, CONCURRENT_THREADS);
	for (int i = 0; i < CONCURRENT_THREADS; i++)
		threads[i] = host_thread(crowd_thread, &crowd);
	for (int i = 0; i < CONCURRENT_THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < CONCURRENT_THREADS; i++) {
		int before = 0;
		while (before < i && crowd.handles[before] != crowd.handles[i])
			before++;
		distinct += crowd.handles[i] && before == i;
	}
	NOTE(seen, "%s", crowd.why);
	TEXT(seen, "threads=%d handles=%d init=%d constructed=%d answered=%d", CONCURRENT_THREADS, distinct,
	    library_inits(), crowd.constructed, crowd.answered);
}

/* ---- init.fork-before ---- */

static void child_run(struct host *host, int to)
{
	load_first_or(host, "init.fork-before", "child");
	char answer = library_answers(&host->library) ? 'y' : 'n';
	_exit(write(to, &answer, 1) != 1);
}

/* What became of the child: "ok", "wrong", "timeout" or "died". */
static const char *child_wait(pid_t child, int from, struct seen *seen)
{
	struct pollfd readable = { .fd = from, .events = POLLIN };
	int ready, status;
	char answer = 0;
	do
		ready = poll(&readable, 1, (int)host_patience(CHILD_DEADLINE_MS));
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		kill(child, SIGKILL);
	ssize_t len = ready > 0 ? read(from, &answer, 1) : 0;
	waitpid(child, &status, 0);
	if (status)
		NOTE(seen, "child %s %d; ", WIFSIGNALED(status) ? "was killed by signal" : "exited with",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (ready == 0)
		return "timeout";
	if (len != 1 || status)
		return "died";
	return answer == 'y' ? "ok" : "wrong";
}

static void fork_before(struct host *host, struct seen *seen)
{
	int ends[2];
	if (pipe(ends) != 0)
		abort();
	pid_t child = fork();
	if (child < 0)
		abort();
	if (child == 0) {
		close(ends[0]);
		child_run(host, ends[1]);
	}
	close(ends[1]);
	const char *in_child = child_wait(child, ends[0], seen);
	close(ends[0]);
	load_first_or(host, "init.fork-before", "parent");
	TEXT(seen, "child=%s parent=%s", in_child, library_answers(&host->library) ? "ok" : "wrong");
}

/* ---- init.surplus ---- */

/* From large to small: what is left is less than the smallest block, and so than Go's. */
static const char *const filler_files[] = { "libfiller256.so", "libfiller8.so" };

enum { FILLERS = 128, FILLER_MARK = 0x5a5a0000 };

struct fillers {
	uint64_t *block[FILLERS];
	size_t count;
	int refused; /* the last one was */
};

/* Takes its block, and writes a mark there. */
static int filler_take(struct fillers *fillers, void *handle)
{
	uint64_t *(*block)(void) = NULL;
	void *symbol = handle ? dlsym(handle, "filler_block") : NULL;
	memcpy(&block, &symbol, sizeof symbol);
	fillers->refused = !block;
	if (!block)
		return -1;
	fillers->block[fillers->count] = block();
	*fillers->block[fillers->count] = FILLER_MARK + fillers->count;
	fillers->count++;
	return 0;
}

/* Opens copies of the file until one is refused. */
static void fill(const struct load_mode *mode, const char *file, struct fillers *fillers)
{
	Dl_info info;
	if (fillers->count == FILLERS)
		return;
	void *handle = library_open(mode, file), *symbol = handle ? dlsym(handle, "filler_block") : NULL;
	int taken = filler_take(fillers, handle);
	if (!symbol || !dladdr(symbol, &info))
		return;
	while (taken == 0 && fillers->count < FILLERS)
		taken = filler_take(fillers, library_open_copy(mode, info.dli_fname));
}

static int fillers_kept(const struct fillers *fillers)
{
	for (size_t i = 0; i < fillers->count; i++)
		if (*fillers->block[i] != FILLER_MARK + i)
			return 0;
	return 1;
}

static void surplus(struct host *host, struct seen *seen)
{
	static struct fillers fillers;
	if (!probe_control("init.surplus", "empty"))
		for (size_t i = 0; i < sizeof filler_files / sizeof *filler_files; i++)
			fill(host->mode, filler_files[i], &fillers);
	void *go = library_open(host->mode, host->path);
	NOTE(seen, "%zu libraries before; %s", fillers.count, go ? "" : dlerror());
	if (probe_control("init.surplus", "written") && fillers.count)
		*fillers.block[0] = 0;
	int inits = library_inits();
	void *after = library_open(host->mode, getenv("TLSMATRIX_NEIGHBOURS"));
	TEXT(seen, "reserve=%s go=%s says=%s init=%d blocks=%s after=%s",
	    !fillers.count      ? "none" :
		fillers.refused ? "filled" :
				  "endless",
	    go ? "accepted" : "refused", strstr(seen->note, "static TLS block") ? "static-TLS" : "other", inits,
	    fillers_kept(&fillers) ? "kept" : "written", after ? "opens" : "refused");
}

/* ---- init.noload, init.close-counted ---- */

static void noload(struct host *host, struct seen *seen)
{
	struct load_mode only_if = *host->mode;
	only_if.flags |= RTLD_NOLOAD;
	void *before = library_open(probe_control("init.noload", "loads") ? host->mode : &only_if, host->path);
	int inits = library_inits();
	host_load(host);
	void *after = probe_control("init.noload", "copy") ? library_open_copy(host->mode, host->path) :
							     library_open(&only_if, host->path);
	TEXT(seen, "before=%s init=%d after=%s", before ? "loaded" : "none", inits,
	    after == host->library.handle ? "same" : "other");
}

/* Of C libraries that may be unloaded, beside Go's: one is opened twice and closed once; the other is opened to stay,
 * and closed. */
static void close_counted(struct host *host, struct seen *seen)
{
	struct load_mode stays = *host->mode;
	const char *twice = getenv("TLSMATRIX_NEIGHBOURS"), *kept = "libfiller8.so";
	host_load(host);
	if (!probe_control("init.close-counted", "flag"))
		stays.flags |= RTLD_NODELETE;
	/* First the one whose TLS must be in the static block: musl counts what is not against the same room. */
	void *other = library_open(&stays, kept), *first = library_open(host->mode, twice),
	     *second = library_open(host->mode, twice);
	if (!first || !second || !other) {
		fprintf(stderr, "host: init.close-counted: %s\n", dlerror());
		exit(EXIT_LOAD);
	}
	int errors = dlclose(first) + dlclose(other);
	if (probe_control("init.close-counted", "excess"))
		dlclose(second);
	TEXT(seen, "closed=%s once=%s nodelete=%s", errors ? "failed" : "ok",
	    library_is_loaded(host->mode, twice) ? "there" : "gone",
	    library_is_loaded(host->mode, kept) ? "there" : "gone");
}

/* ---- init.unexported ---- */

enum { SILENT_FILE = 30 }; /* silentFile of cases/init/silent */

/* The library's own descriptor is the pipe's only end, but for where it has none: then the pipe ends at once. */
static void unexported(struct host *host, struct seen *seen)
{
	int ends[2];
	char byte = 0;
	if (pipe(ends) != 0 || dup2(ends[1], SILENT_FILE) != SILENT_FILE)
		abort();
	close(ends[1]);
	if (probe_control("init.unexported", "closed"))
		close(SILENT_FILE);
	void *silent = library_open(host->mode, getenv("TLSMATRIX_SILENT"));
	if (!silent) {
		fprintf(stderr, "host: init.unexported: %s\n", dlerror());
		exit(EXIT_LOAD);
	}
	struct pollfd readable = { .fd = ends[0], .events = POLLIN };
	int came = poll(&readable, 1, (int)host_patience(CHILD_DEADLINE_MS)) == 1 && read(ends[0], &byte, 1) == 1;
	TEXT(seen, "init=%s exports=%s", came && byte == 'i' ? "ran" : "none",
	    dlsym(silent, "tlsm_answer") ? "some" : "none");
}

/* ---- init.archive-unshared ---- */

enum { UNSHARED_THREADS = 8 };

static void *unshared_thread(void *argument)
{
	struct library *library = argument;
	if (probe_control("init.archive-unshared", "dirty"))
		*(uintptr_t *)library->slot() = 8;
	return library_answers(library) ? library : NULL;
}

/* The program has another archive in it than the cell's (runner/build/recipe.c make_unshared). */
static void archive_unshared(struct host *host, struct seen *seen)
{
	extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden"))); /* by the linker: ld's manual */
	pthread_t threads[UNSHARED_THREADS];
	int answered = 0;
	host_load(host);
	int on_main = library_answers(&host->library);
	for (int i = 0; i < UNSHARED_THREADS; i++)
		threads[i] = host_thread(unshared_thread, &host->library);
	for (int i = 0; i < UNSHARED_THREADS; i++) {
		void *returned = NULL;
		pthread_join(threads[i], &returned);
		answered += !!returned;
	}
	TEXT(seen, "kind=%s main=%s threads=%d init=%d", __ehdr_start.e_type == ET_EXEC ? "exec" : "other",
	    on_main ? "answered" : "wrong", answered, library_inits());
}

const struct host_check alone_checks[] = {
	{ "init.two-libs", two_libs },
	{ "init.load-thread", load_thread },
	{ "init.load-busy", load_busy },
	{ "init.load-concurrent", load_concurrent },
	{ "init.fork-before", fork_before },
	{ "init.surplus", surplus },
	{ "init.noload", noload },
	{ "init.close-counted", close_counted },
	{ "init.unexported", unexported },
	{ "init.archive-unshared", archive_unshared },
	{ NULL, NULL },
};
