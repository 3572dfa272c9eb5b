#define _GNU_SOURCE
#include "tls_modules.h"

#include <link.h>
#include <stddef.h>

#include "probe.h"

enum { MODULES_MAX = 64 };

struct asking {
	uintptr_t slot, block;
	unsigned number;
	size_t seen[MODULES_MAX];
	size_t objects; /* seen so far */
	struct tls_modules *modules;
};

static int number_is_own(struct asking *asking, size_t number, int program)
{
	for (int i = 0; i < asking->modules->count; i++)
		if (asking->seen[i] == number)
			return 0;
	asking->seen[asking->modules->count] = number;
	return number != 0 && (!program || number == 1);
}

static int tls_module_see(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct asking *asking = argument;
	struct tls_modules *modules = asking->modules;
	const ElfW(Phdr) *tls = NULL;
	int program = probe_is_program(info, asking->objects++);
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			tls = &info->dlpi_phdr[i];
	if (!tls || modules->count == MODULES_MAX ||
	    size < offsetof(struct dl_phdr_info, dlpi_tls_data) + sizeof info->dlpi_tls_data)
		return 0;
	uintptr_t block = (uintptr_t)info->dlpi_tls_data, mask = tls->p_align ? tls->p_align - 1 : 0;
	modules->numbers += number_is_own(asking, info->dlpi_tls_modid + asking->number, program);
	modules->count++;
	modules->told += block != 0;
	block += block ? asking->block : 0;
	modules->aligned += block && ((block - tls->p_vaddr) & mask) == 0;
	modules->slot += block && asking->slot - block < tls->p_memsz;
	return 0;
}

void tls_modules_ask(uintptr_t slot, unsigned number, uintptr_t block, struct tls_modules *modules)
{
	struct asking asking = { .slot = slot, .number = number, .block = block, .modules = modules };
	*modules = (struct tls_modules){ 0 };
	dl_iterate_phdr(tls_module_see, &asking);
}
