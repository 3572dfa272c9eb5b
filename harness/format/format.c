/* format.c - which reader a file needs, and the facts that all of them write the same way. */
#include "harness/format/format.h"
#include "matrix/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which format -------------------------------------------------------------------------- */

struct magic {
	const char *bytes;
	size_t size;
	format_reader *reader;
};

static const struct magic magics[] = {
	{ "\177ELF", 4, elf_facts },
	{ "MZ", 2, pe_facts },
	{ "\xce\xfa\xed\xfe", 4, macho_facts },
	{ "\xcf\xfa\xed\xfe", 4, macho_facts }, /* MH_MAGIC, MH_MAGIC_64, little-endian */
	{ "\xca\xfe\xba\xbe", 4, macho_facts },
	{ "\xca\xfe\xba\xbf", 4, macho_facts }, /* FAT_MAGIC, FAT_MAGIC_64 */
	{ "\x01\xdf", 2, xcoff_facts },
	{ "\x01\xf7", 2, xcoff_facts }, /* U802TOCMAGIC, U64_TOCMAGIC */
	{ "\0asm", 4, wasm_facts },
	{ "!<arch>\n", 8, archive_facts },
	{ "<bigaf>\n", 8, archive_facts },
	{ "\0\0\x01\xeb", 4, plan9_facts },
	{ "\0\0\x8a\x97", 4, plan9_facts },
	{ "\0\0\x06\x47", 4, plan9_facts }, /* 386, amd64, arm: a.out(6) */
	{ "\x4c\x01", 2, coff_facts },
	{ "\x64\x86", 2, coff_facts },
	{ "\x64\xaa", 2, coff_facts }, /* IMAGE_FILE_MACHINE_* */
	{ "\xc4\x01", 2, coff_facts },
	{ "\0\0\xff\xff", 4, coff_facts }, /* ARMNT; bigobj and import objects */
};

/* A class file has FAT_MAGIC and then its version, 45 and more (JVM specification 4.1), where a fat file has the number
 * of its slices: there are fewer architectures than that. */
static int is_java(struct bytes file)
{
	enum { OLDEST = 45 };
	struct bytes big = { file.data, file.size, 1 };
	return bytes_number(&big, 0, 4) == 0xcafebabe && bytes_number(&big, 4, 4) >= OLDEST;
}

format_reader *format_reader_of(struct bytes file)
{
	if (is_java(file))
		return NULL;
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (bytes_have(&file, 0, magics[i].size) && !memcmp(file.data, magics[i].bytes, magics[i].size))
			return magics[i].reader;
	return NULL;
}

/* ---- facts --------------------------------------------------------------------------------- */

/* Into out, with its NUL; returns the length.  No character is cut in half. */
static size_t cut(const char *text, size_t size, char out[FACTS_TEXT_MAX + 1])
{
	static const char mark[] = "...";
	size_t kept = size > FACTS_TEXT_MAX ? FACTS_TEXT_MAX - (sizeof mark - 1) : size;
	while (kept && kept < size && (text[kept] & 0xc0) == 0x80)
		kept--;
	memcpy(out, text, kept);
	size_t marked = kept < size ? sizeof mark - 1 : 0;
	memcpy(out + kept, mark, marked);
	out[kept + marked] = 0;
	return kept + marked;
}

json_t *facts_bytes(const char *text, size_t size)
{
	char short_text[FACTS_TEXT_MAX + 1];
	json_t *value = text ? json_stringn(short_text, cut(text, size, short_text)) : NULL;
	return value ? value : json_null();
}

json_t *facts_text(const char *text) { return facts_bytes(text, text ? strnlen(text, FACTS_TEXT_MAX + 1) : 0); }

void facts_list(json_t *list, const char *text)
{
	if (json_array_size(list) < FACTS_LIST_MAX)
		json_array_append_new(list, facts_text(text));
}

void facts_count(json_t *object, const char *name, size_t count)
{
	char key[FACTS_TEXT_MAX + 1];
	cut(name, strnlen(name, FACTS_TEXT_MAX + 1), key);
	json_int_t before = json_integer_value(json_object_get(object, key));
	if (json_object_set_new(object, key, json_integer(before + (json_int_t)count)))
		json_object_set_new(object, "?", json_integer((json_int_t)count));
}

int format_is_go_entry(const char *name)
{
	enum { LONGEST = 64 }; /* of one or two words each, _rt0_GOARCH_GOOS_lib */
	size_t length = name ? strnlen(name, LONGEST) : 0;
	return length > 9 && length < LONGEST && !strncmp(name, "_rt0_", 5) && !strcmp(name + length - 4, "_lib");
}

/* A string behind its length in groups of seven bits (encoding/binary Uvarint); *at moves behind it.  Empty where it
 * does not fit. */
static struct bytes counted(const struct bytes *info, uint64_t *at)
{
	uint64_t length = 0;
	for (unsigned shift = 0; shift < 35 && bytes_have(info, *at, 1); shift += 7) {
		unsigned char byte = info->data[(*at)++];
		length |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		struct bytes text = bytes_part(info, *at, length);
		*at += length;
		return text.size == length ? text : (struct bytes){ 0 };
	}
	return (struct bytes){ 0 };
}

/* The two strings that cmd/link puts 32 bytes into the build information since go1.18 (debug/buildinfo:
 * flagsVersionInl): the release, and what runtime/debug.BuildInfo is made of, between two marks of 16 bytes. */
static int go_strings(const struct bytes *info, struct bytes *version, struct bytes *module)
{
	static const char magic[] = "\xff Go buildinf:";
	enum { MARK = 16, STRINGS = 32 };
	uint64_t at = STRINGS;
	if (info->size <= STRINGS || memcmp(info->data, magic, sizeof magic - 1) || !(info->data[15] & 2))
		return -ENOENT;
	*version = counted(info, &at);
	struct bytes marked = counted(info, &at);
	*module = marked.size > 2 * MARK ? bytes_part(&marked, MARK, marked.size - 2 * MARK) : (struct bytes){ 0 };
	return version->size ? 0 : -ENOENT;
}

/* One line of it, "build\tKEY=VALUE", "path\tPATH", "mod\tPATH\tVERSION\tSUM" (runtime/debug BuildInfo.String); those
 * of dependencies are passed over. */
static void build_line(json_t *build, const char *line, size_t size)
{
	static const struct {
		const char *start, *key;
		char end; /* of a key that the line has */
	} kinds[] = { { "build\t", NULL, '=' }, { "path\t", "path", 0 }, { "mod\t", "mod", 0 } };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t start = strlen(kinds[i].start);
		if (size <= start || memcmp(line, kinds[i].start, start))
			continue;
		const char *rest = line + start,
			   *equal = kinds[i].key ? NULL : memchr(rest, kinds[i].end, size - start);
		char key[64];
		if (!kinds[i].key && (!equal || (size_t)(equal - rest) >= sizeof key))
			return;
		snprintf(key, sizeof key, "%.*s", kinds[i].key ? (int)strlen(kinds[i].key) : (int)(equal - rest),
		    kinds[i].key ? kinds[i].key : rest);
		const char *value = equal ? equal + 1 : rest;
		if (json_object_size(build) < FACTS_LIST_MAX)
			json_object_set_new(build, key, facts_bytes(value, (size_t)(line + size - value)));
		return;
	}
}

static json_t *go_build(struct bytes module)
{
	json_t *build = json_object();
	while (module.size) {
		const char *line = (const char *)module.data, *end = memchr(line, '\n', module.size);
		size_t size = end ? (size_t)(end - line) : module.size;
		build_line(build, line, size);
		module = bytes_part(&module, end ? size + 1 : size, module.size);
	}
	return build;
}

struct bytes facts_find_buildinfo(struct bytes data, uint64_t address)
{
	static const char magic[] = "\xff Go buildinf:";
	enum { ALIGN = 16 };
	for (struct bytes rest = data;;) {
		int64_t found = bytes_find(&rest, magic, sizeof magic - 1);
		if (found < 0)
			return (struct bytes){ 0 };
		rest = bytes_part(&rest, (uint64_t)found, rest.size);
		if ((address + (uint64_t)(rest.data - data.data)) % ALIGN == 0)
			return rest;
		rest = bytes_part(&rest, 1, rest.size);
	}
}

json_t *facts_go(struct bytes buildinfo, int has_runtime)
{
	struct bytes version, module;
	int told = go_strings(&buildinfo, &version, &module) == 0;
	return json_pack("{s:b,s:o,s:o}", "present", has_runtime || buildinfo.size, "version",
	    told ? facts_bytes((const char *)version.data, version.size) : json_null(), "build",
	    told && module.size ? go_build(module) : json_null());
}

/* "WHOSE_le" and so on; null where it is not known whose they are. */
static void add_counts(json_t *insn, const char *whose, const size_t counts[ACCESS_COUNT], int known)
{
	static const char *const forms[ACCESS_COUNT] = {
		[ACCESS_LE] = "le", [ACCESS_IE] = "ie", [ACCESS_RELAXED] = "relaxed", [ACCESS_OTHER] = "other"
	};
	for (size_t i = 0; i < ACCESS_COUNT; i++) {
		char key[32];
		snprintf(key, sizeof key, "%s_%s", whose, forms[i]);
		json_object_set_new(insn, key, known ? json_integer((json_int_t)counts[i]) : json_null());
	}
}

json_t *facts_insn(const struct insn_scan *scan)
{
	json_t *users = json_array();
	for (size_t i = 0; i < scan->le_user_count && i < LE_USERS_MAX; i++)
		json_array_append_new(users, facts_text(scan->le_users[i]));
	json_t *insn = json_object();
	add_counts(insn, "go", scan->go, !scan->is_unknown);
	add_counts(insn, "c", scan->c, !scan->is_unknown && !scan->c_unknown);
	add_counts(insn, "unknown", scan->unknown, 1);
	json_t *rest = json_pack("{s:I,s:I,s:I,s:o,s:o,s:b}", "gd", (json_int_t)scan->gd, "ld", (json_int_t)scan->ld,
	    "tlsdesc", (json_int_t)scan->tlsdesc, "le_users", users, "offsets_mixed",
	    scan->is_unknown ? json_null() : json_boolean(scan->offset.mixed), "decoded", scan->decoded);
	json_object_update(insn, rest);
	json_decref(rest);
	return insn;
}

json_t *facts_tls(const struct access_words *words, const struct insn_scan *scan)
{
	return json_pack("{s:s,s:s,s:o,s:s,s:o}", "model", words->model, "at", words->at, "reloc",
	    facts_text(words->reloc), "form", insn_form(scan), "insn", facts_insn(scan));
}

/* ---- code ---------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	const struct code_function *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

void format_sort(struct code_function *functions, size_t count)
{
	if (count)
		qsort(functions, count, sizeof *functions, by_address);
}

/* The number of the first at or above an address. */
static size_t function_from(const struct code_function *functions, size_t count, uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (functions[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *format_function_at(const struct code_function *functions, size_t count, uint64_t address)
{
	size_t at = function_from(functions, count, address);
	return at < count && functions[at].address == address ? functions[at].name : NULL;
}

void format_narrow(struct format_code *code)
{
	size_t first = function_from(code->functions, code->count, code->address);
	size_t end = function_from(code->functions, code->count, code->address + code->code.size);
	code->functions += first;
	code->count = end > first ? end - first : 0;
}

void format_scan(struct insn_scan *scan, struct format_code *code)
{
	format_sort(code->functions, code->count);
	uint64_t end = code->address + code->code.size, at = code->address;
	size_t next = 0;
	while (next < code->count && code->functions[next].address < at)
		next++;
	const char *name = "?";
	while (at < end) {
		while (next < code->count && code->functions[next].address == at)
			name = code->functions[next++].name;
		uint64_t stop =
		    next < code->count && code->functions[next].address < end ? code->functions[next].address : end;
		int is_go = code->go_all || (at >= code->go_start && at < code->go_end);
		insn_scan_function(scan, name, is_go, at, code->code.data + (at - code->address), (size_t)(stop - at));
		at = stop;
	}
}
