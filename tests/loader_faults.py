"""musl with one fault of ours at a time: fetched from Debian, built in the cache, and planted (tests/musl/faults).

musl as it is refuses Go's libraries in dlopen and passes initializers no arguments (docs/targets.md), so that nothing
in a library could turn red.  tests/musl/mends.patch takes these two away, and a lock that nobody opens once the main
thread of a fork's child has ended (since mended: src/process/_Fork.c set_tid_address); faults are planted in what that
makes.
"""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass

from conftest import ROOT, Tool, cache_folder

TABLES = ROOT / "tests/musl/faults"
MENDS = ROOT / "tests/musl/mends.patch"
# The release that a target of ours has as a binary, and that target: its packages' apt is who knows the mirror.
SUITE, ORIGIN = "bookworm", "musl-1.2.3"
# Where a fault is looked for when its row does not say.
CELLS = "mode=c-shared & load=dlopen"
LINK = "link=external & cgo=1"
COMPILER = "gcc -specs={root}/runner/target/musl-gcc.specs --sysroot={musl-1.2.2}"


class NoSource(Exception):
    """The source package cannot be had here, and why."""


@dataclass
class Fault:
    """A row of a table."""

    name: str
    promise: str
    check: str
    file: str
    old: str
    new: str
    cells: str = CELLS

    def seen_by(self):
        """The checks, as a filter has them."""
        return self.check.replace(" ", ",")


def table():
    """All faults; a name that stands in two tables is an error of TOML's."""
    text = "\n".join(file.read_text() for file in sorted(TABLES.glob("*.toml")))
    return [Fault(name, **row) for name, row in tomllib.loads(text).items()]


def command(argv, folder, **env):
    """A tool of Debian's or the compiler; its last line is why there is no source."""
    done = subprocess.run(
        argv, cwd=folder, env=os.environ | env, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no words").splitlines()[-1]
        raise NoSource(f"{' '.join(argv[:2])}: {last}")


def fetch(tool, folder):
    """The source package, by an apt of its own that has the sources which the tool made of the machine's for that
    suite (runner/debian/pack.c), for deb-src in place of deb: the signatures are checked as for the system itself."""
    done = tool("target", "get", ORIGIN)
    state = next(iter((cache_folder() / "apt").glob(f"{SUITE}-*/sources")), None)
    if done.status or not state:
        raise NoSource(f"target get {ORIGIN}: {done.stderr.strip() or 'apt has no state for ' + SUITE}")
    apt = folder / "apt"
    for part in ("sources", "lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    (apt / "status").touch()
    for file in state.iterdir():
        (apt / "sources" / file.name).write_text(re.sub("^Types: deb$", "Types: deb-src", file.read_text(), flags=re.M))
    text = (state.parent / "apt.conf").read_text()
    (apt / "apt.conf").write_text(text.replace(str(state.parent), str(apt)))
    config = {"APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C"}
    command(["apt-get", "-q", "update"], folder, **config)
    command(["apt-get", "-q", "source", "--download-only", "musl"], folder, **config)
    command(["dpkg-source", "--extract", next(folder.glob("musl_*.dsc")).name, "tree"], folder)


def made(folder):
    """make, and what it makes: the loader, which is the libc."""
    command(["make", "-s", f"-j{os.cpu_count()}", "lib/libc.so"], folder)
    return folder / "lib/libc.so"


class Musl:
    """The trees in the cache: plain as Debian has it, mended by mends.patch, both built, and the loaders of faults."""

    def __init__(self, tool):
        self.folder = cache_folder() / "musl-source" / hashlib.sha256(MENDS.read_bytes()).hexdigest()[:16]
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder.parent / "lock", "w", encoding="utf-8")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        if not self.folder.exists():
            aside = self.folder.with_suffix(".new")
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            fetch(tool, aside)
            tree = aside / "tree"
            command(["./configure", "--disable-static", "--disable-wrapper", "--prefix=/usr", "CFLAGS=-O2"], tree)
            shutil.copy2(made(tree), aside / "plain.so")
            command(["patch", "-s", "-p1", "-i", str(MENDS)], tree)
            shutil.copy2(made(tree), aside / "mended.so")
            aside.rename(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Who else wants the trees has waited until now."""
        self.lock.close()

    def loader(self, name):
        """The file of "plain", "mended" or a fault that was planted."""
        return self.folder / f"{name}.so"

    def plant(self, faults, scratch):
        """Builds what is not in the cache yet, in a copy of the tree: each compiles the one file that it is in."""
        tree = scratch / "tree"
        for fault in faults:
            key = hashlib.sha256("\0".join((fault.file, fault.old, fault.new)).encode()).hexdigest()
            mark = self.folder / f"{fault.name}.key"
            if mark.exists() and mark.read_text() == key and self.loader(fault.name).exists():
                continue
            if not tree.exists():
                subprocess.run(["cp", "-a", str(self.folder / "tree"), str(tree)], check=True)
            source = tree / fault.file
            right = source.read_text()
            assert right.count(fault.old) == 1, f"{fault.name}: {fault.file} does not have its text once"
            source.write_text(right.replace(fault.old, fault.new))
            mark.unlink(missing_ok=True)
            shutil.copy2(made(tree), self.loader(fault.name))
            mark.write_text(key)
            # make goes by times: the object is older than the file that is right again.
            source.write_text(right)
            (tree / "obj" / pathlib.Path(fault.file).with_suffix(".lo")).unlink()

    def section(self, name, cells, *more):
        """Of a --targets file, for one of the loaders."""
        lines = ["kind = loader", f"cells = {cells}", f"interpreter = {self.loader(name)}", f"cc = {COMPILER}", *more]
        return "\n".join((f"[musl-{name}]", *lines, ""))

    def targets(self, faults):
        """A --targets file by which `selfcheck` tries the faults, beside the musl that they are planted in."""
        sections = [
            self.section(
                fault.name, f"{LINK} & ({fault.cells})", "without = musl-mended", f"seen-by = {fault.seen_by()}"
            )
            for fault in faults
        ]
        return "\n".join((self.section("mended", CELLS), *sections))


def main():
    """FILE: all faults planted, and the --targets file for `tlsmatrix selfcheck`.  Where the source cannot be had an
    empty file, and a line that says so."""
    file = pathlib.Path(sys.argv[1])
    try:
        with tempfile.TemporaryDirectory() as scratch:
            with Musl(Tool(pathlib.Path(scratch) / "out")) as musl:
                musl.plant(table(), pathlib.Path(scratch))
                file.write_text(musl.targets(table()))
    except NoSource as why:
        print(f"tlsmatrix: no faults planted in musl: no source package of it: {why}", file=sys.stderr)
        file.write_text("")


if __name__ == "__main__":
    main()
