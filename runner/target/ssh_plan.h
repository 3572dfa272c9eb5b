/* ssh_plan.h - what of a launch goes to another machine, and how it is called there.
 *
 * Words of the command line, and parts between colons of values of the environment, that name something in the
 * cache go along: a file as it is, a folder with the shared libraries in it (what a loader looks for in
 * LD_LIBRARY_PATH).  They keep their path, below a folder of their own for each set of files:
 *
 *   DIRECTORY/files/HASH           contents, each once, named by what is in them
 *   DIRECTORY/KEY/PATH             a set: links to files; KEY is the hash of all its paths and contents
 *   DIRECTORY/KEY/.complete        made last, so that a set is there wholly or not at all
 *   DIRECTORY/run/NONCE            working folder of one start, with its HOME; gone after it
 *
 * Nothing there is ever written over, so that several runs may share a directory. */
#ifndef TLSMATRIX_RUNNER_TARGET_SSH_PLAN_H
#define TLSMATRIX_RUNNER_TARGET_SSH_PLAN_H

#include "matrix/base/hash.h"
#include "runner/process/env.h"
#include "runner/process/script.h"

struct ssh_file {
	char *path;              /* here; there it is DIRECTORY/KEY + path */
	char hash[HASH_HEX + 2]; /* "" for a folder; "-x" is appended for what can be executed */
};

struct ssh_plan {
	const char *directory;
	struct ssh_file *file; /* sorted by path, no path twice */
	size_t count;
	char key[HASH_HEX];
	struct argv argv; /* as it is there */
	struct env env;
};

/* cache: what lies below this folder goes along.  0, or -errno with *path (malloc'ed) a file that cannot be read. */
int ssh_plan_make(const char *cache, const char *directory, const struct argv *argv, const struct env *env,
    struct ssh_plan *plan, char **path);
void ssh_plan_free(struct ssh_plan *plan);

struct ssh_start {
	const struct ssh_plan *plan;
	const char *nonce; /* in every mark, so that nothing else can look like one */
	const char *sent;  /* folder below the directory that holds files just sent, or NULL */
	int seconds;       /* time limit there */
};

/* The script for the other side's sh, which reads it from stdin and takes the end of stdin for the end of
 * whoever asked.  It prints marks "\n#tlsm-ssh:NONCE WORDS\n":
 *   start            on stdout and stderr: what follows is the program's
 *   need HASH...     these contents are not there; nothing was started
 *   fail WORDS       it could not do its part
 *   end exit N       the program's end; all of its processes are gone.  Also: end signal N, end late 0;
 *                    followed by " left PID (NAME)..." when it left processes behind */
void ssh_script(const struct ssh_start *start, struct buf *out);

#endif
