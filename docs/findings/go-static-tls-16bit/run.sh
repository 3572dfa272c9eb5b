#!/bin/sh
# Where Go has its slot in a static program for arm64 with 70000 bytes of thread-local storage of C; GO is the go command,
# CC a compiler for arm64. 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
CC=${CC:-aarch64-linux-gnu-gcc}
for tool in "$GO" "$CC" readelf; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
said=$(CGO_ENABLED=1 GOOS=linux GOARCH=arm64 CC=$CC GOFLAGS= "$GO" build -o "$dir/program" \
	-ldflags='-linkmode=external -extldflags=-static' program.go 2>&1)
status=$?
"$GO" version
echo "expected: the offset of runtime.tls_g behind the thread pointer, or an error of the linker:"
[ $status = 0 ] || case $said in
*TPREL_G0*) echo "observed: an error:"; echo "$said" | grep TPREL_G0 | head -2; exit 0 ;;
*) echo "cannot be shown: $CC does not build it: $said"; exit 77 ;;
esac
# The thread pointer is 16 bytes (or what the alignment makes of them) before the program's block.
align=$(readelf -lW "$dir/program" | awk '$1 == "TLS" { print $NF }')
head=$((align > 16 ? align : 16))
offset=$((head + 0x$(readelf -sW "$dir/program" | awk '$4 == "TLS" && $NF == "runtime.tls_g" { print $2 }')))
used=$("$GO" tool objdump -s '^runtime\.load_g' "$dir/program" | sed -n 's/.*MOVD \$\([0-9]*\), R27.*/\1/p')
echo "$offset"
echo "observed, in runtime.load_g: ${used:-another sequence}"
# What comes of it, where such a program runs.
[ "$(uname -m)" = aarch64 ] && run= || run=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || echo :)
ran=$($run "$dir/program" 2>&1)
echo "$ran"
case $ran in *": 0") exit 0 ;; esac
[ "$used" = $offset ] && exit 0
[ "$used" = $((offset & 0xffff)) ] && exit 1
echo "cannot be shown: runtime.load_g takes the offset from elsewhere, and nothing here runs the program"
exit 77
