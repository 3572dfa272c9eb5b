/* rules.c - conditions over facts, and the table of what loaders do about them. */
#include "harness/loader/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* glibc 2.31 elf/dl-tls.c TLS_STATIC_SURPLUS: 64 + 16 * 100; since 2.32 elf/dl-tls.c
	 * _dl_tls_static_surplus_init, whose LEGACY_TLS brings the same sum. */
	GLIBC_SURPLUS = 1664,
	/* elf/dl-tls.c _dl_determine_tlsoffset rounds what is given out up to this (TLS_TCB_ALIGN, now
	 * TCB_ALIGNMENT), so that up to 63 bytes more may be free. */
	GLIBC_TLS_ALIGN = 64
};

static json_t *get(const json_t *object, const char *key) { return json_object_get(object, key); }
static long long number(const json_t *object, const char *key) { return json_integer_value(get(object, key)); }
static int is_true(const json_t *object, const char *key) { return json_is_true(get(object, key)); }
static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(get(object, key));
	return value ? value : "";
}

static int is(const json_t *facts, const char *key, const char *value) { return !strcmp(text(facts, key), value); }

int release_order(const char *a, const char *b)
{
	while (*a || *b) {
		char *end_a, *end_b;
		unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);
		if (x != y)
			return x < y ? -1 : 1;
		if (end_a == a && end_b == b)
			return 0;
		a = end_a + (*end_a == '.');
		b = end_b + (*end_b == '.');
	}
	return 0;
}

/* ---- facts -------------------------------------------------------------------------------- */

struct name_libc {
	const char *start;
	enum libc libc;
};

/* Programs: who the kernel is to start in their place. */
static const struct name_libc interpreters[] = {
	{ "/lib64/ld-linux", LIBC_GLIBC },
	{ "/lib/ld-linux", LIBC_GLIBC },
	{ "/lib64/ld64.so", LIBC_GLIBC },
	{ "/lib/ld64.so", LIBC_GLIBC },
	{ "/lib/ld.so.1", LIBC_GLIBC }, /* mips and ppc64 of glibc */
	{ "/lib64/ld.so.1", LIBC_GLIBC },
	{ "/lib/ld-musl-", LIBC_MUSL },
	{ "/system/bin/linker", LIBC_BIONIC },
	{ "/apex/com.android.runtime/bin/linker", LIBC_BIONIC },
	{ "/", LIBC_OTHER },
};

/* The name that each gives its libc; musl's and bionic's share one (Debian's musl; Alpine's is libc.musl-ARCH.so.1). */
static const struct name_libc libcs[] = {
	{ "libc.so.6", LIBC_GLIBC },
	{ "ld-linux", LIBC_GLIBC },
	{ "libc.musl-", LIBC_MUSL },
	{ "libc.so.", LIBC_OTHER },
	{ "libc.so", LIBC_MUSL_OR_BIONIC },
};

static enum libc libc_of(const struct name_libc *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(name, rows[i].start, strlen(rows[i].start)))
			return rows[i].libc;
	return LIBC_NONE;
}

static enum libc by_interpreter(const json_t *facts)
{
	return libc_of(interpreters, sizeof interpreters / sizeof interpreters[0], text(facts, "interp"));
}

/* By a note in the file: elf_floor.h has who writes one. */
static enum libc by_note(const json_t *facts)
{
	static const char *const others[] = { "FreeBSD ", "NetBSD ", "OpenBSD", "DragonFly ", "Solaris ", "Hurd " };
	json_t *floor = get(facts, "floor");
	for (size_t i = 0; i < json_array_size(floor); i++) {
		const char *name = json_string_value(json_array_get(floor, i));
		if (!strncmp(name, "Android API", 11))
			return LIBC_BIONIC;
		for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
			if (!strncmp(name, others[k], strlen(others[k])))
				return LIBC_OTHER;
	}
	return LIBC_NONE;
}

/* The libc that the file needs by name; *name is that. */
static enum libc by_needed(const json_t *facts, const char **name)
{
	json_t *needed = get(facts, "needed");
	for (size_t i = 0; i < json_array_size(needed); i++) {
		*name = json_string_value(json_array_get(needed, i));
		enum libc libc = *name ? libc_of(libcs, sizeof libcs / sizeof libcs[0], *name) : LIBC_NONE;
		if (libc != LIBC_NONE)
			return libc;
	}
	return LIBC_NONE;
}

enum libc loader_libc(const json_t *facts)
{
	const char *name;
	enum libc libc = by_interpreter(facts);
	libc = libc ? libc : by_note(facts);
	return libc ? libc : by_needed(facts, &name);
}

int loader_is_linked(const json_t *facts) { return is(facts, "type", "EXEC") || is(facts, "type", "DYN"); }

int loader_is_program(const json_t *facts)
{
	return is(facts, "type", "EXEC") || is_true(facts, "pie") || is_true(facts, "static");
}

int loader_is_library(const json_t *facts) { return is(facts, "type", "DYN") && !loader_is_program(facts); }

long long loader_ie_size(const json_t *facts)
{
	const json_t *tls = get(facts, "tls"), *relocs = get(tls, "relocs");
	return number(relocs, "tpoff") > number(relocs, "foreign") ? number(tls, "size") : 0;
}

long long loader_go_entries(const json_t *facts)
{
	json_t *entries = get(get(facts, "init"), "go_entries");
	if (json_is_null(entries))
		return is_true(get(facts, "go"), "present") ? -1 : 0;
	return json_integer_value(entries);
}

/* glibc's default without PT_GNU_STACK: sysdeps/x86_64/stackinfo.h, sysdeps/i386/stackinfo.h DEFAULT_STACK_PERMS
 * (DEFAULT_STACK_PROT_PERMS since 2.42). */
int loader_exec_stack(const json_t *facts)
{
	const json_t *stack = get(facts, "stack");
	return is_true(stack, "exec") ||
	    (json_is_false(get(stack, "present")) && (is(facts, "arch", "amd64") || is(facts, "arch", "386")));
}

int loader_glibc_floor(const json_t *facts, struct found *found)
{
	json_t *floor = get(facts, "floor");
	const char *highest = "";
	for (size_t i = 0; i < json_array_size(floor); i++) {
		const char *name = json_string_value(json_array_get(floor, i)), *release = NULL;
		if (!strcmp(name, "GLIBC_ABI_DT_RELR"))
			release = "2.36"; /* glibc NEWS for 2.36: DT_RELR is supported */
		else if (!strncmp(name, "GLIBC_2", 7))
			release = name + 6;
		if (!release || (*highest && release_order(release, highest) <= 0))
			continue;
		highest = release;
		snprintf(found->detail, sizeof found->detail, "%s", name);
		snprintf(found->release, sizeof found->release, "%s", release);
	}
	return *highest ? 0 : -ENOENT;
}

/* ---- conditions --------------------------------------------------------------------------- */

static void say(struct found *found, const char *what) { snprintf(found->detail, sizeof found->detail, "%s", what); }
static void say_number(struct found *found, long long n) { snprintf(found->detail, sizeof found->detail, "%lld", n); }

static enum truth not_format(const json_t *facts, const char *format, struct found *found)
{
	say(found, text(facts, "format"));
	return !is(facts, "format", format) && !is(facts, "format", "archive");
}
static enum truth not_elf(const json_t *facts, struct found *found) { return not_format(facts, "elf", found); }
static enum truth not_pe(const json_t *facts, struct found *found) { return not_format(facts, "pe", found); }
static enum truth not_macho(const json_t *facts, struct found *found) { return not_format(facts, "macho", found); }

static enum truth not_linked(const json_t *facts, struct found *found)
{
	say(found, text(facts, "type"));
	return !loader_is_linked(facts);
}

/* A program of another libc; a static one has no interpreter and needs none. */
static enum truth other_interpreter(const json_t *facts, enum libc own, struct found *found)
{
	say(found, text(facts, "interp"));
	return *found->detail && by_interpreter(facts) != own;
}
static enum truth not_glibc_interp(const json_t *facts, struct found *found)
{
	return other_interpreter(facts, LIBC_GLIBC, found);
}
static enum truth not_musl_interp(const json_t *facts, struct found *found)
{
	return other_interpreter(facts, LIBC_MUSL, found);
}
static enum truth not_bionic_interp(const json_t *facts, struct found *found)
{
	return other_interpreter(facts, LIBC_BIONIC, found);
}

/* In a static program the libc is in the file, and which it is is not told. */
static enum truth static_go_library(const json_t *facts, struct found *found)
{
	(void)found;
	return is_true(facts, "static") && loader_go_entries(facts) ? YES : NO;
}

static enum truth needs_musl(const json_t *facts, struct found *found)
{
	const char *name = "";
	enum libc libc = by_needed(facts, &name);
	say(found, name ? name : "");
	return libc == LIBC_MUSL;
}

static enum truth needs_strange_libc(const json_t *facts, struct found *found)
{
	const char *name = "";
	enum libc libc = by_needed(facts, &name), note = by_note(facts);
	say(found, libc != LIBC_NONE && name ? name : "its note");
	return libc == LIBC_OTHER || note == LIBC_OTHER;
}

static enum truth needs_glibc_libc(const json_t *facts, struct found *found)
{
	const char *name = "";
	enum libc libc = by_needed(facts, &name);
	say_number(found, number(get(facts, "imports"), "count"));
	return libc == LIBC_GLIBC;
}

/* What glibc has as libraries of their own and musl neither has nor takes for itself (ldso/dynlink.c load_library
 * "reserved": c pthread rt m dl util xnet). */
static enum truth needs_glibc_part(const json_t *facts, struct found *found)
{
	static const char *const parts[] = { "ld-linux", "ld64.so", "libresolv.so.2", "libanl.so.1", "libmvec.so.1",
		"libnsl.so.1", "libBrokenLocale.so.1", "libthread_db.so.1" };
	json_t *needed = get(facts, "needed");
	for (size_t i = 0; i < json_array_size(needed); i++) {
		const char *name = json_string_value(json_array_get(needed, i));
		for (size_t k = 0; name && k < sizeof parts / sizeof parts[0]; k++)
			if (!strncmp(name, parts[k], strlen(parts[k]))) {
				say(found, name);
				return YES;
			}
	}
	return NO;
}

static enum truth asks_glibc(const json_t *facts, struct found *found)
{
	return loader_glibc_floor(facts, found) ? NO : YES;
}

static enum truth ie_small(const json_t *facts, struct found *found)
{
	long long size = loader_ie_size(facts);
	say_number(found, size);
	return size > 0 && size < GLIBC_SURPLUS + GLIBC_TLS_ALIGN;
}

static enum truth ie_large(const json_t *facts, struct found *found)
{
	long long size = loader_ie_size(facts);
	say_number(found, size);
	return size >= GLIBC_SURPLUS + GLIBC_TLS_ALIGN;
}

static enum truth ie_any(const json_t *facts, struct found *found)
{
	say_number(found, loader_ie_size(facts));
	return loader_ie_size(facts) > 0;
}

static enum truth ie_aligned(const json_t *facts, struct found *found)
{
	say_number(found, number(get(facts, "tls"), "align"));
	return loader_ie_size(facts) > 0 && number(get(facts, "tls"), "align") > GLIBC_TLS_ALIGN &&
	    is(facts, "arch", "amd64");
}

static enum truth exec_stack(const json_t *facts, struct found *found)
{
	say(found, is_true(get(facts, "stack"), "present") ? "PT_GNU_STACK asks for one" : "there is no PT_GNU_STACK");
	return loader_exec_stack(facts) ? YES : NO;
}

static enum truth text_relocations(const json_t *facts, struct found *found)
{
	(void)found;
	return is_true(get(facts, "dynamic"), "textrel");
}

static enum truth text_relocations_64(const json_t *facts, struct found *found)
{
	return number(facts, "class") == 64 ? text_relocations(facts, found) : NO;
}

static enum truth fixed_program(const json_t *facts, struct found *found)
{
	(void)found;
	return is(facts, "type", "EXEC");
}

static enum truth flagged_pie(const json_t *facts, struct found *found)
{
	json_t *flags = get(get(facts, "dynamic"), "flags_1");
	(void)found;
	for (size_t i = 0; i < json_array_size(flags); i++)
		if (!strcmp(json_string_value(json_array_get(flags, i)), "PIE"))
			return YES;
	return NO;
}

static enum truth go_unloadable(const json_t *facts, struct found *found)
{
	(void)found;
	if (!loader_is_library(facts) || !is_true(get(facts, "go"), "present"))
		return NO;
	return loader_go_entries(facts) != 0 && !is_true(get(facts, "dynamic"), "nodelete");
}

static enum truth go_entries(const json_t *facts, struct found *found)
{
	long long entries = loader_go_entries(facts);
	say_number(found, entries);
	return entries < 0 ? NOT_KNOWN : entries > 0 ? YES : NO;
}

static enum truth relr(const json_t *facts, struct found *found)
{
	(void)found;
	return is_true(get(facts, "dynamic"), "relr");
}

/* A static program fills the word itself: runtime/sys_linux_386.s setldt, or the libc in it. */
static enum truth calls_sysinfo(const json_t *facts, struct found *found)
{
	long long calls = number(get(facts, "syscalls"), "gs:0x10");
	say_number(found, calls);
	return calls > 0 && !is_true(facts, "static");
}

static enum truth tls_relocations(const json_t *facts, struct found *found)
{
	const json_t *relocs = get(get(facts, "tls"), "relocs");
	long long count =
	    number(relocs, "tpoff") + number(relocs, "dtpmod") + number(relocs, "dtpoff") + number(relocs, "tlsdesc");
	say_number(found, count);
	return count > 0;
}

/* A program's TLS begins at a fixed distance from the thread pointer, in which bionic keeps slots of its own. */
static enum truth underaligned(const json_t *facts, struct found *found)
{
	const json_t *tls = get(facts, "tls");
	int wanted = is(facts, "arch", "arm64") ? 64 : is(facts, "arch", "arm") ? 32 : 0;
	snprintf(found->detail, sizeof found->detail, "%lld where it must be %d", number(tls, "align"), wanted);
	return loader_is_program(facts) && number(tls, "segments") && number(tls, "align") < wanted;
}

/* What a release of Go needs from one on: the newest first. */
struct need { const char *go, *release; };

/* "Ports" of go.dev/doc/go1.11 and go1.21. */
static const struct need windows_needs[] = { { "1.21", "10" }, { "1.11", "6.1" } };
/* ProcessPrng, without which runtime/os_windows.go loadOptionalSyscalls ends the process: it does in 1.21.13 and not in
 * 1.20.14; since 1.21.5 by golang/go#64622.  Windows has it since 8, which is 6.2. */
static const struct need windows_calls[] = { { "1.21.5", "6.2" } };
/* "Ports" of go.dev/doc/go1.N; 1.13's and 1.27's are announced by the release before too. */
static const struct need macos_needs[] = { { "1.27", "13" }, { "1.25", "12" }, { "1.23", "11" }, { "1.21", "10.15" },
	{ "1.17", "10.13" }, { "1.15", "10.12" }, { "1.13", "10.11" }, { "1.11", "10.10" } };
#define NEEDS(rows) rows, sizeof rows / sizeof rows[0]

static enum truth go_needs(
    const json_t *facts, const char *format, const struct need *rows, size_t count, struct found *found)
{
	const char *version = text(get(facts, "go"), "version");
	if (!is(facts, "format", format) || !is_true(get(facts, "go"), "present"))
		return NO;
	say(found, *version ? version : "its release of Go");
	if (strncmp(version, "go1.", 4))
		return NOT_KNOWN;
	for (size_t i = 0; i < count; i++)
		if (release_order(version + 2, rows[i].go) >= 0) {
			snprintf(found->release, sizeof found->release, "%s", rows[i].release);
			return YES;
		}
	return NO;
}
static enum truth go_windows(const json_t *facts, struct found *found)
{
	return go_needs(facts, "pe", NEEDS(windows_needs), found);
}
static enum truth go_windows_calls(const json_t *facts, struct found *found)
{
	return go_needs(facts, "pe", NEEDS(windows_calls), found);
}
static enum truth go_macos(const json_t *facts, struct found *found)
{
	return go_needs(facts, "macho", NEEDS(macos_needs), found);
}

int loader_go_floor(const json_t *facts, struct found *found)
{
	struct found made = { "", "" };
	int is_pe = is(facts, "format", "pe");
	if ((is_pe ? go_windows(facts, &made) : go_macos(facts, &made)) != YES)
		return -ENOENT;
	snprintf(found->detail, sizeof found->detail, "%s %s", is_pe ? "Windows" : "macOS", made.release);
	snprintf(found->release, sizeof found->release, "%s", made.release);
	return 0;
}

static enum truth header_floor(const json_t *facts, const char *system, struct found *found)
{
	json_t *floor = get(facts, "floor");
	size_t length = strlen(system);
	for (size_t i = 0; i < json_array_size(floor); i++) {
		const char *name = json_string_value(json_array_get(floor, i));
		if (strncmp(name, system, length) || name[length] != ' ')
			continue;
		say(found, name);
		snprintf(found->release, sizeof found->release, "%s", name + length + 1);
		return YES;
	}
	return NO;
}
static enum truth pe_floor(const json_t *facts, struct found *found) { return header_floor(facts, "Windows", found); }
static enum truth macho_floor(const json_t *facts, struct found *found) { return header_floor(facts, "macOS", found); }

/* ---- the table ---------------------------------------------------------------------------- */

#define ANY_GLIBC (GLIBC | GLIBC_DLOPEN)
#define ANY_MUSL (MUSL | MUSL_DLOPEN)
#define ANY_ANDROID (ANDROID | ANDROID_DLOPEN)
#define ANY_OSV (OSV | OSV_DLOPEN)
#define ANY_ELF (ANY_GLIBC | ANY_MUSL | ANY_ANDROID | ANY_OSV)

const struct rule loader_rules[] = {
	/* ---- the file is for somebody else ---- */
	{ ANY_ELF, not_elf, ALWAYS, NULL, VERDICT_REFUSES, "it is a {} file, and the loader takes ELF files",
	    "gABI EI_MAG0" },
	{ WINDOWS, not_pe, ALWAYS, NULL, VERDICT_REFUSES, "it is a {} file, and Windows takes PE files", "PE format" },
	{ MACOS, not_macho, ALWAYS, NULL, VERDICT_REFUSES, "it is a {} file, and dyld takes Mach-O files",
	    "mach-o/loader.h MH_MAGIC" },
	{ ANY_ELF | WINDOWS | MACOS, not_linked, ALWAYS, NULL, VERDICT_UNKNOWN,
	    "no loader takes it ({}): a linker must make a program or library of it first", "gABI e_type" },
	{ GLIBC, not_glibc_interp, ALWAYS, NULL, VERDICT_REFUSES,
	    "the kernel is to start it by {}, which is not glibc's loader", "Linux fs/binfmt_elf.c load_elf_binary" },
	{ MUSL, not_musl_interp, ALWAYS, NULL, VERDICT_REFUSES,
	    "the kernel is to start it by {}, which is not musl's loader", "Linux fs/binfmt_elf.c load_elf_binary" },
	{ ANDROID, not_bionic_interp, ALWAYS, NULL, VERDICT_REFUSES,
	    "the kernel is to start it by {}, which is not bionic's loader", "Linux fs/binfmt_elf.c load_elf_binary" },
	{ ANY_GLIBC, needs_musl, ALWAYS, NULL, VERDICT_REFUSES, "it needs {}, which is musl and not there",
	    "glibc elf/dl-load.c _dl_map_object" },
	{ ANY_GLIBC | ANY_MUSL | ANY_OSV, needs_strange_libc, ALWAYS, NULL, VERDICT_UNKNOWN,
	    "it was made for another system, by {}", "gABI DT_NEEDED, SHT_NOTE" },
	{ ANY_MUSL, needs_glibc_part, ALWAYS, NULL, VERDICT_REFUSES, "it needs {}, which is glibc's and musl has not",
	    "musl ldso/dynlink.c load_library, load_deps" },
	{ ANY_MUSL, needs_glibc_libc, ALWAYS, NULL, VERDICT_UNKNOWN,
	    "it was linked with glibc: musl stands in for libc.so.6, but may lack some of the {} imports",
	    "musl ldso/dynlink.c load_library, find_sym2" },
	{ ANY_ANDROID, needs_glibc_libc, ALWAYS, NULL, VERDICT_REFUSES,
	    "it needs glibc's libc.so.6, which bionic has not", "bionic linker/linker.cpp find_libraries" },
	{ GLIBC | MUSL, static_go_library, ALWAYS, NULL, VERDICT_UNKNOWN,
	    "a static program brings its libc, and which one it is, and what that gives Go's initializer, is not known",
	    "golang/go#13492" },

	/* ---- releases of glibc ---- */
	{ ANY_GLIBC, asks_glibc, BEFORE, NULL, VERDICT_REFUSES, "it asks for {}",
	    "glibc elf/dl-version.c match_symbol" },

	/* ---- initial-exec TLS in what dlopen brings ---- */
	{ GLIBC_DLOPEN, ie_small, ALWAYS, NULL, VERDICT_WHILE,
	    "{} bytes are free of the 1664 of static TLS that all libraries of dlopen share (initial-exec TLS)",
	    "glibc elf/dl-tls.c _dl_tls_static_surplus_init, elf/dl-reloc.c _dl_try_allocate_static_tls" },
	{ GLIBC_DLOPEN, ie_large, ALWAYS, NULL, VERDICT_REFUSES,
	    "its initial-exec TLS takes {} bytes of static TLS, and all libraries of dlopen share 1664, since 2.32 "
	    "more "
	    "where GLIBC_TUNABLES=glibc.rtld.optional_static_tls=N is set before the program starts",
	    "glibc elf/dl-tls.c _dl_tls_static_surplus_init, elf/dl-reloc.c _dl_try_allocate_static_tls" },
	{ GLIBC_DLOPEN, ie_aligned, ALWAYS, NULL, VERDICT_REFUSES,
	    "its initial-exec TLS wants an alignment of {}, and static TLS has 64 unless the program's own TLS has "
	    "more",
	    "glibc elf/dl-reloc.c _dl_try_allocate_static_tls" },
	{ MUSL_DLOPEN, ie_any, ALWAYS, NULL, VERDICT_REFUSES,
	    "initial-exec TLS of {} bytes: a library that dlopen brings gets no offset from the thread pointer",
	    "musl ldso/dynlink.c do_relocs, since 5c2f46a2 (2018)" },
	{ ANDROID_DLOPEN, ie_any, ALWAYS, NULL, VERDICT_REFUSES,
	    "initial-exec TLS of {} bytes: a library that dlopen brings gets no offset from the thread pointer",
	    "bionic linker/linker_relocate.cpp process_relocation_impl" },
	{ ANY_ANDROID, tls_relocations, BEFORE, "29", VERDICT_REFUSES, "it has {} relocations for thread-local storage",
	    "bionic android-changes-for-ndk-developers.md ELF TLS; docs/elf-tls.md" },
	{ ANDROID, underaligned, FROM, "29", VERDICT_REFUSES, "its TLS has an alignment of {}",
	    "bionic libc/bionic/bionic_elf_tls.cpp StaticTlsLayout::reserve_exe_segment_and_tcb" },

	/* ---- what initializers are given ---- */
	{ ANY_MUSL, go_entries, ALWAYS, NULL, VERDICT_DIES,
	    "musl calls initializers without argc, argv and envp, and Go's reads argv",
	    "musl ldso/dynlink.c do_init_fini; runtime _rt0_GOARCH_lib; golang/go#13492" },
	{ OSV_DLOPEN, go_entries, ALWAYS, NULL, VERDICT_DIES,
	    "OSv gives the initializers of a library that dlopen brings argc 0 and argv NULL, and Go's reads argv",
	    "OSv core/elf.cc program::get_library, init_library; cloudius-systems/osv#795" },
	{ GLIBC_DLOPEN, go_unloadable, ALWAYS, NULL, VERDICT_WHILE,
	    "nobody calls dlclose: DF_1_NODELETE is not set, and Go's threads run in what would be unmapped",
	    "glibc elf/dl-close.c _dl_close_worker" },

	/* ---- what glibc alone has behind the thread pointer ---- */
	{ ANY_MUSL | ANY_ANDROID, calls_sysinfo, ALWAYS, NULL, VERDICT_DIES,
	    "{} of Go's system calls go through %gs:0x10, where glibc alone keeps an entry of the kernel",
	    "glibc sysdeps/i386/nptl/tls.h tcbhead_t sysinfo; musl src/internal/pthread_impl.h; golang/go#14476" },

	/* ---- the rest of the file ---- */
	{ GLIBC_DLOPEN, exec_stack, FROM, "2.41", VERDICT_REFUSES,
	    "it wants an executable stack ({}) and the program has none",
	    "glibc NEWS for 2.41; elf/dl-load.c, elf/dl-execstack.c" },
	{ ANY_GLIBC | ANY_MUSL, text_relocations, ALWAYS, NULL, VERDICT_WHILE,
	    "no policy forbids to write to code (text relocations)",
	    "glibc elf/dl-reloc.c _dl_relocate_object; musl ldso/dynlink.c map_library" },
	{ ANY_ANDROID, text_relocations_64, ALWAYS, NULL, VERDICT_REFUSES,
	    "it has text relocations, which bionic never took in 64-bit files",
	    "bionic linker/linker.cpp soinfo::prelink_image; android-changes-for-ndk-developers.md" },
	{ ANY_ANDROID, text_relocations, FROM, "23", VERDICT_REFUSES, "it has text relocations",
	    "bionic linker/linker.cpp soinfo::link_image; android-changes-for-ndk-developers.md" },
	{ ANY_GLIBC, relr, BEFORE, "2.36", VERDICT_DIES,
	    "its relative relocations are packed (DT_RELR), and are passed over",
	    "glibc NEWS for 2.36; elf/dynamic-link.h ELF_DYNAMIC_DO_RELR" },
	{ ANY_MUSL, relr, BEFORE, "1.2.4", VERDICT_DIES,
	    "its relative relocations are packed (DT_RELR), and are passed over",
	    "musl WHATSNEW for 1.2.4; ldso/dynlink.c do_relr_relocs" },
	{ GLIBC_DLOPEN, fixed_program, ALWAYS, NULL, VERDICT_REFUSES, "it is a program at a fixed address",
	    "glibc elf/dl-load.c _dl_map_object_from_fd" },
	{ GLIBC_DLOPEN, flagged_pie, FROM, "2.30", VERDICT_REFUSES, "it is a program (DF_1_PIE)",
	    "glibc NEWS for 2.30 (bug 24323); elf/dl-load.c _dl_map_object_from_fd" },

	/* ---- Windows, macOS: the highest demand first, as the condition that is told ---- */
	{ WINDOWS, go_windows, BEFORE, NULL, VERDICT_UNKNOWN, "{} asks for it", "go.dev/doc/go1.11, go1.21 Ports" },
	{ WINDOWS, go_windows_calls, BEFORE, NULL, VERDICT_DIES, "{} ends the process without ProcessPrng",
	    "golang/go#64622; runtime/os_windows.go loadOptionalSyscalls" },
	{ WINDOWS, pe_floor, BEFORE, NULL, VERDICT_REFUSES, "its header asks for {}",
	    "PE format MajorSubsystemVersion" },
	{ MACOS, go_macos, BEFORE, NULL, VERDICT_UNKNOWN, "{} asks for it", "go.dev/doc/go1.11 to go1.27 Ports" },
	{ MACOS, macho_floor, BEFORE, NULL, VERDICT_UNKNOWN,
	    "it was built for {}: dyld loads it, and what it imports may not be there",
	    "mach-o/loader.h LC_BUILD_VERSION" },
};
const size_t loader_rule_count = sizeof loader_rules / sizeof loader_rules[0];
