#include "runner/target/launch.h"

#include "matrix/base/clock.h"
#include "matrix/base/diag.h"
#include "runner/setup/files.h"
#include "runner/target/console.h"
#include "runner/target/osv_files.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BOOT_MS = 120000, /* a boot takes a second; a busy machine that emulates needs more */
	GRACE_MS = 5000,  /* from a program's end to the machine's */
	LOOK_MS = 50,
	OUTPUT_FACTOR = 4 /* the console has more to say than the program */
};

struct boot {
	const struct launch *launch;
	struct child *child;
	struct console console;
	size_t seen;                      /* bytes of the console that are read */
	double start, program, word, end; /* when: QEMU, program, last output, end of the program; 0: not yet */
	int late;                         /* the program ran out of time */
	int killed;                       /* the machine was, for whatever reason */
};

static double patience(const struct launch *launch, int ms)
{
	double scale = launch->setup->timeout_scale * (launch->target->scale > 0 ? launch->target->scale : 1.0);
	return ms / 1e3 * scale;
}

/* ---- the machine ------------------------------------------------------------------------------------------------ */

/* CACHE/osv/KEY.img; the same files, the same image. */
static char *image_path(const struct launch *launch, const struct osv_image *image)
{
	char key[HASH_HEX];
	osv_image_key(image, key);
	return xprintf("%s/osv/%s.img", launch->setup->places.cache, key);
}

static int make_image(const struct launch *launch, char **path, struct diag *diag)
{
	struct osv_image *image = osv_files_image(launch->target->tree, launch->argv, launch->env);
	char *folder = xprintf("%s/osv", launch->setup->places.cache), *made = image_path(launch, image);
	int error = 0;
	if (!file_exists(made)) {
		error = make_folders(folder);
		error = error ? diag_set(diag, -error, "%s: cannot be made: %s", folder, strerror(-error)) :
				osv_image_write(image, made, diag);
	}
	osv_image_free(image);
	free(folder);
	if (error)
		free(made);
	else
		*path = made;
	return error;
}

/* In a list of QEMU's options a comma is written twice. */
static char *doubled(const char *path)
{
	struct buf out = BUF_INIT;
	for (; *path; path++)
		buf_add_bytes(&out, *path == ',' ? ",," : path, *path == ',' ? 2 : 1);
	return buf_take(&out);
}

/* Without the default devices, so that neither network nor display nor anything else of this machine is seen. */
static void add_machine(const struct launch *launch, const char *image, const char *command, struct argv *argv)
{
	const struct target *target = launch->target;
	char *program = target_program(launch->setup, target, "qemu-system-x86_64"), *drive = doubled(image);
	static const char *const fixed[] = {
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-vga",
		"none",
		"-accel",
		"tcg",
		"-cpu",
		"max",
		"-chardev",
		"stdio,id=console,signal=off",
		"-device",
		"isa-serial,chardev=console",
		"-device",
		"virtio-rng-pci",
		"-device",
		"virtio-blk-pci,drive=root",
	};
	argv_add(argv, "%s", program ? program : "qemu-system-x86_64");
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		argv_add(argv, "%s", fixed[i]);
	argv_add(argv, "-m");
	argv_add(argv, "%s", target->memory ? target->memory : "512M");
	argv_add(argv, "-smp");
	argv_add(argv, "%d", target->cpus > 0 ? target->cpus : 1);
	argv_add(argv, "-drive");
	argv_add(argv, "file=%s,if=none,id=root,format=raw,snapshot=on", drive);
	argv_add(argv, "-kernel");
	argv_add(argv, "%s/build/last/loader-stripped.elf", target->tree);
	argv_add(argv, "-append");
	argv_add(argv, "%s", command);
	free(drive);
	free(program);
}

/* ---- watching --------------------------------------------------------------------------------------------------- */

static void look(struct boot *boot, const struct buf *text, int over)
{
	if (text->len == boot->seen && !over)
		return;
	double time = clock_now();
	if (text->len != boot->seen && !boot->late)
		boot->word = time;
	boot->seen = text->len;
	console_free(&boot->console);
	console_read(text->data, text->len, over, &boot->console);
	if (boot->console.started && !boot->program)
		boot->program = time;
	if ((boot->console.end != CONSOLE_RUNNING || boot->console.recorded) && !boot->end)
		boot->end = time;
}

/* Is it to be waited for any longer? */
static int goes_on(struct boot *boot)
{
	double time = clock_now();
	if (boot->end)
		return time - boot->end < patience(boot->launch, GRACE_MS);
	if (!boot->program)
		return time - boot->start < patience(boot->launch, BOOT_MS);
	boot->late = time - boot->program >= boot->launch->timeout_ms / 1e3;
	return !boot->late;
}

static int run_machine(struct boot *boot, const struct argv *argv, struct child_result *raw)
{
	struct env env = ENV_INIT;
	env_base(&env, NULL);
	struct child_spec spec = {
		.argv = (const char *const *)argv->word,
		.env = (const char *const *)env.list,
		.output_limit = OUTPUT_FACTOR * boot->launch->output_limit,
	};
	int error = child_start(&spec, &boot->child);
	env_free(&env);
	if (error)
		return error;
	boot->start = boot->word = clock_now();
	while (children_wait(&boot->child, 1, LOOK_MS) < 0) {
		look(boot, child_output(boot->child), 0);
		boot->killed = !goes_on(boot);
		if (boot->killed)
			break;
	}
	child_finish(boot->child, raw);
	look(boot, &raw->out, 1);
	return 0;
}

/* ---- from the console to a result ----------------------------------------------------------------------------- */

/* What the kernel said stands where a program's own last words would: first on stderr. */
static void explain(struct child_result *result, const char *text)
{
	buf_clear(&result->err);
	if (*text)
		buf_printf(&result->err, "%s\n", text);
}

static void set(struct child_result *result, enum child_how how, int status)
{
	result->how = how;
	result->status = status;
}

/* A program that is over in a machine that goes on has left something behind there. */
static void set_over(struct boot *boot, struct child_result *result, int status)
{
	const char *why = boot->console.why;
	set(result, boot->killed && !boot->console.off ? CHILD_LEAK : CHILD_EXITED, status);
	if (result->how == CHILD_LEAK)
		snprintf(result->left, sizeof(result->left),
		    "a running machine: no power-off within %g s after \"%.150s\"", patience(boot->launch, GRACE_MS),
		    *why ? why : "the last record");
}

static void make_result(struct boot *boot, struct child_result *result)
{
	const struct console *console = &boot->console;
	explain(result, console->why);
	switch (console->end) {
	case CONSOLE_EXITED:
	case CONSOLE_RETURNED:
		set_over(boot, result, console->status);
		break;
	case CONSOLE_SIGNALED:
		set(result, CHILD_SIGNALED, console->status);
		break;
	case CONSOLE_ABORTED:
		set(result, CHILD_SIGNALED, SIGABRT);
		break;
	case CONSOLE_REFUSED:
		set(result, CHILD_EXITED, 127); /* as a shell tells a program that could not be started */
		break;
	case CONSOLE_RUNNING:
		if (boot->late) {
			set(result, CHILD_TIMEOUT, boot->launch->timeout_ms);
			result->silent_seconds = boot->program + boot->launch->timeout_ms / 1e3 - boot->word;
			explain(result, console->last);
		} else if (console->recorded && boot->killed) {
			set_over(boot, result, 0);
		} else {
			set(result, CHILD_SIGNALED, SIGKILL);
			explain(
			    result, "the machine stopped and OSv said nothing of an end: a triple fault or a reset");
		}
	}
}

/* What is wrong with the machine itself: -errno, or 0. */
static int judge_machine(const struct boot *boot, const struct child_result *raw, struct diag *diag)
{
	const char *name = boot->launch->target->name, *last = *raw->err.data ? raw->err.data : boot->console.last;
	int len = (int)strcspn(last, "\n"), died = raw->how == CHILD_EXITED && raw->status != 0;
	if (raw->how == CHILD_NOT_STARTED)
		return diag_set(
		    diag, raw->status, "target %s: cannot start qemu-system-x86_64: %s", name, strerror(raw->status));
	if (died)
		return diag_set(
		    diag, EIO, "target %s: QEMU ended with exit status %d: %.*s", name, raw->status, len, last);
	if (!boot->program)
		return diag_set(diag, raw->how == CHILD_EXITED ? EIO : ETIMEDOUT,
		    "target %s: OSv did not start the program; its last words: %.*s", name, *last ? len : 4,
		    *last ? last : "none");
	return 0;
}

int osv_run(const struct launch *launch, struct child_result *result, struct diag *diag)
{
	struct boot boot = { .launch = launch, .console = { .output = BUF_INIT } };
	struct buf command = BUF_INIT;
	struct argv argv = { NULL, 0 };
	struct child_result raw;
	char *image = NULL;
	int error = osv_files_command(launch->argv, launch->env, &command, diag);
	error = error ? error : make_image(launch, &image, diag);
	if (!error) {
		add_machine(launch, image, command.data, &argv);
		error = run_machine(&boot, &argv, &raw);
		if (error)
			diag_set(diag, -error, "target %s: cannot start a process: %s", launch->target->name,
			    strerror(-error));
	}
	if (!error) {
		error = judge_machine(&boot, &raw, diag);
		if (error)
			child_result_free(&raw);
	}
	if (!error) {
		*result = raw;
		buf_free(&raw.out);
		result->out = boot.console.output;
		boot.console.output = (struct buf)BUF_INIT;
		if (raw.how != CHILD_FLOOD)
			make_result(&boot, result);
	}
	console_free(&boot.console);
	argv_free(&argv);
	buf_free(&command);
	free(image);
	return error;
}

void osv_shell(const struct launch *launch, struct buf *out)
{
	struct diag diag = DIAG_INIT;
	struct buf command = BUF_INIT;
	struct argv argv = { NULL, 0 };
	if (osv_files_command(launch->argv, launch->env, &command, &diag)) {
		buf_printf(out, "# %s", diag.line);
	} else {
		struct osv_image *image = osv_files_image(launch->target->tree, launch->argv, launch->env);
		char *path = image_path(launch, image);
		add_machine(launch, path, command.data, &argv);
		argv_shell(&argv, out);
		free(path);
		osv_image_free(image);
	}
	argv_free(&argv);
	buf_free(&command);
}
