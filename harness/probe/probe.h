/* probe.h - what code in the process under test needs; C, no allocation, libc and gcc only.
 * Builds with every C compiler that cgo can use; nothing here comes from the host side.
 *
 * The runner tells the probe what the file promised, by environment:
 *   TLSMATRIX_SLOT    le:OFF             slot = thread pointer + OFF (decimal, signed)
 *                     ie:GOT:VALUE       slot = thread pointer + *(module base + GOT), and
 *                                        = module's TLS block + VALUE (GOT and VALUE hex with 0x)
 *                     ie-ext:GOT         the same without the second half: another module defines it
 *                     key:PLACE          slot = TEB + *(module base + PLACE): Windows
 *                     none               the file says nothing
 *   TLSMATRIX_MODULE  path of the file that holds Go; empty for the program itself
 */
#ifndef TLSMATRIX_HARNESS_PROBE_H
#define TLSMATRIX_HARNESS_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* ---- the thread pointer and what hangs on it (harness/probe/tp.c) ---- */

uintptr_t probe_tp(void); /* amd64: FS base (asked of the CPU or the kernel, not read at %fs:0); arm64: TPIDR_EL0 */
uintptr_t probe_tp_word(void); /* the word at the thread pointer (amd64: %fs:0) */
uintptr_t probe_canary(void);  /* amd64: %fs:0x28; elsewhere __stack_chk_guard or 0 */

/* ---- the slot (harness/probe/slot.c) ---- */

struct probe_slot {
	int known;       /* 0: TLSMATRIX_SLOT is none or malformed */
	intptr_t offset; /* from the thread pointer; for ie the GOT word as it is now */
	uintptr_t block; /* the module's TLS block in this thread (dl_iterate_phdr), 0 if not to be had */
	size_t block_size;
	int agrees; /* ie: GOT word and block + VALUE name the same address; le: always 1 */
};

void probe_slot_find(struct probe_slot *slot); /* for the calling thread */
uintptr_t probe_slot_address(void);            /* thread pointer + promised offset, 0 if unknown */
uintptr_t probe_slot_value(void);              /* the word there, as it is now */

/* Whether what dl_iterate_phdr shows after so many others is the program, which is the first (dl_iterate_phdr(3)).
 * glibc gives it an empty name besides, and shows none in a namespace of dlmopen; musl gives it the path that it was
 * started by, or "/proc/self/exe" when it is static. */
struct dl_phdr_info;
int probe_is_program(const struct dl_phdr_info *info, size_t visited);

/* ---- records (harness/probe/record.c; the format is in harness/record.h) ---- */

void probe_begin(const char *id);
void probe_obs(const char *id, const char *observed, const char *note);
void probe_skip(const char *id, const char *skip_class, const char *reason);
void probe_end(void);

/* ---- C __thread variables beside Go (harness/probe/neighbours.c) ---- */

/* Sizes 1..65536 and alignments 1..4096 with initial images; compiled into the program, or into a
 * library of its own where Go's module cannot carry them (TLS of a dlopened IE module comes from
 * glibc's static surplus, 1664 bytes).  All work on the calling thread's copies. */
int probe_image_ok(void);             /* every variable still reads as its initial image (before any touch) */
void probe_sizes_fill(unsigned seed); /* write a pattern into each size */
const char *probe_sizes_kept(unsigned seed, char *out, size_t len); /* "1,2,4,...": sizes whose pattern is whole */
const char *probe_aligns_ok(char *out, size_t len);                 /* "1,2,4,...": alignments that hold */

/* ---- sabotage: where a control makes a check fail ---- */

/* Asked at the points where a control may interfere, with the check's id and the point's name.
 * In a normal build it is a constant 0 (control_off.c); the control build (cases/control/) answers 1
 * where TLSMATRIX_CONTROL is "ID" or "ID:POINT". */
int probe_control(const char *id, const char *point);

#endif
