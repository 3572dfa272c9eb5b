/* inspect.h - what an ELF file asks of a loader, as facts.
 *
 * inspect_file reads the file once and returns one JSON object, the same that `inspect --json`
 * prints and that report.json carries as "facts".  All keys are always there unless noted.
 *
 * { "format": "elf", "class": 64, "machine": "x86-64", "arch": "amd64" (GOARCH or null), "type": "EXEC|DYN|REL|CORE",
 *   "pie": bool, "entry": N, "interp": STR|null, "soname": STR|null, "needed": [STR], "static": bool,
 *   "go": {"present": bool, "version": STR|null},
 *   "tls": {
 *     "model": "LE|IE|GD|LD|TLSDESC|none",   of Go's slot, else of the strongest user in the file
 *     "segments": N, "size": N (p_memsz), "filesz": N, "align": N, "vaddr": N, "file_offset": N (p_offset),
 *     "section_align": N,               the strictest alignment that a section in it asks for; 0 without sections
 *     "symbols": [{"name","value","size","binding","defined"}],   all STT_TLS
 *     "slot": {"symbol": STR|null, "value": N|null, "size": N|null,
 *              "offset": N|null,        from the thread pointer, where the file fixes it
 *              "got": N|null,           address of the GOT word that a TPOFF relocation fills
 *              "insn_offset": N|null,   the offset that Go's instructions carry (LE or relaxed)
 *              "external": bool },      the relocation names a global symbol that another module may define
 *     "relocs": {"tpoff": N, "dtpmod": N, "dtpoff": N, "tlsdesc": N, "slot_tpoff": N, "slot_dtp": N, "slot_desc": N,
 *                "foreign": N,            of tpoff, those for a variable that another module defines
 *                "names": {STR: N}},
 *     "insn": {"go_le": N, "go_ie": N, "go_relaxed": N, "c_le": N, "c_ie": N, "c_relaxed": N, "gd": N, "ld": N, "tlsdesc": N,
 *              "go_other": N, "c_other": N,   accesses whose offset comes from where was not seen
 *              "offsets_mixed": bool,   Go's accesses carry offsets that differ; slot.insn_offset is then null
 *              "le_users": [STR up to 8 function names], "decoded": bool},
 *     "static_flag": bool, "users": [STR] },
 *   "init": {"init": N|null, "init_array": [{"address": N, "symbol": STR|null}], "fini_array": N, "preinit_array": N,
 *            "go_entries": N},
 *   "dynamic": {"flags": [STR], "flags_1": [STR], "nodelete": bool, "bind_now": bool, "symbolic": bool, "textrel": bool},
 *   "stack": {"present": bool, "exec": bool}, "relro": bool, "wx_segments": N,
 *   "relocs": {"count": N, "outside": N, "types": {STR: N}, "copy": N},
 *   "plt": {"entries": N,            as harness/elf_plt.h finds them, by section: 0 in a file without sections
 *           "go_entries": N,        those that lead to a Go function
 *           "writes": [STR],        general registers that an entry writes before it jumps, by number
 *           "clobbers": [STR],      of these, those that carry arguments in Go's ABIInternal
 *           "decoded": bool},
 *   "imports": {"count": N, "versions": {STR "GLIBC_2.34": N}, "symbols": [STR up to 64]} }
 *
 * The essay on TLS placement stands in harness/elf_tls.c.  Every offset and size of the file is
 * bounds-checked; a file cut anywhere gives an error or fewer facts, never a crash. */
#ifndef TLSMATRIX_HARNESS_INSPECT_H
#define TLSMATRIX_HARNESS_INSPECT_H

#include <jansson.h>

struct buf;
struct diag;

/* 0 and a new reference in *facts; -errno or -EBADMSG (not an ELF file, truncated, malformed) and
 * "FILE: what: why" in diag.  *facts is left alone on failure. */
int inspect_file(const char *path, json_t **facts, struct diag *diag);

/* The facts as a page for people: one line a fact, grouped (TLS, initializers, relocations, ...). */
void inspect_print(const char *path, const json_t *facts, struct buf *out);

/* What a FILE check (matrix/checks.def) observes in the facts, in oracle.def's words, appended to
 * out; *note gets a malloc'ed line of detail or NULL.  0, or -ENOENT for an id that is no FILE check. */
int inspect_observe(const char *check, const json_t *facts, struct buf *out, char **note);

/* The slot's promise for the probe in the process (harness/probe/probe.h, TLSMATRIX_SLOT):
 * "le:OFFSET", "ie:GOT:VALUE", "ie-ext:GOT" or "none".  Appended to out. */
void inspect_promise(const json_t *facts, struct buf *out);

#endif
