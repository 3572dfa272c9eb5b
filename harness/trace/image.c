/* image.c - see image.h. */
#include "harness/trace/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "matrix/base/buf.h"

static void read_segments(Elf *elf, struct image *image)
{
	size_t count = 0;
	GElf_Phdr phdr;
	if (elf_getphdrnum(elf, &count))
		return;
	for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &phdr); i++) {
		if (phdr.p_type == PT_INTERP)
			image->interpreter = 1;
		if (phdr.p_type != PT_LOAD || image->segments == IMAGE_SEGMENTS)
			continue;
		size_t n = image->segments++;
		image->segment[n].offset = phdr.p_offset;
		image->segment[n].address = phdr.p_vaddr;
		image->segment[n].size = phdr.p_filesz;
		image->segment[n].exec = (phdr.p_flags & PF_X) != 0;
	}
}

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct image *image)
{
	char entry[64];
	snprintf(entry, sizeof entry, "_rt0_%s_linux_lib", trace_arch.goarch);
	const struct {
		const char *name;
		trace_word *value;
	} wanted[] = {
		{ "runtime.text", &image->text },
		{ "runtime.etext", &image->etext },
		{ "runtime.g0", &image->g0 },
		{ entry, &image->entry },
	};
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;
	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (!name || symbol.st_shndx == SHN_UNDEF)
			continue;
		for (size_t n = 0; n < sizeof wanted / sizeof wanted[0]; n++)
			if (!strcmp(name, wanted[n].name))
				*wanted[n].value = symbol.st_value;
	}
}

static void read_sections(Elf *elf, struct image *image)
{
	Elf_Scn *section = NULL;
	size_t names = 0;
	int stripped_go = 0;
	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header))
			continue;
		const char *name = elf_strptr(elf, names, header.sh_name);
		if (header.sh_type == SHT_SYMTAB)
			read_symbols(elf, section, &header, image);
		/* cmd/link keeps these when it is told to strip; a function table means Go text */
		if (name && (!strcmp(name, ".gopclntab") || !strcmp(name, ".data.rel.ro.gopclntab")))
			stripped_go = 1;
	}
	image->go = image->text && image->etext > image->text;
	if (!image->go && stripped_go) {
		image->go = 1;
		image->text = 0;
		image->etext = ~(trace_word)0;
	}
}

int image_read(const char *path, struct image *image)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	GElf_Ehdr header;
	int error = -EBADMSG;
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header)) {
		struct image now = { .path = xstrdup(path) };
		read_segments(elf, &now);
		read_sections(elf, &now);
		*image = now;
		error = 0;
	}
	elf_end(elf);
	close(fd);
	return error;
}

void image_free(struct image *image)
{
	free(image->path);
	image->path = NULL;
}

trace_word image_address(const struct image *image, trace_word offset)
{
	for (size_t i = 0; i < image->segments; i++)
		if (image->segment[i].exec && offset - image->segment[i].offset < image->segment[i].size)
			return offset - image->segment[i].offset + image->segment[i].address;
	return 0;
}

trace_word image_offset(const struct image *image, trace_word address)
{
	for (size_t i = 0; i < image->segments; i++)
		if (address - image->segment[i].address < image->segment[i].size)
			return address - image->segment[i].address + image->segment[i].offset;
	return ~(trace_word)0;
}

int mappings_each(pid_t pid, int (*visit)(const struct mapping *mapping, void *context), void *context)
{
	char name[64], line[4096 + 128], flags[8];
	snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(name, "re");
	if (!maps)
		return -errno;
	int result = 0;
	while (!result && fgets(line, sizeof line, maps)) {
		struct mapping mapping;
		int path_at = 0;
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %n", &mapping.start, &mapping.end, flags, &mapping.offset,
			&path_at) < 4 ||
		    line[path_at] != '/')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(mapping.path, sizeof mapping.path, "%s", line + path_at);
		mapping.exec = flags[2] == 'x';
		if (mapping.exec)
			result = visit(&mapping, context);
	}
	fclose(maps);
	return result;
}

int path_same(const char *a, const char *b)
{
	struct stat one, other;
	if (!strcmp(a, b))
		return 1;
	return !stat(a, &one) && !stat(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}
