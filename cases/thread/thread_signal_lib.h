/* thread_signal_lib.h - what the host's checks signal.* (cases/hosts/checks_signal.c),
 * thread.goexit (checks_goexit.c), init.exit-main (checks_exit.c), signal.mask-own, thread.exec-kept
 * and signal.fork-clean (checks_inherit.c) have the library's Go code do:
 * tlsm_signal(ask, number) of thread_signal_lib.go. */
#ifndef TLSMATRIX_CASES_THREAD_SIGNAL_LIB_H
#define TLSMATRIX_CASES_THREAD_SIGNAL_LIB_H

#include <errno.h>
#include <unistd.h>

enum signal_ask {
	SIGNAL_NIL,         /* dereferences nil: does not return */
	SIGNAL_RECOVER,     /* the same on a goroutine with a large stack, and recovers: 1, or 0 when nothing came */
	SIGNAL_WRITE,       /* writes a byte to file number: 0, or the errno */
	SIGNAL_WRITE_OUT,   /* the same by os.Stdout */
	SIGNAL_C_WRITE,     /* calls C that writes a byte to file number: 0, or the errno */
	SIGNAL_NOTIFY,      /* os/signal.Notify for signal number: 0 */
	SIGNAL_CAME,        /* one has come, or comes soon: 1, else 0 */
	SIGNAL_RESET,       /* os/signal.Reset of signal number: 0 */
	SIGNAL_STOP,        /* os/signal.Stop of what was notified: 0 */
	SIGNAL_PROFILE,     /* starts the CPU profile: 0, or 1 when it cannot */
	SIGNAL_PROFILE_END, /* stops it: 0 */
	SIGNAL_C_FAULT,     /* calls C that faults, on the thread that asks: does not return */
	SIGNAL_C_FAULT_GO,  /* the same on a goroutine of its own, which is on a thread of Go's */
	SIGNAL_GOEXIT,      /* runtime.Goexit on the thread that asks: does not return */
	SIGNAL_GOEXIT_GO,   /* the same in Go that C calls that a goroutine calls: a goexit_end */
	SIGNAL_LOOP,        /* works and sleeps until the process ends: does not return */
	SIGNAL_LOOPING,     /* how many threads do that now, or wait in SIGNAL_CAME */
	SIGNAL_BUSY,        /* a goroutine without calls has the only processor until the process ends: 0 */
	SIGNAL_THREADS,     /* has number goroutines keep a thread each until the process ends: 0 */
	SIGNAL_START,       /* runs SIGNAL_PROGRAM, whose output goes to file number: 0, or an errno */
	SIGNAL_START_GO,    /* the same on a goroutine of its own, which is on a thread of Go's */
};

/* Prints its first argument, SIGNAL_STATUS: what the kernel says of the process that it is. */
#define SIGNAL_PROGRAM "/bin/cat"
#define SIGNAL_STATUS "/proc/self/status"

/* What became of that goroutine: GOEXIT_LOST when it or Go after it came to nothing, GOEXIT_RETURNED when C and its
 * caller went on, GOEXIT_UNDEFERRED when it ended and not all deferred functions had run. */
enum goexit_end { GOEXIT_LOST, GOEXIT_RETURNED, GOEXIT_UNDEFERRED, GOEXIT_ENDED };

/* What that C is.  Below vm.mmap_min_addr; static, since Go's file exports functions and can have no other. */
static inline void signal_c_fault(void)
{
	static volatile int kept __attribute__((unused));
	volatile int *volatile nowhere = (volatile int *)8;
	kept = *nowhere;
}

static inline int signal_c_write(int file) { return write(file, "x", 1) == 1 ? 0 : errno; }

#endif
