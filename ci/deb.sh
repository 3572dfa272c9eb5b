#!/bin/sh
# deb.sh - a Debian package of tlsmatrix, for this machine's architecture.
#
#   deb.sh BUILD      writes BUILD/tlsmatrix_VERSION_ARCH.deb; the programs are those of BUILD
#
# What it depends on is what the programs are linked with (dpkg-shlibdeps) and what builds cases: a C compiler and the
# linkers that cells name.  Go is one of the user's (--go, TLSMATRIX_GO, PATH).  Who makes the package is its maintainer:
# DEBFULLNAME and DEBEMAIL, else the author of the commit.
set -eu
cd "$(dirname "$0")/.."
build=$1
version=$("$build/tlsmatrix" --version | sed 's/^tlsmatrix //')
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
umask 022

make --no-print-directory -s install B="$build" PREFIX=/usr DESTDIR="$root"
strip --strip-unneeded "$root"/usr/lib/tlsmatrix/*
doc=$root/usr/share/doc/tlsmatrix
rm "$doc/LICENSE"
gzip -9n "$root/usr/share/man/man1/tlsmatrix.1"
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"
# The form that Debian's tools read; what changed is told by CHANGELOG.md beside it.
printf 'tlsmatrix (%s) unstable; urgency=medium\n\n  * CHANGELOG.md says what changed.\n\n -- %s  %s\n' \
	"$version" "$maintainer" "$(git log -1 --format=%aD)" | gzip -9n >"$doc/changelog.gz"
{
	printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: tlsmatrix\n\n'
	printf 'Files: *\nCopyright: %s\nLicense: Expat\n' "$(sed -n 's/^Copyright (c) //p' LICENSE)"
	sed -n '/^Permission/,$s/^$/./;/^Permission/,$s/^/ /p' LICENSE
} >"$doc/copyright"

mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: tlsmatrix\n\nPackage: tlsmatrix\nArchitecture: any\nDescription: x\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/lib/tlsmatrix/* 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { printf 'deb: dpkg-shlibdeps found no library packages: are the development packages installed?\n' >&2; exit 3; }
cat >"$root/DEBIAN/control" <<CONTROL
Package: tlsmatrix
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -ks "$root" | cut -f1)
Depends: $depends, gcc, libc6-dev, binutils
Recommends: lld, mold
Suggests: golang-go
Section: devel
Priority: optional
Description: does Go run on this loader, and if not, why?
 Builds every combination of a Go release, GOOS, GOARCH, buildmode, CGO_ENABLED
 and linker, runs each on a target loader, and checks TLS slots, threads and the
 initialization of libraries. It names the releases between which a behaviour
 changed, the source files that did it, and what a loader owes a Go library.
CONTROL
(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group --build "$root" "$build/tlsmatrix_${version}_$arch.deb" >/dev/null
printf '%s\n' "$build/tlsmatrix_${version}_$arch.deb"
