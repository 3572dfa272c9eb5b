/* hosts_windows.h - what hosts.h makes for Windows: host.exe, which loads a DLL; host-linked.o, the same for programs
 * that import the DLL or have the archive in them; libneighbours.so, a DLL that keeps the name of the other systems,
 * since LoadLibrary takes any name with a suffix. */
#ifndef TLSMATRIX_RUNNER_BUILD_HOSTS_WINDOWS_H
#define TLSMATRIX_RUNNER_BUILD_HOSTS_WINDOWS_H

#include "matrix/cell.h"
#include "runner/process/script.h"
#include "runner/setup/setup.h"

/* HOSTS_C into dir. */
void hosts_windows_make(
    const struct setup *setup, const struct cell *cell, int control, const char *dir, struct script *script);

/* Starts a command of the port's C compiler that writes DIR/NAME; -static, as libwinpthread and libssp are mingw's own
 * DLLs and no part of Windows. */
void hosts_windows_cc(
    const struct setup *setup, const struct cell *cell, const char *dir, const char *name, struct argv *argv);

#endif
