"""What a loader of one's own costs beside the host: the same cells, with nothing to build.

    bench_loader.py [ROUNDS]       (make bench-loader; 3)

The host's cells are run once, so that everything is built; then host and a copy of the machine's loader take turns,
each time without results and with all builds.  Prints Markdown, and how many builds the loader made: none is right.
"""

import pathlib
import shutil
import statistics
import sys
import tempfile

from bench_run import ROOT, TOOL, measure

LOADER = "/lib64/ld-linux-x86-64.so.2"
CELLS = "os=linux & arch=amd64 & !arch=*.* & target="


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cache = folder / "cache"
        shutil.copy(LOADER, folder / "ld.so")
        (folder / "my.ini").write_text("[mine]\nkind = loader\ninterpreter = ./ld.so\n")

        def run(target):
            argv = [
                TOOL,
                "run",
                CELLS + target,
                "--targets",
                folder / "my.ini",
                "--cache",
                cache,
                "--out",
                folder / "out",
            ]
            return measure(f"target={target}", argv, cwd=ROOT)

        run("host")
        builds = len(list((cache / "build").iterdir()))
        run("mine")  # its check, once
        costs = {"host": [], "mine": []}
        print("| run | wall s | CPU s | largest process MiB | exit |\n|---|---|---|---|---|")
        for _ in range(rounds):
            for target, those in costs.items():
                shutil.rmtree(cache / "result")
                those.append(run(target))
                print(those[-1].row())
        made = len(list((cache / "build").iterdir())) - builds
    wall = {target: statistics.median(cost.wall for cost in those) for target, those in costs.items()}
    print(
        f"\nmine over host: {wall['mine'] / wall['host']:.2f} of the wall clock (medians); builds made for it: {made}"
    )


if __name__ == "__main__":
    main()
