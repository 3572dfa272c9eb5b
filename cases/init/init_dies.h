/* init_dies.h - what ends a program of Go's from C (check signal.program). */
#ifndef INIT_DIES_H
#define INIT_DIES_H

/* The variable that says how the program, started once more, is to end, and that of its values which is for C. */
#define DIES_ASKED "TLSMATRIX_DIES"
#define DIES_PROFILED "profiled"

/* abort(3). */
void init_dies_abort(void);

/* Calls into nothing on a new thread of C that never called Go; 0 or the error of pthread_create. */
int init_dies_thread(void);

/* Writes the kernel's number of its thread and never returns. */
void init_dies_spin(int *thread);

/* What the value of a panic says of itself. */
const char *init_dies_text(void);

/* Where the program was asked for DIES_PROFILED a constructor has started a thread: it waits for 1, has SIGPROF, and
 * writes 2.  Atomic. */
extern int init_dies_profiled;

#endif
