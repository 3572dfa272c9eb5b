#include "cases/hosts/registers.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The pattern of register n of the list is PATTERN + n. */
#define PATTERN 0x5a5a0000
#define STRING(word) #word
#define TEXT(word) STRING(word)

#if defined(__x86_64__)

/* The last is no register of the list: the flags, of which the direction is looked at. */
static const char *const names[] = { "rbx", "rbp", "r12", "r13", "r14", "r15", "direction" };

enum { KEPT = 6, DIRECTION = 0x400 };

/* registers_try(function, argument, found): found gets what the registers held behind the call. */
__asm__(".text\n"
	".type registers_try, @function\n"
	"registers_try:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	push %rdx\n"
	"	mov %rdi, %rax\n"
	"	mov %esi, %edi\n"
	"	mov $" TEXT(PATTERN) ", %rbx\n"
				     "	lea 1(%rbx), %rbp\n"
				     "	lea 2(%rbx), %r12\n"
				     "	lea 3(%rbx), %r13\n"
				     "	lea 4(%rbx), %r14\n"
				     "	lea 5(%rbx), %r15\n"
				     "	call *%rax\n"
				     "	pop %rdx\n"
				     "	mov %rbx, (%rdx)\n"
				     "	mov %rbp, 8(%rdx)\n"
				     "	mov %r12, 16(%rdx)\n"
				     "	mov %r13, 24(%rdx)\n"
				     "	mov %r14, 32(%rdx)\n"
				     "	mov %r15, 40(%rdx)\n"
				     "	pushfq\n"
				     "	pop %rcx\n"
				     "	mov %rcx, 48(%rdx)\n"
				     "	cld\n"
				     "	pop %r15\n"
				     "	pop %r14\n"
				     "	pop %r13\n"
				     "	pop %r12\n"
				     "	pop %rbx\n"
				     "	pop %rbp\n"
				     "	ret\n"
				     ".size registers_try, . - registers_try\n"
				     ".globl registers_careless\n"
				     ".type registers_careless, @function\n"
				     "registers_careless:\n"
				     "	mov %edi, %eax\n"
				     "	xor %ebx, %ebx\n"
				     "	xor %ebp, %ebp\n"
				     "	xor %r12d, %r12d\n"
				     "	xor %r13d, %r13d\n"
				     "	xor %r14d, %r14d\n"
				     "	xor %r15d, %r15d\n"
				     "	std\n"
				     "	ret\n"
				     ".size registers_careless, . - registers_careless\n");

#elif defined(__aarch64__)

static const char *const names[] = { "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "d8",
	"d9", "d10", "d11", "d12", "d13", "d14", "d15" };

enum { KEPT = 19, DIRECTION = 0 };

#define EACH_X(DO) \
	DO(19, 0) DO(20, 1) DO(21, 2) DO(22, 3) DO(23, 4) DO(24, 5) DO(25, 6) DO(26, 7) DO(27, 8) DO(28, 9) DO(29, 10)
#define EACH_D(DO) DO(8, 11) DO(9, 12) DO(10, 13) DO(11, 14) DO(12, 15) DO(13, 16) DO(14, 17) DO(15, 18)
#define SAVE_X(r, n) "	str x" #r ", [sp, #16 + 8 * " #n "]\n"
#define SAVE_D(r, n) "	str d" #r ", [sp, #16 + 8 * " #n "]\n"
#define BACK_X(r, n) "	ldr x" #r ", [sp, #16 + 8 * " #n "]\n"
#define BACK_D(r, n) "	ldr d" #r ", [sp, #16 + 8 * " #n "]\n"
#define FILL_X(r, n) "	add x" #r ", x10, #" #n "\n"
#define FILL_D(r, n) "	add x11, x10, #" #n "\n	fmov d" #r ", x11\n"
#define FIND_X(r, n) "	str x" #r ", [x10, #8 * " #n "]\n"
#define FIND_D(r, n) "	str d" #r ", [x10, #8 * " #n "]\n"
#define LOSE_X(r, n) "	mov x" #r ", #0\n"
#define LOSE_D(r, n) "	fmov d" #r ", xzr\n"

/* 176 bytes: the link register, found, and the 19. */
__asm__(".text\n"
	".type registers_try, @function\n"
	"registers_try:\n"
	"	sub sp, sp, #176\n"
	"	str x30, [sp]\n"
	"	str x2, [sp, #8]\n" EACH_X(SAVE_X) EACH_D(
	    SAVE_D) "	mov x9, x0\n"
		    "	mov w0, w1\n"
		    "	ldr x10, =" TEXT(PATTERN) "\n" EACH_X(FILL_X) EACH_D(
			FILL_D) "	blr x9\n"
				"	ldr x10, [sp, #8]\n" EACH_X(FIND_X) EACH_D(FIND_D) EACH_X(BACK_X)
				    EACH_D(BACK_D) "	ldr x30, [sp]\n"
						   "	add sp, sp, #176\n"
						   "	ret\n"
						   "	.ltorg\n"
						   ".size registers_try, . - registers_try\n"
						   ".globl registers_careless\n"
						   ".type registers_careless, @function\n"
						   "registers_careless:\n" EACH_X(LOSE_X) EACH_D(
						       LOSE_D) "	ret\n"
							       ".size registers_careless, . - registers_careless\n");

#else

static const char *const names[] = { NULL };

enum { KEPT = 0, DIRECTION = 0 };

static int registers_try(int (*function)(int), int argument, uint64_t *found)
{
	(void)found;
	return function(argument);
}

int registers_careless(int argument) { return argument; }

#endif

#if defined(__x86_64__) || defined(__aarch64__)
int registers_try(int (*function)(int), int argument, uint64_t *found);
#endif

int registers_call(int (*function)(int), int argument, char *lost, size_t len)
{
	uint64_t found[KEPT + 1] = { 0 };
	size_t used = 0;
	int result = registers_try(function, argument, found);
	snprintf(lost, len, "%s", KEPT ? "none" : "unknown");
	for (size_t i = 0; i < KEPT; i++)
		if (found[i] != PATTERN + i && used < len)
			used += (size_t)snprintf(lost + used, len - used, "%s%s", used ? "," : "", names[i]);
	if (found[KEPT] & DIRECTION && used < len)
		snprintf(lost + used, len - used, "%s%s", used ? "," : "", names[KEPT]);
	return result;
}
