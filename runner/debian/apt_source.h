/* apt_source.h - which archive does this machine's apt take Debian from?
 *
 * Another suite of the same archive (bullseye to sid) is fetched from the same mirror with the same keyring, so that
 * no mirror's name stands in this tree and apt checks the signatures as it does for the system itself. */
#ifndef TLSMATRIX_RUNNER_DEBIAN_APT_SOURCE_H
#define TLSMATRIX_RUNNER_DEBIAN_APT_SOURCE_H

struct diag;

struct apt_source {
	char *uri;       /* NULL: none found yet */
	char *signed_by; /* value of Signed-By, a key block with its line breaks included; NULL: apt's trusted keys */
	int score;       /* how sure it is that this is Debian's archive and not another one's with the same suite */
};

/* Takes the best entry of one file, in deb822 form (*.sources) or with one entry a line (*.list), whose suite is
 * codename or one of Debian's own names for a suite, if it is better than what source has. */
void apt_source_read(const char *text, int deb822, const char *codename, struct apt_source *source);

/* VERSION_CODENAME of an os-release, malloc'ed; NULL when there is none or ID is not debian. */
char *apt_source_codename(const char *os_release);

/* Reads FOLDER/sources.list and FOLDER/sources.list.d (FOLDER: /etc/apt).  0, or -ENOENT with a line in diag. */
int apt_source_find(const char *folder, const char *os_release_file, struct apt_source *source, struct diag *diag);

/* A source of one suite in deb822 form, malloc'ed. */
char *apt_source_text(const struct apt_source *source, const char *suite);

void apt_source_free(struct apt_source *source);

#endif
