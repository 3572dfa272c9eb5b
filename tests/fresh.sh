#!/bin/sh
# fresh.sh - do the two commands work on a machine that has nothing yet?
#
#   fresh.sh [FOLDER]
#
# Debootstraps a Debian bookworm with make, git and ca-certificates alone into a scratch folder (FOLDER, or a new one under
# $TMPDIR), clones HEAD into it, runs `make` and `make test` there as a user would, and prints how long each took.  Logs are
# FOLDER/make.log and FOLDER/test.log; a folder of its own making is removed again, unless something failed.
#
# The machine is a chroot in mount and process namespaces of its own: whatever is started in it ends with it.  It shares
# this machine's network and kernel, and the certificates that this machine was told to trust besides Debian's.
#
# Exit status: 0 both passed; 1 one failed; 0 with a line that begins with "skipped:" where it cannot be tried.
set -eu
cd "$(dirname "$0")/.."

SUITE=bookworm

say() { printf 'fresh: %s\n' "$*"; }
skip() { printf 'skipped: %s\n' "$*"; exit 0; }

[ "$(id -u)" = 0 ] || skip "debootstrap and chroot need root"
command -v apt-get >/dev/null || skip "this machine has no apt-get, so no Debian archive either"
unshare --mount --pid --fork true 2>/dev/null || skip "this machine allows no namespaces"
ci/setup.sh fresh

work=${1:-$(mktemp -d "${TMPDIR:-/tmp}/tlsmatrix-fresh.XXXXXX")}
root=$work/root
mkdir -p "$root"

# in_machine LOG COMMAND: runs it in the new machine with nothing of this one's environment
in_machine() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --kill-child sh -eu -c '
		mount --make-rprivate /
		mount -t proc proc "$1/proc"
		mount -t sysfs -o ro sysfs "$1/sys"
		mount -t tmpfs tmpfs "$1/dev/shm"
		exec chroot "$1" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 sh -eu -c "$2"
	' sh "$root" "$2" >"$1" 2>&1 </dev/null
}

# timed NAME COMMAND: the same in the clone; prints seconds and how it ended
timed() {
	begin=$(date +%s)
	if in_machine "$work/$1.log" "cd /root/tlsmatrix && $2"; then
		say "$2: $(($(date +%s) - begin)) s, $(tail -n 1 "$work/$1.log")"
	else
		say "$2: failed after $(($(date +%s) - begin)) s; the end of $work/$1.log:" >&2
		tail -n 20 "$work/$1.log" >&2
		exit 1
	fi
}

say "debootstrap $SUITE into $root"
debootstrap --variant=minbase --include=make,git,ca-certificates "$SUITE" "$root" >"$work/debootstrap.log" 2>&1 || {
	tail -n 5 "$work/debootstrap.log" >&2
	exit 1
}
cp /etc/resolv.conf /etc/hosts "$root/etc/"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;
in_machine "$work/certificates.log" update-ca-certificates
git clone -q --no-hardlinks "$PWD" "$root/root/tlsmatrix"
say "HEAD is $(git -C "$root/root/tlsmatrix" log -1 --format='%h %s')"

timed make make
timed test "make test"
[ $# -gt 0 ] || rm -rf --one-file-system "$work"
