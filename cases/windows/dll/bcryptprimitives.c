/* bcryptprimitives.c - the DLL of Windows that Wine has since 9.0 and Go asks for its random seed
 * (runtime/os_windows.go loadOptionalSyscalls), for a Wine that lacks it: bug #118 is this DLL and nothing else. */
#include <windows.h>

/* advapi32, by the name it is exported under: RtlGenRandom of ntsecapi.h. */
BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length);

BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length) { return SystemFunction036(buffer, (ULONG)length); }
