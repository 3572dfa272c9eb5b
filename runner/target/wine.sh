#!/bin/sh
# wine.sh - start a Windows program under the Wine that is installed; no display, no network, nothing left behind.
#
#   wine.sh CACHE PREFIX [DLL-SOURCE] -- PROGRAM ARGUMENT...
#
#   CACHE       holds the program and the prefix
#   PREFIX      folder of the Wine prefix; made at the first start (seconds), read-only afterwards
#   DLL-SOURCE  a C file NAME.c: a DLL of Windows that this Wine lacks, put into its system folder
#
# The program runs in namespaces of its own (bwrap): with it everything ends that it started, wineserver included, and a /tmp of its
# own keeps it from somebody else's wineserver.  Exit status and output are the program's.
set -eu

die() { printf 'wine.sh: %s\n' "$*" >&2; exit 125; }

[ $# -ge 4 ] || die "usage: wine.sh CACHE PREFIX [DLL-SOURCE] -- PROGRAM ARGUMENT..."
cache=$1 prefix=$2 lib=/usr/lib/wine
shift 2
dll=
[ "$1" = -- ] || { dll=$1; shift; }
shift
command -v bwrap >/dev/null || die "bwrap is not here: apt-get install bubblewrap"
[ -x $lib/wine64 ] || die "$lib/wine64 is not here: apt-get install wine64"
# Another Wine, another prefix.
prefix=$prefix-$({ cat ${dll:+"$dll"} "$0"; ls -l --time-style=full-iso $lib/wine64; } | cksum | cut -d" " -f1)

unset DISPLAY WAYLAND_DISPLAY
export WINESERVER=$lib/wineserver64 WINEDEBUG=-all
# No menus, no Mono, no Gecko: they would ask for a display or a download.
export WINEDLLOVERRIDES='winemenubuilder.exe,mscoree,mshtml='

# box OPTION... COMMAND...
box() {
	bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --ro-bind "$cache" "$cache" "$@"
}

make_prefix() {
	made=$prefix.making
	rm -rf "$made"
	mkdir -p "$made"
	export WINEPREFIX="$made"
	# Within one process namespace, so that nothing outlives a start that fails.
	# shellcheck disable=SC2016 # $1 is the inner shell's
	box --bind "$made" "$made" --unshare-pid --unshare-net --die-with-parent --chdir / \
		/bin/sh -c '"$1"/wine64 wineboot -i && "$1"/wineserver64 -w' sh $lib >"$made/log" 2>&1 || { tail -n 3 "$made/log" >&2; die "$prefix: wineboot failed"; }
	[ -f "$made/system.reg" ] || { tail -n 3 "$made/log" >&2; die "$prefix: wineboot made no registry"; }
	[ -z "$dll" ] || x86_64-w64-mingw32-gcc-posix -O1 -shared -o "$made/drive_c/windows/system32/$(basename "$dll" .c).dll" "$dll" -ladvapi32 -static ||
		die "$dll does not compile"
	mv "$made" "$prefix"
}

if [ ! -d "$prefix" ]; then
	mkdir -p "$(dirname "$prefix")"
	exec 9>"$prefix.lock"
	timeout 50 flock 9 || die "$prefix: somebody else is making it"
	[ -d "$prefix" ] || make_prefix
	exec 9>&-
fi
export WINEPREFIX="$prefix"
box --unshare-pid --unshare-net --die-with-parent --new-session --chdir / $lib/wine64 "$@"
