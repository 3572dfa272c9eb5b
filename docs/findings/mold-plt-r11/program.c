/* Calls as Go's compiler does for a -linkshared program: the ninth argument is in R11. */
#include <stdio.h>

int main(void)
{
	long seen;

	__asm__ volatile("movq $42, %%r11\n\tcall ninth@PLT"
	    : "=a"(seen)
	    :
	    : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	printf("%ld\n", seen);
	return seen != 42;
}
