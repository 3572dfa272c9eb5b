#!/bin/sh
# million.sh - runs one libFuzzer program so many times: million.sh PROGRAM RUNS
#
# Seeds and corpus stay beside the program, so that the next run goes on from there.  An input that takes
# longer than TIMEOUT seconds is a finding like any other: a reader must be done with 64 KiB at once.
set -eu
program=$1
runs=$2
TIMEOUT=5
name=${program##*/fuzz_}
folder=$program.corpus
here=$(dirname "$0")
[ -d "$folder/seeds" ] || "$here/seeds.sh" "$name" "$folder/seeds"
mkdir -p "$folder/found"
# Short stacks and little quarantine: inputs are small, and each is its own.
export ASAN_OPTIONS="malloc_context_size=6:quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
if "$program" -runs="$runs" -max_len=65536 -timeout=$TIMEOUT -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$folder/finding-" "$folder/found" "$folder/seeds" >"$program.log" 2>&1; then
	sed -n 's/^stat::number_of_executed_units: *\([0-9]*\)$/\1/p; s/^stat::average_exec_per_sec: *\([0-9]*\)$/\1/p' "$program.log" | {
		read -r executed
		read -r speed
		printf 'fuzz_%-10s %s runs, 0 findings, %s/s\n' "$name" "$executed" "$speed"
	}
else
	tail -n 40 "$program.log"
	input=$(sed -n 's/.*Test unit written to //p' "$program.log" | tail -n 1)
	printf 'fuzz_%-10s stopped: %s (log: %s)\n' "$name" "${input:-no input was kept}" "$program.log"
	exit 1
fi
