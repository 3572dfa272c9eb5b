#!/bin/sh
# What a PLT entry that mold writes leaves in R11 where nothing is bound lazily; GO is the go command, CC the compiler.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
CC=${CC:-cc}
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || { echo "cannot be shown: this is not Linux on x86-64"; exit 77; }
for tool in "$CC" mold; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
link() {
	"$CC" -fuse-ld="$1" -Wl,-z,now -o "$dir/$1" program.c "$dir/library.so" -Wl,-rpath,"$dir"
}
{ "$CC" -shared -nostdlib -o "$dir/library.so" library.s && link mold; } ||
	{ echo "cannot be shown: $CC does not build it with mold"; exit 77; }
mold --version
echo "expected: the 42 that the caller put there, as with the other linkers:"
for other in bfd gold lld; do
	link $other 2>/dev/null && echo "$other: $("$dir/$other")"
done
seen=$("$dir/mold")
echo "observed: mold: $seen"
# What comes of it in Go, where it is here: a -linkshared program of each linker, with one shared runtime.
go() {
	CGO_ENABLED=1 CC=$CC GOFLAGS= "$GO" "$@" 2>&1
}
if command -v "$GO" >/dev/null && go install -buildmode=shared -pkgdir "$dir/pkg" runtime runtime/cgo; then
	"$GO" version
	for linker in bfd mold; do
		go build -linkshared -pkgdir "$dir/pkg" -ldflags="-extldflags=-fuse-ld=$linker" -o "$dir/hello-$linker" hello.go &&
			echo "Go, $linker: $("$dir/hello-$linker" 2>&1 | head -2)"
	done
fi
[ "$seen" = 42 ]
