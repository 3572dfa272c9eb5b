/* The known-good and the known-bad program of a target (runner/trial/target_check.h), and the prober of its facts.
 *
 *	PROGRAM good NUMBER     says NUMBER+1 and, of the number in TLSMATRIX_TARGET, that number+1; exit 0
 *	PROGRAM bad NUMBER      says NUMBER-1 and exits 3: a target must be seen to tell it from the good one
 *	PROGRAM words WORD...   says its words and TLSMATRIX_WORDS as they arrived
 *	PROGRAM facts NAME...   the facts of these names (facts.h), in this order; where it dies, the rest is asked
 *	                        again
 *	PROGRAM facts           their names
 *
 * main.go is the same for targets without a C compiler. */
#include "cases/target/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/probe/probe.h"

static void say_number(const char *id, const char *given, int more)
{
	char text[32];
	snprintf(text, sizeof text, "%llu", given ? strtoull(given, NULL, 10) + (unsigned long long)more : 0ull);
	probe_obs(id, text, "");
}

static int tell_facts(char **names)
{
	if (!*names)
		for (const struct fact *fact = facts; fact->name; fact++)
			probe_begin(fact->name);
	for (; *names; names++) {
		char text[FACT_MAX] = "";
		const struct fact *fact = facts;
		while (fact->name && strcmp(fact->name, *names) != 0)
			fact++;
		if (!fact->name)
			return 64;
		probe_begin(fact->name);
		fact->tell(text);
		probe_obs(fact->name, text, "");
	}
	return 0;
}

static void say_words(char **words)
{
	for (int i = 0; words[i]; i++) {
		char id[24];
		snprintf(id, sizeof id, "word-%d", i);
		probe_obs(id, words[i], "");
	}
	probe_obs("variable", getenv("TLSMATRIX_WORDS"), "");
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	int status = 0;
	facts_start(argc, argv);
	if (strcmp(kind, "good") == 0 && argc > 2) {
		say_number("number", argv[2], 1);
		say_number("variable", getenv("TLSMATRIX_TARGET"), 1);
	} else if (strcmp(kind, "bad") == 0 && argc > 2) {
		say_number("number", argv[2], -1);
		status = 3;
	} else if (strcmp(kind, "words") == 0) {
		say_words(argv + 2);
	} else if (strcmp(kind, "facts") == 0) {
		status = tell_facts(argv + 2);
	} else {
		return 64;
	}
	probe_end();
	/* Not return: what hangs in exit handlers is another question. */
	_Exit(status);
}
