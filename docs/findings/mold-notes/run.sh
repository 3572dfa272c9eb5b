#!/bin/sh
# Notes of two alignments in a program that mold links; GO is the go command, CC the compiler.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
CC=${CC:-cc}
for tool in "$GO" "$CC" mold readelf; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
build() {
	CGO_ENABLED=1 CC=$CC GOFLAGS= "$GO" build -o "$dir/$1" -ldflags="-linkmode=external -extldflags=-fuse-ld=$1" hello.go
}
{ build mold && build bfd; } || { echo "cannot be shown: $GO and $CC do not build it"; exit 77; }
mold --version
"$GO" version
readelf -SW "$dir/mold" | awk '$2 == "NOTE" || $3 == "NOTE" || $4 == "NOTE" { align[$NF] = 1 }
	END { for (a in align) n++; exit n < 2 }' || { echo "cannot be shown: all notes here have one alignment"; exit 77; }
echo "expected: go tool buildid prints ACTION/.../CONTENT, as of the program that GNU ld linked:"
"$GO" tool buildid "$dir/bfd"
echo "observed, in hexadecimal digits, and the PT_NOTE segments of the file:"
"$GO" tool buildid "$dir/mold" | od -An -tx1
readelf -lW "$dir/mold" | grep '^ *NOTE'
"$GO" tool buildid "$dir/mold" | LC_ALL=C grep -qE '^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)+$'
