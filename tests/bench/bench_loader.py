"""What a loader of one's own costs beside the host, and what it costs to gate a change of it: nothing is built.

    bench_loader.py [ROUNDS]       (make bench-loader; 3)

The host's cells are run once, so that everything is built; then host and a copy of the machine's loader take turns,
each time without results and with all builds.  Then the copy gets one byte more each time, which is another loader to
the cache, and is run and gated: with all linkers, with the default one, and with --quick.  Prints Markdown, and how
many builds the loader made: none is right.
"""

import pathlib
import shutil
import statistics
import sys
import tempfile

from bench_run import ROOT, TOOL, Cost, measure

LOADER = "/lib64/ld-linux-x86-64.so.2"
CELLS = "os=linux & arch=amd64 & !arch=*.* & target="
GATED = {
    "all linkers": ["run", CELLS + "mine"],
    "the default linker": ["run", CELLS + "mine & link=internal,external"],
    "--quick": ["run", "--quick", CELLS + "mine"],
}


class Bench:
    """A loader in a folder, and a cache of its own."""

    def __init__(self, folder):
        self.folder, self.cache, self.loader = folder, folder / "cache", folder / "ld.so"
        shutil.copy(LOADER, self.loader)
        (folder / "my.ini").write_text("[mine]\nkind = loader\ninterpreter = ./ld.so\n")

    def command(self, name, *args):
        """Runs a command of the program."""
        places = ["--targets", self.folder / "my.ini", "--cache", self.cache, "--out", self.folder / "out"]
        return measure(name, [TOOL, *args, *places], cwd=ROOT)

    def builds(self):
        """How many there are."""
        return len(list((self.cache / "build").iterdir()))

    def turns(self, rounds):
        """Host and loader in turn."""
        costs = {"host": [], "mine": []}
        for _ in range(rounds):
            for target, those in costs.items():
                shutil.rmtree(self.cache / "result")
                those.append(self.command(f"target={target}", "run", CELLS + target))
                print(those[-1].row())
        wall = {target: statistics.median(cost.wall for cost in those) for target, those in costs.items()}
        return wall["mine"] / wall["host"]

    def gated(self, name, args):
        """A run on another loader, and the gate: both together."""
        baseline = self.folder / "baseline"
        self.command("accepted", *args)
        self.command("accept", "accept", "--baseline", baseline)
        with open(self.loader, "ab") as file:
            file.write(b"\0")
        self.command("check", "target", "check", "mine")
        run = self.command("run", *args)
        gate = self.command("gate", "gate", "--baseline", baseline)
        both = Cost(
            f"run and gate, {name}", run.wall + gate.wall, run.cpu + gate.cpu, max(run.rss, gate.rss), gate.status
        )
        print(both.row())


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(pathlib.Path(name))
        bench.command("host", "run", CELLS + "host")
        builds = bench.builds()
        bench.command("mine", "run", CELLS + "mine")  # its check, once
        print("| run | wall s | CPU s | largest process MiB | exit |\n|---|---|---|---|---|")
        ratio = bench.turns(rounds)
        for name, args in GATED.items():
            for _ in range(rounds):
                bench.gated(name, args)
        made = bench.builds() - builds
    print(f"\nmine over host: {ratio:.2f} of the wall clock (medians); builds made for it: {made}")


if __name__ == "__main__":
    main()
