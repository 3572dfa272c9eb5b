/* registers.h - a call of a C function that tells which registers it did not keep. */
#ifndef TLSMATRIX_CASES_HOSTS_REGISTERS_H
#define TLSMATRIX_CASES_HOSTS_REGISTERS_H

#include <stddef.h>

/* Calls function(argument) with a pattern in each register that the processor's ABI has a function keep (psABI amd64,
 * section 3.2.1, and there the direction flag is clear; AAPCS64, sections 6.1.1 and 6.1.2), and writes the names of
 * those that it lost into lost, comma-separated, or "none"; "unknown" on another processor.  Returns what the function
 * did. */
int registers_call(int (*function)(int), int argument, char *lost, size_t len);

/* One that returns its argument and keeps none of them; for controls. */
int registers_careless(int argument);

#endif
