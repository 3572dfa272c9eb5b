/* needed.h - libneeded.so: a library of C that a program of Go's is linked to, and so needs (DT_NEEDED).
 *
 * What the two have of each other by name: the program the library's variables, the library functions of the
 * program's.  Programs find it in LD_LIBRARY_PATH (hosts.h). */
#ifndef TLSMATRIX_CASES_HOSTS_NEEDED_H
#define TLSMATRIX_CASES_HOSTS_NEEDED_H

enum { NEEDED_IMAGE = 12345 }; /* what both variables are at first */

extern int needed_variable;
extern __thread int needed_own;

/* Where the library's own code finds them, the second on the calling thread. */
int *needed_variable_here(void);
int *needed_own_here(void);

/* The library calls needed_of_go or needed_of_c, and hands on the answer. */
int needed_asks_go(int number);
int needed_asks_c(int number);

/* The program's, in cases/init/init_needed.go and init_needed.c: 2 * number + 1, and 3 * number + 1. */
int needed_of_go(int number);
int needed_of_c(int number);

#endif
