/* CFBundle.h - as CFString.h: what runtime/cgo calls of application bundles on iOS. */
#ifndef TLSMATRIX_CASES_PORT_DARWIN_CFBUNDLE_H
#define TLSMATRIX_CASES_PORT_DARWIN_CFBUNDLE_H

#include "CFString.h"

typedef struct __CFBundle *CFBundleRef;
typedef const struct __CFURL *CFURLRef;

CFBundleRef CFBundleGetMainBundle(void);
CFURLRef CFBundleCopyResourceURL(CFBundleRef bundle, CFStringRef name, CFStringRef type, CFStringRef folder);
CFTypeRef CFBundleGetValueForInfoDictionaryKey(CFBundleRef bundle, CFStringRef key);
CFStringRef CFURLGetString(CFURLRef url);

#endif
