#define _GNU_SOURCE
#include "cases/hosts/question.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cases/hosts/opens.h"
#include "cases/init/init_lib.h"
#include "harness/probe/probe.h"

/* The check of a library that a constructor brings: init.load-nested. */

static int there, answered; /* once the outer dlopen, and the thread, were back */
static int inits_before;    /* the list is one for all children */

static void open_outer(const char *name)
{
	int (*answer)(void) = NULL;
	inits_before = library_inits();
	if (prctl(PR_SET_NAME, name) != 0)
		question_fails("prctl");
	void *outer = library_open(question_host->mode, "libopens.so"),
	     *symbol = outer ? dlsym(outer, "opens_answer") : NULL;
	if (!symbol) {
		fprintf(stderr, "host: libopens.so: %s\n", dlerror());
		exit(EXIT_LOAD);
	}
	memcpy(&answer, &symbol, sizeof answer);
	answered = answer() == INIT_LIB_ANSWER;
	there = library_inits() == inits_before + 1 && library_is_loaded(question_host->mode, question_host->path);
}

static void by_constructor(void) { open_outer(OPENS_ITSELF); }
static void by_thread(void) { open_outer(OPENS_THREAD); }

/* The host has opened it since, and been answered. */
static void tell_nested(void)
{
	char word[64];
	if (probe_control("init.load-nested", "copy"))
		library_open_copy(question_host->mode, question_host->path);
	snprintf(word, sizeof word, "%s,%s,%s", there ? "there" : "late", answered ? "answered" : "silent",
	    library_inits() == inits_before + 1 ? "once" : "again");
	question_tell(word);
}

static const struct question questions[] = {
	{ "init.load-nested", "constructor", by_constructor, tell_nested, NULL, NULL },
	{ "init.load-nested", "thread", by_thread, tell_nested, NULL, NULL },
};

QUESTION_OBSERVER(observe_nested, "init.load-nested")

const struct host_check nested_checks[] = {
	{ "init.load-nested", observe_nested },
	{ NULL, NULL },
};
