/* entry.h - an entry of the cache: a folder that is complete or absent.
 *
 * It is filled beside its place, under a lock that a second run which makes the same waits for, and moved there when it
 * is whole and on the disk.  `.sum` in it is a checksum over the names, modes and contents of its files: what was
 * changed, cut or lost since is not whole, and so is made again.  Links in it are not part of the sum.
 *
 * A task that is killed leaves PATH.new and an unlocked PATH.lock behind: the next one that makes the entry takes
 * both. */
#ifndef TLSMATRIX_RUNNER_SETUP_ENTRY_H
#define TLSMATRIX_RUNNER_SETUP_ENTRY_H

struct diag;

struct entry {
	char *path;  /* where it will be */
	char *aside; /* where it is filled: exists and is empty after entry_begin */
	int lock;
};

/* Begins to make the entry at an absolute path.  0: fill entry->aside, then call entry_end.  1: it is there already and
 * whole, perhaps since somebody else has just made it; nothing more is to be done.  again: made in any case.
 * -errno with a line in diag, -EWOULDBLOCK when another process has been making it for half an hour. */
int entry_begin(const char *path, int again, struct entry *entry, struct diag *diag);

/* Ends it: with error 0 the folder is summed, synced and moved into its place, else it is thrown away.  Returns error,
 * or -errno of the move with a line in diag; frees what entry holds. */
int entry_end(struct entry *entry, int error, struct diag *diag);

/* The file that holds its checksum; malloc'ed. */
char *entry_sum(const char *path);

/* Says that the entry is in use (files.h file_used); entry_begin does where it is there. */
void entry_used(const char *path);

/* Removes an entry and its lock, which nobody may hold.  0 or -errno. */
int entry_remove(const char *path);

/* Is the entry there and as it was made?  Reads all of it. */
int entry_is_whole(const char *path);

#endif
