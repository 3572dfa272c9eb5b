/* rules.h - what is known of loaders, as a table: a condition over a file's facts, whose loader, what becomes of it.
 *
 * A row says nothing of files whose facts do not fulfil its condition.  A fact that is not known (null in
 * harness/inspect.h) makes the row's verdict "unknown", never "runs".  Every row names the function of the loader, or
 * the document, that it follows from; those that can be run on this machine are held against the real loaders by
 * tests/test_inspect_loaders.py, in both directions. */
#ifndef TLSMATRIX_HARNESS_LOADER_RULES_H
#define TLSMATRIX_HARNESS_LOADER_RULES_H

#include <jansson.h>
#include <stddef.h>

/* One bit each: a loader as it starts a program with all that it needs, or as it brings a library by dlopen. */
enum loader {
	GLIBC = 1,
	GLIBC_DLOPEN = 2,
	MUSL = 4,
	MUSL_DLOPEN = 8,
	ANDROID = 16,
	ANDROID_DLOPEN = 32,
	OSV = 64,
	OSV_DLOPEN = 128,
	WINDOWS = 256,
	MACOS = 512
};

/* From the best to the worst; the worst of a file's rows is its verdict. */
enum verdict {
	VERDICT_RUNS,
	VERDICT_WHILE,   /* runs while the row's condition on the process or on the loader's release holds */
	VERDICT_UNKNOWN, /* a fact that decides it is not known */
	VERDICT_DIES,    /* is loaded, and the process dies by it */
	VERDICT_REFUSES
};

/* Whose C library a file was linked with, by its interpreter and the name of libc that it needs. */
enum libc { LIBC_NONE, LIBC_GLIBC, LIBC_MUSL, LIBC_BIONIC, LIBC_MUSL_OR_BIONIC, LIBC_OTHER };

enum truth { NO, YES, NOT_KNOWN };

/* For which releases of the loader a row holds: all, those before one, those from one on. */
enum when { ALWAYS, BEFORE, FROM };

enum { DETAIL_SIZE = 128, RELEASE_SIZE = 32 };

/* What a condition found: a name or number for "{}" in the row's text, and where the file decides it the release for
 * "{release}" and for `when`. */
struct found { char detail[DETAIL_SIZE], release[RELEASE_SIZE]; };

struct rule {
	unsigned loaders; /* bits of enum loader */
	enum truth (*holds)(const json_t *facts, struct found *found);
	enum when when;
	const char *release; /* NULL: the condition finds it */
	enum verdict verdict;
	const char *text, *source;
};

extern const struct rule loader_rules[];
extern const size_t loader_rule_count;

/* ---- facts, read once here for rules and sentence ---- */

enum libc loader_libc(const json_t *facts);
/* Bytes of initial-exec TLS of the file's own variables, 0 where it asks for none. */
long long loader_ie_size(const json_t *facts);
/* Initializers that enter Go: their number, -1 where that is not known. */
long long loader_go_entries(const json_t *facts);
/* Has it an initializer at all to be a library of Go, or may it be one? */
int loader_is_library(const json_t *facts);
int loader_is_program(const json_t *facts);
int loader_is_linked(const json_t *facts); /* no object file, archive or core */
/* Does its stack become executable: PT_GNU_STACK, or that there is none and the processor's default? */
int loader_exec_stack(const json_t *facts);
/* The oldest glibc that has all versions which the file asks for; 0, or -ENOENT where it asks for none. */
int loader_glibc_floor(const json_t *facts, struct found *found);
/* "Windows 10", "macOS 12" (and the number alone): what the file's Go release needs, whatever the header says; 0, or
 * -ENOENT where that is not known or no such system's file. */
int loader_go_floor(const json_t *facts, struct found *found);

/* <0, 0, >0: releases of numbers and dots, "2.4" < "2.34". */
int release_order(const char *a, const char *b);

#endif
