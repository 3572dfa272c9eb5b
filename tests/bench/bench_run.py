"""Time and memory of a cold and a warm `run`, beside the same commands without the runner.

    bench_run.py [--plain] [FILTER]       (make bench, make bench-ports)

Cold: a fresh cache, so that the standard library is compiled too.  Raw: the commands that the cold
run wrote down in its logs (`$` lines: every go build, every gcc, every program) again, from a shell
loop with as many workers as cores and a GOCACHE of its own; the same std compile is not waited for
by two builds there either, since the first build of a variant goes ahead.  All in one sitting, so
that the ratio is one of the same machine at the same time.  Prints Markdown.

With --plain the raw commands are a plain loop, one after the other in the order of the list, as a shell script
would have them; each go build uses all cores by itself.
"""

import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / os.environ.get("TLSMATRIX_BUILD", "build") / "tlsmatrix"


@dataclass
class Cost:
    """What something took: seconds, KiB of its largest process, exit status."""

    name: str
    wall: float
    cpu: float
    rss: int = 0
    status: str = "0"

    def row(self):
        """A line of the table."""
        return f"| {self.name} | {self.wall:.2f} | {self.cpu:.2f} | {self.rss >> 10 or ''} | {self.status} |"


def measure(name, argv, **options):
    """Runs a command; its CPU time includes that of all its descendants that were waited for."""
    start = time.monotonic()
    process = subprocess.Popen(
        list(map(str, argv)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options
    )
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    if process.returncode not in (0, 1):
        sys.exit(f"{name}: exit {process.returncode}\n{errors}")
    return Cost(name, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, str(process.returncode))


@dataclass
class Command:
    """A line of a log, and where it comes in."""

    line: str
    build: str  # folder of what it makes, "" for a program
    variant: str  # builds of one variant share a compiled std


def variant_of(line):
    """What decides which std a go command compiles (runner/build/build.c build_variant)."""
    mode = re.search(r"-buildmode=(\S+)", line)
    flavour = {
        "pie": "shared",
        "c-archive": "shared",
        "c-shared": "shared",
        "plugin": "dynlink",
        "shared": "dynlink",
    }.get(mode and mode[1], "")
    cgo = re.search(r" CGO_ENABLED=(\d)", line)
    goos, goarch = re.search(r" GOOS=(\w+)", line), re.search(r" GOARCH=(\w+)", line)
    flavour = flavour or ("dynlink" if "-linkshared" in line else "")
    return f"{goos and goos[1]}-{goarch and goarch[1]}-cgo{cgo[1] if cgo else ''}-{flavour}"


def commands(out, cache):
    """Command lines of a run, in chains whose links wait for each other: builds (once each) and what
    all cells share, then programs."""
    builds, programs = {}, []
    for log in sorted((out / "logs").iterdir()):
        lines = [line[2:] for line in log.read_text(errors="replace").splitlines() if line.startswith("$ ")]
        if not log.name.endswith(".build.log"):
            programs += [Command(line, "", "") for line in lines]
        elif lines:
            folder = re.search(rf"{re.escape(str(cache))}/build/\w+", lines[0])[0]
            builds.setdefault(folder, [Command(line, folder, variant_of(line)) for line in lines])
    for log in sorted(cache.glob("hosts/*/make.log")):
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("$ "):
                builds[line] = [
                    Command(
                        line[2:],
                        str(log.parent),
                        variant_of(line) if " CGO_ENABLED=" in line and " -buildmode=" in line else "",
                    )
                ]
    return list(builds.values()), [[program] for program in programs]


def shell(line):
    """Runs one line by sh; the programs of refused builds fail as they did in the run."""
    subprocess.run(["sh", "-c", line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def run_raw(out, cache, raw, workers, plain):
    """The same commands without the runner; the wall clock and CPU time of builds and programs."""
    shutil.copytree(
        cache,
        raw,
        symlinks=True,
        ignore=lambda folder, names: ["gocache", "zig", "result"] if folder == str(cache) else [],
    )
    for overlay in raw.glob("build/*/goroot/pkg/*_dynlink"):
        shutil.rmtree(overlay)
    builds, programs = commands(out, cache)

    def here(command):
        """The line with the raw run's folders."""
        return command.line.replace(str(cache), str(raw))

    def build(chain):
        """The commands of one build, one after the other."""
        for command in chain:
            shell(here(command))

    costs = []
    for name, chains in (("builds", builds), ("programs", programs)):
        firsts, others, seen = [], [], set()
        for chain in filter(None, chains):
            (others if plain or not chain[0].variant or chain[0].variant in seen else firsts).append(chain)
            seen.add(chain[0].variant)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for group in (firsts, others):
                list(pool.map(build, group))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        count = sum(map(len, chains))
        costs.append(
            Cost(
                f"raw: {count} {'commands of ' + str(len(builds)) + ' ' if name == 'builds' else ''}{name}",
                time.monotonic() - start,
                after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                status="",
            )
        )
    return costs


def tree_size(folder):
    """Bytes on disk below a folder."""
    return (
        int(subprocess.run(["du", "-sk", folder], capture_output=True, text=True, check=True).stdout.split()[0]) * 1024
    )


def main():
    """Measures, prints the table."""
    plain = "--plain" in sys.argv[1:]
    selection = [word for word in sys.argv[1:] if word != "--plain"][:1]
    workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="tlsmatrix-bench-") as folder:
        base = pathlib.Path(folder)
        cache, out, raw = base / "cache", base / "out", base / "raw"
        argv = [TOOL, "run", *selection, "--out", out, "--cache", cache, "-j", workers]
        cold = measure("run, cold", argv)
        warm = measure("run, nothing changed", argv)
        other = measure("run, nothing changed, another --out", [*argv, "--out", base / "other"])
        forced = measure("run --force (builds are there)", [*argv, "--force"])
        listed = measure("list", [TOOL, "list", *selection])
        size = tree_size(cache)
        costs = run_raw(out, cache, raw, 1 if plain else workers, plain)
        print(f"`run {' '.join(selection)}`, {workers} cores, {size >> 20} MiB of cache\n")
        print("| | wall s | CPU s | largest process MiB | exit |\n|---|---|---|---|---|")
        for cost in (cold, forced, warm, other, listed, *costs):
            print(cost.row())
        wall, cpu = sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs)
        print(f"\nrunner / raw: {cold.wall / wall:.3f} of wall clock, {cold.cpu / cpu:.3f} of CPU time")
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)


if __name__ == "__main__":
    main()
