#!/bin/sh
# A program of -race whose end has C call Go, which waits; GO is the go command, CC the compiler.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
CC=${CC:-cc}
for tool in "$GO" "$CC"; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=1 CC=$CC GOFLAGS= "$GO" build -race -o "$dir/program" program.go ||
	{ echo "cannot be shown: $GO and $CC do not build it with -race"; exit 77; }
"$GO" version
echo "expected: called by exit, waited, exit status 0; observed:"
timeout 20 "$dir/program" >"$dir/said" 2>&1
status=$?
head -8 "$dir/said"
echo "exit status $status"
[ $status = 0 ] && grep -q "^waited" "$dir/said" && exit 0
grep -q "^fatal error: schedule: holding locks" "$dir/said" && exit 1
echo "cannot be shown: it fails for another reason"
exit 77
