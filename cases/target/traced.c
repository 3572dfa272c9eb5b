/* traced.c - can tlstrace see what runs here?  Calls sigaltstack as often as it is told, from a piece of text that the
 * tracer must take for Go's: between symbols of the names by which it knows that (harness/trace/trace.h).  It finds
 * them only where the file itself is mapped and run by this machine's kernel, and not by an emulator, a
 * sandbox's kernel or a rewriter of code.
 *
 *	traced COUNT */
#include <stdlib.h>

void traced_calls(unsigned count);

/* sigaltstack(NULL, NULL): asks for nothing and changes nothing.  Numbers: syscall(2), arch/x86/entry/syscalls and
 * include/uapi/asm-generic/unistd.h. */
#ifdef __x86_64__
__asm__(".text\n"
	".globl runtime.text, traced_calls, runtime.etext\n"
	".type traced_calls, @function\n"
	"runtime.text:\n"
	"traced_calls:\n"
	"	push %rbx\n"
	"	mov %edi, %ebx\n"
	"1:	mov $131, %eax\n"
	"	xor %edi, %edi\n"
	"	xor %esi, %esi\n"
	"	syscall\n"
	"	dec %ebx\n"
	"	jnz 1b\n"
	"	pop %rbx\n"
	"	ret\n"
	"runtime.etext:\n");
#elif defined __aarch64__
__asm__(".text\n"
	".globl runtime.text, traced_calls, runtime.etext\n"
	".type traced_calls, %function\n"
	"runtime.text:\n"
	"traced_calls:\n"
	"	mov w9, w0\n"
	"1:	mov x8, #132\n"
	"	mov x0, #0\n"
	"	mov x1, #0\n"
	"	svc #0\n"
	"	subs w9, w9, #1\n"
	"	b.ne 1b\n"
	"	ret\n"
	"runtime.etext:\n");
#else
#error "tlstrace does not know this processor"
#endif

int main(int argc, char **argv)
{
	if (argc < 2)
		return 64;
	traced_calls((unsigned)strtoul(argv[1], NULL, 10));
	return 0;
}
