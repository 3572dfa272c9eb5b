/* target.h - where an artifact runs: a small description and a way to start a program.
 *
 * The targets that tlsmatrix knows stand in runner/target/targets.ini; a user's own come from --targets FILE, in
 * the same form (libinih):
 *
 *   [NAME]
 *   kind = host | loader | wrapper | qemu-user | ssh | osv | pack
 *   goos, goarch   which cells fit: comma lists, goarch as cell ids have it ("arm,arm.5"); default: this machine's
 *   cells          a FILTER over the cells that fit, when it is not all of them
 *   links          which link modes: "all" (those of this machine), the default of host, loader and wrapper;
 *                  a comma list of names, default "internal,external"
 *   cc, cc-static  C compiler of programs that run here (of -static links), when it is not the port's own; a
 *                  -fsanitize= in it cgo hears of too
 *   trace          yes, no: does tlstrace see what runs here?  Default: yes for host and loader, processes of this
 *                  kernel; for a wrapper target_check.h finds out; else no
 *   scale          multiplies every time limit (1)
 *   version        command whose first line tells the version, when the kind does not know how to ask
 *   suite, packages   Debian packages, unpacked into the cache by `target get NAME` (pack.h)
 *   uses           sections of kind pack whose usr/bin is searched after PATH for the program that starts things
 *   needs          further programs without which nothing starts, by name or path: what the command's script runs
 *   debian         the Debian packages that bring these programs, where they are to be installed
 *   pypi           a package of PyPI that has to be in .venv
 *   note           a sentence for `target list`
 *   without        NAME of a target: this is it with a fault planted in it, and that is how `selfcheck` takes it
 *   seen-by        the checks that must be red for it, as a FILTER's check= has them; goes with without
 *
 *   loader      interpreter, library-path: the interpreter is started by hand (its --library-path)
 *   wrapper     command: words, of which {argv} is the program with its arguments
 *   qemu-user   qemu: the emulator, root: its -L (where the foreign libc lies)
 *   ssh         host: USER@HOST, ssh: the command (ssh), directory: where files go (/tmp/tlsmatrix)
 *   osv         tree: folder of a built OSv (else the variable TLSMATRIX_OSV_TREE), memory (512M), cpus (1)
 *   pack        nothing runs here: packages that other sections use
 *
 * {NAME} in a value is the folder of the packages of section NAME; {root} is the source tree, {cache} the cache,
 * {goroot} the release's and {machine} this machine's GOARCH.  A word or a part of a path list that begins with "./" is
 * relative to the folder of the INI file.
 * A line has at most 190 characters (libinih cuts longer ones).
 *
 * A target is missing when what it takes is not here: its cells are skipped, with a class ("not-installed",
 * "not-fetched", "no-tree") and the thing.  Of a section of the user's the interpreter, or the program that starts
 * things, must be here, else its cells are infra; what may be missing on some machines stands in its "needs".  One that
 * is here but cannot be believed (target_check.h) makes its cells infra. */
#ifndef TLSMATRIX_RUNNER_TARGET_TARGET_H
#define TLSMATRIX_RUNNER_TARGET_TARGET_H

#include "matrix/base/hash.h"
#include "matrix/cell.h"
#include "matrix/target_facts.h"

struct diag;
struct setup;

enum target_kind {
	TARGET_HOST,
	TARGET_LOADER,
	TARGET_WRAPPER,
	TARGET_QEMU_USER,
	TARGET_SSH,
	TARGET_OSV,
	TARGET_PACK,
	TARGET_KINDS
};

/* A text that is not given is NULL. */
struct target {
	char *name;
	enum target_kind kind;
	char *goos, *goarch, *cells, *links, *note;
	char *cc, *cc_static;
	char *interpreter, *library_path; /* loader */
	char *command;                    /* wrapper */
	char *qemu, *root;                /* qemu-user */
	char *host, *ssh, *directory;     /* ssh */
	char *tree, *memory;
	int cpus; /* osv */
	char *version, *suite, *packages, *uses, *needs, *debian, *pypi;
	char *without, *seen_by;
	double scale;
	int trace;   /* -1: its fact "trace" says it */
	int user;    /* from --targets */
	char *wants; /* names of the sections whose packages its values name, each followed by a blank */
	int line;    /* of its section in its file */
	const char *file;
	/* The rest is found out by target_look. */
	int looked;
	char *missing, *thing; /* class of a skip and what is not here; NULL when it is */
	int gettable;          /* `target get` would bring it */
	/* Why nothing can be judged there: it could not be fetched; what starts things on a user's own is not there. */
	char *broken;
	struct target_facts facts; /* found out by its check (runner/trial/target_check.h target_learn) */
	char key[HASH_HEX];        /* of everything here that decides a result: description and the files behind it */
};

struct targets {
	struct target *target;
	size_t count;
};

/* Reads runner/target/targets.ini and, unless NULL, the user's file: 0, -ENOENT or -EINVAL with "FILE:LINE: ..." in
 * diag. A user's section replaces a known one of the same name.  Free with targets_free. */
int targets_load(const struct setup *setup, const char *file, struct targets *targets, struct diag *diag);
void targets_free(struct targets *targets);

/* The target of a name; NULL for "none" and for names that nobody described. */
struct target *target_find(const struct targets *targets, const char *name);

/* Finds out whether what the target takes is here, and its key; once for the life of the process.
 * After `target get` in the same process, targets_forget lets all be looked at anew. */
void target_look(const struct setup *setup, struct target *target);
void targets_forget(struct targets *targets);

/* The next section, from *at on, whose packages the target takes (itself included) and that are not unpacked yet; NULL:
 * none is left.  Start with *at 0. */
const struct target *target_wants(const struct setup *setup, const struct target *target, size_t *at);

/* A program by the target's rules: in PATH, then in the packages that it uses; malloc'ed, NULL when it is in
 * neither. */
char *target_program(const struct setup *setup, const struct target *target, const char *name);

/* The C compiler that a cell's target prescribes, with {NAME} expanded, or NULL: the port's own. */
const char *target_cc(const struct target *target, const struct cell *cell);

/* "FILE:LINE: " of a section of the user's, "" of a known one; malloc'ed.  For lines about what is wrong with it. */
char *target_place(const struct target *target);

const char *target_kind_name(enum target_kind kind);

#endif
