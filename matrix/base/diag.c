#include "matrix/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

int diag_set(struct diag *diag, int error, const char *format, ...)
{
	if (!diag || diag->line[0])
		return -error;
	va_list args;
	va_start(args, format);
	vsnprintf(diag->line, sizeof diag->line, format, args);
	va_end(args);
	/* The texts quoted in a line come from users and files: keep it one line, and a terminal sane. */
	for (char *c = diag->line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return -error;
}
