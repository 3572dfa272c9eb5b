#!/bin/sh
# gate.sh - a step of somebody's CI: run cells, say what is worse than a baseline, exit as the gate does.
#
#   gate.sh [FILTER]          in the folder where out/ shall lie
#
#   TARGETS     INI file with the loader to test (docs/targets.md); default: none
#   BASELINE    file that `tlsmatrix accept` wrote; default: none, and then any failure that is not known counts
#   TLSMATRIX   the program; default: that of this checkout, else the installed one
#
# On GitHub the text for the review goes to the step's summary and the findings become annotations; elsewhere the text is
# printed.  out/report.xml is JUnit, for GitLab's artifacts:reports:junit and for Jenkins.
set -eu
here=$(dirname "$0")/../build/tlsmatrix
tool=${TLSMATRIX:-$([ -x "$here" ] && printf '%s' "$here" || printf tlsmatrix)}
filter=${1:-}
set --
[ -z "${TARGETS:-}" ] || set -- --targets "$TARGETS"
code=0
"$tool" run ${filter:+"$filter"} "$@" || code=$?
[ -z "${BASELINE:-}" ] || set -- "$@" --baseline "$BASELINE"
if [ -n "${GITHUB_ACTIONS:-}" ]; then
	"$tool" report --format github "$@" || :
	"$tool" report --format markdown "$@" -o "${GITHUB_STEP_SUMMARY:-tlsmatrix.md}" || :
else
	"$tool" report --format markdown "$@" || :
fi
# What could not be run or was cut off is not judged by a gate either.
if [ -n "${BASELINE:-}" ] && [ "$code" -le 1 ]; then
	code=0
	"$tool" gate "$@" || code=$?
fi
exit "$code"
