#include "harness/elf/interp.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

int elf_has_interpreter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), found = -EBADMSG;
	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	size_t count = 0;
	if (elf && elf_kind(elf) == ELF_K_ELF && elf_getphdrnum(elf, &count) == 0) {
		found = 0;
		for (size_t i = 0; i < count; i++) {
			GElf_Phdr header;
			if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_INTERP)
				found = 1;
		}
	}
	elf_end(elf);
	close(fd);
	return found;
}
