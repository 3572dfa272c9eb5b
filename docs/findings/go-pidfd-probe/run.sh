#!/bin/sh
# Which signals can run a handler in the processes that package os makes; GO is the go command, CC the compiler.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
CC=${CC:-cc}
[ "$(uname -s)" = Linux ] || { echo "cannot be shown: this is not Linux"; exit 77; }
for tool in "$GO" "$CC"; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
{ CGO_ENABLED=0 GOFLAGS= "$GO" build -o "$dir/find" find.go && "$CC" -o "$dir/first" first.c; } ||
	{ echo "cannot be shown: $GO and $CC do not build it"; exit 77; }
"$GO" version
echo "expected: two processes that begin with all signals blocked (fffffffffffbfeff: not SIGKILL and SIGSTOP)"
echo "observed:"
timeout 20 "$dir/first" "$dir/find"
status=$?
case $status in
0 | 1) exit $status ;;
esac
echo "cannot be shown: ptrace or the program ended with $status"
exit 77
