#include <pthread.h>
#include <unistd.h>

static void *sleeps(void *argument)
{
	pause();
	return argument;
}

/* 0 when setgid, of a process of several threads, did what it says. */
int work(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, sleeps, NULL))
		return 77;
	return setgid(getgid()) ? 2 : 0;
}
