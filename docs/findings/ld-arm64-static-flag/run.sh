#!/bin/sh
# Whether a library for arm64 with initial-exec TLS says so; LD is GNU ld for arm64, CC a compiler for it.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
LD=${LD:-aarch64-linux-gnu-ld}
if [ -z "$CC" ]; then
	command -v aarch64-linux-gnu-gcc >/dev/null && CC=aarch64-linux-gnu-gcc || CC="clang --target=aarch64-linux-gnu"
fi
for tool in ${CC%% *} "$LD" readelf; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
# $1 links the object $2: which relocation its thread-local variable has, and which flags the library.
said() {
	"$1" -shared -o "$dir/library.so" "$dir/$2" 2>/dev/null || return
	tls=$(readelf -rW "$dir/library.so" | grep -oE 'R_[A-Z0-9_]*(TPREL|TPOFF)[0-9]*' | sort -u)
	flags=$(readelf -dW "$dir/library.so" | sed -n 's/.*(FLAGS) *//p')
	echo "$1: $tls, DT_FLAGS ${flags:-none}"
}
$CC -O1 -fPIC -c -o "$dir/arm64.o" library.c || { echo "cannot be shown: $CC does not compile for arm64"; exit 77; }
observed=$(said "$LD" arm64.o)
case $observed in *TPREL*) ;; *) echo "cannot be shown: $LD makes no library with initial-exec TLS of it"; exit 77 ;; esac
"$LD" --version | head -1
echo "expected: STATIC_TLS, as of GNU ld for amd64 and of gold for arm64, where they are here:"
[ "$(uname -m)" = x86_64 ] && cc -O1 -fPIC -c -o "$dir/amd64.o" library.c 2>/dev/null && said ld amd64.o
said "$LD.gold" arm64.o
echo "observed:"
echo "$observed"
case $observed in *STATIC_TLS*) exit 0 ;; esac
exit 1
