#include "gohost.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

static int (*answer)(int question);

const char *gohost_load(const char *path)
{
	static char why[64];
	HMODULE library = LoadLibraryA(path);
	FARPROC found = library ? GetProcAddress(library, "tlsm_answer") : NULL;
	snprintf(why, sizeof why, "error %lu", GetLastError());
	memcpy(&answer, &found, sizeof answer);
	return found ? NULL : why;
}

int gohost_answer(int question) { return answer(question); }

int gohost_before(void) { return 0; }
