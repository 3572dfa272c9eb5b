#define _GNU_SOURCE
#include "init_mapped.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

struct asking {
	struct init_mapped *mapped;
	int found;
};

static void load_add(struct asking *asking, uintptr_t base, const ElfW(Phdr) * header)
{
	struct init_mapped *mapped = asking->mapped;
	uint64_t from = base + header->p_vaddr, here = (uintptr_t)init_mapped_ask;
	if (mapped->count < INIT_MAPPED_MAX)
		mapped->load[mapped->count++] =
		    (struct init_mapped_range){ from, from + header->p_memsz, header->p_flags };
	asking->found |= here >= from && here < from + header->p_memsz;
}

static int module_see(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct asking *asking = argument;
	struct init_mapped *mapped = asking->mapped;
	int executable = 1, others = asking->found;
	(void)size;
	if (!others)
		mapped->count = 0, mapped->relro_from = mapped->relro_to = 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type == PT_GNU_STACK)
			executable = (header->p_flags & PF_X) != 0;
		if (header->p_type == PT_LOAD && !others)
			load_add(asking, info->dlpi_addr, header);
		if (header->p_type == PT_GNU_RELRO && !others) {
			mapped->relro_from = info->dlpi_addr + header->p_vaddr;
			mapped->relro_to = mapped->relro_from + header->p_memsz;
		}
	}
	/* The vDSO has no PT_GNU_STACK, and nobody asks it: the kernel maps it, behind the stack. */
	mapped->stack_executable |= executable && info->dlpi_phnum && info->dlpi_addr != getauxval(AT_SYSINFO_EHDR);
	return 0;
}

int init_mapped_ask(struct init_mapped *mapped)
{
	struct asking asking = { mapped, 0 };
	*mapped = (struct init_mapped){ 0 };
	dl_iterate_phdr(module_see, &asking);
	return asking.found ? 0 : -1;
}

int init_mapped_protect(uint64_t address, int permissions)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	return mprotect((void *)(uintptr_t)(address / page * page), page, permissions);
}

uint64_t init_mapped_stack(void) { return (uintptr_t)__builtin_frame_address(0); }
