#define _GNU_SOURCE
#include "cases/target/facts.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases/target/library.h"

static char **main_argv;

void facts_start(int argc, char **argv)
{
	(void)argc;
	main_argv = argv;
}

static void say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(char *text, const char *format, ...)
{
	va_list args;
	size_t len = strlen(text);
	va_start(args, format);
	vsnprintf(text + len, FACT_MAX - len, format, args);
	va_end(args);
}

/* ---- kernel ---------------------------------------------------------------------------------------- */

static void kernel(char *text)
{
	struct utsname name;
	if (uname(&name) == 0)
		say(text, "%s %s %s", name.sysname, name.release, name.machine);
}

static void page_size(char *text) { say(text, "%ld", sysconf(_SC_PAGESIZE)); }

/* What stands behind the environment on the stack, where the kernel puts it and Go's runtime reads it
 * (runtime/os_linux.go sysargs); getauxval may know more or less. */
static const ElfW(auxv_t) * auxv_start(void)
{
	char **at = main_argv;
	while (*at)
		at++;
	for (at++; *at; at++)
		;
	return (const ElfW(auxv_t) *)(at + 1);
}

static void auxv(char *text)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{ 3, "PHDR" },
		{ 4, "PHENT" },
		{ 5, "PHNUM" },
		{ 6, "PAGESZ" },
		{ 7, "BASE" },
		{ 8, "FLAGS" },
		{ 9, "ENTRY" },
		{ 11, "UID" },
		{ 12, "EUID" },
		{ 13, "GID" },
		{ 14, "EGID" },
		{ 15, "PLATFORM" },
		{ 16, "HWCAP" },
		{ 17, "CLKTCK" },
		{ 23, "SECURE" },
		{ 24, "BASE_PLATFORM" },
		{ 25, "RANDOM" },
		{ 1, "IGNORE" },
		{ 26, "HWCAP2" },
		{ 27, "RSEQ_FEATURE_SIZE" },
		{ 28, "RSEQ_ALIGN" },
		{ 31, "EXECFN" },
		{ 32, "SYSINFO" },
		{ 33, "SYSINFO_EHDR" },
		{ 51, "MINSIGSTKSZ" },
	};
	const ElfW(auxv_t) *at = auxv_start();
	for (int i = 0; i < 64 && at->a_type != AT_NULL; i++, at++) {
		const char *name = NULL;
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			if (names[k].type == at->a_type)
				name = names[k].name;
		if (name)
			say(text, "%s%s", *text ? " " : "", name);
		else
			say(text, "%s%lu", *text ? " " : "", (unsigned long)at->a_type);
	}
}

static void vdso(char *text) { say(text, "%s", getauxval(AT_SYSINFO_EHDR) ? "yes" : "no"); }

static void secure(char *text) { say(text, "%lu", getauxval(AT_SECURE)); }

static void hwcap(char *text) { say(text, "0x%lx 0x%lx", getauxval(AT_HWCAP), getauxval(AT_HWCAP2)); }

static void proc(char *text)
{
	static const char *const files[] = { "self/maps", "self/auxv", "self/cmdline", "self/stat", "self/status",
		"self/task", "self/exe" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[40];
		snprintf(path, sizeof path, "/proc/%s", files[i]);
		if (access(path, F_OK) == 0)
			say(text, "%s%s", *text ? " " : "", files[i]);
	}
	if (!*text)
		say(text, "none");
}

/* ---- threads ------------------------------------------------------------------------------------------- */

static void thread_stack(char *text)
{
	pthread_attr_t attributes;
	size_t size;
	if (pthread_attr_init(&attributes) == 0 && pthread_attr_getstacksize(&attributes, &size) == 0)
		say(text, "%zu", size);
}

/* The address that the kernel clears and wakes when the thread ends: what pthread_join waits for
 * (CLONE_CHILD_CLEARTID). */
static void clear_tid(char *text)
{
#ifdef PR_GET_TID_ADDRESS
	/* A 64-bit kernel writes eight bytes for a program of 32 bits, too (prctl(2), PR_GET_TID_ADDRESS). */
	uint64_t address = 0;
	if (prctl(PR_GET_TID_ADDRESS, &address, 0, 0, 0) == 0)
		say(text, "%s", address ? "registered" : "not registered");
#endif
}

static void robust_list(char *text)
{
#ifdef SYS_get_robust_list
	void *head = NULL;
	size_t len = 0;
	if (syscall(SYS_get_robust_list, 0, &head, &len) == 0)
		say(text, "%s", head ? "registered" : "not registered");
#endif
}

/* glibc 2.35 and later register it for each thread and say so in __rseq_size (glibc manual, Restartable Sequences). */
static void rseq(char *text)
{
	const unsigned *size = dlsym(RTLD_DEFAULT, "__rseq_size");
	if (size)
		say(text, "%s", *size ? "registered" : "not registered");
	else
		say(text, "unknown to the libc");
}

/* ARCH_SHSTK_STATUS: Documentation/arch/x86/shstk.rst. */
static void shadow_stack(char *text)
{
#ifdef __x86_64__
	unsigned long features = 0;
	if (syscall(SYS_arch_prctl, 0x5005, &features) == 0)
		say(text, "%s", features & 1 ? "on" : "off");
	else
		say(text, "unknown to the kernel");
#else
	(void)text;
#endif
}

/* "no" where the kernel or the libc does not know it; what fails is another matter (matrix/needs.def). */
static void fork_there(char *text)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0)
		_Exit(7);
	if (child < 0)
		say(text, "%s: fork: %s", errno == ENOSYS ? "no" : "fails", strerror(errno));
	else if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
		say(text, "fails: the child's exit status 7 arrives as wait status %#x", (unsigned)status);
	else
		say(text, "yes");
}

static void futex(char *text)
{
#ifdef SYS_futex
	int word = 0;
	say(text, "%s", syscall(SYS_futex, &word, 1, 1, NULL, NULL, 0) == 0 ? "wakes" : "refused");
#else
	(void)text;
#endif
}

/* ---- TLS --------------------------------------------------------------------------------------------------- */

static uintptr_t thread_pointer(void)
{
#if defined __x86_64__ && defined __LP64__
	uintptr_t at;
	__asm__("mov %%fs:0, %0" : "=r"(at));
	return at;
#elif defined __i386__
	uintptr_t at;
	__asm__("mov %%gs:0, %0" : "=r"(at));
	return at;
#elif defined __powerpc64__
	uintptr_t at;
	__asm__("mr %0, 13" : "=r"(at));
	return at - 0x7000; /* Power ELF ABI, Thread-Local Storage: the register points behind */
#elif defined __mips__
	return (uintptr_t)__builtin_thread_pointer() - 0x7000; /* the same (glibc sysdeps/mips/nptl/tls.h) */
#elif defined __aarch64__ || defined __arm__ || defined __riscv || defined __s390x__ || defined __loongarch__
	return (uintptr_t)__builtin_thread_pointer();
#else
	return 0;
#endif
}

static void tls_variant(char *text)
{
	static __thread int variable = 1;
	uintptr_t at = thread_pointer();
	if (at)
		say(text, "%s",
		    (uintptr_t)&variable < at && at - (uintptr_t)&variable < 1 << 20 ? "II (below the thread pointer)" :
										       "I (above the thread pointer)");
}

/* ---- the loader ---------------------------------------------------------------------------------------------- */

static int add_name(struct dl_phdr_info *info, size_t size, void *text)
{
	(void)size;
	if (*info->dlpi_name && strstr(info->dlpi_name, "vdso") == NULL)
		say(text, "%s%s", *(char *)text ? " " : "", info->dlpi_name);
	return 0;
}

static void loaded(char *text) { dl_iterate_phdr(add_name, text); }

/* musl has no call that tells its version; its interpreter says it on stderr when it is started with nothing to do. */
static void musl_version(const char *interpreter, char *text)
{
	char command[600], line[200];
	snprintf(command, sizeof command, "'%s' 2>&1 </dev/null", interpreter);
	FILE *pipe = popen(command, "r");
	while (pipe && fgets(line, sizeof line, pipe))
		if (strncmp(line, "Version ", 8) == 0)
			say(text, " %.*s", (int)strcspn(line + 8, "\n"), line + 8);
	if (pipe)
		pclose(pipe);
}

static void libc(char *text)
{
	const char *(*version)(void);
	*(void **)&version = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
	char names[FACT_MAX] = "";
	if (version) {
		say(text, "glibc %s", version());
		return;
	}
	dl_iterate_phdr(add_name, names);
	for (char *rest = names, *name; (name = strsep(&rest, " "));)
		if (strstr(name, "musl") || strstr(name, "libc.so")) {
			say(text, "musl");
			musl_version(name, text);
			return;
		}
}

static void initializer_in_dlopen(char *text)
{
	void *library = dlopen("libtarget.so", RTLD_NOW | RTLD_LOCAL);
	const struct target_init *init = library ? dlsym(library, "target_init") : NULL;
	if (init)
		target_init_tell(init, main_argv, text);
	else
		say(text, "not loaded: %s", dlerror());
}

/* Is the call there?  A second libc takes static TLS, which is counted here, so that a load is left to the cells. */
static void dlmopen_there(char *text)
{
	say(text, "%s", dlsym(RTLD_DEFAULT, "dlmopen") ? "yes" : "no: the libc has no such call");
}

static int holds(struct dl_phdr_info *info, size_t size, void *address)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;
		if (segment->p_type == PT_LOAD && (uintptr_t)address >= start &&
		    (uintptr_t)address < start + segment->p_memsz)
			return 1;
	}
	return 0;
}

/* Asked before libtarget.so is loaded for good. */
static void unload(char *text)
{
	void *library = dlopen("libtarget.so", RTLD_NOW | RTLD_LOCAL);
	void *address = library ? dlsym(library, "target_init") : NULL;
	if (!address)
		say(text, "not loaded: %s", dlerror());
	else if (dlclose(library) != 0)
		say(text, "refused: %s", dlerror());
	else
		say(text, "%s", dl_iterate_phdr(holds, address) ? "keeps the library" : "unmaps the library");
}

static void ie_dlopen(char *text)
{
	if (dlopen("libblock32-0.so", RTLD_NOW | RTLD_LOCAL))
		say(text, "accepted");
	else
		say(text, "refused: %s", dlerror());
}

/* Loads copies of a library with an initial-exec TLS block of that size until one is refused; each takes its
 * size from what is left.  A loader takes a file once only, so they are files of their own. */
static int load_blocks(int size, int count, int *refused)
{
	for (int i = 0; i < count; i++) {
		char name[40];
		snprintf(name, sizeof name, "libblock%d-%d.so", size, i);
		*refused = dlopen(name, RTLD_NOW | RTLD_LOCAL) == NULL;
		if (*refused)
			return i * size;
	}
	return count * size;
}

static void static_tls_surplus(char *text)
{
	int refused = 0, total = load_blocks(256, TARGET_BLOCKS_256, &refused), all = !refused;
	total += load_blocks(32, TARGET_BLOCKS_32, &refused);
	say(text, "%s%d", all ? "at least " : "", total);
}

/* The ones that change the process stand last: a library with static TLS stays. */
const struct fact facts[] = {
	{ "kernel", kernel },
	{ "libc", libc },
	{ "page-size", page_size },
	{ "auxv", auxv },
	{ "vdso", vdso },
	{ "secure", secure },
	{ "hwcap", hwcap },
	{ "proc", proc },
	{ "loaded", loaded },
	{ "thread-stack", thread_stack },
	{ "clear-tid", clear_tid },
	{ "robust-list", robust_list },
	{ "rseq", rseq },
	{ "futex", futex },
	{ "fork", fork_there },
	{ "shadow-stack", shadow_stack },
	{ "tls-variant", tls_variant },
	{ "dlclose", unload },
	{ "initializer-in-dlopen", initializer_in_dlopen },
	{ "static-tls-surplus", static_tls_surplus },
	{ "ie-dlopen", ie_dlopen },
	{ "dlmopen", dlmopen_there },
	{ NULL, NULL },
};
