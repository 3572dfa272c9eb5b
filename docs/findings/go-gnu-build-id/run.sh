#!/bin/sh
# The GNU build ID that cmd/link writes, in a PT_NOTE segment; GO is the go command.
# 1: the fault is there, 0: it is gone, 77: see the line.
cd "$(dirname "$0")" || exit 77
GO=${GO:-go}
for tool in "$GO" readelf; do
	command -v "$tool" >/dev/null || { echo "cannot be shown: no $tool here"; exit 77; }
done
dir=$(mktemp -d) || exit 77
trap 'rm -rf "$dir"' EXIT
GOOS=linux GOARCH=amd64 CGO_ENABLED=0 GOFLAGS= "$GO" build -o "$dir/hello" hello.go ||
	{ echo "cannot be shown: $GO does not build it"; exit 77; }
echo "$("$GO" version), linux/amd64, linked internally"
readelf -SW "$dir/hello" | grep -q '\.note\.gnu\.build-id' ||
	{ echo "cannot be shown: no .note.gnu.build-id in the file (Go before 1.24)"; exit 77; }
# readelf lists the sections of each segment by the segment's number, behind the table of the segments.
notes=$(readelf -lW "$dir/hello" | awk '
	$1 ~ /^(PHDR|INTERP|NOTE|LOAD|DYNAMIC|TLS|GNU_[A-Z]*|LOOS.*|0x6.*)$/ && !maps { if ($1 == "NOTE") note[n] = 1; n++ }
	/Segment Sections/ { maps = 1 }
	maps && ($1 + 0) in note && $1 ~ /^[0-9]+$/ { $1 = ""; print }')
echo "expected: .note.gnu.build-id and .note.go.buildid in a PT_NOTE segment"
echo "observed in PT_NOTE segments:" $notes
case $notes in *.note.gnu.build-id*) exit 0 ;; esac
exit 1
