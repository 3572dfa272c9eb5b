#include "runner/process/disturbance.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { BUILDS = DISTURBED_BUILDS, PROGRAMS = DISTURBED_PROGRAMS, BOTH = BUILDS | PROGRAMS };

static const struct {
	struct disturbance is;
	int who, signal; /* 0: by words */
	const char *words, *unless;
} rules[] = {
#define SAYS(name, error, again, who, words, unless) { { name, error, again }, who, 0, words, unless },
#define SIGNAL(name, again, signal) { { name, EINTR, again }, 0, signal, NULL, NULL },
#include "runner/process/disturbances.def"
#undef SAYS
#undef SIGNAL
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

const struct disturbance disturbance_late = { "late", ETIMEDOUT, 0 };

static int says(const char *output, const char *words, const char *unless)
{
	for (const char *at = output; (at = strcasestr(at, words)); at += strlen(words))
		if (!*unless || strncasecmp(at + strlen(words), unless, strlen(unless)) != 0)
			return 1;
	return 0;
}

const struct disturbance *disturbance_said(enum disturbed who, const char *output)
{
	for (size_t i = 0; i < RULES; i++)
		if ((rules[i].who & (int)who) && says(output, rules[i].words, rules[i].unless))
			return &rules[i].is;
	return NULL;
}

const struct disturbance *disturbance_signal(int signal)
{
	for (size_t i = 0; i < RULES; i++)
		if (signal && rules[i].signal == signal)
			return &rules[i].is;
	return NULL;
}
