/* init_eintr.h - takes SA_RESTART from the handler of a signal of Go's (check signal.interrupts-go). */
#ifndef INIT_EINTR_H
#define INIT_EINTR_H

/* 0, or an errno. */
int init_eintr_clear(int signal);

#endif
