/* stages.h - what of the tool itself decides the results of a stage: a hash of its sources, made by the Makefile.
 *
 * A build is named after its commands and what goes into them; facts after the build and the inspector; a result after
 * the build, the target, and what starts programs and reads what they say.  So a colour of the page makes nothing
 * stale, and a changed row of oracle.def or known.def is judged anew when a result is read. */
#ifndef TLSMATRIX_RUNNER_SETUP_STAGES_H
#define TLSMATRIX_RUNNER_SETUP_STAGES_H

extern const char stage_inspect[]; /* harness/ without tracer and probe; runner/build/facts.c */
extern const char stage_trace[];   /* tlstrace */
extern const char stage_trial[];   /* runner/trial, runner/target, runner/process, records */

#endif
