/* libtarget.so - a library with nothing but an initializer that writes down how it was called, for the facts
 * initializer-at-start and initializer-in-dlopen.  Compiled with BYTES it is instead a library with a TLS block of that
 * size in the initial-exec model, which is what a Go library is to a loader (S5): for ie-dlopen and
 * static-tls-surplus. */
#include "cases/target/library.h"

#define PUBLIC __attribute__((visibility("default")))

#ifdef BYTES

static __thread char block[BYTES] __attribute__((tls_model("initial-exec"), aligned(16)));

PUBLIC char *target_block(void);
PUBLIC char *target_block(void)
{
	block[0]++;
	return block;
}

#else

PUBLIC struct target_init target_init;

/* The frame's address is the stack pointer at the call less what call and prologue push: on i386 8 bytes, for A32 code
 * 4, elsewhere a multiple of what the ABI aligns the stack to. */
#if defined __i386__
#define FRAME_OFF 8
#elif defined __arm__ && !defined __thumb__
#define FRAME_OFF 4
#else
#define FRAME_OFF 0
#endif
__attribute__((constructor, noinline)) static void init(int argc, char **argv, char **envp)
{
	target_init.called++;
	target_init.argc = argc;
	target_init.argv = (uintptr_t)argv;
	target_init.envp = (uintptr_t)envp;
	target_init.frame = (uintptr_t)__builtin_frame_address(0) + FRAME_OFF;
}

#endif
