#include "runner/target/osv_files.h"

#include "harness/elf/file.h"
#include "matrix/base/diag.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* CMDLINE_BUFSIZE of the boot ROM that QEMU starts a PVH kernel by (qboot, pvh.bin: pc-bios/optionrom/pvh_main.c). */
enum { COMMAND_MAX = 4096 };

#define MOUNTS \
	"/dev/vblk0.1 / rofs defaults 0 0\nnone /dev devfs defaults 0 0\nnone /proc procfs defaults 0 0\nnone /sys " \
	"sysfs defaults 0 0\n"

/* ---- files ---------------------------------------------------------------------------------------------------- */

static int is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add_file(struct osv_image *image, const char *path, const char *folders);

/* A library of ours that a file needs; what is in none of the folders is OSv's. */
static void add_needed(struct osv_image *image, const char *name, const char *folders)
{
	for (const char *folder = folders; *folder && !strchr(name, '/');) {
		size_t len = strcspn(folder, ":");
		char *path = xprintf("%.*s/%s", (int)len, folder, name);
		int found = len && is_file(path);
		if (found) {
			char *link = xprintf("/usr/lib/%s", name);
			osv_image_link(image, link, path);
			add_file(image, path, folders);
			free(link);
		}
		free(path);
		if (found)
			return;
		folder += len + (folder[len] == ':');
	}
}

static void add_file(struct osv_image *image, const char *path, const char *folders)
{
	struct elf_file file;
	struct diag none = DIAG_INIT;
	if (osv_image_has(image, path))
		return;
	osv_image_file(image, path, path);
	if (elf_open(path, &file, &none))
		return; /* no ELF file, nothing needed */
	for (size_t i = 0; i < file.dynamic_count; i++) {
		const char *name =
		    file.dynamic[i].d_tag == DT_NEEDED ? elf_dynamic_string(&file, file.dynamic[i].d_un.d_val) : NULL;
		if (name)
			add_needed(image, name, folders);
	}
	elf_close(&file);
}

/* Each part of a word that is an absolute path of something here. */
static void add_word(struct osv_image *image, const char *word, const char *folders)
{
	while (*word) {
		size_t len = strcspn(word, ":");
		char *path = xprintf("%.*s", (int)len, word);
		if (path[0] == '/' && is_file(path))
			add_file(image, path, folders);
		else if (path[0] == '/' && is_folder(path))
			osv_image_folder(image, path);
		free(path);
		word += len + (word[len] == ':');
	}
}

/* As static/etc/fstab_rofs of the tree has it; but what lies below /tmp here must not be hidden there by a file
 * system. */
static void add_mounts(struct osv_image *image)
{
	osv_image_text(
	    image, "/etc/fstab", osv_image_empty(image, "/tmp") ? MOUNTS "none /tmp ramfs defaults 0 0\n" : MOUNTS);
}

char *osv_front(const char *tree)
{
	char *path = tree ? xprintf("%s/build/last/modules/golang/go.so", tree) : NULL;
	if (path && is_file(path))
		return path;
	free(path);
	return NULL;
}

static void add_system(struct osv_image *image, const char *tree)
{
	static const char *const folders[] = { "/dev", "/proc", "/sys", "/tmp", "/data" };
	char *environment = xprintf("%s/build/last/libenviron.so", tree), *hosts = xprintf("%s/static/etc/hosts", tree);
	osv_image_file(image, "/libenviron.so", environment);
	osv_image_file(image, "/etc/hosts", hosts);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		osv_image_folder(image, folders[i]);
	osv_image_link(image, "/etc/mnttab", "/proc/mounts");
	free(environment);
	free(hosts);
}

/* It is C++, and OSv's own images have libgcc from the machine that it was built on (usr_rofs.manifest.skel). */
static void add_front(struct osv_image *image, const char *front)
{
	static const char *const folders[] = { "/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib" };
	osv_image_file(image, OSV_FRONT, front);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = xprintf("%s/libgcc_s.so.1", folders[i]);
		int found = is_file(path);
		if (found)
			osv_image_file(image, "/usr/lib/libgcc_s.so.1", path);
		free(path);
		if (found)
			return;
	}
}

struct osv_image *osv_files_image(const char *tree, const struct argv *argv, const struct env *env)
{
	struct osv_image *image = osv_image_new();
	const char *folders = env_get(env, "LD_LIBRARY_PATH");
	char *front = argv->count && strcmp(argv->word[0], OSV_FRONT) == 0 ? osv_front(tree) : NULL;
	add_system(image, tree);
	if (front)
		add_front(image, front);
	free(front);
	for (size_t i = 0; i < argv->count; i++)
		add_word(image, argv->word[i], folders ? folders : "");
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->list[i], "PATH=", 5) != 0)
			add_word(image, strchr(env->list[i], '=') + 1, folders ? folders : "");
	add_mounts(image);
	return image;
}

/* ---- the command line ----------------------------------------------------------------------------------------- */

/* core/commands.cc loader_parse_cmdline: options end at blanks, and a backslash takes what follows as it is. */
static void add_option(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "--%s=", name);
	for (; *value; value++) {
		if (strchr(" \t\n\\", *value))
			buf_add(out, "\\");
		buf_add_bytes(out, value, 1);
	}
	buf_add(out, " ");
}

/* The same file, struct command: a word in double quotes, with C's escapes for these and for backslashes. */
static void add_quoted(struct buf *out, const char *word)
{
	buf_add(out, " \"");
	for (; *word; word++) {
		static const char special[] = "\n\r\t\a\b\f\v\\\"", letters[] = "nrtabfv\\\"";
		const char *at = strchr(special, *word);
		if (at)
			buf_printf(out, "\\%c", letters[at - special]);
		else
			buf_add_bytes(out, word, 1);
	}
	buf_add(out, "\"");
}

int osv_files_command(const struct argv *argv, const struct env *env, struct buf *out, struct diag *diag)
{
	struct buf line = BUF_INIT;
	int error = 0;
	buf_add(&line, "--console=serial --rootfs=rofs --verbose --power-off-on-abort ");
	for (size_t i = 0; i < env->count; i++)
		add_option(&line, "env", env->list[i]);
	for (size_t i = 0; i < argv->count; i++) {
		/* expand_environ_vars: everything from the first '$' of a word on is a name. */
		if (strchr(argv->word[i], '$'))
			error = diag_set(diag, EINVAL,
			    "%s: OSv's command line takes a '$' for a variable: use a folder without it",
			    argv->word[i]);
		add_quoted(&line, argv->word[i]);
	}
	if (!error && line.len >= COMMAND_MAX)
		error = diag_set(diag, E2BIG,
		    "%s: a command line of %zu bytes is too long for QEMU's loader, which takes %d: use a cache folder "
		    "with a shorter name, or a narrower FILTER",
		    argv->word[0], line.len, COMMAND_MAX - 1);
	if (!error)
		buf_add(out, line.data);
	buf_free(&line);
	return error;
}
