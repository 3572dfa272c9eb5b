#include <stdint.h>
#include <windows.h>
#include <winternl.h>

/* The slot of the second library (cases/init/second) in the calling thread.  Nobody tells this library what its file
 * promises; but C linked into a DLL of Go may name Go's variable, as it names any symbol of the link: the offset from
 * the TEB that runtime.wintls keeps (runtime/sys_windows_*.s). */
extern uintptr_t runtime_tls_g __asm__("runtime.tls_g");

__declspec(dllexport) uintptr_t tlsm_slot(void);

uintptr_t tlsm_slot(void) { return (uintptr_t)NtCurrentTeb() + runtime_tls_g; }
