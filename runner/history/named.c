#include "runner/history/named.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/setup/files.h"
#include "runner/store/session.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES HISTORY_FOLDER "/names"

enum { NAME_MOST = 64 };

static int is_name(const char *name)
{
	size_t len = strlen(name);
	return len && len <= NAME_MOST && !strchr(".-", *name) &&
	    strspn(name,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") == len;
}

int named_check(const char *name, struct diag *diag)
{
	struct version version;
	if (!is_name(name))
		return diag_set(diag, EINVAL,
		    "--name '%.80s': give 1 to %d letters, digits and . _ + -, none of . and - first", name, NAME_MOST);
	if (version_parse(name, &version) == 0)
		return diag_set(diag, EINVAL, "--name %s: is a Go release, and `compare` would not know which", name);
	return 0;
}

int named_set(const char *cache, const char *name, const char *out, struct diag *diag)
{
	char kept[KEPT_NAME], *folder = xprintf("%s/" NAMES, cache), *path = xprintf("%s/%s", folder, name);
	int error = kept_add(cache, out, kept, diag);
	if (error == -ENOENT)
		diag_set(
		    diag, ENOENT, "%s: the run there is not to be kept (`run --no-history`): it gets no name", out);
	if (!error) {
		char *line = xprintf("%s\n", kept);
		error = make_folders(folder);
		error = error ? error : file_write(path, line, strlen(line));
		if (error)
			diag_set(diag, -error, "%s: cannot write: %s: the run has no name", path, strerror(-error));
		free(line);
	}
	free(path);
	free(folder);
	return error;
}

/* " (names are: after, before)", or that there is none. */
static char *all_names(const char *cache)
{
	struct dirent **entry = NULL;
	struct buf text = BUF_INIT;
	char *folder = xprintf("%s/" NAMES, cache);
	int count = scandir(folder, &entry, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (is_name(entry[i]->d_name))
			buf_printf(&text, "%s %s", text.len ? "," : "", entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	free(folder);
	char *told = text.len ? xprintf("those that have one:%s", text.data) :
				xprintf("none has one: `tlsmatrix run --name NAME`");
	buf_free(&text);
	return told;
}

static int is_there(const char *cache, const char *kept)
{
	char *path = xprintf("%s/" HISTORY_FOLDER "/%s/plan.json.gz", cache, kept);
	int there = kept_is_name(kept) && file_exists(path);
	free(path);
	return there;
}

int named_find(const char *cache, const char *name, char kept[KEPT_NAME], struct diag *diag)
{
	char *path = xprintf("%s/" NAMES "/%s", cache, name), *text = NULL;
	size_t len = 0;
	int error = 0;
	if (is_there(cache, name)) {
		snprintf(kept, KEPT_NAME, "%s", name);
	} else if (!is_name(name) || file_read(path, &text, &len)) {
		char *names = all_names(cache);
		error = diag_set(diag, ENOENT, "%.200s: no kept run has this name; %s", name, names);
		free(names);
	} else {
		text[strcspn(text, "\n")] = '\0';
		if (is_there(cache, text))
			snprintf(kept, KEPT_NAME, "%s", text);
		else
			error = diag_set(diag, ESTALE, "%s: its run %.60s is not in %s/" HISTORY_FOLDER " any more",
			    name, text, cache);
	}
	free(text);
	free(path);
	return error;
}

/* What lies in a folder that is gone. */
static void without_logs(struct session *session, const char *name)
{
	for (size_t i = 0; i < session->view.count; i++) {
		struct cell_result *cell = &session->view.cells[i];
		free(cell->log);
		free(cell->build_log);
		cell->log = cell->build_log = NULL;
	}
	session->view.out_dir = name;
}

int named_load(const char *cache, const char *name, named_reader *reader, struct session *session, struct diag *diag)
{
	char kept[KEPT_NAME];
	int error = named_find(cache, name, kept, diag);
	if (error)
		return error;
	/* Below the cache: what a kill leaves there is swept with the rest. */
	char *base = xprintf("%s/tmp/named/%s", cache, kept), *folder = folder_aside(base, &error);
	if (!folder) {
		diag_set(diag, -error, "%s: cannot make: %s", base, strerror(-error));
	} else {
		error = kept_unpack(cache, kept, folder, diag);
		error = error ? error : reader(folder, session, diag);
		if (!error)
			without_logs(session, name);
		remove_tree(folder);
	}
	free(folder);
	free(base);
	return error;
}
