/* pen.c - the pen of the terminal report: colours, rules, titles. */
#include "reports/terminal/terminal.h"

void terminal_begin(struct terminal *t, const char *sgr)
{
	if (t->color)
		buf_printf(&t->pen.text, "\033[%sm", sgr);
}

void terminal_end(struct terminal *t)
{
	if (t->color)
		buf_add(&t->pen.text, "\033[0m");
}

void terminal_repeat(struct terminal *t, char c, size_t count)
{
	while (count-- > 0)
		buf_add_bytes(&t->pen.text, &c, 1);
}

void terminal_trim(struct terminal *t)
{
	struct buf *text = &t->pen.text;

	while (text->len > 0 && text->data[text->len - 1] == ' ')
		text->data[--text->len] = '\0';
	buf_add(text, "\n");
}

void terminal_title(struct terminal *t, const char *text)
{
	terminal_begin(t, "1");
	buf_add(&t->pen.text, text);
	terminal_end(t);
	buf_add(&t->pen.text, "\n");
}

void terminal_section(struct terminal *t, const char *text)
{
	buf_add(&t->pen.text, "\n");
	terminal_title(t, text);
}
