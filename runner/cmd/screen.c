/* screen.c - the environment and the terminal, asked. */
#include "runner/cmd/screen.h"

#include "reports/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *asked(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

int screen_color(void)
{
	const char *force = asked("CLICOLOR_FORCE");
	if (*asked("NO_COLOR"))
		return 0;
	if (*force && strcmp(force, "0"))
		return 1;
	return isatty(STDOUT_FILENO) && strcmp(asked("TERM"), "dumb");
}

size_t screen_width(void)
{
	enum { LEAST = 60, MOST = 200, TERMINAL = 80, PLAIN = 100 };
	struct winsize size = { 0 };
	int terminal = isatty(STDOUT_FILENO);
	long width = terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
	if (!width)
		width = strtol(asked("COLUMNS"), NULL, 10);
	if (width <= 0)
		width = terminal ? TERMINAL : PLAIN;
	return width < LEAST ? LEAST : width > MOST ? MOST : (size_t)width;
}

void screen_say(const char *head, const char *text, size_t width)
{
	struct buf line = BUF_INIT, lines = BUF_INIT;
	text_add(&line, text, TEXT_ASCII); /* a line break is shown, as every control character */
	text_wrap(&lines, line.data, strlen(head), width);
	printf("%s%s", head, lines.data);
	buf_free(&lines);
	buf_free(&line);
}

size_t screen_prose(void) { return isatty(STDOUT_FILENO) ? screen_width() : (size_t)-1; }
