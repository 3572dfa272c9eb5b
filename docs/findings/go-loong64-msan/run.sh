#!/bin/sh
# Assembles what go build -msan adds to package runtime for linux/loong64; GO is the go command.
# 1: the fault is there, 0: it is gone, 77: see the line.
GO=${GO:-go}
command -v "$GO" >/dev/null || { echo "cannot be shown: no $GO here"; exit 77; }
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
root=$("$GO" env GOROOT)
file=src/runtime/msan_loong64.s
[ -f "$root/$file" ] || { echo "cannot be shown: no $file in this Go"; exit 77; }
# The compiler makes this header; whether it assembles is the same whatever the offsets are.
for field in g_m m_gsignal m_g0 g_sched gobuf_sp; do echo "#define $field 8"; done >"$dir/go_asm.h"
"$GO" version
said=$(cd "$root" && GOOS=linux GOARCH=loong64 "$GO" tool asm -p runtime -I "$dir" -I pkg/include -I src/runtime \
	-o "$dir/msan.o" $file 2>&1)
status=$?
echo "expected: $file assembles, for linux/loong64 is among the ports that MSanSupported names"
[ $status = 0 ] && { echo "observed: it does"; exit 0; }
echo "observed:"
echo "$said" | grep -v '^[0-9]' | sort -u
case $said in *"undefined label"* | *"illegal combination"*) exit 1 ;; esac
echo "cannot be shown: it fails for another reason"
exit 77
