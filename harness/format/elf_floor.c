/* elf_floor.c - notes and versions as a list of floors. */
#include "harness/format/elf_floor.h"
#include "harness/format/elf_notes.h"

#include <stdio.h>
#include <string.h>

enum { ABI_TAG = 1 };

static uint64_t word(const struct bytes *text, unsigned index) { return bytes_number(text, (uint64_t)index * 4, 4); }

static void gnu(const struct bytes *text, char *out, size_t size)
{
	static const char *const systems[] = { "Linux", "Hurd", "Solaris", "FreeBSD" };
	if (text->size >= 16 && word(text, 0) < ARCH_COUNT(systems))
		snprintf(out, size, "%s %llu.%llu.%llu", systems[word(text, 0)], (unsigned long long)word(text, 1),
		    (unsigned long long)word(text, 2), (unsigned long long)word(text, 3));
}

static void release(
    const char *system, uint64_t number, uint64_t major, uint64_t minor, uint64_t minors, char *out, size_t size)
{
	snprintf(out, size, "%s %llu.%llu", system, (unsigned long long)(number / major),
	    (unsigned long long)(number / minor % minors));
}

static void freebsd(const struct bytes *text, char *out, size_t size)
{
	release("FreeBSD", word(text, 0), 100000, 1000, 100, out, size);
}

static void netbsd(const struct bytes *text, char *out, size_t size)
{
	release("NetBSD", word(text, 0), 100000000, 1000000, 100, out, size);
}

static void dragonfly(const struct bytes *text, char *out, size_t size)
{
	release("DragonFly", word(text, 0), 100000, 100, 1000, out, size);
}

static void openbsd(const struct bytes *text, char *out, size_t size)
{
	(void)text;
	snprintf(out, size, "OpenBSD");
}

static void android(const struct bytes *text, char *out, size_t size)
{
	snprintf(out, size, "Android API %llu", (unsigned long long)word(text, 0));
}

static const struct owner {
	const char *name;
	void (*read)(const struct bytes *text, char *out, size_t size);
} owners[] = {
	{ "GNU", gnu },
	{ "FreeBSD", freebsd },
	{ "NetBSD", netbsd },
	{ "OpenBSD", openbsd },
	{ "DragonFly", dragonfly },
	{ "Android", android },
};

static void read_note(const struct elf_note *note, void *list)
{
	char line[64] = "";
	for (size_t i = 0; i < ARCH_COUNT(owners); i++)
		if (note->type == ABI_TAG && elf_note_is(note, owners[i].name) && note->text.size >= 4)
			owners[i].read(&note->text, line, sizeof line);
	if (line[0])
		json_array_append_new(list, json_string(line));
}

/* "GLIBC_2.34" as a number to compare by; 0 for GLIBC_PRIVATE and what is none. */
static unsigned long glibc_release(const char *version)
{
	unsigned major = 0, minor = 0, patch = 0;
	if (sscanf(version, "GLIBC_%4u.%4u.%4u", &major, &minor, &patch) < 2)
		return 0;
	return major * 100000000UL + minor * 10000UL + patch;
}

/* The highest release of glibc that any library is asked for, and the versions that stand for what the loader itself
 * must know (glibc elf/Versions GLIBC_ABI_*), whose releases have no number. */
static void add_versions(json_t *needs, json_t *list)
{
	const char *key, *highest = NULL;
	json_t *names, *name;
	size_t i;
	json_object_foreach(needs, key, names)
	{
		json_array_foreach(names, i, name)
		{
			const char *version = json_string_value(name);
			if (version && glibc_release(version) &&
			    (!highest || glibc_release(version) > glibc_release(highest)))
				highest = version;
		}
	}
	if (highest)
		json_array_append_new(list, json_string(highest));
	json_object_foreach(needs, key, names)
	{
		json_array_foreach(names, i, name)
		{
			if (json_string_value(name) && !strncmp(json_string_value(name), "GLIBC_ABI_", 10))
				json_array_append(list, name);
		}
	}
}

json_t *elf_floor(const struct elf_file *file, json_t *needs)
{
	json_t *list = json_array();
	elf_notes(file, read_note, list);
	add_versions(needs, list);
	return list;
}
