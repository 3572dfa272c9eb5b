#include "thread_fp.h"

#include <pthread.h>
#include <stdint.h>

#include "_cgo_export.h"
#include "probe.h"

/* By instructions, since fenv.h is libm's, which nothing else here needs. */
struct fp {
	uint32_t mxcsr;
	uint16_t x87;
};

/* Of MXCSR; the rest says what happened, and is nobody's to keep (x86-64 psABI 3.2.1). */
enum { CONTROL_BITS = 0xffc0 };

/* Rounds down, takes denormal operands and results for 0, and would trap the former, which there are none of then: Go
 * has arithmetic of its own to do under it.  x87: rounds down to 53 bits; a trap would come of a flag from before. */
static const struct fp odd = { 0x1f80 + 0x2000 + 0x8000 + 0x40 - 0x100, 0x37f + 0x400 - 0x100 };

static const struct fp usual = { 0x1f80, 0x37f }; /* x86-64 psABI 3.4.1 */

static struct fp fp_get(void)
{
	struct fp fp;
	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(fp.mxcsr), "=m"(fp.x87)::"memory");
	return fp;
}

static void fp_set(struct fp fp) { __asm__ volatile("ldmxcsr %0\n\tfldcw %1" ::"m"(fp.mxcsr), "m"(fp.x87) : "memory"); }

/* The double next to a tenth is greater, and so only rounded down it is less than ten times. */
static int fp_rounds_down(void)
{
	volatile double one = 1, ten = 10;
	volatile double tenth = one / ten;
	return tenth < 0.1;
}

static int fp_is_odd(void)
{
	struct fp fp = fp_get();
	return (fp.mxcsr & CONTROL_BITS) == odd.mxcsr && fp.x87 == odd.x87 && fp_rounds_down();
}

struct run {
	const char *id;
	int number, error;
	struct thread_fp *seen;
};

/* As where a libc or a kernel begins anew, or a function keeps nothing. */
static void fp_bend(const struct run *run, const char *sse, const char *x87)
{
	struct fp fp = fp_get();
	if (probe_control(run->id, sse))
		fp_set((struct fp){ usual.mxcsr, fp.x87 });
	if (probe_control(run->id, x87))
		fp_set((struct fp){ fp.mxcsr, usual.x87 });
}

static void *fp_look(void *argument)
{
	struct run *run = argument;
	fp_bend(run, "thread", "thread-x87");
	run->seen->thread = fp_is_odd();
	return NULL;
}

static int fp_on_thread(void *(*body)(void *), struct run *run)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, body, run);
	return error ? error : pthread_join(thread, NULL);
}

static void *fp_hold(void *argument)
{
	struct run *run = argument;
	struct fp was = fp_get();
	fp_set(odd);
	run->seen->set = fp_is_odd();
	run->error = fp_on_thread(fp_look, run);
	goOnCThread(run->number);
	fp_bend(run, "call", "call-x87");
	run->seen->called = fp_is_odd();
	fp_set(was);
	return NULL;
}

int thread_fp_here(const char *id, int number, struct thread_fp *seen)
{
	struct run run = { id, number, 0, seen };
	fp_hold(&run);
	return run.error;
}

int thread_fp_thread(const char *id, int number, struct thread_fp *seen)
{
	struct run run = { id, number, 0, seen };
	int error = fp_on_thread(fp_hold, &run);
	return error ? error : run.error;
}
