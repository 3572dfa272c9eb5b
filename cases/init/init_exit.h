/* init_exit.h - a process's end by C's exit (check init.exit-program). */
#ifndef INIT_EXIT_H
#define INIT_EXIT_H

/* Has exit(3) call tlsm_exit_called, of Go; 0, or that there is no room for it. */
int init_exit_arm(void);

/* exit(3) of C. */
void init_exit(int status);

#endif
