/* census.h - which system calls are made when: every call of a traced program, by phase and by who makes it.
 *
 * A host that loads a library (harness/census_host.c) tells where it is by a system call that there is not,
 * CENSUS_MARK + phase, which the kernel answers with ENOSYS.  What the tracer knows itself: the initializer is entered
 * and left (CENSUS_INIT), and a thread that another one makes is that one's: the initializer's (CENSUS_START), or else
 * one of Go's (CENSUS_OWN), but for those that the host makes in CENSUS_NONE. */
#ifndef TLSMATRIX_HARNESS_TRACE_CENSUS_H
#define TLSMATRIX_HARNESS_TRACE_CENSUS_H

enum census_phase {
	CENSUS_NONE,   /* the host's own business: not counted */
	CENSUS_LOAD,   /* dlopen, but for the initializer */
	CENSUS_INIT,   /* Go's entry of DT_INIT_ARRAY */
	CENSUS_START,  /* the thread that it makes, which starts the runtime, up to the end of the process */
	CENSUS_CALL,   /* the first call from C, on the thread that loaded */
	CENSUS_THREAD, /* the first call on a thread of C */
	CENSUS_OWN,    /* each other thread that Go makes */
	CENSUS_EXIT,   /* from exit to the end */
	CENSUS_RUN,    /* a program's first thread, from its first instruction */
	CENSUS_PHASES
};

enum { CENSUS_MARK = 0x7e00, CENSUS_CALLS = 512 };

/* The instruction that makes the call is in Go's text, or elsewhere: libc's or the loader's. */
enum census_by { CENSUS_BY_GO, CENSUS_BY_OTHERS, CENSUS_BYS };

struct buf;
struct trace;

/* Of several runs.  A unit is a run in which the phase was seen, of CENSUS_OWN a thread that has come to wait or
 * to its end. */
struct census {
	unsigned runs;
	unsigned units[CENSUS_PHASES];
	unsigned made[CENSUS_PHASES][CENSUS_BYS][CENSUS_CALLS]; /* units in which the call was made */
};

/* Adds a run that was traced with spec.census. */
void census_add(struct census *census, const struct trace *trace);

/* {"runs": N, "phases": {NAME: {"units": N, "go": {"each": [CALL...], "some": [CALL...]}, "others": {same}}}}: made in
 * each unit, or in some only; by name, sorted; "#N" of a number without a name here.  Phases without units are left
 * out. */
void census_json(const struct census *census, struct buf *out);

/* "openat"; NULL: there is no name here. */
const char *census_call_name(long number);

#endif
