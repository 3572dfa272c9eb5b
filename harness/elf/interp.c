#include "harness/elf/interp.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

/* The text at the place in the file; its NUL is part of it in a file that is right. */
static int text_at(Elf *elf, const GElf_Phdr *header, char *name, size_t len)
{
	size_t size = 0;
	const char *raw = elf_rawfile(elf, &size);
	if (!raw || header->p_offset > size || header->p_filesz > size - header->p_offset)
		return -EBADMSG;
	size_t length = strnlen(raw + header->p_offset, header->p_filesz);
	if (name && len) {
		length = length < len - 1 ? length : len - 1;
		memcpy(name, raw + header->p_offset, length);
		name[length] = 0;
	}
	return 1;
}

int elf_interpreter(const char *path, char *name, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), found = -EBADMSG;
	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	size_t count = 0;
	if (elf && elf_kind(elf) == ELF_K_ELF && elf_getphdrnum(elf, &count) == 0) {
		found = 0;
		for (size_t i = 0; i < count && !found; i++) {
			GElf_Phdr header;
			if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_INTERP)
				found = text_at(elf, &header, name, len);
		}
	}
	elf_end(elf);
	close(fd);
	return found;
}
