"""What the tests share: the program as a user starts it, real runs to look at, and the closing count.

TLSMATRIX_BUILD        folder of the programs under test (build)
TLSMATRIX_TEST_CACHE   cache of the runs; default: the user's own, so that the matrix is built once
TLSMATRIX_TEST_FILTER  cells of the `matrix` fixture, while working on the tests; default: all
"""

import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(ROOT, os.environ.get("TLSMATRIX_BUILD", "build"))
# The Go that the program under test takes: its own search goes by the folder it stands in, and PATH's may be too old.
GO = os.environ.get("TLSMATRIX_GO") or shutil.which(ROOT / "build/toolchain/bin/go") or shutil.which("go")
# The cells of this machine's own port: what `run` takes without a FILTER.
HOST = "os=linux & arch=%s & !arch=*.* & target=host,none" % {"x86_64": "amd64", "aarch64": "arm64"}.get(
    platform.machine(), platform.machine()
)
# One build, nine cells: one that runs and eight that Go refuses.
SMALL = f"{HOST} & mode=exe & cgo=0"
# One build that runs in one cell, and one refusal.
TWO = "mode=exe & cgo=0 & os=linux & arch=%s & !arch=*.* & target=host,none & link=internal,external" % {
    "x86_64": "amd64",
    "aarch64": "arm64",
}.get(os.uname().machine, os.uname().machine)
# In what must not be in the cache yet: that is the user's, and pytest gives the names of its folders again.
NEVER_BEFORE = uuid.uuid4().hex
# Commands of Go 1.6 that no cell needs: a tree of it is made sooner without them.
NOT_NEEDED = "addr2line api cover doc fix gofmt newlink nm objdump pprof trace vet yacc".split()
# A test that takes longer than this hangs.
DEADLINE = 1200

CODES = {
    "ok": 0,
    "unexpected": 1,
    "usage": 2,
    "infra": 3,
    "nothing": 4,
    "incomplete": 5,
    "report": 6,
    "interrupted": 130,
}


@dataclass
class Done:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str
    seconds: float

    def line(self):
        """Its one line on stderr, but for what a run says as it begins; a test fails when there are more or fewer."""
        lines = [line for line in self.stderr.splitlines() if not re.fullmatch(r"\d+ cells?, \d+ to do", line)]
        assert len(lines) == 1, self
        return lines[0]


def cache_folder():
    """The cache of the runs, TLSMATRIX_TEST_CACHE or the user's own."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("TLSMATRIX_TEST_CACHE") or pathlib.Path(home, "tlsmatrix"))


def exchange(file, before, after):
    """Replaces a text of a file, which is there once."""
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


class Tool:
    """build/tlsmatrix with an out folder of its own."""

    def __init__(self, out, build=BUILD):
        self.program, self.out, self.env = build / "tlsmatrix", out, dict(os.environ)
        self.cache = os.environ.get("TLSMATRIX_TEST_CACHE")
        self.remembers = False  # what tests run is nothing for the history of the user's cache

    def argv(self, *args):
        """The command line of a command with --out and --cache."""
        places = ["--out", str(self.out)] + (["--cache", self.cache] if self.cache else [])
        places += ["--no-history"] if args and args[0] == "run" and not self.remembers else []
        return [str(self.program), *map(str, args), *places]

    def run(self, argv, **options):
        """Any command line, to its end."""
        options = {
            "env": self.env,
            "capture_output": True,
            "text": True,
            "errors": "replace",
            "timeout": DEADLINE,
            "stdin": subprocess.DEVNULL,
            **options,
        }
        start = time.monotonic()
        done = subprocess.run(argv, **options)
        return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - start)

    def __call__(self, *args, **options):
        """A command of the program."""
        return self.run(self.argv(*args), **options)

    def plain(self, *args, **options):
        """The program with nothing added to its arguments."""
        return self.run([str(self.program), *map(str, args)], **options)

    def start(self, *args, **options):
        """The same, running; the caller ends it."""
        return subprocess.Popen(
            self.argv(*args),
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            **options,
        )

    def report(self):
        """report.json of the last run."""
        return json.loads((self.out / "report.json").read_text())

    def plan(self):
        """plan.json of the last run."""
        return json.loads((self.out / "plan.json").read_text())


@dataclass
class Run:
    """A run that was made once for many tests; they only read it."""

    tool: Tool
    args: list
    done: Done


@pytest.fixture
def tool(tmp_path):
    """The program with an empty out folder."""
    return Tool(tmp_path / "out")


@pytest.fixture
def copied(tmp_path):
    """The program in a tree of its own: to change sources in, and without what else lies in build/ and .venv/."""
    tree = tmp_path / "tree"
    for folder in ("cases", "harness", "runner"):
        shutil.copytree(ROOT / folder, tree / folder)
    (tree / "build").mkdir()
    for program in ("tlsmatrix", "tlstrace"):
        shutil.copy2(BUILD / program, tree / "build")
    tool = Tool(tmp_path / "copied-out", tree / "build")
    tool.env["TLSMATRIX_GO"] = GO
    tool.tree = tree
    return tool


def as_somebody(folder, *args):
    """The command line of the tool as a user whom passwd does not know; root's alone. Where its tree lies, below /root
    perhaps, is not his to reach, and so the program stands in a tree of its own in that folder of pytest's."""
    if not shutil.which("setpriv"):
        pytest.skip("there is no setpriv to be somebody else")
    program = folder / "somebody/build/tlsmatrix"
    program.parent.mkdir(parents=True)
    shutil.copy(BUILD / "tlsmatrix", program)
    (folder / "somebody/cases").mkdir()
    (folder / "somebody/cases/sources.def").touch()
    for above in [folder, *folder.parents]:
        if above.owner() == "root" and above.name:
            above.chmod(above.stat().st_mode | 0o055)
        if above.name.startswith("pytest-of"):
            break
    return ["setpriv", "--reuid=61234", "--regid=61234", "--clear-groups", str(program), *map(str, args)]


def made_run(folder, *args):
    """Runs a filter and checks nothing but that there is something to read."""
    tool = Tool(folder / "out")
    args = ["run", *filter(None, args)]
    done = tool(*args)
    assert done.status in (CODES["ok"], CODES["unexpected"]), done
    return Run(tool, args, done)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A run of SMALL."""
    return made_run(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="session")
def matrix(tmp_path_factory):
    """A run of the whole host matrix."""
    return made_run(tmp_path_factory.mktemp("matrix"), os.environ.get("TLSMATRIX_TEST_FILTER"))


def wait_for(condition, what, seconds=DEADLINE / 4):
    """Waits until condition() is true and returns it; a test fails when that never comes."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.02)
    return value


class Cache:
    """A cache of its own, with the std that the user's has, and runs on it, each with an out folder of its own."""

    def __init__(self, folder):
        self.folder, self.path, self.runs = folder, folder / "cache", 0

    def tool(self, build=BUILD):
        """A program with this cache and a new out folder."""
        self.runs += 1
        tool = Tool(self.folder / f"out-{self.runs}", build)
        tool.cache = str(self.path)
        return tool

    def run(self, *args, build=BUILD, **env):
        """A run: how it ended, how many cells were run, and its report."""
        tool = self.tool(build)
        tool.env |= env
        done = tool("run", *(args or (TWO,)))
        made = re.findall(r"^(\d+) cells? judged now, ", done.stdout, re.M)
        report = tool.report() if (tool.out / "report.json").exists() else None
        return done, int(made[0]) if made else None, report

    def made(self, kind):
        """The entries of a kind, and when each was made."""
        folder = self.path / kind
        names = [path for path in folder.iterdir() if path.suffix not in (".lock", ".new")] if folder.exists() else []
        return {path.name: path.stat().st_ino for path in names}

    def built(self):
        """The build of the cell that runs."""
        return next(path for path in (self.path / "build").glob("*/case")).parent


@pytest.fixture(scope="session")
def std(tmp_path_factory):
    """A cache in which TWO has been run once; copies of it are spoiled."""
    cache = Cache(tmp_path_factory.mktemp("std"))
    done, judged, _ = cache.run()
    assert done.status == CODES["ok"] and judged == 2, done
    return cache


@pytest.fixture
def cache(std, tmp_path):
    """A cache to spoil."""
    mine = Cache(tmp_path)
    subprocess.run(["cp", "-a", std.path, mine.path], check=True)
    return mine


def described(folder, text):
    """A targets file."""
    path = folder / "my.ini"
    path.write_text(text)
    return path


def live(report, target):
    """Status of every check that ran in a process on a target, by id of cell and check."""
    return {
        (cell["id"], check["id"]): check["status"]
        for cell in report["cells"]
        if cell["target"] == target
        for check in cell["checks"]
        if check["id"].startswith(("tls.g.", "thread.", "init.os-args"))
    }


def wrapper(folder, name, script):
    """A go whose tool of that name is a script of ours: GOROOT with links to everything else."""
    go = subprocess.run(
        [os.environ.get("TLSMATRIX_GO") or shutil.which(ROOT / "build/toolchain/bin/go") or "go", "env", "GOROOT"],
        capture_output=True,
        text=True,
        check=True,
        env={"GOENV": "off", "PATH": os.environ["PATH"], "HOME": str(folder)},
    ).stdout.strip()
    mine = folder / "goroot"
    subprocess.run(["cp", "-rs", go, mine], check=True)
    for program in ("bin/go", "VERSION"):
        (mine / program).unlink()
        shutil.copy2(os.path.join(go, program), mine / program)
    tool = next(mine.glob(f"pkg/tool/*/{name}"))
    real = os.path.realpath(tool)
    tool.unlink()
    tool.write_text(f'#!/bin/sh\nreal={real}\n{script}\nexec $real "$@"\n')
    tool.chmod(0o755)
    return mine / "bin/go"


# Loses a variable of the environment one time in three: its own count of programs, of which facts are none.
FLAKY = """
import fcntl, os, sys
count = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(count, fcntl.LOCK_EX)
n = int(os.read(count, 20) or b"0") + 1
os.pwrite(count, b"%d" % n, 0)
if n % 3 == 0 and "facts" not in sys.argv:
    os.environ["TLSMATRIX_SLOT"] = ""
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture(scope="session")
def flaky(tmp_path_factory):
    """A run, each cell four times, on a target that is not the same each time."""
    folder = tmp_path_factory.mktemp("flaky")
    (folder / "flaky.py").write_text(FLAKY)
    ini = f"[mine]\nkind = wrapper\ncommand = {sys.executable} {folder}/flaky.py {folder}/count {{argv}}\n"
    tool = Tool(folder / "out")
    argv = ("--targets", described(folder, ini), "target=mine & mode=exe & cgo=0 & link=internal")
    return tool, argv, tool("run", "--repeat", 4, *argv)


# Files that take minutes where nothing is built yet: begun first, so that no process is left alone with one.
LONG = ["test_blame", "test_loaders", "test_cache", "test_bisect", "test_unit", "test_run", "test_selfcheck"]


def pytest_collection_modifyitems(items):
    """The long files first; the others in their order."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def pytest_unconfigure(config):
    """The last lines of a test run: what tests have to say (record_property "said"), and what CI counts."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.collectonly:
        return
    for report in reporter.stats.get("passed", []) + reporter.stats.get("failed", []):
        for name, text in report.user_properties:
            if name == "said":
                print(text)
    counts = {
        name: len(reporter.stats.get(name, ()))
        for name in ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    }
    print(
        f"{counts['passed'] + counts['xpassed']} passed, {counts['failed'] + counts['error']} failed, "
        f"{counts['skipped'] + counts['xfailed']} skipped",
        flush=True,
    )
