"""inspect held against other tools, on what the world ships.

    corpus.py [--offline] [--code] [--speed] [--page FILE] [PACKAGE...]      (make corpus: all, with the page)

Every program and library in the packages of packages.tsv is told by `tlsmatrix inspect --json`, wheels as they are,
and fact by fact compared with GNU readelf (ELF), llvm-readobj and llvm-objdump (PE, Mach-O, XCOFF, wasm) and
`go version -m`.  With --code instructions that reach TLS are counted by llvm-objdump too, with --speed large ELF files
are timed beside `readelf -a` and llvm-objdump's pass over the code.  Prints Markdown; a disagreement that is not in
DIFFERENCES is named, and the exit status is 1; it is 3 where a package is lacking.  PACKAGE is a part of a file's name
in the table.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass, field

import llvm
import readelf
from packages import Lacking, fetched, table

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = pathlib.Path(os.environ.get("TLSMATRIX_BUILD", ROOT / "build")) / "tlsmatrix"
GO = os.environ.get("TLSMATRIX_GO") or shutil.which(ROOT / "build/toolchain/bin/go") or "go"
FROM, TO = "<!-- corpus -->", "<!-- end of corpus -->"
OTHERS = {"elf": readelf.facts_of, "pe": llvm.pe, "macho": llvm.macho, "wasm": llvm.wasm, "xcoff": llvm.xcoff}
NAMES = {"elf": "GNU readelf", "pe": "llvm-readobj", "macho": "llvm-readobj, llvm-objdump"}
NAMES |= {"wasm": "llvm-readobj", "xcoff": "llvm-readobj", "go": "go version -m", "code": "llvm-objdump -d"}

# What another tool says otherwise, and why inspect is right: (the fact, files whose facts are so, why).
DIFFERENCES = [
    (
        "notes.gnu_build_ids",
        lambda facts: facts["go"]["present"] and not facts["notes"]["gnu_build_ids"],
        "cmd/link leaves `.note.gnu.build-id` out of PT_NOTE, which a loader knows alone; readelf reads the section "
        "([go-gnu-build-id](findings/go-gnu-build-id/))",
    ),
    (
        "go.version",
        lambda facts: facts["format"] == "wasm",
        "`go version` reads no wasm (debug/buildinfo readRawBuildInfo has no case for it)",
    ),
]


@dataclass
class Row:
    """What was compared with one tool."""

    files: int = 0
    agree: int = 0
    known: list = field(default_factory=list)
    wrong: list = field(default_factory=list)


def go_facts(path):
    """`go version -m`: dependencies are no fact of inspect."""
    done = subprocess.run([GO, "version", "-m", path], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines() if not done.returncode else []
    if not lines:
        return {"go.version": None}
    facts = {"go.version": lines[0].removeprefix(f"{path}: ")}
    build = {}
    for line in lines[1:]:
        kind, _, text = line.removeprefix("\t").partition("\t")
        if kind in ("path", "mod"):
            build[kind] = text
        elif kind == "build":
            name, _, value = text.partition("=")
            build[name] = value
    facts["go.build"] = build or None
    return facts


def at_path(facts, path):
    """The value there; of a sum of facts their sum."""
    if " + " in path:
        return sum(at_path(facts, one) or 0 for one in path.split(" + "))
    for name in path.split("."):
        facts = facts.get(name) if facts is not None else None
    return facts


def in_order(value):
    """Lists whose order tells nothing."""
    if isinstance(value, dict):
        return {name: in_order(one) for name, one in sorted(value.items())}
    return sorted(value) if isinstance(value, list) else value


def compare(facts, theirs, row):
    """Facts of one file with those of one tool."""
    row.files += 1
    for path, value in theirs.items():
        ours = at_path(facts, path)
        if in_order(ours) == in_order(value):
            row.agree += 1
        elif any(path == fact and is_so(facts) for fact, is_so, _ in DIFFERENCES):
            row.known.append(path)
        else:
            row.wrong.append(f"{facts['file']}: {path}: {short(ours)}, the other tool {short(value)}")


def short(value):
    """A value that fits in a line."""
    text = json.dumps(value)
    return text if len(text) < 160 else text[:157] + "..."


def unpack(place, folder):
    """A package's files, in a folder."""
    if place.suffix == ".whl":
        with zipfile.ZipFile(place) as packed:
            packed.extractall(folder)
    else:
        with tarfile.open(place) as packed:
            packed.extractall(folder, filter="data")


def inspected(place, folder):
    """(file, its facts): a wheel as it is, since inspect takes wheels; else what was unpacked."""
    what = place if place.suffix == ".whl" else folder
    done = subprocess.run([TOOL, "inspect", "--json", what], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"corpus: {place.name}: inspect: exit status {done.returncode}: {done.stderr.strip()}")
    for facts in json.loads(done.stdout):
        path = facts["file"].partition("!")[2] if what == place else os.path.relpath(facts["file"], folder)
        facts["file"] = f"{place.name}!{path}"
        yield pathlib.Path(folder, path), facts


def times(path):
    """Seconds of inspect, of readelf -a, of llvm-objdump -d, the best of three (of the last: one), and of the first the
    peak of memory in bytes."""
    took = []
    for argv, rounds in (([TOOL, "inspect"], 3), (["readelf", "-a", "-W"], 3), (["llvm-objdump", "-d"], 1)):
        best = None
        for _ in range(rounds):
            start = time.monotonic()
            child = subprocess.Popen([*argv, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, _, usage = os.wait4(child.pid, 0)
            child.returncode = 0
            best = min(filter(None, (best, (time.monotonic() - start, usage.ru_maxrss * 1024))))
        took.append(best)
    return took


class Corpus:
    """What was compared so far."""

    def __init__(self, args):
        self.args, self.rows, self.largest, self.files = args, {}, [], 0

    def take(self, package):
        """All files of a package."""
        place = fetched(package, self.args.offline)
        with tempfile.TemporaryDirectory() as folder:
            unpack(place, folder)
            for path, facts in inspected(place, folder):
                self.one(path, facts)

    def one(self, path, facts):
        """One file with each tool that reads it."""
        kind = facts["format"]
        self.files += 1
        said = {kind: OTHERS[kind](path)} if kind in OTHERS else {}
        said["go"] = go_facts(path)
        if self.args.code:
            said["code"] = llvm.accesses(path, facts)
        for tool, theirs in said.items():
            if theirs:
                compare(facts, theirs, self.rows.setdefault(tool, Row()))
        if self.args.speed and kind == "elf" and path.stat().st_size > 20e6:
            self.largest.append((facts["file"], path.stat().st_size, *times(path)))

    def page(self, packages):
        """The table, and what is below it."""
        yield f"{self.files} files of {len(packages)} packages."
        yield "\n| compared with | files | facts | agree | known differences | disagree |\n|---|---|---|---|---|---|"
        for tool, row in self.rows.items():
            name = f"{NAMES[tool]} ({tool})" if tool in OTHERS else NAMES[tool]
            facts = row.agree + len(row.known) + len(row.wrong)
            yield f"| {name} | {row.files} | {facts} | {row.agree} | {len(row.known)} | {len(row.wrong)} |"
        for fact, _, why in DIFFERENCES:
            if any(fact in row.known for row in self.rows.values()):
                yield f"\n- `{fact}`: {why}"
        if self.largest:
            yield "\n| file | MB | inspect, s | `readelf -a`, s | `llvm-objdump -d`, s | inspect's memory : size |"
            yield "|---|---|---|---|---|---|"
        for name, size, (ours, memory), (elf, _), (code, _) in sorted(self.largest, key=lambda at: -at[1]):
            name = pathlib.PurePath(name).name
            yield f"| {name} | {size / 1e6:.0f} | {ours:.2f} | {elf:.2f} | {code:.1f} | {memory / size:.1f} |"


def main():
    """All, or the packages named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for flag in ("--offline", "--code", "--speed"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("packages", nargs="*")
    args = parser.parse_args()
    packages = [one for one in table() if not args.packages or any(part in one.file for part in args.packages)]
    for tool in ("readelf", "llvm-readobj", "llvm-objdump", "llvm-nm", GO):
        if not shutil.which(tool):
            sys.exit(f"corpus: there is no {tool} here: make corpus installs it, or put it into PATH")
    corpus, lacking = Corpus(args), []
    for package in packages:
        try:
            corpus.take(package)
        except Lacking as why:
            lacking.append(str(why))
    text = "\n".join(corpus.page(packages)) + "\n"
    print(text, end="")
    wrong = [line for row in corpus.rows.values() for line in row.wrong]
    if not args.packages and not lacking:
        seen = {fact for row in corpus.rows.values() for fact in row.known}
        wrong += [f"DIFFERENCES: {fact}: no file shows it" for fact, *_ in DIFFERENCES if fact not in seen]
    for line in wrong + lacking:
        print(line, file=sys.stderr)
    if args.page and not (args.packages or wrong or lacking):
        before, after = args.page.read_text().split(FROM)[0], args.page.read_text().split(TO)[1]
        args.page.write_text(f"{before}{FROM}\n{text}{TO}{after}")
    sys.exit(1 if wrong else 3 if lacking else 0)


if __name__ == "__main__":
    main()
