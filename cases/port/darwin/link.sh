#!/bin/sh
# link.sh - links a Go program for darwin or ios with LLVM's Mach-O linker: -ldflags='-w -extld=DIR/link.sh'.
#
# cmd/link starts a C compiler as linker (cmd/link/internal/ld/lib.go hostlink) and asks it for -no_pie
# (darwin/amd64 exe) and -flat_namespace (plugins).  zig's own Mach-O linker refuses both; lld knows them.  This
# turns the compiler's words into the linker's: -Wl,A,B into A B, -dynamiclib into -dylib, and what a compiler
# driver adds of its own (architecture, platform, -lSystem).  It cannot compile.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
arch=x86_64
# What cmd/link itself writes up to go1.26; since go1.27 it is 13.0 (cmd/link/internal/ld/macho.go domacho).  CC has to say the
# same, or lld warns of objects that are newer.
platform=macos
floor=12.0
count=$#
while [ "$count" -gt 0 ]; do
	word=$1
	shift
	count=$((count - 1))
	case $word in
	-arch) arch=$1; shift; count=$((count - 1)) ;;
	-mmacosx-version-min=*) floor=${word#*=} ;;
	# On ios cmd/link passes no -arch (lib.go hostlinkArchArgs).
	-mios-version-min=*) platform=ios arch=arm64 floor=${word#*=} ;;
	-mios-simulator-version-min=*) platform=ios-simulator floor=${word#*=} ;;
	-dynamiclib) set -- "$@" -dylib ;;
	-Wl,-bind_at_load) ;;      # for plugins; lld does not know it and binds lazily (golang/go#38824)
	-Wl,*)
		save=$IFS
		IFS=,
		# shellcheck disable=SC2086 # split at commas on purpose
		set -- "$@" ${word#-Wl,}
		IFS=$save ;;
	-m64 | -O* | -g) ;;
	-lpthread | -lSystem) ;;   # part of libSystem, which comes below
	*) set -- "$@" "$word" ;;
	esac
done
exec lld -flavor darwin -arch "$arch" -platform_version "$platform" "$floor" "$floor" -L"$here" -F"$here" "$@" -lSystem
