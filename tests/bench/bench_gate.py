"""Time and memory of `accept`, `gate` and `compare` on a run of 100,000 cells.

    bench_gate.py [CELLS] [FOLDER]       (make bench-gate; 100000, a folder that is removed)

A small run is made first, for real: what a built and a refused cell of it have (facts, commands, messages) is what all
cells get.  The cells are those of the list, of every port and target, a quarter of those that run, so that a cell has
as many checks as the host matrix of all releases and the ports have it together (10.7); and again as another release
until there are enough.  They observe what the rules expect in the first release: some deviate in others.  With a FOLDER
the runs stay there, as `a` and `b`; in b some cells of one target and of one load mode do not pass any more.
Prints Markdown.
"""

import ctypes
import ctypes.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from bench_run import TOOL, measure

SEED = "mode=exe & cgo=0 & os=linux & arch=amd64 & !arch=*.* & target=host,none"
RELEASES = [f"go1.{minor}.{patch}" for minor in range(21, 27) for patch in range(14)]


class Xxh128(ctypes.Structure):
    """What XXH3_128bits returns."""

    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


LIBRARY = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
LIBRARY.XXH3_128bits.restype = Xxh128
LIBRARY.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def line_of(event):
    """A line of a journal (runner/store/journal.h)."""
    text = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    return b"%08x %s\n" % (LIBRARY.XXH3_128bits(text, len(text)).high >> 32, text)


def output_of(*words):
    """What the tool prints."""
    return subprocess.run([TOOL, *words], stdout=subprocess.PIPE, text=True, check=False).stdout


def chosen_cells():
    """Of the list, what is only inspected, and a quarter of what runs."""
    cells = json.loads(output_of("list", "target=*", "--json"))
    runs = [cell for cell in cells if cell["target"] != "none"]
    return [cell for cell in cells if cell["target"] == "none"] + runs[::4]


class Maker:
    """Writes runs of many cells."""

    def __init__(self, folder):
        seed = folder / "seed"
        subprocess.run([TOOL, "run", SEED, "--out", seed], stdout=subprocess.DEVNULL, check=False)
        self.plan = json.loads((seed / "plan.json").read_text())
        events = [json.loads(line[9:]) for line in (seed / "journal").read_text().splitlines()]
        results = [event["result"] for event in events if event["event"] == "cell"]
        self.built = next(result for result in results if result["target"] == "host" and result["facts"])
        self.refused = next(result for result in results if result["checks"][0]["id"] == "build.refused")
        self.targets = [event for event in events if event["event"] == "target"]
        self.cells = chosen_cells()
        self.release = self.cells[0]["go"]
        self.ports = next(iter(self.plan["ports"].values()))
        self.expected = self.expect(folder / "expect")

    def write_plan(self, out, pairs):
        """plan.json of (id, checks)."""
        releases = {cell_id.split("/")[0] for cell_id, _ in pairs}
        cells = [{"id": i, "build": "0" * 32, "key": "0" * 32, "checks": checks} for i, checks in pairs]
        plan = self.plan | {"ports": {go: self.ports for go in sorted(releases)}, "cells": cells}
        out.mkdir(parents=True)
        (out / "plan.json").write_text(json.dumps(plan, separators=(",", ":")))

    def expect(self, out):
        """What each check of each cell should observe, as a run of which nothing is done yet tells it."""
        self.write_plan(out, [(cell["id"], cell["checks"]) for cell in self.cells])
        (out / "journal").write_bytes(b"")
        told = json.loads(output_of("report", "--format", "json", "--out", out))
        return {
            cell["id"]: {check["id"]: check["expected"] for check in cell["checks"]}
            for run in [told]
            for cell in run["cells"]
        }

    def event(self, cell, go, spoil):
        """The event of a cell, as if it were of that release."""
        like = self.refused if cell["checks"] == ["build.refused"] else self.built
        checks = []
        for place, name in enumerate(cell["checks"]):
            model = like["checks"][place % len(like["checks"])]
            observed = self.expected[cell["id"]].get(name) or "ok=yes"
            if spoil and place % 3 == 1:
                observed = "bad=yes"
            repro = (model["repro"] or "").replace(model["id"], name)
            checks.append({"id": name, "observed": observed, "message": model["message"], "repro": repro})
        result = like | {key: cell[key] for key in like.keys() & cell.keys()} | {"checks": checks, "go": go}
        result["id"] = cell["id"].replace(self.release, go, 1)
        return {"event": "cell", "cached": False, "result": result}

    def write_run(self, out, count, worse):
        """A run of count cells; the number of their checks."""
        pairs = [(cell, go) for go in RELEASES for cell in self.cells][:count]
        if len(pairs) < count:
            sys.exit(f"no more than {len(pairs)} cells are here")
        self.write_plan(out, [(cell["id"].replace(self.release, go, 1), cell["checks"]) for cell, go in pairs])
        with (out / "journal").open("wb") as journal:
            journal.write(line_of({"event": "start", "plan": self.plan["plan"]}))
            for target in self.targets:
                journal.write(line_of(target))
            for cell, go in pairs:
                spoil = worse and (cell["load"] == "preload" or (cell["target"] == "wine" and cell["cgo"]))
                journal.write(line_of(self.event(cell, go, spoil)))
            journal.write(line_of({"event": "end", "seconds": 1.0}))
        return sum(len(cell["checks"]) for cell, _ in pairs)


def main():
    """Makes two runs, measures, prints the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    kept = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(prefix="tlsmatrix-bench-") as name:
        folder = pathlib.Path(name)
        runs = kept or folder
        baseline = runs / "baseline"
        if not (runs / "b/journal").exists():
            maker = Maker(folder)
            for run in ("a", "b"):
                shutil.rmtree(runs / run, ignore_errors=True)
                checks = maker.write_run(runs / run, count, run == "b")
            print(f"{checks} checks of {count} cells", end=", ")
        size = (runs / "a/journal").stat().st_size
        print(
            f"a journal of {size >> 20} MiB each\n\n| | wall s | CPU s | largest process MiB | exit |\n"
            + "|---" * 5
            + "|"
        )
        for words in (
            ["accept", "--baseline", baseline, "--out", runs / "a"],
            ["gate", "--baseline", baseline, "--out", runs / "a"],
            ["gate", "--baseline", baseline, "--out", runs / "b"],
            ["compare", runs / "a", runs / "b"],
        ):
            shown = [str(word).replace(f"{runs}/", "") for word in words]
            print(measure(f"`{' '.join(shown)}`", [TOOL, *words]).row())


if __name__ == "__main__":
    main()
