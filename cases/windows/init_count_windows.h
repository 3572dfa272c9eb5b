/* init_count_windows.h - how often libraries of the case were initialized in this process, one count for all copies.
 *
 * It is a named piece of memory, since that is the one thing that every copy of a DLL, and the program, find. */
#ifndef TLSMATRIX_CASES_WINDOWS_INIT_COUNT_H
#define TLSMATRIX_CASES_WINDOWS_INIT_COUNT_H

#include <stdio.h>
#include <windows.h>

struct init_count { LONG constructed, initialized; };

/* The count; NULL when there is no memory.  It is never unmapped: the process's end does that. */
static inline volatile struct init_count *init_count(void)
{
	char name[64];
	snprintf(name, sizeof name, "Local\\tlsmatrix-init-%lu", GetCurrentProcessId());
	HANDLE memory =
	    CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct init_count), name);
	return memory ? MapViewOfFile(memory, FILE_MAP_ALL_ACCESS, 0, 0, sizeof(struct init_count)) : NULL;
}

#endif
