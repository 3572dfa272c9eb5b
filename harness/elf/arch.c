/* arch.c - the list of processors; each stands in a file of its own. */
#include "harness/elf/arch.h"

static const struct arch *const archs[] = {
	&arch_amd64,
	&arch_arm64,
	&arch_386,
	&arch_arm,
	&arch_riscv64,
	&arch_ppc64le,
	&arch_ppc64,
	&arch_s390x,
	&arch_loong64,
	&arch_mips,
	&arch_mipsle,
	&arch_mips64,
	&arch_mips64le,
};

const struct arch *arch_find(unsigned machine, int class, int big_endian)
{
	for (size_t i = 0; i < ARCH_COUNT(archs); i++)
		if (archs[i]->machine == machine && archs[i]->class == class && archs[i]->big_endian == big_endian)
			return archs[i];
	return NULL;
}

const struct reloc_type *arch_reloc(const struct arch *arch, unsigned number)
{
	for (size_t i = 0; arch && i < arch->reloc_count; i++)
		if (arch->relocs[i].number == number)
			return &arch->relocs[i];
	return NULL;
}
