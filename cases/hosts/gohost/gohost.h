/* gohost.h - the library as the Go host calls it, through C. */
#ifndef TLSMATRIX_CASES_HOSTS_GOHOST_H
#define TLSMATRIX_CASES_HOSTS_GOHOST_H

/* Loads the library, where it did not come with the program: NULL, or why it cannot be loaded. */
const char *gohost_load(const char *path);

/* Did it come with the program? */
int gohost_before(void);

/* The library's tlsm_answer. */
int gohost_answer(int question);

#endif
