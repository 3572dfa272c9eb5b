/* screen.h - what standard output shows: colours, and how wide. */
#ifndef TLSMATRIX_RUNNER_CMD_SCREEN_H
#define TLSMATRIX_RUNNER_CMD_SCREEN_H

#include <stddef.h>

/* A terminal has colours, unless TERM is dumb; CLICOLOR_FORCE, not 0, brings them anywhere, and NO_COLOR, not empty
 * (no-color.org), takes them away in any case. */
int screen_color(void);

/* The terminal's columns, else COLUMNS, else 80 on a terminal and 100 elsewhere; from 60 to 200. */
size_t screen_width(void);

/* Prints head and text, as ASCII in one line or, at spaces, broken before column width; the lines after the first begin
 * with as many spaces as head is long. */
void screen_say(const char *head, const char *text, size_t width);

/* Where text is broken: the terminal's columns; elsewhere nowhere, so that a line is found whole. */
size_t screen_prose(void);

#endif
