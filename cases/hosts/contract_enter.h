/* contract_enter.h - what a Go library's initializers are entered with, and how: what the clauses bend
 * (contract_bend.c) and the child of contract.c then does. */
#ifndef TLSMATRIX_CASES_HOSTS_CONTRACT_ENTER_H
#define TLSMATRIX_CASES_HOSTS_CONTRACT_ENTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cases/hosts/contract.h"

enum {
	TIMES = 5, /* a clause is tried, unless it may come too late to do harm */
	PAGE = 4096,
	VECTOR_SIZE = 1 << 16,
	CONTRACT_NO_CALL = 1023,
	NOWHERE = 0x1000 /* mapped by nobody: below vm.mmap_min_addr */
};

struct turn;

/* What the entries are called with, and how. */
struct entering {
	long argc;
	uintptr_t *argv, *envp; /* in one vector as the kernel makes it: argv, NULL, envp, NULL, auxv, AT_NULL */
	uintptr_t *auxv;
	int off_by;                    /* bytes by which the stack is misaligned */
	size_t stack;                  /* entered on a thread with so much stack; 0: on the main one */
	int on_thread;                 /* entered on another thread, which ends */
	int never;                     /* not entered at all */
	int call_first;                /* a thread calls Go before it is entered */
	uintptr_t slot;                /* what Go's slot of the entering thread holds; 0: as it is */
	int (*way)(struct turn *turn); /* in place of entering and asking; returns whether Go answered */
};

struct loaded {
	void *handle;
	void (**entry)(void);
	size_t entries;
	int (*answer)(int question);
	uintptr_t base;
};

/* A child's. */
struct turn {
	struct loaded loaded;
	struct entering entering;
	int answered; /* to the thread of call_first */
};

/* The clauses of a foreign loader (contract_bend.c): that of a check, or NULL. */
const struct contract_clause *contract_find_bend(const char *id);

/* The same, of a foreign libc (contract_import.c), and of a kernel that dirties registers (contract_regs.c). */
const struct contract_clause *contract_find_import(const char *id);
const struct contract_clause *contract_find_dirty(const char *id);

/* Is it one of contract_find_dirty?  Its child is traced: contract_be_traced, called in it, has the parent dirty what
 * system calls of the library at base leave, and ends the child when that is not to be seen; contract_trace, in the
 * parent, is waitpid with WNOHANG.  contract_traced_way: how Go is asked there, kept or broken, or NULL: as ever. */
int contract_is_traced(const char *id);
void contract_be_traced(const char *id, uintptr_t base);
int (*contract_traced_way(const char *id))(struct turn *turn);
pid_t contract_trace(const char *id, pid_t child, int *status);

/* From now on threads that Go makes by libc's pthread_create begin when they are released, and not before
 * (contract_import.c): what is done in between is done before any of them has looked. */
void contract_hold_threads(const struct turn *turn);
void contract_release_threads(void);

/* What seccomp(2) does, from now on, with a system call whose instruction is in the library's mapping: number, or with
 * -1 each, and CONTRACT_NO_CALL from wherever it comes, which no kernel has (contract_sys.c). */
void contract_filter(uintptr_t base, int number, uint32_t action);

/* Where the library has the offset of Go's slot from the thread pointer, and the slot of the calling thread. */
uintptr_t *contract_slot_offset(const struct loaded *loaded);
uintptr_t *contract_slot(const struct loaded *loaded);

/* Calls the library's entries, as turn->entering says (contract.c). */
void contract_enter(struct turn *turn);

/* Go answers rightly. */
int contract_ask(const struct turn *turn);

/* Ends the child, which could not try the clause: why, on standard error. */
__attribute__((noreturn)) void contract_no_turn(const char *why);

#endif
