/* filter_fields.c - the fields of a filter, their values, and the help that is made from them. */
#include "matrix/filter_node.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/result.h"

#include <string.h>
#include <strings.h>

static const char *cgo_word(size_t i) { return i ? "1" : "0"; }
static const char *mode_word(size_t i) { return mode_name((enum mode)i); }
static const char *link_word(size_t i) { return link_name((enum link)i); }
static const char *load_word(size_t i) { return load_name((enum load)i); }
static const char *check_word(size_t i) { return checks[i].id; }
/* A result is asked for by its status or by its verdict. */
static const char *status_word(size_t i)
{
	return i < STATUS_COUNT ? status_name((enum status)i) : verdict_name((enum verdict)(i - STATUS_COUNT));
}

const struct filter_field filter_fields[FIELD_COUNT] = {
	[FIELD_GO] = { "go", NULL, 0, 0, "go=1.5..1.27",
	    "a kept release; go=1.21 is every 1.21; go>1.21 begins with 1.22" },
	[FIELD_OS] = { "os", NULL, 0, 0, "os=linux,windows", "GOOS" },
	[FIELD_ARCH] = { "arch", NULL, 0, 0, "arch=arm.*",
	    "GOARCH; arch=arm with all its variants, arch=arm.5 is one" },
	[FIELD_MODE] = { "mode", mode_word, MODE_COUNT, 1, "mode=c-shared,plugin", NULL },
	[FIELD_CGO] = { "cgo", cgo_word, 2, 1, "cgo=0", "CGO_ENABLED: 0 1" },
	[FIELD_LINK] = { "link", link_word, LINK_COUNT, 1, "link=external*", NULL },
	[FIELD_TARGET] = { "target", NULL, 0, 0, "target=host,musl-*",
	    "of `tlsmatrix target list`; none: built and inspected alone" },
	[FIELD_LOAD] = { "load", load_word, LOAD_COUNT, 1, "load=dlopen*", NULL },
	[FIELD_LIBC] = { "libc", NULL, 0, 0, "libc=musl-*", "what the target was found to have: glibc-2.36" },
	[FIELD_KERNEL] = { "kernel", NULL, 0, 0, "kernel=Linux-6.*", "the same" },
	[FIELD_EMULATOR] = { "emulator", NULL, 0, 0, "emulator=qemu-*", "the same; also valgrind and Wine" },
	[FIELD_CHECK] = { "check", check_word, (size_t)-1, 0, /* checks_count, which is no constant here */
	    "check=tls.*", "`tlsmatrix list --checks`" },
	[FIELD_STATUS] = { "status", status_word, (size_t)STATUS_COUNT + VERDICT_COUNT, 0, "status=fail", NULL },
};

const struct filter_other filter_other_fields[] = {
	{ "goos", "os" },
	{ "goarch", "arch" },
	{ "cpu", "arch" },
	{ "buildmode", "mode" },
	{ "cgo_enabled", "cgo" },
	{ "linkmode", "link" },
	{ "linker", "link" },
	{ "ld", "link" },
	{ "loader", "target" },
	{ "version", "go" },
	{ "release", "go" },
	{ "verdict", "status" },
	{ NULL, NULL },
};

/* Names of uname(1), of distributions and of users. */
const struct filter_other filter_other_values[] = {
	{ "x86_64", "amd64" },
	{ "x86-64", "amd64" },
	{ "x64", "amd64" },
	{ "i386", "386" },
	{ "i686", "386" },
	{ "x86", "386" },
	{ "aarch64", "arm64" },
	{ "armhf", "arm" },
	{ "armv7l", "arm" },
	{ "ppc64el", "ppc64le" },
	{ "loongarch64", "loong64" },
	{ "macos", "darwin" },
	{ "osx", "darwin" },
	{ "win", "windows" },
	{ "bfd", "external" },
	{ "gold", "external-gold" },
	{ "lld", "external-lld" },
	{ "mold", "external-mold" },
	{ "so", "c-shared" },
	{ "ok", "pass" },
	{ NULL, NULL },
};

const char *filter_field_word(size_t i) { return filter_fields[i].name; }

size_t filter_words(enum field field) { return field == FIELD_CHECK ? checks_count : filter_fields[field].count; }

const char *filter_nearest(const char *text, const struct filter_other *others, nearest_word_fn *known, size_t count)
{
	for (; others->word; others++)
		for (size_t i = 0; i < count && strcasecmp(others->word, text) == 0; i++)
			if (strcmp(known(i), others->ours) == 0)
				return known(i);
	return nearest_word(text, known, count);
}

/* ---- help ------------------------------------------------------------------------------------------ */

enum { COLUMN_EXAMPLE = 12, COLUMN_MEANING = 34, WIDTH = 100 };

static void add_words(struct buf *out, enum field field)
{
	size_t column = COLUMN_MEANING;
	for (size_t i = 0; i < filter_words(field); i++) {
		const char *word = filter_fields[field].word(i);
		if (column + strlen(word) + 1 > WIDTH) {
			buf_printf(out, "\n%*s", COLUMN_MEANING, "");
			column = COLUMN_MEANING;
		}
		buf_printf(out, "%s%s", column == COLUMN_MEANING ? "" : " ", word);
		column += strlen(word) + (column != COLUMN_MEANING);
	}
}

void filter_help(struct buf *out)
{
	buf_add(out,
	    "A filter is one expression, in quotes for the shell: 'mode=c-shared & !load=dlmopen | go<1.21'\n"
	    "  FIELD=VALUE,VALUE   any of them, with * and ? as in the shell; != none of them\n"
	    "  go<1.21  <= > >=    go alone has an order; go=1.5..1.27 from the first to the last\n"
	    "  & | ! ( )           and, or, not; words of their own are joined by &\n"
	    "  a cell's id         that cell, as reports print it\n");
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct filter_field *field = &filter_fields[i];
		buf_printf(
		    out, "%-*s%-*s", COLUMN_EXAMPLE, field->name, COLUMN_MEANING - COLUMN_EXAMPLE, field->example);
		if (field->meaning)
			buf_add(out, field->meaning);
		else
			add_words(out, (enum field)i);
		buf_add(out, "\n");
	}
}
