/* inspect.h - what a file asks of a loader, as facts.
 *
 * inspect_file reads the file once and returns one JSON object, the same that `inspect --json`
 * prints and that report.json carries as "facts".  It reads ELF, PE, Mach-O, XCOFF, Plan 9 a.out
 * and wasm files, COFF and other object files, and archives of them (harness/format/).
 *
 * ---- Bounds
 *
 * Entries of a file may share a long name, and name nothing: a text has at most 4096 bytes, the last three "..."
 * where it was cut, and a list at most 256 entries (format.h FACTS_TEXT_MAX, FACTS_LIST_MAX), where nothing else is
 * said.  So the facts of any file are less than 8 MB, times six where every byte of a name is a control character that
 * JSON writes as \u001b.  Numbers are of all entries.  Memory is at most 32 times the size of the file and 64 MB:
 * tables of 32-bit files whose entries double when they are read, should all of them lie over each other; of a file
 * whose tables lie apart it is a quarter of that.
 *
 * ---- Keys of every format
 *
 * { "format": "elf|pe|coff|macho|xcoff|plan9|wasm|archive", "class": 32|64, "machine": STR, "arch": STR (GOARCH) or
 *     null,
 *   "type": "EXEC|DYN|REL|CORE|ARCHIVE",      DYN: a library or a PIE;  "pie": bool,
 *   "entry": N, "interp": STR|null, "soname": STR|null, "needed": [STR], "static": bool,
 *   "go": {"present": bool, "version": STR|null, "build": {STR: STR}|null},  what `go version -m` prints, its
 *       keys "path", "mod" and those of its build lines ("-buildmode", "CGO_ENABLED", "GOAMD64", "-ldflags") (1.18)
 *   "tls": {
 *     "model": "LE|IE|GD|LD|TLSDESC|FIXED|KEY|NONE|none",   of Go's slot, else of the strongest user in the file:
 *         FIXED  an offset from the thread pointer that the platform reserved, in the instruction (darwin/amd64
 *                %gs:0x30)
 *         KEY    an offset that start code asks the system for and keeps in runtime.tls_g (Windows, Android,
 *                Darwin/arm64), or an address that it keeps in _privates (Plan 9 on x86: a word of the stack, which
 *                processes do not share)
 *         NONE   Go reads no TLS: g is a global of the module (wasm); "none": nothing in the file does, or not known
 *     "at": STR,       where the slot is: an offset from the thread pointer in decimal ("-8"), "pt-tls" (an offset that
 *                      PT_TLS and C variables beside it decide), "loader" (IE: what the TPOFF relocation brings),
 *                      "gs:0x30" (FIXED),
 *                      "runtime.tls_g", "_privates" (KEY; "0x1234": the address of another word that has the
 *                          offset), "__tls_base" (wasm), "linker" (object files: not yet
 *                          placed), "mixed" (accesses that do not agree),
 *                      "unknown" (instructions of this machine are not read, or not known to be Go's), "none"; for ELF
 *                          harness/format/elf_access.h has
 *                          the rules
 *     "reloc": STR|null,  the relocation that denotes the slot: a dynamic one, or in an object file the linker's
 *     "form": "one|two|mixed|none|unknown",   instructions of a Go access: insn.h insn_form
 *     "insn": {...} as below },
 *   "init": {"go_entries": N|null,            initializers that enter Go: _rt0_*_lib; null: they have no names
 *     "c_calls": {"count": N, "off": N, "unknown": N}|null},  of PE, COFF and ELF: calls of C that the last of these
 *         makes, those of them with a stack pointer that is no multiple of 16, those where it is not known; null where
 *         its code was not read: harness/code/initializer.h
 *   "imports": {"count": N, "versions": {STR "GLIBC_2.34": N}, "symbols": [STR up to 64]},
 *   "floor": [STR] }                          what the file says that it needs at least: "Linux 3.2.0", "GLIBC_2.34",
 *                                             "GLIBC_ABI_DT_RELR",
 *                                             "macOS 12.0",
 *                                             "Windows 6.1", "FreeBSD 12.3"; [] where it says nothing (ELF:
 *                                                 harness/format/elf_floor.h)
 *
 * ---- Files without symbols
 *
 * Which code is Go's, and what its functions are called, Go's own function table tells (harness/code/pclntab.h); the
 * facts are the same then.  Where it is not found (garble changes its magic), in a file that is Go's, what hangs on it
 * is not known, and is null: insn.go_*, insn.c_*, insn.offsets_mixed, relocs.slot_*, init.go_entries; accesses are
 * counted in insn.unknown_le, _ie, _relaxed, _other, which are 0 otherwise.  In an ELF file without section headers it
 * is not known either which bytes beside Go's are code: insn.c_* alone is null.
 *
 * ---- One object more, named after the format, where it is not ELF
 *
 * "pe":     {"subsystem": STR, "image_base": N, "dll": bool, "dynamic_base": bool, "nx": bool,
 *            "tls_directory": {"start","end","index","callbacks": [N],"zero_fill","align"}|null,
 *            "slot_index": N|null (address of the word with the index or offset, runtime.tls_g), "teb_offsets": {STR
 *                "gs:0x58": N},
 *            "base_relocations": N, "wx_sections": N, "init_section": STR|null (".CRT$XCU", ".ctors"),
 *            "constructors": [{"address": N, "symbol": STR|null}] up to 64, that C's start code calls: Go's entry is
 *                among them, in a
 *            program that another linker finished as "main"}
 * "coff":   {"relocations": {STR: N}, "init_section": STR|null, "constructors": [...] as above}   an object file for
 *           Windows
 * "macho":  {"filetype": STR, "flags": [STR], "tlv": {"vars": N (descriptors), "data": N, "bss": N (bytes)},
 *     "fixed_gs": {STR "gs:0x30": N},
 *            "tpidrro": N (reads of TPIDRRO_EL0), "slot_index": N|null (address of runtime.tls_g),
 *            "mod_init": N, "chained_fixups": bool, "rebases": N, "binds": N,
 *            "textrel": bool (some in a segment mapped without write permission), "wx_segments": N, "slices":
 *                [STR]|null (fat file: arch of each) }
 *           imports.versions counts by library, "any library" in a flat namespace; init has "init_array" and facts have
 *           "stack" as in ELF files
 * "xcoff":  {"tls_sections": [STR], "loader_relocs": N, "loader_tls_relocs": {STR: N}, "init": STR|null, "toc": N}
 * "plan9":  {"magic": N, "text": N, "data": N, "bss": N, "syms": N, "header": N}
 * "wasm":   {"version": N, "start": N|null, "memory_min": N, "shared_memory": bool, "globals": N, "exports": [STR],
 *           "features": [STR],
 *            "reactor": bool (exports _initialize and no _start)}
 * "archive":{"members": [{"name", "format", "arch", "tls": {"model","at","reloc","form"}, "init": {...}}] up to 256,
 *     "count": N,
 *            "go_member": STR|null }          the facts above are those of the member with Go's code
 *
 * ---- And of ELF files.  All keys are always there unless noted.
 *
 * {
 *   "tls": {
 *     "segments": N, "size": N (p_memsz), "filesz": N, "align": N, "vaddr": N, "file_offset": N (p_offset),
 *     "section_align": N,               the strictest alignment that a section in it asks for; 0 without sections
 *     "symbols": [{"name","value","size","binding","defined"}],   STT_TLS
 *     "variables": {"all": N, "go": N, "c": N},  how many: STT_TLS; defined and named "runtime.*"; defined, not
 *                                       named so and not empty
 *     "slot": {"symbol": STR|null, "value": N|null, "size": N|null,
 *              "offset": N|null,        from the thread pointer, where the file fixes it
 *              "got": N|null,           address of the GOT word that a TPOFF relocation fills
 *              "insn_offset": N|null,   the offset that Go's instructions carry (LE or relaxed), or load from a GOT
 *                                       word that no relocation fills
 *              "external": bool },      the relocation names a global symbol that another module may define
 *     "relocs": {"tpoff": N, "dtpmod": N, "dtpoff": N, "tlsdesc": N, "slot_tpoff": N, "slot_dtp": N, "slot_desc": N,
 *                "foreign": N,            of tpoff, those for a variable that another module defines
 *                "names": {STR: N}},      the TLS relocations by name; of an object file those for the linker
 *     "insn": {"go_le": N, "go_ie": N, "go_relaxed": N, "c_le": N, "c_ie": N, "c_relaxed": N, "gd": N, "ld": N,
 *         "tlsdesc": N,
 *              "unknown_le": N, ...,    accesses of which it is not known whose they are (above)
 *              "go_other": N, "c_other": N,   accesses whose offset comes from where was not seen
 *              "offsets_mixed": bool,   Go's accesses carry offsets that differ; slot.insn_offset is then null
 *              "le_users": [STR up to 8 function names], "decoded": bool},
 *     "static_flag": bool, "users": [STR] },
 *   "init": {"init": N|null, "init_array": [{"address": N, "symbol": STR|null}] up to 256, "count": N (of
 *                them all), "fini_array": N, "preinit_array": N,
 *            "go_entries": N|null, "c_calls": {...}|null},
 *   "syscalls": {"int80": N, "gs:0x10": N}|null,   of 386: how often Go's code enters the kernel by int $0x80, and by
 *                                    call *%gs:0x10, where glibc alone keeps an entry; null: another processor, an
 *                                    object file, or it is not known which code is Go's
 *   "exports": {"count": N,          dynamic symbols that the file defines
 *               "main": bool,        one of them is main
 *               "go": [STR up to 64]},   by name, the functions that cgo exports to C (harness/format/elf_exports.h);
 *                                        of a PE image, which has "exports" too, all names
 *   "dynamic": {"flags": [STR], "flags_1": [STR], "nodelete": bool, "bind_now": bool, "symbolic": bool, "textrel":
 *       bool, "relr": bool (DT_RELR is there), "rpath": STR|null, "runpath": STR|null (as they are, with colons)},
 *   "load": {"segments": N (PT_LOAD), "lowest": N|null (p_vaddr), "congruent": bool (p_vaddr = p_offset modulo p_align,
 *            a power of two, in each), "ascending": bool (each begins behind the one before), "fits": bool (p_filesz
 *            within p_memsz), "align": N (the largest p_align)},
 *   "notes": {"go_build_ids": N, "gnu_build_ids": N,   in PT_NOTE segments
 *             "go_packages", "go_needed", "go_abi": "none"|"file"|"mapped"},   of a shared library of Go's: in a
 *                                                                           section alone, or in a PT_NOTE segment
 *   "symbols": {"count": N,          in .symtab; 0: stripped
 *               "dups": N},          named .dup, as cmd/link up to 1.6 called what it had twice
 *   "stack": {"present": bool, "exec": bool,  of PT_GNU_STACK, and of PT_SUNWSTACK "sun": bool, "sun_exec": bool},
 *   "relro": bool, "wx_segments": N,
 *   "relocs": {"count": N, "outside": N, "types": {STR: N}, "copy": N,
 *              "others": [STR]},       of the types those that no supplement has a loader apply
 *   "plt": {"entries": N,            as harness/code/plt.h finds them, by section: 0 in a file without sections
 *           "go_entries": N,        those that lead to a Go function
 *           "writes": [STR],        general registers that an entry writes before it jumps, by number
 *           "clobbers": [STR],      of these, those that carry arguments in Go's ABIInternal
 *           "decoded": bool},
 *   "imports": {"count": N, "versions": {STR "GLIBC_2.34": N}, "symbols": [STR up to 64],
 *               "needs": {STR "libc.so.6": [STR "GLIBC_2.34"]}} }
 *                                       needs: what the loader looks for before it binds a symbol, those
 *                                       flagged weak left out (gABI-GNU Elfxx_Verneed)
 *
 * The essay on TLS placement stands in harness/format/elf_tls.c.  Every offset and size of the file is
 * bounds-checked; a file cut anywhere gives an error or fewer facts, never a crash. */
#ifndef TLSMATRIX_HARNESS_INSPECT_H
#define TLSMATRIX_HARNESS_INSPECT_H

#include "matrix/base/bytes.h"

#include <jansson.h>

struct buf;
struct diag;

/* 0 and a new reference in *facts; -errno or -EBADMSG (no known format, truncated, malformed) and
 * "FILE: what: why" in diag.  *facts is left alone on failure. */
int inspect_file(const char *path, json_t **facts, struct diag *diag);

/* The same of bytes that were read, whose name is for messages. */
int inspect_bytes(const char *name, struct bytes bytes, json_t **facts, struct diag *diag);

/* Do they begin as a file of one of the formats does?  A few bytes are enough. */
int inspect_is_known(struct bytes bytes);

/* The facts as a page for people: one line a fact, grouped (TLS, initializers, relocations, ...). */
void inspect_print(const char *path, const json_t *facts, struct buf *out);

/* What a FILE check (matrix/checks.def) observes in the facts, in oracle.def's words, appended to
 * out; *note gets a malloc'ed line of detail or NULL.  0, or -ENOENT for an id that is no FILE check. */
int inspect_observe(const char *check, const json_t *facts, struct buf *out, char **note);

/* The slot's promise for the probe in the process (harness/probe/probe.h, TLSMATRIX_SLOT):
 * "le:OFFSET", "ie:GOT:VALUE", "ie-ext:GOT" or "none".  Appended to out. */
void inspect_promise(const json_t *facts, struct buf *out);

#endif
