#include "runner/debian/apt_source.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\r\n";

/* ---- words ------------------------------------------------------------------------------------ */

static int has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list + strspn(list, blanks); *p; p += strcspn(p, blanks), p += strspn(p, blanks))
		if (strcspn(p, blanks) == len && strncmp(p, word, len) == 0)
			return 1;
	return 0;
}

/* Is there a suite of Debian's own among the words?  Third parties name theirs "bookworm" or "stable" too: see
 * score_of. */
static int has_suite(const char *list, const char *codename)
{
	static const char *const names[] = { "stable", "oldstable", "oldoldstable", "testing", "unstable", "sid" };
	if (has_word(list, codename))
		return 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has_word(list, names[i]))
			return 1;
	return 0;
}

static int ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);
	return len >= n && strncmp(text + len - n, end, n) == 0;
}

/* Debian's archive is signed by keys of debian-archive-keyring and lies on its mirrors in a folder "debian". */
static int score_of(const char *uri, const char *suites, const char *codename, const char *signed_by)
{
	size_t len = strlen(uri);
	while (len && uri[len - 1] == '/')
		len--;
	return 1 + has_word(suites, codename) + 2 * ends_with(uri, len, "/debian") +
	    4 * (signed_by && strstr(signed_by, "debian-archive"));
}

struct entry { char *types, *uris, *suites, *components, *signed_by, *enabled; };

static void entry_free(struct entry *entry)
{
	free(entry->types);
	free(entry->uris);
	free(entry->suites);
	free(entry->components);
	free(entry->signed_by);
	free(entry->enabled);
	*entry = (struct entry){ NULL };
}

/* Takes the entry if it is better than what is there, and empties it. */
static void offer(struct entry *entry, const char *codename, struct apt_source *source)
{
	int whole = entry->types && entry->uris && entry->suites && entry->components;
	if (whole && has_word(entry->types, "deb") && has_word(entry->components, "main") &&
	    has_suite(entry->suites, codename) &&
	    !(entry->enabled && (strcasecmp(entry->enabled, "no") == 0 || strcasecmp(entry->enabled, "false") == 0))) {
		char *uri = xprintf("%.*s", (int)strcspn(entry->uris, blanks), entry->uris);
		int score = score_of(uri, entry->suites, codename, entry->signed_by);
		if (*uri && score > source->score) {
			apt_source_free(source);
			*source = (struct apt_source){ xstrdup(uri), entry->signed_by, score };
			entry->signed_by = NULL;
		}
		free(uri);
	}
	entry_free(entry);
}

/* ---- the two forms ------------------------------------------------------------------------------ */

static char **field_of(struct entry *entry, const char *line, size_t len)
{
	const struct {
		const char *name;
		char **to;
	} fields[] = {
		{ "Types", &entry->types },
		{ "URIs", &entry->uris },
		{ "Suites", &entry->suites },
		{ "Components", &entry->components },
		{ "Signed-By", &entry->signed_by },
		{ "Enabled", &entry->enabled },
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == len && strncasecmp(fields[i].name, line, len) == 0)
			return fields[i].to;
	return NULL;
}

/* Stanzas with a blank line between them; a line that begins with a blank goes on with the field above. */
static void read_deb822(char *text, const char *codename, struct apt_source *source)
{
	struct entry entry = { NULL };
	char **field = NULL;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		if (!line[strspn(line, blanks)]) {
			offer(&entry, codename, source);
			field = NULL;
		} else if (*line == ' ' || *line == '\t') {
			char *longer = field && *field ? xprintf("%s\n%s", *field, line) : NULL;
			if (longer) {
				free(*field);
				*field = longer;
			}
		} else if (*line != '#') {
			char *colon = strchr(line, ':');
			field = colon ? field_of(&entry, line, (size_t)(colon - line)) : NULL;
			if (field) {
				free(*field);
				*field = xstrdup(colon + 1 + strspn(colon + 1, " \t"));
				(*field)[strcspn(*field, "\r")] = '\0';
			}
		}
	}
	offer(&entry, codename, source);
}

/* deb [option=value ...] URI SUITE COMPONENT... */
static void read_line(char *line, const char *codename, struct apt_source *source)
{
	struct entry entry = { NULL };
	line[strcspn(line, "#\r")] = '\0';
	char *p = line + strspn(line, blanks);
	size_t len = strcspn(p, blanks);
	entry.types = xprintf("%.*s", (int)len, p);
	p += len + strspn(p + len, blanks);
	char *close = *p == '[' ? strchr(p, ']') : NULL;
	if (close) {
		char *by = strstr(p, "signed-by=");
		*close = '\0';
		if (by && by < close) {
			by += strlen("signed-by=");
			entry.signed_by = xprintf("%.*s", (int)strcspn(by, blanks), by);
		}
		p = close + 1 + strspn(close + 1, blanks);
	}
	len = strcspn(p, blanks);
	entry.uris = xprintf("%.*s", (int)len, p);
	p += len + strspn(p + len, blanks);
	len = strcspn(p, blanks);
	entry.suites = xprintf("%.*s", (int)len, p);
	entry.components = xstrdup(p + len);
	offer(&entry, codename, source);
}

void apt_source_read(const char *text, int deb822, const char *codename, struct apt_source *source)
{
	char *copy = xstrdup(text);
	if (deb822) {
		read_deb822(copy, codename, source);
	} else {
		for (char *rest = copy, *line; (line = strsep(&rest, "\n"));)
			read_line(line, codename, source);
	}
	free(copy);
}

char *apt_source_codename(const char *os_release)
{
	char *copy = xstrdup(os_release), *codename = NULL;
	int debian = 0;
	for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
		char *value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		value += *value == '"';
		value[strcspn(value, "\"\r")] = '\0';
		if (strcmp(line, "ID") == 0)
			debian = strcmp(value, "debian") == 0;
		if (strcmp(line, "VERSION_CODENAME") == 0 && !codename)
			codename = xstrdup(value);
	}
	free(copy);
	if (!debian) {
		free(codename);
		codename = NULL;
	}
	return codename;
}

/* ---- this machine --------------------------------------------------------------------------------- */

static void read_file(const char *path, const char *codename, struct apt_source *source)
{
	char *text = NULL;
	size_t len = strlen(path);
	int deb822 = ends_with(path, len, ".sources");
	if ((deb822 || ends_with(path, len, ".list")) && file_read(path, &text, NULL) == 0)
		apt_source_read(text, deb822, codename, source);
	free(text);
}

int apt_source_find(const char *folder, const char *os_release_file, struct apt_source *source, struct diag *diag)
{
	struct apt_source found = { NULL, NULL, 0 };
	char *text = NULL, *codename = file_read(os_release_file, &text, NULL) == 0 ? apt_source_codename(text) : NULL;
	free(text);
	if (!codename)
		return diag_set(diag, ENOENT,
		    "%s: this machine is no Debian, so its apt does not know Debian's suites: describe the loader "
		    "yourself in a --targets file",
		    os_release_file);
	char *list = xprintf("%s/sources.list", folder), *parts = xprintf("%s/sources.list.d", folder);
	struct dirent **entries;
	read_file(list, codename, &found);
	int n = scandir(parts, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *path = xprintf("%s/%s", parts, entries[i]->d_name);
		read_file(path, codename, &found);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	int error = found.uri ?
	    0 :
	    diag_set(diag, ENOENT,
		"%s: no source of Debian %s with component main: packages come from the mirror that is named there",
		list, codename);
	if (!error)
		*source = found;
	free(parts);
	free(list);
	free(codename);
	return error;
}

char *apt_source_text(const struct apt_source *source, const char *suite)
{
	struct buf out = BUF_INIT;
	buf_printf(&out, "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n", source->uri, suite);
	if (source->signed_by)
		buf_printf(&out, "Signed-By: %s\n", source->signed_by);
	return buf_take(&out);
}

void apt_source_free(struct apt_source *source)
{
	free(source->uri);
	free(source->signed_by);
	*source = (struct apt_source){ NULL, NULL, 0 };
}
