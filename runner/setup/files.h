/* files.h - folders and small files: where things lie, and writing so that nothing is half-written.
 * Functions return 0 or -errno; texts they give are malloc'ed for the caller. */
#ifndef TLSMATRIX_RUNNER_SETUP_FILES_H
#define TLSMATRIX_RUNNER_SETUP_FILES_H

#include <stddef.h>
#include <sys/types.h>

struct diag;

/* Where this run lives.  All absolute, without a trailing slash. */
struct places {
	char *root;  /* the source tree, or PREFIX/share/tlsmatrix: cases/ and harness/probe/ are read from here */
	char *bin;   /* the folder of tlsmatrix and tlstrace */
	char *out;   /* --out, default ROOT/../out as seen from the program: "out" in the working folder */
	char *cache; /* --cache, default $XDG_CACHE_HOME/tlsmatrix or ~/.cache/tlsmatrix; "" when there is no home */
};

/* Finds root and bin from the program's own path and takes out and cache from the options (NULL:
 * default).  Nothing is made on disk.  0 or -errno with a line in diag. */
int places_find(const char *out, const char *cache, struct places *places, struct diag *diag);
/* Can it be built from the source tree in the cache, and what is built there be run?  -EINVAL with a line in diag
 *   for a path with a character that cgo's flags, a linker's -Wl, a shell or LD_PRELOAD take for something else (the
 *     tree's is not in -Wl and LD_PRELOAD, and may have blanks, commas, colons, dollars and backslashes), or of a
 *     cache so long that names below it would be cut (CACHE_PATH_MAX);
 *   for a cache that somebody else could put his programs in the place of: one of the folders from "/" to it, links
 *     followed, that is neither ours nor root's, or that without the sticky bit everybody may write to, or a group
 *     that is not root's or ours alone: it bears the user's name and lists nobody else. */
int places_check(const struct places *places, struct diag *diag);
/* Tried with c-shared preloaded and mode=shared: they hold at 1024 and do not at 2000, where the command line of a host
 * (program, library, the checks' ids) is longer than the 4096 bytes that cases/hosts/ctor.c reads of it. */
enum { CACHE_PATH_MAX = 1024 };
void places_free(struct places *places);

/* A path seen from the working folder as one from "/"; links are not followed. */
char *path_absolute(const char *path);

/* A link of that name in a folder, which is made with it; anew when it leads elsewhere.  Others may be making the same
 * one. */
int link_place(const char *folder, const char *name, const char *path);

int make_folders(const char *path); /* mkdir -p */
int remove_tree(const char *path);  /* rm -rf; never follows links */
/* A folder that others may be making at the same time: fill the one that folder_aside names and makes
 * (malloc'ed name; NULL with *error), then folder_settle moves it into place, or removes it when error
 * is set or somebody else was first, and frees the name.  Returns error, or -errno of the move. */
char *folder_aside(const char *path, int *error);
int folder_settle(char *aside, const char *path, int error);
/* The same for a file: made anew under a name that nobody could foresee and lay a link at, opened for writing
 * (descriptor, or -errno without a name); to be closed before it settles.  What stands at path is replaced, a
 * link too: it is not followed. */
int file_aside(const char *path, mode_t mode, char **aside);
int file_settle(char *aside, const char *path, int error);

int file_read(const char *path, char **text, size_t *len);
int file_write(const char *path, const char *text, size_t len); /* aside; -ENOSPC leaves the old file */
int file_exists(const char *path);
int file_copy(const char *from, const char *to); /* aside; keeps the mode; reflink where the file system can */

/* The process that holds a lock (flock) on an open file; -1 when /proc/locks does not name it. */
pid_t file_holder(int fd);

/* Says that a file of the cache is in use: its time is its last use, set when it is more than a day old.  Nothing for a
 * file that is not there. */
void file_used(const char *path);

/* Content hash of a file, remembered for the life of the process by path.  "" when unreadable. */
const char *file_hash(const char *path);

/* Size and time of a file, added to hash: enough to see that a package was exchanged, and the same wherever that
 * package is unpacked.  Nothing for a file that is not there. */
struct hash;
void file_sign(struct hash *hash, const char *path);

/* The real path of a program in a list of folders as in PATH (NULL: the one that children get, ENV_PATH), or of one
 * that is named with a slash, as execvp(3) has it; malloc'ed, NULL when it is in none. */
char *program_find(const char *name, const char *path);

/* A name for a cell's files: the id with everything but [A-Za-z0-9.+-] as '_'. */
void file_name_of(const char *id, char *name, size_t size);

#endif
