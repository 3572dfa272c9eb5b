/* print_object.h - for print.c: values as text, and the objects that only one format has. */
#ifndef TLSMATRIX_HARNESS_PRINT_OBJECT_H
#define TLSMATRIX_HARNESS_PRINT_OBJECT_H

#include <jansson.h>

struct buf;

enum print_style {
	PRINT_PLAIN,
	PRINT_HEX,   /* numbers in hexadecimal */
	PRINT_COUNTS /* an object of counts: "NAME xN" */
};

/* Ends a line that was made: what a file says of itself cannot speak to the terminal or begin a line of its own.
 * Empties line. */
void print_line(struct buf *line, struct buf *out);

/* A value on the line: text, yes or no, a number, lists and objects joined; "none" for null and what is empty. */
void print_value(json_t *value, enum print_style style, struct buf *out);

/* The name of the format of the facts. */
const char *print_format(const json_t *facts);

/* The objects "pe", "macho", ... that are there, a line for each key, in the order of the table. */
void print_objects(const json_t *facts, struct buf *out);

#endif
