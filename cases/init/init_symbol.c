#include "init_symbol.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "_cgo_export.h"

enum init_symbol init_symbol_call(const char *name, int number, char *why, int size)
{
	void (*call)(int);
	void *self = dlopen(NULL, RTLD_NOW);
	void *symbol = self ? dlsym(self, name) : NULL;
	*why = '\0';
	if (!symbol) {
		const char *reason = dlerror();
		snprintf(why, (size_t)size, "%s", reason ? reason : "no reason is given");
	} else {
		memcpy(&call, &symbol, sizeof call);
		call(number);
	}
	if (self)
		dlclose(self);
	if (!symbol)
		return INIT_SYMBOL_NONE;
	return call == goOnCThread ? INIT_SYMBOL_OWN : INIT_SYMBOL_OTHER;
}
