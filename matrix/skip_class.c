#include "matrix/skip_class.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/nearest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define SKIP_CLASS(name, meaning) name,
#include "matrix/skip_classes.def"
#undef SKIP_CLASS
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const char *word(size_t i) { return names[i]; }

static int is_class(const char *name)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return 0;
}

static int refuse(const char *name, struct diag *diag)
{
	struct buf hint = BUF_INIT;
	const char *near = nearest_word(name, word, NAMES);
	if (near)
		buf_printf(&hint, "did you mean '%s'?", near);
	for (size_t i = 0; !near && i < NAMES; i++)
		buf_printf(&hint, "%s%s", i ? " " : "known: ", names[i]);
	int error = diag_set(diag, EINVAL, "--forbid-skip: unknown class '%s'; %s", name, hint.data);
	buf_free(&hint);
	return error;
}

int skip_classes_check(const char *list, struct diag *diag)
{
	int error = 0;
	for (const char *at = list; !error && *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		char *name = xprintf("%.*s", (int)len, at);
		if (!is_class(name))
			error = refuse(name, diag);
		free(name);
		at += len;
	}
	return error;
}
