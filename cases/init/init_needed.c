#include "init_needed.h"

#include "needed.h"

/* cgo compiles all C with -fPIC (cmd/go/internal/work/exec.go ccompilerCmd). */
int *init_needed_by_got(void) { return &needed_variable; }

int *init_needed_by_copy(void)
{
	int *found;
	__asm__("lea needed_variable(%%rip), %0" : "=r"(found));
	return found;
}

extern __thread int needed_by_offset __asm__("needed_own") __attribute__((tls_model("initial-exec")));

int *init_needed_by_offset(void) { return &needed_by_offset; }
int *init_needed_by_module(void) { return &needed_own; }

int needed_of_c(int number) { return 3 * number + 1; }
