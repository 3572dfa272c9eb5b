/* The facts of Windows, or of who plays it (facts.h). */
#include "cases/target/facts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

void facts_start(int argc, char **argv) { (void)argc, (void)argv; }

static FARPROC function_of(const char *library, const char *name)
{
	HMODULE module = LoadLibraryA(library);
	return module ? GetProcAddress(module, name) : NULL;
}

/* RtlGetVersion tells what GetVersion hides from programs without a manifest. */
static void kernel(char *text)
{
	LONG(WINAPI * version)(RTL_OSVERSIONINFOW *);
	FARPROC found = function_of("ntdll.dll", "RtlGetVersion");
	RTL_OSVERSIONINFOW info = { .dwOSVersionInfoSize = sizeof info };
	memcpy(&version, &found, sizeof version);
	if (version && version(&info) == 0)
		snprintf(text, FACT_MAX, "Windows %lu.%lu.%lu", info.dwMajorVersion, info.dwMinorVersion,
		    info.dwBuildNumber);
}

/* Exported by Wine's ntdll and by no other. */
static void wine(char *text)
{
	const char *(*version)(void);
	FARPROC found = function_of("ntdll.dll", "wine_get_version");
	memcpy(&version, &found, sizeof version);
	snprintf(text, FACT_MAX, "%s", version ? version() : "no");
}

static void page_size(char *text)
{
	SYSTEM_INFO info;
	GetSystemInfo(&info);
	snprintf(text, FACT_MAX, "%lu", info.dwPageSize);
}

/* The first index that a program gets: Go's must be below 64 to lie in TEB.TlsSlots (runtime/sys_windows_amd64.s
 * wintls). */
static void tls_index(char *text)
{
	DWORD index = TlsAlloc();
	if (index != TLS_OUT_OF_INDEXES) {
		snprintf(text, FACT_MAX, "%lu", index);
		TlsFree(index);
	}
}

/* The thread pointer is the TEB, which a segment register leads to. */
static void tls_variant(char *text) { snprintf(text, FACT_MAX, "TEB (%s)", sizeof(void *) == 8 ? "gs" : "fs"); }

/* What Go asks for random bytes since 1.22, before main (runtime/os_windows.go loadOptionalSyscalls). */
static void process_prng(char *text)
{
	snprintf(text, FACT_MAX, "%s", function_of("bcryptprimitives.dll", "ProcessPrng") ? "here" : "missing");
}

const struct fact facts[] = {
	{ "kernel", kernel },
	{ "wine", wine },
	{ "page-size", page_size },
	{ "tls-index", tls_index },
	{ "tls-variant", tls_variant },
	{ "ProcessPrng", process_prng },
	{ NULL, NULL },
};
