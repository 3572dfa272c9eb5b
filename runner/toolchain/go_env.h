/* go_env.h - the environment of go and of gcc for a cell: made from nothing, with caches of our own. */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_GO_ENV_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_GO_ENV_H

#include "matrix/cell.h"
#include "runner/process/env.h"
#include "runner/setup/setup.h"

/* What CC is where there is no C compiler: a name that go does not find. */
#define GO_ENV_NO_COMPILER "no-c-compiler"

/* Fills env; free with env_free. */
void go_env(const struct setup *setup, const struct cell *cell, struct env *env);

#endif
