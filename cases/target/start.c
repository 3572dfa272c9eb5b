/* start.c - programs that a loader may refuse to start, or that die before main, each with one property that Go's own
 * have:
 *   START_IE       needs a library with initial-exec TLS (DT_NEEDED): fact ie-needed
 *   START_ALIGN    has a TLS block aligned to 4096, in two threads: fact tls-alignment
 *   START_INIT     needs libtarget.so: fact initializer-at-start
 * It says one record, the fact. */
#define _GNU_SOURCE
#include "cases/target/library.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/probe/probe.h"

#ifdef START_IE

char *target_block(void);

static void tell(char **argv, char *text)
{
	(void)argv;
	sprintf(text, "%s", target_block()[0] == 1 ? "accepted" : "accepted, but its block is not zero");
}
#define FACT "ie-needed"

#elif defined START_ALIGN

static __thread char block[64] __attribute__((aligned(4096)));

static void *address(void *unused)
{
	(void)unused;
	return block;
}

static const char *word(uintptr_t at) { return at % 4096 ? "not kept" : "kept"; }

static void tell(char **argv, char *text)
{
	(void)argv;
	pthread_t thread;
	void *at = NULL;
	int started = pthread_create(&thread, NULL, address, NULL) == 0 && pthread_join(thread, &at) == 0;
	sprintf(text, "4096: main thread %s, another %s", word((uintptr_t)block),
	    started ? word((uintptr_t)at) : "not started");
}
#define FACT "tls-alignment"

#else

extern struct target_init target_init;

static void tell(char **argv, char *text) { target_init_tell(&target_init, argv, text); }
#define FACT "initializer-at-start"

#endif

int main(int argc, char **argv)
{
	char text[200] = "";
	(void)argc;
	tell(argv, text);
	probe_obs(FACT, text, "");
	probe_end();
	_Exit(0);
}
