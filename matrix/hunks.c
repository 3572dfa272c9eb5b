#include "matrix/hunks.h"

#include "matrix/base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Behind n lines; NULL when there are fewer.  A last line without its end is one. */
static const char *skip_lines(const char *text, size_t n)
{
	for (; n && *text; n--) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n ? NULL : text;
}

/* "d12 3" or "a12 3": its letter, numbers and what is behind the line; 0 for anything else. */
static char read_command(const char **text, size_t *line, size_t *lines)
{
	const char *at = *text;
	char kind = *at, *end;
	if ((kind != 'a' && kind != 'd') || at[1] < '0' || at[1] > '9')
		return 0;
	*line = strtoul(at + 1, &end, 10);
	if (*end != ' ' || end[1] < '1' || end[1] > '9')
		return 0;
	*lines = strtoul(end + 1, &end, 10);
	if (*end != '\n')
		return 0;
	*text = end + 1;
	return kind;
}

static struct hunk *add_hunk(struct hunk **hunks, size_t *count, size_t after)
{
	*hunks = xrealloc(*hunks, (*count + 1) * sizeof(**hunks));
	struct hunk *hunk = &(*hunks)[(*count)++];
	*hunk = (struct hunk){ .after = after, .adds = xstrdup("") };
	return hunk;
}

int hunks_read(const char *diff, struct hunk **hunks, size_t *count)
{
	struct hunk *found = NULL;
	size_t n = 0, line = 0, lines = 0, done = 0;
	while (*diff) {
		char kind = read_command(&diff, &line, &lines);
		const char *behind = kind == 'a' ? skip_lines(diff, lines) : diff;
		struct hunk *last = n ? &found[n - 1] : NULL;
		int joins = kind == 'a' && last && last->deletes && !*last->adds && last->after + last->deletes == line;
		if (!kind || !behind || (kind == 'd' && !line) || line < done) {
			hunks_free(found, n);
			return -EINVAL;
		}
		struct hunk *hunk = joins ? last : add_hunk(&found, &n, kind == 'd' ? line - 1 : line);
		if (kind == 'd')
			hunk->deletes = lines;
		if (kind == 'a') {
			free(hunk->adds);
			hunk->adds = xprintf("%.*s", (int)(behind - diff), diff);
		}
		done = hunk->after + hunk->deletes;
		diff = behind;
	}
	*hunks = found;
	*count = n;
	return 0;
}

void hunks_free(struct hunk *hunks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(hunks[i].adds);
	free(hunks);
}

int hunks_apply(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, struct buf *out)
{
	struct buf text = BUF_INIT;
	size_t line = 0;
	for (size_t i = 0; i < count; i++) {
		if (!in[i])
			continue;
		const char *at = hunks[i].after >= line ? skip_lines(old, hunks[i].after - line) : NULL,
			   *behind = at ? skip_lines(at, hunks[i].deletes) : NULL;
		if (!behind) {
			buf_free(&text);
			return -EINVAL;
		}
		buf_add_bytes(&text, old, (size_t)(at - old));
		buf_add(&text, hunks[i].adds);
		line = hunks[i].after + hunks[i].deletes;
		old = behind;
	}
	buf_add(&text, old);
	buf_add(out, text.data);
	buf_free(&text);
	return 0;
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n' || !text[1];
	return lines;
}

size_t hunks_at(const struct hunk *hunks, size_t count, const unsigned char *in, size_t line)
{
	size_t added = 0, deleted = 0;
	for (size_t i = 0; i < count; i++) {
		if (!in[i])
			continue;
		size_t before = hunks[i].after + added - deleted, lines = lines_of(hunks[i].adds);
		if (line > before && line <= before + lines)
			return i;
		added += lines;
		deleted += hunks[i].deletes;
	}
	return count;
}
