/* main.c - the command table: finds the command, parses its options, makes the setup. */
#include "runner/cmd/table.h"

#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "matrix/filter.h"
#include "runner/cache/use.h"
#include "runner/setup/version.h"
#include "runner/target/target.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&cmd_list,
	&cmd_run,
	&cmd_show,
	&cmd_repro,
	&cmd_explain,
	&cmd_inspect,
	&cmd_report,
	&cmd_bisect,
	&cmd_blame,
	&cmd_accept,
	&cmd_gate,
	&cmd_compare,
	&cmd_history,
	&cmd_contract,
	&cmd_target,
	&cmd_toolchain,
	&cmd_cache,
	&cmd_doctor,
	&cmd_selfcheck,
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static struct common common;
static const struct option_row common_options[] = {
	{ "--out", OPTION_TEXT, "DIR", "where plan, journal, logs and reports lie (out)", &common.out },
	{ "--cache", OPTION_TEXT, "DIR", "builds and results ($XDG_CACHE_HOME/tlsmatrix)", &common.cache },
	{ "--go", OPTION_TEXT, "PATH", "the go command, or the folder of a release, to test (the one `make` found)",
	    &common.go },
	{ "--cc", OPTION_TEXT, "PATH", "the C compiler to test, of this machine's own port (gcc)", &common.cc },
	{ "--ld", OPTION_EACH, "NAME=PATH", "a linker to test in the place of bfd, gold, lld or mold", &common.ld },
	{ "--targets", OPTION_TEXT, "FILE", "targets of your own, an INI file (runner/target/target.h)",
	    &common.targets },
};
static const struct command_table table = { commands, COMMAND_COUNT, common_options,
	sizeof(common_options) / sizeof(common_options[0]) };

int cmd_fail(const struct diag *diag, int code)
{
	struct buf line = BUF_INIT;
	text_add(&line, diag->line, 0);
	fprintf(stderr, "tlsmatrix: %s\n", line.data);
	buf_free(&line);
	return code;
}

/* Asked of the pipe itself: errno may be that of something since. */
static int reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int cmd_unwritten(int error)
{
	if (!reader_is_gone())
		fprintf(stderr, "tlsmatrix: standard output: cannot write all: %s\n", strerror(-error));
	return EXIT_REPORT;
}

int cmd_filter_parse(const struct option_words *words, const char *fallback, struct filter **filter, char **text)
{
	struct buf joined = BUF_INIT;
	for (size_t i = 0; i < words->count; i++)
		buf_printf(&joined, words->count > 1 ? "%s(%s)" : "%s%s", i ? " & " : "", words->word[i]);
	if (!words->count)
		buf_add(&joined, fallback);
	struct diag diag = DIAG_INIT;
	int error = filter_parse(joined.data, filter, &diag);
	*text = error ? NULL : buf_take(&joined);
	buf_free(&joined);
	return error ? cmd_fail(&diag, EXIT_USAGE) : 0;
}

int cmd_filter(
    struct setup *setup, const struct option_words *words, const char *fallback, struct filter **filter, char **text)
{
	struct diag diag = DIAG_INIT;
	int code = cmd_filter_parse(words, fallback, filter, text),
	    error = code ? 0 : kept_select(setup, *filter, &diag);
	if (!error)
		return code;
	filter_free(*filter);
	free(*text);
	*text = NULL;
	return cmd_fail(&diag, error == -ENOENT ? EXIT_NOTHING : EXIT_INFRA);
}

static void usage(FILE *out)
{
	fputs("usage: tlsmatrix COMMAND [OPTION...] [FILTER]\n"
	      "Does Go run on this loader, and if not, why?  Builds, runs and checks every combination.\n\n",
	    out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-34s %s\n", commands[i]->synopsis, commands[i]->summary);
	fputs("\n`tlsmatrix COMMAND --help` tells more, `help filters` of FILTER, `--manual` all.\n"
	      "Exit status: 0 nothing unexpected, 1 unexpected failures, 2 usage or bad input, 3 could not\n"
	      "judge, 4 nothing selected, 5 incomplete, 6 report not written, 130 interrupted.\n",
	    out);
}

static void command_help(const struct command *command, const struct option_row *rows, size_t count)
{
	printf("usage: tlsmatrix %s\n%s.\n", command->synopsis, command->summary);
	if (command->help)
		printf("\n%s\n", command->help);
	printf("\n");
	options_help(rows, count);
	if (strstr(command->synopsis, "FILTER"))
		printf("\nFILTER: `tlsmatrix help filters`\n");
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

/* help, help filters, help COMMAND. */
static int help(const char *about)
{
	const struct command *command = about ? command_find(about) : NULL;
	if (!about) {
		usage(stdout);
	} else if (strcmp(about, "filters") == 0 || strcmp(about, "filter") == 0) {
		struct buf text = BUF_INIT;
		filter_help(&text);
		fputs(text.data, stdout);
		buf_free(&text);
	} else if (command) {
		struct option_row rows[OPTIONS_MAX];
		command_help(command, rows, table_options(&table, command, rows));
	} else {
		fprintf(stderr, "tlsmatrix: help: '%s' is no command: `tlsmatrix --help` lists them; help filters\n",
		    about);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* The go that `make` set up for this tree, unless the caller names another. */
static int find_release(struct setup *setup, struct diag *diag)
{
	struct release *release = xcalloc(1, sizeof(*release));
	char *own = xprintf("%s/build/toolchain/bin/go", setup->places.root);
	const char *named = common.go ? common.go : getenv("TLSMATRIX_GO");
	int error = release_find(named && *named ? named : file_exists(own) ? own : NULL, release, diag);
	free(own);
	setup->releases = release; /* more may follow: release_kept.h kept_select */
	setup->release_count = error ? 0 : 1;
	return error;
}

/* The targets are described in terms of the release, so only commands that have one know them. */
static int find_targets(const struct command *command, struct setup *setup, struct targets *targets, struct diag *diag)
{
	setup->targets_file = common.targets;
	int error = command->needs_release ? targets_load(setup, common.targets, targets, diag) : 0;
	setup->targets = targets;
	return error;
}

/* The C compiler and the linkers of the user; CC of the environment, which is none of these, is refused aloud. */
static int find_tools(struct setup *setup, struct diag *diag)
{
	const char *cc = getenv("CC");
	if (cc && *cc && !common.cc && strcmp(cc, "gcc") != 0 && strcmp(cc, "cc") != 0)
		fprintf(stderr,
		    "tlsmatrix: CC=%s: is not used, builds see no variables of yours: --cc tests a compiler\n", cc);
	if (common.cc) {
		setup->cc = strchr(common.cc, '/') ? path_absolute(common.cc) : program_find(common.cc, NULL);
		if (!setup->cc || access(setup->cc, X_OK) < 0)
			return diag_set(
			    diag, EINVAL, "--cc %s: no program there: give the path of the compiler itself", common.cc);
	}
	for (size_t i = 0; i < common.ld.count; i++) {
		int error = linkers_give(&setup->linkers, common.ld.word[i], diag);
		if (error)
			return error;
	}
	return 0;
}

/* What uses the cache has it until the process ends. */
static int start(const struct command *command, struct setup *setup, const struct option_words *words)
{
	if (command->uses != CACHE_UNUSED)
		cache_share(setup->places.cache, command->uses == CACHE_SWEPT);
	return command->run(setup, words);
}

/* What it needs is not there: the exit code. */
static int unready(const struct command *command, const struct setup *setup, const struct diag *diag)
{
	if (command->unready)
		command->unready(setup);
	return cmd_fail(diag, EXIT_INFRA);
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct option_row rows[OPTIONS_MAX];
	size_t count = table_options(&table, command, rows);
	struct option_words words;
	struct diag diag = DIAG_INIT;
	struct setup setup = { .timeout_scale = 1.0, .cell_ms = CELL_MS, .alone = SETUP_ALONE_MAX };
	struct targets targets = { NULL, 0 };
	machine_find(&setup.machine);
	linkers_find(&setup.linkers);
	int error = options_parse(command->name, rows, count, argc, argv, &words, &diag), code = EXIT_OK;
	if (error == 1)
		command_help(command, rows, count);
	else if (error)
		code = cmd_fail(&diag, EXIT_USAGE);
	else if (!command->anywhere && places_find(common.out, common.cache, &setup.places, &diag))
		code = cmd_fail(&diag, EXIT_INFRA);
	else if (command->needs_release && places_check(&setup.places, &diag))
		code = cmd_fail(&diag, EXIT_USAGE);
	else if (find_tools(&setup, &diag))
		code = cmd_fail(&diag, EXIT_USAGE);
	else if (command->needs_release && find_release(&setup, &diag))
		code = unready(command, &setup, &diag);
	else if ((error = find_targets(command, &setup, &targets, &diag)))
		code = cmd_fail(&diag, error == -EINVAL || error == -ENOENT ? EXIT_USAGE : EXIT_INFRA);
	else
		code = start(command, &setup, &words);
	free(words.word);
	free(common.ld.word);
	free(setup.cc);
	targets_free(&targets);
	for (size_t i = 0; i < setup.release_count; i++)
		release_free(&setup.releases[i]);
	free(setup.releases);
	linkers_free(&setup.linkers);
	machine_free(&setup.machine);
	places_free(&setup.places);
	return code;
}

/* A closed one of the first three would be the next file that is opened, the journal for one, and what is printed
 * would go there.  Writing to a closed stdout must still fail, so that no report is lost in silence. */
static void fill_descriptors(void)
{
	for (int fd = 0; fd >= 0 && fd <= STDERR_FILENO;) {
		while (fd <= STDERR_FILENO && fcntl(fd, F_GETFD) >= 0)
			fd++;
		if (fd <= STDERR_FILENO)
			fd = open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
	}
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	if (strcmp(argv[1], "--version") == 0) {
		printf("tlsmatrix %s\n", tlsmatrix_version);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--manual") == 0) {
		table_manual(&table);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--completion") == 0) {
		if (argc == 3 && !table_completion(&table, argv[2]))
			return EXIT_OK;
		fprintf(stderr, "tlsmatrix: --completion: needs a shell: bash, zsh or fish\n");
		return EXIT_USAGE;
	}
	const struct command *command = command_find(argv[1]);
	if (command)
		return run_command(command, argc - 2, argv + 2);
	fprintf(stderr, "tlsmatrix: unknown command '%s': `tlsmatrix --help` lists them\n", argv[1]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	fill_descriptors();
	signal(SIGPIPE, SIG_IGN);
	int code = dispatch(argc, argv);
	/* A report that could not be written has been told already. */
	if ((fflush(stdout) || ferror(stdout)) && code != EXIT_REPORT) {
		int unwritten = cmd_unwritten(-errno);
		code = code ? code : unwritten;
	}
	return code;
}
