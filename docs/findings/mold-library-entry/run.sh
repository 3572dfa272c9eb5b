#!/bin/sh
# The entry point of a library that mold links; CC is the compiler.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
CC=${CC:-cc}
for tool in "$CC" mold readelf; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
"$CC" -shared -fPIC -nostdlib -fuse-ld=mold -o "$dir/library.so" library.c ||
	{ echo "cannot be shown: $CC does not link with mold"; exit 77; }
mold --version
entry=$(readelf -hW "$dir/library.so" | sed -n 's/.*Entry point address: *//p')
echo "expected: an entry point of 0x0, for none was asked for and there is no _start"
echo "observed: $entry; .text is at 0x$(readelf -SW "$dir/library.so" | sed -n 's/.* \.text  *PROGBITS  *0*\([0-9a-f]*\).*/\1/p')"
[ "$entry" = 0x0 ]
