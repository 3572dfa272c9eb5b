#!/bin/sh
# setgid of a library in a namespace of its own; CC is the compiler.  1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
CC=${CC:-cc}
[ "$(uname -s)" = Linux ] || { echo "cannot be shown: this is not Linux"; exit 77; }
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || { echo "cannot be shown: no glibc here"; exit 77; }
command -v "$CC" >/dev/null || { echo "cannot be shown: no C compiler $CC"; exit 77; }
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
{ "$CC" -shared -fPIC -pthread -o "$dir/library.so" library.c && "$CC" -pthread -o "$dir/host" host.c -ldl; } ||
	{ echo "cannot be shown: $CC does not build it"; exit 77; }
echo "$libc, $(uname -m)"
echo "expected: 0 both times"
timeout 20 "$dir/host" "$dir/library.so" 2>/dev/null
without=$?
timeout 20 "$dir/host" "$dir/library.so" thread 2>/dev/null
with=$?
echo "observed: $without, and $with where the program made a thread before (above 128: 128 + the signal's number; 124: hung)"
[ "$without" = 77 ] && { echo "cannot be shown: dlmopen or pthread_create failed"; exit 77; }
[ "$without" = 0 ] && [ "$with" = 0 ]
