#define _GNU_SOURCE
#include "cases/hosts/dispositions.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int signal;
	const char *name;
} names[] = {
	{ SIGBUS, "SIGBUS" },
	{ SIGFPE, "SIGFPE" },
	{ SIGSEGV, "SIGSEGV" },
	{ SIGPIPE, "SIGPIPE" },
	{ SIGURG, "SIGURG" },
	{ SIGCONT, "SIGCONT" },
	{ SIGTSTP, "SIGTSTP" },
	{ SIGTTIN, "SIGTTIN" },
	{ SIGTTOU, "SIGTTOU" },
	{ SIGHUP, "SIGHUP" },
	{ SIGINT, "SIGINT" },
	{ SIGQUIT, "SIGQUIT" },
	{ SIGILL, "SIGILL" },
	{ SIGTRAP, "SIGTRAP" },
	{ SIGABRT, "SIGABRT" },
	{ SIGUSR1, "SIGUSR1" },
	{ SIGUSR2, "SIGUSR2" },
	{ SIGALRM, "SIGALRM" },
	{ SIGTERM, "SIGTERM" },
	{ SIGCHLD, "SIGCHLD" },
	{ SIGPROF, "SIGPROF" },
	{ SIGSYS, "SIGSYS" },
};

enum { NAMES = sizeof names / sizeof *names };

const char *dispositions_name(int signal, char *other, size_t size)
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].signal == signal)
			return names[i].name;
	snprintf(other, size, "signal-%d", signal);
	return other;
}

static int same_mask(const sigset_t *a, const sigset_t *b)
{
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (sigismember(a, signal) != sigismember(b, signal))
			return 0;
	return 1;
}

/* Cut where the list is full: it is then none that anybody expects. */
static void add(char *list, int signal)
{
	char other[32];
	size_t used = strlen(list);
	snprintf(list + used, DISPOSITIONS_LIST - used, "%s%s", used ? "," : "",
	    dispositions_name(signal, other, sizeof other));
}

/* 1 when the handler is another one. */
static int compare(int signal, const struct sigaction *was, const struct sigaction *is, struct dispositions *changes)
{
	if (was->sa_handler != is->sa_handler) {
		add(changes->replaced, signal);
		return 1;
	}
	if (!same_mask(&was->sa_mask, &is->sa_mask))
		add(changes->masks, signal);
	if (was->sa_flags == is->sa_flags && !(is->sa_flags & SA_ONSTACK))
		add(changes->untouched, signal);
	else if (is->sa_flags != (was->sa_flags | SA_ONSTACK))
		add(changes->flags, signal);
	else
		changes->onstack++;
	return 0;
}

void dispositions_compare(const struct ctor_signal *was, const struct ctor_signal *is, struct dispositions *changes)
{
	int order[CTOR_SIGNALS], count = 0, replaced = 0;
	char other[32];
	memset(changes, 0, sizeof *changes);
	for (size_t i = 0; i < NAMES; i++)
		order[count++] = names[i].signal;
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (dispositions_name(signal, other, sizeof other) == other)
			order[count++] = signal;
	for (int i = 0; i < count; i++)
		if (was[order[i]].ours) {
			changes->compared++;
			replaced += compare(order[i], &was[order[i]].action, &is[order[i]].action, changes);
		}
	if (2 * replaced > changes->compared && !changes->onstack && !*changes->flags)
		strcpy(changes->replaced, "others");
	char *lists[] = { changes->replaced, changes->untouched, changes->flags, changes->masks };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!*lists[i])
			strcpy(lists[i], "none");
}

void dispositions_take(struct ctor_signal *now)
{
	memset(now, 0, sizeof *now * CTOR_SIGNALS);
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		now[signal].ours =
		    sigaction(signal, NULL, &now[signal].action) == 0 && signal != SIGKILL && signal != SIGSTOP;
}
