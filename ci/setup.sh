#!/bin/sh
# setup.sh - install what tlsmatrix needs and this machine lacks; silent when nothing is missing.
#
#   setup.sh [test] [ports] [targets] [fuzz] [fresh] [deb] [corpus]
#
#   Debian packages   by apt-get when root or with sudo; else the one line to run is printed (exit 3);
#                     with `test` also what only `make test` needs, with `ports` the C compilers of all
#                     ports that have one (runner/toolchain/c_compilers.def names them), with `targets` what starts
#                     programs on them (the debian keys of runner/target/targets.ini), with `fuzz` what
#                     `make fuzz-million` needs, with `fresh` what makes another machine (tests/fresh.sh), with `deb` what
#                     `make deb` needs, with `corpus` what inspect is compared with (npm is whosever it is)
#   Go                the go in PATH when it is recent enough; else the newest release that the Go
#                     module proxy has, fetched by an old Go (golang-go) through `go mod download`,
#                     which checks it against Go's checksum database; linked as build/toolchain
#   Python packages   into .venv, from ci/requirements.txt; with `ports` ci/requirements-ports.txt too, with `targets`
#                     and `test` ci/requirements-targets.txt
set -eu
cd "$(dirname "$0")/.."

GO_FLOOR=21 # 1.21: the oldest minor release whose own commands can build the generated cases
PACKAGES="gcc libc6-dev binutils lld mold pkg-config libarchive-dev libelf-dev libcapstone-dev libjansson-dev libinih-dev libxxhash-dev libsqlite3-dev zlib1g-dev libcmocka-dev python3 python3-venv ca-certificates"
DEB_PACKAGES="dpkg-dev"
CORPUS_PACKAGES="llvm"
TEST_PACKAGES="chromium groff-base zsh fish zstd $DEB_PACKAGES $CORPUS_PACKAGES"
# The third text of each COMPILER row: Debian packages, or ziglang, which is PyPI's.
PORT_PACKAGES=$(tr '\n' ' ' <runner/toolchain/c_compilers.def | sed 's/\bCOMPILER(/\n&/g' |
	awk -F'"' '/^COMPILER\(/ && !/"ziglang"/ { print $6 }' | tr ' ' '\n' | sort -u)
TARGET_PACKAGES=$(sed -n 's/^debian *= *//p' runner/target/targets.ini | tr ' ' '\n' | sort -u | tr '\n' ' ')
FUZZ_PACKAGES="clang libclang-rt-14-dev"
FRESH_PACKAGES="debootstrap"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 3; }

installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

install_packages() {
	missing=
	for package in "$@"; do
		installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "missing:$missing: this machine has no apt-get; install them your way and run make again"
	if [ "$(id -u)" = 0 ]; then
		as_root=
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		as_root=sudo
	else
		die "missing:$missing: run: sudo apt-get update && sudo apt-get install -y$missing"
	fi
	say "installing$missing"
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list of words on purpose
	if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
		tail -n 5 "$log" >&2
		die "apt-get could not install$missing (log: $log)"
	fi
	rm -f "$log"
}

# go_minor GO: the minor number of its release, 0 for none
go_minor() {
	version=$(GOTOOLCHAIN=local GOENV=off "$1" env GOVERSION 2>/dev/null) || version=
	case $version in
	go1.*) version=${version#go1.}; printf '%s\n' "${version%%[!0-9]*}" ;;
	*) printf '0\n' ;;
	esac
}

# The newest released toolchain, through an old Go.
fetch_go() {
	go=$1
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/tlsmatrix/toolchains
	# What an old Go runs in must not depend on the user's settings.
	export GOENV=off GOFLAGS='' GO111MODULE=on GOTOOLCHAIN=local GOPATH="$cache/gopath" GOCACHE="$cache/gocache"
	unset GOROOT || :
	mkdir -p "$cache"
	platform=$("$go" env GOHOSTOS)-$("$go" env GOHOSTARCH)
	work=$(mktemp -d)
	version=$(cd "$work" && "$go" list -m -versions golang.org/toolchain 2>"$work/err" | tr ' ' '\n' | sed -n "s/^v0\.0\.1-go\(1\.[0-9]*\.[0-9]*\)\.$platform\$/\1/p" | sort -t. -k2,2n -k3,3n | tail -n 1)
	[ -n "$version" ] || { cat "$work/err" >&2; rm -rf "$work"; die "the Go module proxy lists no toolchain for $platform: check the network, or put a Go of at least 1.$GO_FLOOR into PATH"; }
	tree=$cache/go$version
	if [ ! -x "$tree/bin/go" ]; then
		say "fetching go$version"
		(cd "$work" && "$go" mod download -json "golang.org/toolchain@v0.0.1-go$version.$platform") >"$work/json" 2>&1 || { cat "$work/json" >&2; die "go$version could not be downloaded"; }
		from=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p' "$work/json")
		[ -d "$from" ] || { cat "$work/json" >&2; die "go$version: the download names no folder"; }
		rm -rf "$tree.new"
		cp -r --reflink=auto "$from" "$tree.new"
		chmod -R u+w "$tree.new"
		chmod +x "$tree.new"/bin/* "$tree.new"/pkg/tool/*/*
		mv "$tree.new" "$tree"
	fi
	chmod -R u+w "$work"
	rm -rf "$work"
	[ "$(go_minor "$tree/bin/go")" -ge "$GO_FLOOR" ] || die "$tree/bin/go does not start"
	mkdir -p build
	ln -sfn "$tree" build/toolchain
	say "using go$version from $tree"
}

setup_go() {
	[ -z "${TLSMATRIX_GO:-}" ] || return 0
	if [ -x build/toolchain/bin/go ] && [ "$(go_minor build/toolchain/bin/go)" -ge "$GO_FLOOR" ]; then
		return 0
	fi
	go=$(command -v go || :)
	if [ -n "$go" ] && [ "$(go_minor "$go")" -ge "$GO_FLOOR" ]; then
		return 0
	fi
	if [ -z "$go" ]; then
		install_packages golang-go
		go=$(command -v go)
	fi
	fetch_go "$go"
}

setup_python() {
	mark=.venv/.requirements
	if [ -x .venv/bin/python ] && cmp -s ci/requirements.txt "$mark"; then
		return 0
	fi
	say "Python packages into .venv"
	[ ! -e .venv/.requirements-ports ] || more="$more ports"
	[ ! -e .venv/.requirements-targets ] || more="$more targets"
	rm -rf .venv
	python3 -m venv .venv
	.venv/bin/python -m pip install -q --disable-pip-version-check -r ci/requirements.txt
	cp ci/requirements.txt "$mark"
}

# Compilers and targets that come from PyPI, kept when .venv is made anew.
setup_more() {
	cmp -s "ci/requirements-$1.txt" ".venv/.requirements-$1" && return 0
	say "$(sed 's/==.*//' "ci/requirements-$1.txt") into .venv"
	.venv/bin/python -m pip install -q --disable-pip-version-check -r "ci/requirements-$1.txt"
	cp "ci/requirements-$1.txt" ".venv/.requirements-$1"
}

more=
for what in "$@"; do
	case $what in
	test) PACKAGES="$PACKAGES $TEST_PACKAGES" more="$more targets" ;;
	ports) PACKAGES="$PACKAGES $PORT_PACKAGES" more="$more ports" ;;
	targets) PACKAGES="$PACKAGES $TARGET_PACKAGES" more="$more targets" ;;
	fuzz) PACKAGES="$PACKAGES $FUZZ_PACKAGES" ;;
	fresh) PACKAGES="$PACKAGES $FRESH_PACKAGES" ;;
	deb) PACKAGES="$PACKAGES $DEB_PACKAGES" ;;
	corpus) PACKAGES="$PACKAGES $CORPUS_PACKAGES" ;;
	*) printf 'usage: ci/setup.sh [test] [ports] [targets] [fuzz] [fresh] [deb] [corpus]\n' >&2; exit 2 ;;
	esac
done
# shellcheck disable=SC2086 # a list of words on purpose
install_packages $PACKAGES
setup_go
setup_python
for what in $more; do
	setup_more "$what"
done
