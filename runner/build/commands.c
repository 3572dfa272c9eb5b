#include "runner/build/commands.h"

#include "matrix/port.h"
#include "matrix/version.h"
#include "runner/build/sources.h"

#include <stdlib.h>
#include <string.h>

const char *command_control(int control)
{
	return control ? "cases/control/control_on.c" : "harness/probe/control_off.c";
}

const char *command_variant_flag(const struct build *build)
{
	const struct variant *variant = variant_of(&build->cell);
	return variant ? variant->flag : NULL;
}

void command_ldflags(const struct build *build, struct buf *out)
{
	const struct cell *cell = &build->cell;
	struct buf ext = BUF_INIT;
	if (*link_linker(cell->link))
		buf_printf(&ext, " -fuse-ld=%s", link_linker(cell->link));
	if (link_is_static(cell->link))
		buf_printf(&ext, " %s", cell->mode == MODE_PIE ? "-static-pie" : "-static");
	if (strncmp(build->twist, "extldflags=", 11) == 0)
		buf_printf(&ext, " %s", build->twist + 11);
	buf_printf(out, "-ldflags=-linkmode=%s", link_is_external(cell->link) ? "external" : "internal");
	if (link_is_external(cell->link) && *build->compiler.ldflags)
		buf_printf(out, " %s", build->compiler.ldflags);
	if (ext.len)
		buf_printf(out, " '-extldflags=%s'", ext.data + 1);
	buf_free(&ext);
}

/* Where std is kept that is compiled for a build, before go has a cache of its own: installed there (-i) by the first
 * build of a variant, which the scheduler lets no other of it run beside. */
static void add_pkgdir(const struct setup *setup, const struct build *build, const char *mode, struct argv *argv)
{
	const struct cell *cell = &build->cell;
	const char *name = strchr(mode, '='); /* which need not be the cell's mode: a plugin has a host */
	struct compiler compiler;             /* whose objects are in runtime/cgo */
	char arch[32];
	if (version_since(cell->go, VERSION_GOCACHE) || !name)
		return;
	compiler_of(setup, cell, &compiler);
	argv_add(argv, "-i");
	argv_add(argv, "-pkgdir=%s/pkgdir/%s-%s-%s-%s-%s", setup->places.cache, setup_release(setup, cell)->key,
	    cell->os, cell_arch(cell, arch), name + 1, compiler.key);
}

int command_go_build(const struct setup *setup, const struct build *build, struct script *script, const char *src,
    const char *mode, const char *out)
{
	struct buf flags = BUF_INIT;
	command_ldflags(build, &flags);
	int modules = version_since(build->cell.go, VERSION_MODULES);
	if (!modules)
		env_set(&script->env, "GOPATH", "%s/gopath", src);
	/* -trimpath keeps -ldflags out of the program's build information (golang/go#52372), which is part
	 * of what go compiles package main by: without it each linker costs a compilation. */
	struct argv argv = { NULL, 0 };
	const char *const words[] = { setup_release(setup, &build->cell)->go, "build", modules ? "-trimpath" : NULL,
		mode, "-o", out, flags.data, command_variant_flag(build) };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i])
			argv_add(&argv, "%s", words[i]);
	add_pkgdir(setup, build, mode, &argv);
	argv_add(&argv, ".");
	buf_free(&flags);
	int built = command_run(script, src, &argv);
	if (src == build->src)
		script->artifact = script->commands.count;
	return built;
}

int command_go_folder(const struct setup *setup, enum folder kind, const char *const *files, const char *src)
{
	static const char module[] = "module tlsmatrix.host\n\ngo 1.21\n";
	static const char table[] = "package main\n\nvar checkTable []checkEntry\n";
	if (file_exists(src))
		return 0;
	int error, has_table = 0;
	char *aside = folder_aside(src, &error);
	if (!aside)
		return error;
	char *mod = xprintf("%s/go.mod", aside), *zz = xprintf("%s/zz_checks.go", aside);
	for (size_t i = 0; !error && files[i]; i++) {
		const char *name = strrchr(files[i], '/') + 1;
		char *from = xprintf("%s/%s", setup->places.root, files[i]), *to = xprintf("%s/%s", aside, name);
		has_table |= strcmp(name, "check.go") == 0;
		error = file_copy(from, to);
		free(from);
		free(to);
	}
	if (!error && kind == FOLDER_MODULE)
		error = file_write(mod, module, strlen(module));
	if (!error && has_table)
		error = file_write(zz, table, strlen(table));
	free(zz);
	free(mod);
	return folder_settle(aside, src, error);
}

int command_go_files(const struct setup *setup, const struct build *build, struct script *script,
    const char *const *files, const char *src, const char *mode, const char *out)
{
	int error = script->dry ? 0 : command_go_folder(setup, FOLDER_MODULE, files, src);
	if (error)
		script->infra = error;
	return command_go_build(setup, build, script, src, mode, out);
}

void command_cc(const struct setup *setup, const struct cell *cell, const char *linker, struct argv *argv)
{
	static const char *const flags[] = { "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-fstack-protector-all",
		"-pthread", NULL };
	struct compiler compiler;
	compiler_of_hosts(setup, cell, &compiler);
	for (const char *word = compiler.command; word && *word; word += strcspn(word, " "), word += strspn(word, " "))
		argv_add(argv, "%.*s", (int)strcspn(word, " "), word);
	for (size_t i = 0; flags[i]; i++)
		argv_add(argv, "%s", flags[i]);
	argv_add(argv, "-I%s", setup->places.root);
	if (*linker)
		argv_add(argv, "-fuse-ld=%s", linker);
}

void command_host(const struct setup *setup, int control, struct argv *argv)
{
	for (size_t i = 0; source_host_files[i]; i++)
		argv_add(argv, "%s/%s", setup->places.root, source_host_files[i]);
	argv_add(argv, "%s/%s", setup->places.root, command_control(control));
}

int command_run(struct script *script, const char *dir, struct argv *argv)
{
	int good = step(script, dir, (const char *const *)argv->word);
	argv_free(argv);
	return good;
}
