/* fetching.h - says on stderr how the fetching of a release goes. */
#ifndef TLSMATRIX_RUNNER_CMD_FETCHING_H
#define TLSMATRIX_RUNNER_CMD_FETCHING_H

/* A fetch_say (release_fetch.h): on a terminal one line that is drawn anew; elsewhere a line for what is new, and one
 * every ten seconds. */
void fetching_tell(const char *version, const char *doing, long long bytes);

/* Takes the line of a terminal away. */
void fetching_done(void);

#endif
