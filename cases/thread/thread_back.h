/* thread_back.h - C between Go and Go, with a result (thread_back.go). */
#ifndef TLSMATRIX_CASES_THREAD_BACK_H
#define TLSMATRIX_CASES_THREAD_BACK_H

/* What goBack has to do; it returns number + 1 whatever it is. */
enum thread_back { BACK_ANSWER, BACK_GROW, BACK_PANIC, BACK_LOCK };

/* goBack's result for the number, or -1 where C came back to another thread than it left. */
int thread_back(enum thread_back what, int number);

#endif
