#define _GNU_SOURCE
#include "cases/hosts/ctor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cases/init/init_list.h"
#include "harness/probe/probe.h"

#define PUBLIC __attribute__((visibility("default")))

static struct ctor_signal signals[CTOR_SIGNALS];
static int installed;
static void (*segv_handler)(int); /* as the constructor left it */
static long threads;

static volatile sig_atomic_t reached[CTOR_SIGNALS];
static volatile sig_atomic_t armed; /* thread id of the thread that may jump out of a fault */
static sigjmp_buf fault_return;

static int thread_id(void) { return (int)syscall(SYS_gettid); }

/* Harmless for what is sent; a fault that nobody provoked gets the default disposition, so that
 * the instruction faults again and the process dies of it as it would without this handler. */
static void handler(int signal)
{
	reached[signal] = 1;
	if (signal == SIGSEGV && armed == thread_id())
		siglongjmp(fault_return, 1);
	if (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP) {
		struct sigaction action = { .sa_handler = SIG_DFL };
		sigaction(signal, &action, NULL);
	}
}

static void handler_info(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	handler(signal);
}

/* A flag that is there already hides whether Go adds it. */
static int of_terminal(int signal)
{
	return signal == SIGCONT || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Three kinds of flags and two of masks, so that what is kept can be told from what is set anew. */
static void install(int signal)
{
	struct sigaction action = { .sa_handler = handler };
	if (signal % 3 == 0 || of_terminal(signal)) {
		action.sa_flags = SA_RESTART;
	} else if (signal % 3 == 1) {
		action.sa_sigaction = handler_info;
		action.sa_flags = SA_RESTART | SA_SIGINFO | SA_NODEFER;
	} else {
		action.sa_flags = SA_RESTART | SA_ONSTACK;
	}
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, signal % 2 ? SIGUSR1 : SIGUSR2);
	signals[signal].ours = sigaction(signal, &action, NULL) == 0;
}

/* The ids are read from /proc and not from the constructor's arguments: not every loader passes
 * those (#1, #2).  OSv passes them, and has no such file (fs/procfs of its tree). */
static int asked_for(const char *id, int argc, char **argv)
{
	char text[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	for (int i = 1; fd < 0 && argv && i < argc && argv[i]; i++)
		if (strcmp(argv[i], id) == 0)
			return 1;
	if (fd < 0)
		return 0;
	ssize_t len = read(fd, text, sizeof text - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = 0;
	for (const char *word = text; word < text + len; word += strlen(word) + 1)
		if (strcmp(word, id) == 0)
			return 1;
	return 0;
}

/* A field of /proc/self/stat by its number in proc(5). */
static uint64_t stat_field(int number)
{
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	close(fd);
	text[len < 0 ? 0 : len] = 0;
	char *field = strrchr(text, ')'); /* ends field 2, which may contain spaces */
	for (int i = 2; field && i < number; i++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field, NULL, 10) : 0;
}

/* Makes the kernel say another page size in /proc/self/auxv than the one it handed to the process.
 * A wrong size in the vector that Go reads would do too, but the runtime may throw of it before
 * anything is observed (runtime/mem_linux.go sysNoHugePageOS).  PR_SET_MM_MAP needs no privilege. */
static void mislead_auxv(void)
{
	static uintptr_t vector[128];
	int fd = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, vector, sizeof vector);
	close(fd);
	for (ssize_t i = 0; i + 1 < len / (ssize_t)sizeof *vector; i += 2)
		if (vector[i] == AT_PAGESZ)
			vector[i + 1] *= 2;
	/* struct prctl_mm_map as a kernel of 64 bits has it, for programs of 32 bits too. */
	struct {
		uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack, arg_start, arg_end,
		    env_start, env_end, auxv;
		uint32_t auxv_size, exe_fd;
	} map = {
		.start_code = stat_field(26),
		.end_code = stat_field(27),
		.start_stack = stat_field(28),
		.start_data = stat_field(45),
		.end_data = stat_field(46),
		.start_brk = stat_field(47),
		.brk = (uintptr_t)sbrk(0),
		.arg_start = stat_field(48),
		.arg_end = stat_field(49),
		.env_start = stat_field(50),
		.env_end = stat_field(51),
		.auxv = (uintptr_t)vector,
		.auxv_size = (uint32_t)len,
		.exe_fd = (uint32_t)-1,
	};
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) != 0)
		perror("libctor.so: prctl PR_SET_MM_MAP");
}

/* The loader that hands over wrong vectors: what Go reads differs from what the kernel knows. */
static void mislead(char **argv, char **envp)
{
	static char other_argument[] = "other", other_variable[] = "TLSMATRIX_OTHER=1";
	if (probe_control("init.os-args", "vector"))
		argv[0] = other_argument;
	if (probe_control("init.environ", "vector") && envp[0])
		envp[0] = other_variable;
	if (probe_control("init.auxv", "kernel"))
		mislead_auxv();
}

/* Those of the process; 0 where the system does not say. */
static long thread_count(void)
{
	struct stat tasks;
	return stat("/proc/self/task", &tasks) == 0 ? (long)tasks.st_nlink : 0;
}

static void (*segv_now(void))(int)
{
	struct sigaction action;
	sigaction(SIGSEGV, NULL, &action);
	return action.sa_handler;
}

static void install_all(int argc, char **argv)
{
	if (!asked_for("init.host-signals", argc, argv) && !asked_for("init.signal-chained", argc, argv))
		return;
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			install(signal);
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		sigaction(signal, NULL, &signals[signal].action);
	installed = 1;
}

__attribute__((constructor)) static void ctor(int argc, char **argv, char **envp)
{
	init_list_add("dependency");
	mislead(argv, envp);
	install_all(argc, argv);
	segv_handler = segv_now();
	threads = thread_count();
}

PUBLIC int ctor_dependency(void) { return 1; }

PUBLIC char *l64a(long number)
{
	static char scope[] = CTOR_SCOPE;
	(void)number;
	return scope;
}

static int fini_armed;

/* One write, so that the order of what is read is the order of the calls. */
PUBLIC int ctor_fini(const char *name)
{
	if (fini_armed && write(STDERR_FILENO, name, strlen(name)) < 0)
		_exit(EXIT_FAILURE);
	return fini_armed;
}

__attribute__((destructor)) static void dtor(void) { ctor_fini(",dependency"); }

/* The control is the loader that has a dependency's turn come first, and again in its place. */
PUBLIC void ctor_fini_arm(void)
{
	fini_armed = 1;
	if (probe_control("init.fini-order", "again") && atexit(dtor))
		_exit(EXIT_FAILURE);
}

PUBLIC int ctor_go_began(void) { return segv_now() != segv_handler || thread_count() > threads; }

PUBLIC const struct ctor_signal *ctor_signals(void) { return installed ? signals : NULL; }

PUBLIC void ctor_release(void)
{
	for (int signal = 1; signal < CTOR_SIGNALS; signal++) {
		struct sigaction now, usual = { .sa_handler = SIG_DFL };
		if (!signals[signal].ours || signal == CTOR_SIGNAL_KEPT || sigaction(signal, NULL, &now) != 0)
			continue;
		if (now.sa_handler == signals[signal].action.sa_handler)
			sigaction(signal, &usual, NULL);
	}
}

/* An address that is never mapped (below vm.mmap_min_addr); volatile, so that the load stays, and its value kept, since
 * valgrind drops a load whose value nobody uses (VEX, ir_opt.c do_deadcode_BB): thread.nil-panic is about that. */
static void fault(void)
{
	static volatile int kept __attribute__((unused));
	volatile int *volatile nowhere = (volatile int *)8;
	kept = *nowhere;
}

static void fault_and_return(void)
{
	if (sigsetjmp(fault_return, 1) == 0) {
		armed = thread_id();
		fault();
	}
	armed = 0;
}

static void break_pipe(void)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	close(ends[0]);
	if (write(ends[1], "x", 1) >= 0 || errno != EPIPE)
		abort();
	close(ends[1]);
}

static void happen(int signal)
{
	if (signal == SIGSEGV)
		fault();
	else if (signal == SIGPIPE)
		break_pipe();
	else
		pthread_kill(pthread_self(), signal);
}

PUBLIC int ctor_reached(int signal)
{
	reached[signal] = 0;
	if (signal == SIGSEGV)
		fault_and_return();
	else
		happen(signal);
	return reached[signal];
}

PUBLIC void ctor_moment(const char *moment)
{
	static const char order[] = "\ntold: out-of-order\n";
	char name[17] = "";
	size_t len = strlen(moment);
	if (prctl(PR_GET_NAME, name) != 0)
		return;
	if (strcmp(name, CTOR_SLOW) == 0 && strcmp(moment, "early") == 0)
		usleep(100000);
	if (strncmp(name, moment, len) != 0 || name[len] != '-')
		return;
	if (ctor_go_began() != (strcmp(moment, "late") == 0))
		_exit(write(STDERR_FILENO, order, sizeof order - 1) < 0);
	happen(atoi(name + len + 1));
}
