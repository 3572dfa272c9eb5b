/* facts.h - what can be found out about kernel, loader and libc from within a process.
 *
 * A fact is told, not judged.  Each writes a text of at most FACT_MAX bytes; an empty one means that it cannot be known
 * here.  Any of them may crash: the caller then asks for those behind it in a new process. */
#ifndef TLSMATRIX_CASES_TARGET_FACTS_H
#define TLSMATRIX_CASES_TARGET_FACTS_H

enum { FACT_MAX = 1000 };

struct fact {
	const char *name;
	void (*tell)(char *text);
};

/* In the order in which they are to be asked; ends with a name of NULL. */
extern const struct fact facts[];

/* What only main knows: where its arguments lie. */
void facts_start(int argc, char **argv);

#endif
