#include "runner/trial/batch.h"

#include "matrix/base/glob.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Which checks may skip, and with which class. */
static const struct skip_row {
	const char *class, *checks;
} skips[] = {
#define SKIP(class, checks, meaning) { class, checks },
#include "runner/trial/skips.def"
#undef SKIP
};

static int may_skip(const char *check, const char *class)
{
	for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++)
		if (strcmp(skips[i].class, class) == 0 && glob_match(skips[i].checks, check))
			return 1;
	return 0;
}

/* The first reason stays. */
static void __attribute__((format(printf, 2, 3))) spoil(struct batch_check *check, const char *format, ...)
{
	va_list args;
	if (check->state != BATCH_SPOILED) {
		va_start(args, format);
		vsnprintf(check->why, sizeof(check->why), format, args);
		va_end(args);
	}
	check->state = BATCH_SPOILED;
	check->record = NULL;
}

struct walk {
	const struct check *const *asked;
	size_t count;
	struct batch_check *said;
	size_t next;   /* the check that should begin next; the one before it is being made */
	size_t harmed; /* garbled lines and lost records before the last record */
};

static struct batch_check *current(const struct walk *walk) { return walk->next ? &walk->said[walk->next - 1] : NULL; }

/* A number that no check has: it was not asked for. */
static size_t number_of(const struct walk *walk, const char *id)
{
	size_t i = 0;
	while (i < walk->count && strcmp(walk->asked[i]->id, id) != 0)
		i++;
	return i;
}

/* What came to harm before this point belongs to the check that was being made.  Was there any? */
static int count_harm(struct walk *walk, size_t harmed)
{
	size_t more = harmed - walk->harmed;
	if (more && current(walk))
		spoil(current(walk), "%zu of its records garbled or lost", more);
	walk->harmed = harmed;
	return more > 0;
}

/* The check of that number is the one that is being made from now on; those before it were passed over. */
static struct batch_check *advance(struct walk *walk, size_t number)
{
	for (; walk->next < number; walk->next++)
		spoil(&walk->said[walk->next], "its records did not come, those of a later check did");
	walk->next = number + 1;
	return &walk->said[number];
}

/* A record that has no place here: neither the check that is being made is believed nor the one that it names. */
static void reject(struct walk *walk, const struct record *record, size_t number)
{
	if (number < walk->count)
		spoil(&walk->said[number], "a record of it came when it was not being made");
	if (current(walk))
		spoil(current(walk), "a record of %.100s came, which was not being made", record->id);
}

/* Can the next check have begun?  When the one before is done, or its own records came to harm. */
static int may_begin(const struct walk *walk, int harm)
{
	return harm || !current(walk) || current(walk)->state >= BATCH_SAID;
}

static void take_begin(struct walk *walk, const struct record *record, size_t number, int harm)
{
	if (number == walk->count || number < walk->next || !may_begin(walk, harm)) {
		reject(walk, record, number);
		return;
	}
	struct batch_check *check = advance(walk, number);
	if (check->state == BATCH_SILENT)
		check->state = BATCH_OPEN;
}

static void take_report(struct walk *walk, const struct record *record, size_t number, int harm)
{
	struct batch_check *check = number < walk->count ? &walk->said[number] : NULL;
	if (!check || (check != current(walk) && (number != walk->next || !may_begin(walk, harm)))) {
		reject(walk, record, number);
	} else if (check != current(walk)) {
		spoil(advance(walk, number), "it reported and had not begun");
	} else if (check->state == BATCH_SAID) {
		spoil(check, "it reported twice: %.60s, %.60s", check->record->text, record->text);
	} else if (check->state == BATCH_OPEN) {
		check->state = BATCH_SAID;
		check->record = record;
		if (record->kind == RECORD_SKIP && !may_skip(record->id, record->text))
			spoil(check, "it skips for the class '%.60s', which is none of its own", record->text);
	}
}

void batch_read(const struct check *const *asked, size_t count, const struct records *records, struct batch_check *said)
{
	struct walk walk = { .asked = asked, .count = count, .said = said };
	memset(said, 0, count * sizeof(*said));
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->record[i];
		size_t number = number_of(&walk, record->id);
		int harm = count_harm(&walk, record->harmed);
		if (record->kind == RECORD_BEGIN)
			take_begin(&walk, record, number, harm);
		else
			take_report(&walk, record, number, harm);
	}
	count_harm(&walk, records->garbled + records->lost);
}

size_t batch_settled(const struct batch_check *said, size_t count)
{
	size_t settled = 0;
	while (settled < count && said[settled].state >= BATCH_SAID)
		settled++;
	return settled;
}
