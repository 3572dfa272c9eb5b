/* clock.h - the clock by which things take time. */
#ifndef TLSMATRIX_MATRIX_BASE_CLOCK_H
#define TLSMATRIX_MATRIX_BASE_CLOCK_H

/* Seconds that never go back, since some moment in the past (CLOCK_MONOTONIC). */
double clock_now(void);

#endif
