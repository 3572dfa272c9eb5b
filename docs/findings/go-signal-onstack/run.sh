#!/bin/sh
# What a library's Go runtime does to the host's signal handlers; GO is the go command, CC the compiler.
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
{ CGO_ENABLED=1 CC=$CC GOFLAGS= "$GO" build -buildmode=c-shared -o "$dir/library.so" library.go &&
	"$CC" -o "$dir/host" host.c -ldl; } || { echo "cannot be shown: $GO and $CC do not build it"; exit 77; }
"$GO" version
echo "expected: every handler kept, SA_ONSTACK on"
echo "observed:"
timeout 20 "$dir/host" "$dir/library.so"
status=$?
case $status in
0 | 1) exit $status ;;
esac
echo "cannot be shown: the host ended with $status"
exit 77
