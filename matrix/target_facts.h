/* target_facts.h - what a target was found to be, as far as rules and filters ask for it (libc=, kernel=, emulator=).
 *
 * A rule about a libc, a kernel or an emulator names that and no target: a loader of somebody's own that is a musl is
 * judged as musl is.  runner/trial/target_check.h finds it out; "glibc 2.36" is "glibc-2.36" here, "Linux 6.1.0-9
 * x86_64" is "Linux-6.1.0-9", "qemu-i386 version 7.2.22 (Debian ...)" is "qemu-i386-7.2.22". */
#ifndef TLSMATRIX_MATRIX_TARGET_FACTS_H
#define TLSMATRIX_MATRIX_TARGET_FACTS_H

#include <jansson.h>

struct target_facts {
	int known;         /* 0: not found out yet; a filter leaves its tests open then */
	char libc[64];     /* "" when it has none, or it could not be told */
	char kernel[96];   /* of uname, as the program sees it */
	char emulator[96]; /* what runs the program and is no kernel: QEMU, valgrind, Wine; "" for none */
};

/* From the facts that target_check.h tells of a target that was believed, {NAME:TEXT}.  NULL, of one that is not here
 * or was not believed: nothing is known. */
void target_facts_take(const json_t *found, struct target_facts *facts);

#endif
