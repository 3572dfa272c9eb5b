/* contract_sys.c - the host as a foreign kernel: one system call at a time fails when Go itself makes it (checks
 * contract.enosys-* and contract.eperm-*, entered and judged by contract.c).
 *
 * A seccomp filter (seccomp(2)) of the child, which all its later threads inherit, makes that call fail where the
 * instruction that makes it is in the library's mapping: what libc does on Go's behalf goes on, as does the host.
 * Which calls a release makes itself, each time, was counted with strace -i over the library's addresses. */
#define _GNU_SOURCE
#include "cases/hosts/contract_enter.h"

/* The host is also compiled for libcs that come without the kernel's headers; these clauses are tried on the machine's
 * own (matrix/contract.h CONTRACT_CELLS). */
#if defined(__linux__) && defined(__x86_64__) && __has_include(<linux/seccomp.h>)

#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each time the same, since nothing of it is left to chance; of what is done by two threads, which is first. */
enum { DENIED = 3 };

static const struct denial {
	struct contract_clause clause;
	int number, error;
} denials[] = {
	{ { "contract.enosys-mmap", NULL, DENIED }, SYS_mmap, ENOSYS },
	{ { "contract.enosys-munmap", NULL, DENIED }, SYS_munmap, ENOSYS },
	{ { "contract.enosys-madvise", NULL, DENIED }, SYS_madvise, ENOSYS },
	{ { "contract.enosys-rt-sigaction", NULL, DENIED }, SYS_rt_sigaction, ENOSYS },
	{ { "contract.enosys-rt-sigprocmask", NULL, DENIED }, SYS_rt_sigprocmask, ENOSYS },
	{ { "contract.enosys-sigaltstack", NULL, DENIED }, SYS_sigaltstack, ENOSYS },
	{ { "contract.enosys-gettid", NULL, DENIED }, SYS_gettid, ENOSYS },
	{ { "contract.enosys-futex", NULL, DENIED }, SYS_futex, ENOSYS },
	{ { "contract.enosys-sched-getaffinity", NULL, DENIED }, SYS_sched_getaffinity, ENOSYS },
	{ { "contract.enosys-select", NULL, DENIED }, SYS_select, ENOSYS },
	{ { "contract.enosys-pselect6", NULL, DENIED }, SYS_pselect6, ENOSYS },
	{ { "contract.enosys-nanosleep", NULL, DENIED }, SYS_nanosleep, ENOSYS },
	{ { "contract.enosys-openat", NULL, DENIED }, SYS_openat, ENOSYS },
	{ { "contract.enosys-read", NULL, DENIED }, SYS_read, ENOSYS },
	{ { "contract.enosys-close", NULL, DENIED }, SYS_close, ENOSYS },
	{ { "contract.enosys-fcntl", NULL, DENIED }, SYS_fcntl, ENOSYS },
	{ { "contract.enosys-readlinkat", NULL, DENIED }, SYS_readlinkat, ENOSYS },
	{ { "contract.enosys-uname", NULL, DENIED }, SYS_uname, ENOSYS },
	{ { "contract.enosys-getrlimit", NULL, DENIED }, SYS_getrlimit, ENOSYS },
	{ { "contract.enosys-prlimit64", NULL, DENIED }, SYS_prlimit64, ENOSYS },
	{ { "contract.enosys-epoll-create1", NULL, DENIED }, SYS_epoll_create1, ENOSYS },
	{ { "contract.enosys-epoll-ctl", NULL, DENIED }, SYS_epoll_ctl, ENOSYS },
	{ { "contract.enosys-epoll-pwait", NULL, DENIED }, SYS_epoll_pwait, ENOSYS },
	{ { "contract.enosys-pipe2", NULL, DENIED }, SYS_pipe2, ENOSYS },
	{ { "contract.eperm-pipe2", NULL, DENIED }, SYS_pipe2, EPERM },
	{ { "contract.enosys-eventfd2", NULL, DENIED }, SYS_eventfd2, ENOSYS },
};

static const struct denial *find(const char *id)
{
	for (size_t i = 0; i < sizeof denials / sizeof *denials; i++)
		if (strcmp(denials[i].clause.id, id) == 0)
			return &denials[i];
	return NULL;
}

const struct contract_clause *contract_find_denial(const char *id)
{
	const struct denial *denial = find(id);
	return denial ? &denial->clause : NULL;
}

/* From the first byte of the object to its last. */
struct range { uintptr_t base, first, last; };

static int take_range(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct range *range = argument;
	(void)size;
	if (info->dlpi_addr != range->base)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *program = &info->dlpi_phdr[i];
		uintptr_t first = info->dlpi_addr + program->p_vaddr, last = first + program->p_memsz - 1;
		if (program->p_type != PT_LOAD || !program->p_memsz)
			continue;
		if (!range->last || first < range->first)
			range->first = first;
		if (last > range->last)
			range->last = last;
	}
	return 1;
}

#define HALF(value, high) ((uint32_t)((uint64_t)(value) >> ((high) ? 32 : 0)))
#define LOAD(member, high) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member) + ((high) ? 4 : 0))
#define JUMP(how, value, yes, no) BPF_JUMP(BPF_JMP | (how) | BPF_K, (value), (yes), (no))

enum { CODE = 17 };

/* The machine of a filter has 32 bits: an address is compared by its high half, and where that is equal by its low
 * one, at either end.  TO: how far it is from one instruction to another. */
static void make(struct sock_filter code[CODE], int number, uint32_t action, const struct range *range)
{
	enum { LAST = 10, DENY = 15, ALLOW = 16 };
#define TO(from, target) ((target) - (from) - 1)
	const struct sock_filter made[CODE] = {
		[0] = LOAD(arch, 0),
		[1] = JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 0, TO(1, ALLOW)),
		[2] = LOAD(nr, 0),
		[3] = JUMP(BPF_JEQ, CONTRACT_NO_CALL, TO(3, DENY), 0),
		/* -1, each: 0 at least */
		[4] = JUMP(number < 0 ? BPF_JGE : BPF_JEQ, number < 0 ? 0 : (uint32_t)number, 0, TO(4, ALLOW)),
		[5] = LOAD(instruction_pointer, 1),
		[6] = JUMP(BPF_JGT, HALF(range->first, 1), TO(6, LAST), 0),
		[7] = JUMP(BPF_JEQ, HALF(range->first, 1), 0, TO(7, ALLOW)),
		[8] = LOAD(instruction_pointer, 0),
		[9] = JUMP(BPF_JGE, HALF(range->first, 0), 0, TO(9, ALLOW)),
		[LAST] = LOAD(instruction_pointer, 1),
		[11] = JUMP(BPF_JGT, HALF(range->last, 1), TO(11, ALLOW), 0),
		[12] = JUMP(BPF_JEQ, HALF(range->last, 1), 0, TO(12, DENY)),
		[13] = LOAD(instruction_pointer, 0),
		[14] = JUMP(BPF_JGT, HALF(range->last, 0), TO(14, ALLOW), 0),
		[DENY] = BPF_STMT(BPF_RET | BPF_K, action),
		[ALLOW] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
#undef TO
	memcpy(code, made, sizeof made);
}

void contract_filter(uintptr_t base, int number, uint32_t action)
{
	struct sock_filter code[CODE];
	struct sock_fprog program = { CODE, code };
	struct range range = { base, 0, 0 };
	if (!dl_iterate_phdr(take_range, &range))
		contract_no_turn("where the library is mapped");
	make(code, number, action, &range);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		contract_no_turn("no filter of system calls");
}

void contract_deny(const char *id, uintptr_t base)
{
	const struct denial *denial = find(id);
	if (!denial)
		contract_no_turn("no such denial");
	contract_filter(base, denial->number, SECCOMP_RET_ERRNO | (uint32_t)denial->error);
}

#else

const struct contract_clause *contract_find_denial(const char *id)
{
	(void)id;
	return NULL;
}

void contract_deny(const char *id, uintptr_t base) { (void)id, (void)base; }

#endif
