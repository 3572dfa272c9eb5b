#include "matrix/version.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Reads a decimal number without leading zeros; NULL when there is none.  Six digits are more
 * than any release has and cannot overflow. */
static const char *read_number(const char *text, int *number)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 6 || (text[0] == '0' && digits > 1))
		return NULL;
	*number = 0;
	for (size_t i = 0; i < digits; i++)
		*number = *number * 10 + (text[i] - '0');
	return text + digits;
}

/* Reads "beta1", "rc2" at text: the stage's number, -1 when no stage stands there. */
static int read_stage(const char **text)
{
	static const char *const stages[] = { "beta", "rc" };
	for (int stage = 0; stage < 2; stage++) {
		size_t len = strlen(stages[stage]);
		if (strncmp(*text, stages[stage], len) == 0) {
			*text += len;
			return stage;
		}
	}
	return -1;
}

const char *version_bare(const char *text) { return text + (strncmp(text, "go", 2) == 0 ? 2 : 0); }

static int is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return len && !text[len];
}

int version_parse(const char *text, struct version *version)
{
	struct version read = { .stage = VERSION_RELEASE };
	text = read_number(version_bare(text), &read.major);
	if (text && *text == '.') {
		text = read_number(text + 1, &read.minor);
		if (text && *text == '.') {
			text = read_number(text + 1, &read.patch);
		} else if (text && *text && *text != '-') {
			read.stage = read_stage(&text);
			text = read_number(text, &read.stage_number); /* NULL where no stage stood: no digit does */
		}
	}
	if (!text || (*text && *text != '-') || (*text && !is_name(text + 1)))
		return -EINVAL;
	*version = read;
	return 0;
}

const char *version_suffix(const char *text) { return text + strcspn(text, "-"); }

int version_is_minor(const char *text)
{
	const char *dot = strchr(text, '.');
	return dot && dot[1] && dot[1 + strspn(dot + 1, "0123456789")] == '\0';
}

int version_range(const char *text, struct version *low, struct version *high)
{
	char first[32], last[32];
	const char *dots = strstr(text, ".."), *star = strstr(text, ".*");
	if (*version_suffix(text))
		return -EINVAL;
	size_t len = dots ? (size_t)(dots - text) : star && !star[2] ? (size_t)(star - text) : strlen(text);
	struct version ends[2];
	if (len >= sizeof(first) || (dots && strlen(dots + 2) >= sizeof(last)))
		return -EINVAL;
	memcpy(first, text, len);
	first[len] = '\0';
	strcpy(last, dots ? dots + 2 : first);
	if (version_parse(first, &ends[0]) || version_parse(last, &ends[1]) || (star && !version_is_minor(first)))
		return -EINVAL;
	if (version_is_minor(last))
		ends[1].patch = INT_MAX;
	*low = ends[0];
	*high = ends[1];
	return 0;
}

int version_since(const char *text, int minor)
{
	struct version version;
	return version_parse(text, &version) == 0 &&
	    (version.major > 1 || (version.major == 1 && version.minor >= minor));
}

static int order(int a, int b) { return (a > b) - (a < b); }

int version_compare(const struct version *a, const struct version *b)
{
	const int left[] = { a->major, a->minor, a->patch, a->stage, a->stage_number };
	const int right[] = { b->major, b->minor, b->patch, b->stage, b->stage_number };
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if (left[i] != right[i])
			return order(left[i], right[i]);
	return 0;
}

int version_same_minor(const struct version *a, const struct version *b)
{
	return a->major == b->major && a->minor == b->minor;
}

int version_order(const char *a, const char *b)
{
	struct version x, y;
	int bad_x = version_parse(a, &x), bad_y = version_parse(b, &y);
	if (bad_x || bad_y)
		return bad_x && bad_y ? strcmp(a, b) : (bad_x != 0) - (bad_y != 0);
	int d = version_compare(&x, &y);
	return d ? d : strcmp(version_suffix(a), version_suffix(b));
}

int version_bootstrap(int minor) { return minor < 20 ? 4 : minor < 22 ? 17 : (minor - 2) & ~1; }
