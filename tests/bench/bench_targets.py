"""What further targets cost: the matrix of this machine's port on all glibc and musl loaders, beside the same on one.

    bench_targets.py [ONE [ALL]]       (make bench-targets; filters over targets: glibc-2.36 and glibc-*,musl-*)

Both runs begin with an empty cache but for the fetched packages, so that std, cases and hosts are built; one sitting,
one after the other.  Then both again with nothing to build (--force): what the starts alone cost.  Prints Markdown.
"""

import os
import pathlib
import sys
import tempfile

from bench_run import ROOT, TOOL, measure

PORT = "os=linux & arch=amd64 & !arch=*.*"


def user_cache():
    """Where `target get` keeps packages."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "tlsmatrix"


def main():
    one, many = (sys.argv[1:] + ["glibc-2.36", "glibc-*,musl-*"][len(sys.argv) - 1 :])[:2]
    measure("fetch", [TOOL, "target", "get", "all"], cwd=ROOT)
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, targets in (("one", one), ("all", many)):
            cache, out = pathlib.Path(folder, name, "cache"), pathlib.Path(folder, name, "out")
            cache.mkdir(parents=True)
            (cache / "pack").symlink_to(user_cache() / "pack")
            argv = [TOOL, "run", f"{PORT} & target={targets}", "--cache", cache, "--out", out]
            costs[name] = measure(f"target={targets}, cold", argv, cwd=ROOT)
            costs[name + " again"] = measure(f"target={targets}, --force", argv + ["--force"], cwd=ROOT)
    print("| run | wall s | CPU s | largest process MiB | exit |\n|---|---|---|---|---|")
    for cost in costs.values():
        print(cost.row())
    print(
        f"\nall over one, cold: {costs['all'].wall / costs['one'].wall:.2f} of the wall clock, "
        f"{costs['all'].cpu / costs['one'].cpu:.2f} of the CPU time"
    )


if __name__ == "__main__":
    main()
