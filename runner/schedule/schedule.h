/* tasks.h - tasks, each in a process of its own, as many at once as there are slots.
 *
 * The caller fills an array of struct task and calls schedule_run.  A task's function runs in a forked
 * copy of the runner: it may use as much memory as it likes, a fault in it costs that task only,
 * and what it finds out it leaves in files (cache), never in memory.  Task processes die with the
 * runner.
 *
 * A program under test may stop, trace or kill the task that it hangs below (supervise.h).  A stopped task is
 * continued; one that is nevertheless seen stopped for ten seconds on end (its tracer keeps it; a debugger has as long)
 * is killed.  What a killed task leaves falls to the runner, the subreaper above all, which kills it before the task
 * counts as done, and what any other left at the end of schedule_run.  Children that the caller had before are spared.
 * A task has no other limit: what it waits for are children with limits of their own.
 *
 * A task starts when all its `after` are done.  Tasks of one `first` are held back while one of
 * them runs, until one of them reports that it made the thing of that name (a compiled std or
 * package, which two builds at once would compile twice). */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_SCHEDULE_H
#define TLSMATRIX_RUNNER_SCHEDULE_SCHEDULE_H

#include "matrix/base/diag.h"

#include <stddef.h>
#include <sys/types.h>

enum { TASK_FIRSTS = 3 };
enum task_state { TASK_WAITING, TASK_RUNNING, TASK_DONE };

struct task {
	char name[300];                                      /* for the progress line */
	int (*run)(const void *argument, struct diag *diag); /* 0 or -errno with a line in diag */
	const void *argument;
	size_t after[3];                /* indexes of tasks, TASK_NONE where unused */
	const char *first[TASK_FIRSTS]; /* names of what is made once; "" where unused */
	int priority;                   /* higher ones start first */

	/* filled by schedule_run */
	enum task_state state;
	int error; /* of run, or of the process */
	struct diag diag;
	pid_t pid;
	int pipe;
	char said[sizeof(((struct diag *)0)->line)]; /* the line it wrote */
	int stopped;                                 /* looks in a row that saw it stopped */
	double started;
};

#define TASK_NONE ((size_t)-1)

struct schedule {
	struct task *tasks;
	size_t count;
	int slots;
	/* A task is done (in the runner's process).  Returns 1 when its `first` is made now. */
	int (*done)(struct task *task, void *context);
	void (*started)(struct task *task, void *context);
	void (*tick)(void *context); /* about ten times a second */
	void *context;

	/* filled by schedule_run */
	unsigned long long began; /* when its first task started (descendants_start_time) */
	double next_look;         /* for stopped tasks */
};

/* 0; -EINTR when SIGINT or SIGTERM came: what ran was killed then; -errno when no process could be made. */
int schedule_run(struct schedule *schedule);

#endif
