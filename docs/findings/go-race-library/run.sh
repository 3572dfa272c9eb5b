#!/bin/sh
# Loads a library that was built with -race on linux/amd64; GO is the go command, CC the compiler.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
CC=${CC:-cc}
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || { echo "cannot be shown: this is not Linux on x86-64"; exit 77; }
for tool in "$GO" "$CC"; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
build() {
	CGO_ENABLED=1 CC=$CC GOFLAGS= GOARCH=amd64 "$GO" build "$@" library.go 2>&1
}
{ "$CC" -o "$dir/host" host.c -ldl && build -buildmode=c-shared -o "$dir/plain.so" && "$dir/host" "$dir/plain.so" >"$dir/plain"; } ||
	{ echo "cannot be shown: $GO and $CC do not build a library that loads without -race"; exit 77; }
build -race -o "$dir/program" && "$dir/program" || { echo "cannot be shown: a program with -race does not build or run here"; exit 77; }
"$GO" version
echo "expected: go build -race -buildmode=c-shared refuses, as it does for -buildmode=pie, or the library loads:"
build -race -buildmode=pie -o "$dir/pie"
cat "$dir/plain"
said=$(build -race -buildmode=c-shared -o "$dir/race.so") || { echo "observed: it refuses: $said"; exit 0; }
echo "observed: it builds, and:"
timeout 20 "$dir/host" "$dir/race.so" >"$dir/said" 2>&1
status=$?
head -4 "$dir/said"
echo "exit status $status"
[ $status = 0 ] && exit 0
grep -q "ThreadSanitizer failed to allocate" "$dir/said" && exit 1
echo "cannot be shown: it fails for another reason"
exit 77
