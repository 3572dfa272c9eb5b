/* loaders.h - who loads a file, and who refuses it, from its facts alone (harness/inspect.h).
 *
 * The knowledge is the table of rules.h; here is how it is asked.  A target is one loader, of one release where that is
 * said:
 *
 *     glibc  musl  android  osv       a program with all that it needs, or a library that a program was linked with
 *     glibc-dlopen  musl-dlopen ...   the same as a library that dlopen brings to a running program
 *     glibc-2.31  musl-1.2.5-dlopen   of that release; android-28 is an API level
 *     windows  windows-7  macos-11    their loaders by the system's release; windows-7 is 6.1, 8 is 6.2, 8.1 is 6.3
 *
 * What nothing here speaks against "runs"; on OSv, of which less is known, it is "unknown".  Libraries that a file
 * needs are not looked at.  Pure. */
#ifndef TLSMATRIX_HARNESS_LOADER_LOADERS_H
#define TLSMATRIX_HARNESS_LOADER_LOADERS_H

#include "harness/loader/rules.h"

struct buf;
struct diag;

struct loader_target {
	unsigned loader;            /* one bit of enum loader */
	char release[RELEASE_SIZE]; /* "" for any */
	char name[64];              /* as it was asked for */
};

/* 0; or -EINVAL and "unknown target 'X': known are ..." in diag, and *target left alone. */
int loader_parse(const char *name, struct loader_target *target, struct diag *diag);

/* A new reference:
 *   {"loader": STR, "verdict": "runs|runs while|unknown|dies|refuses",
 *    "reasons": [{"verdict": STR, "text": STR, "source": STR}]}      the worst first; [] for "runs" without a condition
 * "runs while": of the loader's release where the target has none, or of what else is in the process. */
json_t *loader_judge(const json_t *facts, const struct loader_target *target);

/* The loaders that a file may be for, judged: an array as above, empty for what no loader takes; OSv where something is
 * known of it. */
json_t *loader_judge_all(const json_t *facts);

/* Of a judgement: is the file taken (runs, or runs while), not taken, or is that not known? */
enum loader_answer { LOADER_TAKES, LOADER_TAKES_NOT, LOADER_UNKNOWN };
enum loader_answer loader_answer(const json_t *judged);

/* "VERDICT: TEXT (SOURCE)" of the first reason, or "runs: nothing ... " without one.  Appended. */
void loader_line(const json_t *judged, struct buf *out);

/* What the file asks of a loader, in a sentence: "initial-exec TLS of 8 bytes; ...".  Appended; nothing for what no
 * loader takes. */
void loader_asks(const json_t *facts, struct buf *out);

#endif
