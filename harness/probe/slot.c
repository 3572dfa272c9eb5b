/* slot.c - where the file promised Go's slot to be, seen from the calling thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"
#include "tp.h"

/* Weak, since a static program must not be made to link dlsym; there it is NULL. */
extern void *dlsym(void *handle, const char *symbol) __attribute__((weak));

enum promise_kind { PROMISE_NONE, PROMISE_LE, PROMISE_IE, PROMISE_IE_EXT };

struct promise {
	enum promise_kind kind;
	intptr_t offset; /* LE */
	uintptr_t got;   /* IE: address of the GOT word in the file */
	uintptr_t value; /* IE: offset of the slot in its module's TLS block */
};

/* Reads a number at *text and moves past it and past end, which must follow. */
static int read_number(const char **text, int base, char end, unsigned long *number)
{
	char *rest;
	if (**text == '\0' || **text == ' ')
		return -1;
	*number = base == 10 ? (unsigned long)strtol(*text, &rest, 10) : strtoul(*text, &rest, base);
	if (rest == *text || *rest != end)
		return -1;
	*text = rest + (end != '\0');
	return 0;
}

static struct promise read_promise(void)
{
	struct promise none = { 0 }, promise = { 0 };
	unsigned long a = 0, b = 0;
	const char *text = getenv("TLSMATRIX_SLOT");
	if (!text)
		return none;
	if (strncmp(text, "le:", 3) == 0) {
		text += 3;
		if (read_number(&text, 10, '\0', &a))
			return none;
		promise.kind = PROMISE_LE;
		promise.offset = (intptr_t)a;
		return promise;
	}
	int external = strncmp(text, "ie-ext:", 7) == 0;
	if (!external && strncmp(text, "ie:", 3) != 0)
		return none;
	text += external ? 7 : 3;
	if (read_number(&text, 16, external ? '\0' : ':', &a))
		return none;
	if (!external && read_number(&text, 16, '\0', &b))
		return none;
	promise.kind = external ? PROMISE_IE_EXT : PROMISE_IE;
	promise.got = a;
	promise.value = b;
	return promise;
}

/* ---- the module ---- */

struct module {
	const char *path; /* TLSMATRIX_MODULE; "" is the program */
	struct stat file;
	size_t visited;    /* objects seen so far */
	uintptr_t address; /* if not 0, look for the module whose TLS block holds it instead */
	int found;
	uintptr_t base;  /* load bias */
	uintptr_t block; /* its TLS block in the calling thread */
	size_t block_size;
};

static int same_file(const char *path, const struct stat *file)
{
	struct stat other;
	return stat(path, &other) == 0 && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
}

/* The program's block, where the loader does not tell: the ABI fixes it from the header alone
 * (ELF TLS section 3; glibc csu/libc-tls.c takes p_vaddr's remainder into account). */
static uintptr_t program_block(const ElfW(Phdr) * tls)
{
	uintptr_t align = tls->p_align ? tls->p_align : 1, mask = align - 1;
	if (TP_VARIANT == 2) {
		uintptr_t offset = tls->p_memsz + ((0 - (tls->p_vaddr + tls->p_memsz)) & mask);
		return tp_read() - offset;
	}
	return tp_read() + (((uintptr_t)TP_TCB + mask) & ~mask) + (tls->p_vaddr & mask);
}

#ifdef TP_DTP_BIAS
/* By name: linkers take a call in the text for one that a compiler made, and GNU ld relaxes no TLS any more. */
static uintptr_t ask_block(size_t module)
{
	size_t of[2] = { module, (size_t)0 - TP_DTP_BIAS };
	void *(*get)(size_t *) = NULL;
	if (dlsym)
		*(void **)&get = dlsym(NULL, "__tls_get_addr");
	return module && get ? (uintptr_t)get(of) : 0;
}
#else
static uintptr_t ask_block(size_t module)
{
	(void)module;
	return 0;
}
#endif

int probe_is_program(const struct dl_phdr_info *info, size_t visited)
{
#ifdef __GLIBC__
	(void)visited;
	return !info->dlpi_name || info->dlpi_name[0] == '\0';
#else
	(void)info;
	return visited == 0;
#endif
}

/* What the loader itself says.  musl up to 1.2.2 gives the initial image in the file's mapping instead of the block. */
static uintptr_t told_block(const struct dl_phdr_info *info, size_t size, const ElfW(Phdr) * tls)
{
	uintptr_t told = size > offsetof(struct dl_phdr_info, dlpi_tls_data) ? (uintptr_t)info->dlpi_tls_data : 0;
	return told == info->dlpi_addr + tls->p_vaddr ? 0 : told;
}

static int visit_module(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct module *module = argument;
	const ElfW(Phdr) *tls = NULL;
	int program = probe_is_program(info, module->visited++);
	const char *path = info->dlpi_name && info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe";
	uintptr_t block = 0;

	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			tls = &info->dlpi_phdr[i];
	if (tls)
		block = told_block(info, size, tls);
	if (tls && !block)
		block = program ? program_block(tls) : ask_block(info->dlpi_tls_modid);
	if (module->address) {
		if (!block || module->address < block || module->address >= block + tls->p_memsz)
			return 0;
	} else if (module->path[0] == '\0') {
		if (!program)
			return 0;
	} else if (!same_file(path, &module->file)) {
		return 0;
	}
	module->found = 1;
	module->base = info->dlpi_addr;
	module->block = block;
	module->block_size = block ? tls->p_memsz : 0;
	return 1;
}

/* One line of /proc/self/maps: START-END PERM OFFSET DEV INODE PATH. Takes the start of the
 * module's first mapping. */
static void read_mapping(const char *line, struct module *module)
{
	char *rest;
	unsigned long start = strtoul(line, &rest, 16);
	const char *name = strrchr(module->path, '/'), *mapped = strrchr(line, '/');
	if (*rest != '-' || !mapped || module->found)
		return;
	strtoul(rest + 1, &rest, 16);
	if (strlen(rest) < 6 || strtoul(rest + 6, &rest, 16) != 0)
		return;
	rest = strchr(rest + 1, ' '); /* past DEV, which an overlay file system spells otherwise than stat */
	if (!rest || strtoul(rest, NULL, 10) != module->file.st_ino)
		return;
	if (strcmp(mapped + 1, name ? name + 1 : module->path) != 0)
		return;
	module->found = 1;
	module->base = start;
}

/* dl_iterate_phdr shows the caller's namespace only; a host asks for a library that dlmopen put
 * into another. A shared object's first segment has address 0, so its mapping is the load bias. */
static void find_mapping(struct module *module)
{
	char line[1024], chunk[1024];
	size_t length = 0;
	ssize_t got;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((got = read(fd, chunk, sizeof chunk)) > 0)
		for (ssize_t i = 0; i < got; i++) {
			if (chunk[i] != '\n') {
				if (length < sizeof line - 1)
					line[length++] = chunk[i];
				continue;
			}
			line[length] = '\0';
			length = 0;
			read_mapping(line, module);
		}
	close(fd);
}

static void find_module(struct module *module)
{
	const char *path = getenv("TLSMATRIX_MODULE");
	module->path = path ? path : "";
	if (module->path[0] && stat(module->path, &module->file) != 0)
		return;
	dl_iterate_phdr(visit_module, module);
	if (!module->found && module->path[0])
		find_mapping(module);
}

/* ---- the slot ---- */

void probe_slot_find(struct probe_slot *slot)
{
	struct probe_slot found = { 0 };
	struct promise promise = read_promise();
	struct module module = { 0 };
	*slot = found;
	if (promise.kind == PROMISE_NONE)
		return;
	find_module(&module);
	if (promise.kind == PROMISE_LE) {
		found.offset = promise.offset;
		found.agrees = 1;
	} else {
		if (!module.found)
			return;
		found.offset = *(volatile intptr_t *)(module.base + promise.got);
	}
	uintptr_t address = probe_tp() + (uintptr_t)found.offset;
	if (promise.kind == PROMISE_IE)
		found.agrees = module.block && module.block + promise.value == address;
	if (promise.kind == PROMISE_IE_EXT) {
		/* The variable's name leads to the module that defines it. */
		found.agrees = dlsym && (uintptr_t)dlsym(NULL, TP_SLOT_SYMBOL) == address;
		module = (struct module){ .path = "", .address = address };
		dl_iterate_phdr(visit_module, &module);
	}
	found.known = 1;
	found.block = module.block;
	found.block_size = module.block_size;
	*slot = found;
}

uintptr_t probe_slot_address(void)
{
	struct probe_slot slot;
	probe_slot_find(&slot);
	return slot.known ? probe_tp() + (uintptr_t)slot.offset : 0;
}

uintptr_t probe_slot_value(void)
{
	uintptr_t address = probe_slot_address();
	return address ? *(volatile uintptr_t *)address : 0;
}
