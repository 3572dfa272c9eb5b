/* CFString.h - the declarations of Apple's CoreFoundation that runtime/cgo compiles against on iOS
 * (runtime/cgo/gcc_darwin_arm64.c init_working_dir), written from those calls.  Apple's SDK may not be passed on; what
 * is built with this is inspected, never run. */
#ifndef TLSMATRIX_CASES_PORT_DARWIN_CFSTRING_H
#define TLSMATRIX_CASES_PORT_DARWIN_CFSTRING_H

typedef unsigned char Boolean;
typedef const void *CFTypeRef;
typedef const struct __CFString *CFStringRef;

enum { kCFStringEncodingUTF8 = 0x08000100 };

#define CFSTR(text) ((CFStringRef)__builtin___CFStringMakeConstantString("" text ""))

Boolean CFStringGetCString(CFStringRef string, char *buffer, long size, unsigned encoding);
void CFRelease(CFTypeRef object);

#endif
