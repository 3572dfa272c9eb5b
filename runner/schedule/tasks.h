/* tasks.h - building and judging as tasks (schedule.h): what they need in, what they leave behind. */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_TASKS_H
#define TLSMATRIX_RUNNER_SCHEDULE_TASKS_H

#include "matrix/result.h"
#include "runner/build/hosts.h"
#include "runner/schedule/plan.h"
#include "runner/schedule/schedule.h"

/* The tasks of a run, in an array that grows; arguments are owned by it. */
struct task_list {
	const struct setup *setup;
	struct task *task;
	void **argument;
	const struct build **build; /* of a build task, else NULL */
	char **makes; /* of a task that makes hosts or checks a target: the name of what it makes, else NULL */
	size_t count;
	int force;  /* what is there is made again */
	int silent; /* what cannot be made is in the results that wait for it, and not said on stderr */
};

void task_list_init(struct task_list *list, const struct setup *setup);
void task_list_free(struct task_list *list);

/* Adds one task after up to three others; argument (malloc'ed) passes to the list.  Its index. */
size_t task_add(struct task_list *list, const char *name, int (*run)(const void *, struct diag *), void *argument,
    size_t a, size_t b, size_t c);

/* Adds what must be made for a build, unless it is there already: index of the task or TASK_NONE. */
size_t task_add_hosts(struct task_list *list, const struct cell *cell, enum hosts hosts, int control);
size_t task_add_target(struct task_list *list, struct target *target); /* its good and its bad program, and its facts */
size_t task_add_build(struct task_list *list, const struct build *build); /* of equal builds, one task */

/* Adds the judging of a planned cell, which leaves result.json and run.log in its result folder. */
size_t task_add_cell(struct task_list *list, const struct plan_cell *cell, size_t build);

/* Runs all tasks, jobs at a time (0: the number of cores), and shows on stderr how it goes; total
 * counts what judged will be called for and the cached.  judged is called in the runner's process
 * when a task that is neither a build nor hosts is done; it returns a line to print (malloc'ed) when
 * that went unexpectedly, else NULL.  0, -EINTR or -errno as schedule_run. */
int task_list_run(struct task_list *list, int jobs, size_t total, size_t cached,
    char *(*judged)(size_t index, void *context), void *context);

/* The result of a cell from the cache, judged: 1, to be freed, or 0 where there is none.  One that need not come out
 * again (judge_is_final) is given only when fresh is set. */
int result_load(const struct setup *setup, const struct plan_cell *cell, int fresh, struct cell_result *result);

/* Writes what was observed and its log into dir.  0 or -errno with a line in diag. */
int result_store(const struct setup *setup, const char *dir, const struct cell_result *result, const struct buf *log,
    struct diag *diag);

#endif
