"""cache list, gc and verify, and what a run removes and marks by itself."""

import fcntl
import json
import os
import shutil
import signal
import time

import pytest

from conftest import CODES, TWO, Tool, wait_for, wrapper

KEY = "0123456789abcdef" * 2
DAY = 24 * 60 * 60
ONE = f"{TWO} & link=internal"


def cache_json(cache):
    """cache list --json, the kinds by name."""
    done = cache.tool()("cache", "list", "--json")
    assert (done.status, done.stderr) == (CODES["ok"], ""), done
    told = json.loads(done.stdout)
    told["kinds"] = {kind["kind"]: kind for kind in told["kinds"]}
    return told


def age(path, days):
    """Last used that many days ago."""
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def disk(path):
    """What du says, in bytes."""
    everything = [path, *path.rglob("*")]
    return sum(entry.lstat().st_blocks * 512 for entry in everything)


def rubbish(cache):
    """One leftover of each sort; their paths."""
    paths = [
        cache.path / "tmp/go-build1/b001",
        cache.path / f"build/{KEY}.new",
        cache.path / f"target/{KEY}.new-4242",
        cache.path / f"hosts/{KEY}",
        cache.path / f"aux/{KEY}",
    ]
    for path in paths:
        path.mkdir(parents=True)
        (path / "file").write_bytes(b"x" * 10000)
    lock = cache.path / f"src/{KEY}.lock"
    lock.write_text("4242")
    return [*paths, lock]


@pytest.fixture
def held(std, tmp_path):
    """A run that waits in the linker until the gate is removed: its cache, its process, the gate, its go."""
    cache, gate = type(std)(tmp_path), tmp_path / "gate"
    shutil.copytree(std.path, cache.path, symlinks=True)
    (tmp_path / "go").mkdir()
    wait = f'case "$*" in *-V=full*) ;; *) while [ -e {gate} ]; do touch {gate}.reached; sleep 0.1; done ;; esac'
    go = wrapper(tmp_path / "go", "link", wait)
    assert cache.tool()("list", ONE, "--go", go).status == CODES["ok"]
    gate.touch()
    process = cache.tool().start("run", ONE, "--go", go)
    wait_for((tmp_path / "gate.reached").exists, "the linker")
    yield cache, process, gate, go
    gate.unlink(missing_ok=True)
    process.communicate(timeout=300)


# ---- list -----------------------------------------------------------------------------------------------


def test_list_adds_up(cache):
    """Entries and sizes are what lies there; the table has the same kinds and a line of leftovers."""
    told = cache_json(cache)
    assert told["size"] == disk(cache.path) and not told["in_use"]
    assert told["leftovers"] == {"entries": 0, "size": 0}
    for kind in ("build", "result", "src", "hosts", "facts"):
        assert told["kinds"][kind]["entries"] == len(cache.made(kind)), kind
        assert told["kinds"][kind]["size"] == disk(cache.path / kind), kind
    done = cache.tool()("cache")
    lines = done.stdout.splitlines()
    assert done.status == CODES["ok"] and lines[-1].split()[:3] == ["leftovers", "0", "0.0K"]
    assert {line.split()[0] for line in lines} >= {"kind", "build", "result", "gocache", "total"}


def test_list_knows_leftovers(cache):
    """They are counted apart, and what somebody is making is none."""
    before = cache_json(cache)
    paths = rubbish(cache)
    told = cache_json(cache)
    assert told["leftovers"]["entries"] == len(paths)
    assert told["kinds"]["hosts"]["entries"] == before["kinds"]["hosts"]["entries"]
    assert told["size"] == disk(cache.path)
    with open(cache.path / f"build/{KEY}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cache_json(cache)["leftovers"]["entries"] == len(paths) - 1


def test_list_without_a_cache(tmp_path, std):
    """Nothing is there, and nothing is made."""
    cache = type(std)(tmp_path)
    for args in ("list", "gc", "verify"):
        done = cache.tool()("cache", args)
        assert done.status == CODES["ok"] and "no cache yet" in done.stdout
    assert not cache.path.exists()


# ---- gc -------------------------------------------------------------------------------------------------


def test_gc_removes_leftovers(cache):
    """All of them, and nothing else while the bound is met; the cache is as good as before."""
    paths = rubbish(cache)
    kinds = ("build", "result", "src", "hosts", "facts")
    before = {kind: cache.made(kind) for kind in kinds}
    before["hosts"].pop(KEY)
    done = cache.tool()("cache", "gc")
    assert done.status == CODES["ok"] and len(done.stdout.splitlines()) == 1
    assert f"removed {len(paths)} leftovers" in done.stdout and ", 0 entries" in done.stdout
    assert not [path for path in [*paths, cache.path / "aux"] if path.exists()]
    assert cache_json(cache)["leftovers"]["entries"] == 0
    assert {kind: cache.made(kind) for kind in kinds} == before
    assert cache.run()[1] == 0


def test_gc_removes_what_was_used_least_recently(cache):
    """Until the bound is met, and no more."""
    for days in (4, 7, 5, 6):
        path = cache.path / "facts" / f"{days}{KEY[1:]}"
        path.write_bytes(os.urandom(1 << 20))
        age(path, days)
    os.sync()
    bound = disk(cache.path) - (3 << 19)
    done = cache.tool()("cache", "gc", "--size", bound)
    assert done.status == CODES["ok"] and ", 2 entries (2.0M), 0 files" in done.stdout, done
    assert sorted(name[0] for name in cache.made("facts") if name.endswith(KEY[1:])) == ["4", "5"]
    assert disk(cache.path) <= bound


def test_gc_keeps_what_the_last_run_used(cache):
    """However small the bound and however old the marks; without that run's out folder all of it goes."""
    tool = cache.tool()
    assert tool("run", TWO).status == CODES["ok"]
    stale = cache.path / "build" / KEY
    shutil.copytree(cache.built(), stale, symlinks=True)
    for kind in ("build", "result"):
        for path in (cache.path / kind).glob("*/*"):
            age(path, 400)
        for path in (cache.path / kind).glob("*/.sum"):
            age(path, 400)
    kept = {name: set(cache.made(name)) - {KEY} for name in ("build", "result", "src", "hosts")}
    done = tool("cache", "gc", "--size", "1K")
    assert done.status == CODES["ok"] and "more than asked for" in done.stdout
    assert {name: set(cache.made(name)) for name in kept} == kept
    assert not list((cache.path / "gocache").glob("*/*")) and not (cache.path / "variant").exists()
    done = tool("run", TWO)
    assert done.status == CODES["ok"] and "0 cells judged now" in done.stdout
    assert cache.tool()("cache", "gc", "--size", "0").status == CODES["ok"]
    assert not any(cache.made(name) for name in kept)
    done, judged, _ = cache.run()
    assert done.status == CODES["ok"] and judged == 2


def test_gc_cuts_gocache_only_when_it_must(cache):
    """Go's files are the last to go, the oldest of them first."""
    fact = cache.path / "facts" / KEY
    fact.write_bytes(os.urandom(1 << 20))
    age(fact, 1 / DAY)
    files = sorted((cache.path / "gocache").glob("*/*-d"))
    for path in files:
        age(path, 3)
    os.sync()
    cache.tool()("cache", "gc", "--size", disk(cache.path) - 4096)
    assert len(sorted((cache.path / "gocache").glob("*/*-d"))) == len(files)
    oldest = files[len(files) // 2]
    age(oldest, 4)
    tool = cache.tool()
    assert tool("run", TWO).status == CODES["ok"]
    tool("cache", "gc", "--size", "0")
    assert not oldest.exists()


@pytest.mark.parametrize("size", ["", "x", "-1", "1X", "1GG", "9999999999G", " 1"])
def test_gc_wants_a_size(cache, size):
    """One line, and nothing is removed."""
    (cache.path / "tmp/rest").write_text("")
    done = cache.tool()("cache", "gc", f"--size={size}")
    assert done.status == CODES["usage"] and "--size" in done.line() and (cache.path / "tmp/rest").exists()


@pytest.mark.parametrize("command", [("cache", "gc", "--size", "0"), ("cache", "verify"), ("cache",), ("run", TWO)])
def test_what_is_no_cache_is_left_alone(cache, command):
    """--cache $HOME removes nobody's tmp."""
    (cache.path / "letters").mkdir()
    (cache.path / "letters/one").write_text("dear\n")
    (cache.path / "tmp/mine").write_text("mine\n")
    done = cache.tool()(*command)
    if command[0] == "cache":
        assert done.status == CODES["usage"] and "letters" in done.line()
    assert (cache.path / "tmp/mine").exists() and (cache.path / "letters/one").exists()


@pytest.mark.parametrize("words", [("lists",), ("gc", "verify"), ("list", "gc")])
def test_usage(tool, words):
    """What the command takes."""
    done = tool("cache", *words)
    assert done.status == CODES["usage"] and "list, gc or verify" in done.line()


# ---- beside a run ---------------------------------------------------------------------------------------


def test_gc_beside_a_run_breaks_nothing(held):
    """It is refused with the run's pid, as verify is, and the run comes to its end."""
    cache, process, gate, _ = held
    scratch = sorted((cache.path / "tmp").iterdir())
    assert scratch
    for words in (("gc", "--size", "0"), ("verify",)):
        done = cache.tool()("cache", *words)
        assert done.status == CODES["infra"] and f"process {process.pid} is using" in done.line(), done
    told = cache_json(cache)
    assert told["in_use"] and told["leftovers"]["entries"] == 0 and told["kinds"]["tmp"]["entries"] == len(scratch)
    assert sorted((cache.path / "tmp").iterdir()) == scratch
    gate.unlink()
    process.communicate(timeout=300)
    assert process.returncode == CODES["ok"]


def test_a_run_waits_for_gc(cache):
    """And says for what."""
    tool = cache.tool()
    with open(cache.path / "in-use", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = tool.start("run", TWO)
        assert f"waiting for process {os.getpid()}" in process.stderr.readline()
        assert not (tool.out / "plan.json").exists()
    process.communicate(timeout=300)
    assert process.returncode == CODES["ok"]


def test_a_run_removes_what_killed_runs_left(held):
    """Not while another run lives: its scratch looks the same."""
    cache, process, gate, go = held
    scratch = sorted((cache.path / "tmp").iterdir())
    assert scratch and cache.run()[0].status == CODES["ok"]
    assert sorted((cache.path / "tmp").iterdir()) == scratch
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    gate.unlink()
    (cache.path / f"build/{KEY}.new").mkdir()
    wait_for(lambda: not cache_json(cache)["in_use"], "the tasks of the killed run")
    (cache.path / "tmp/go-build7").mkdir(exist_ok=True)
    done = cache.tool()("run", ONE, "--go", go)
    assert done.status == CODES["ok"], done
    assert not list((cache.path / "tmp").iterdir()) and not list(cache.path.glob("*/*.new"))


def test_a_run_marks_what_it_uses(cache):
    """Once a day: results, builds and packages of its plan, whether it runs anything or not."""
    tool = Tool(cache.folder / "out")
    tool.cache = str(cache.path)
    marks = [*cache.path.glob("result/*/result.json"), *cache.path.glob("build/*/.sum"), *cache.path.glob("src/*/.sum")]
    assert len(marks) >= 5
    for _ in range(2):
        for path in marks:
            age(path, 3)
        assert tool("run", TWO).status == CODES["ok"]
        assert not [path for path in marks if path.stat().st_mtime < time.time() - DAY]
    for path in marks:
        age(path, 0.5)
    before = [path.stat().st_mtime_ns for path in marks]
    tool("run", TWO)
    assert [path.stat().st_mtime_ns for path in marks] == before


# ---- verify ---------------------------------------------------------------------------------------------


def test_verify_finds_nothing_in_a_good_cache(cache):
    """Status 0."""
    before = {kind: cache.made(kind) for kind in ("build", "src", "hosts", "facts", "result")}
    done = cache.tool()("cache", "verify")
    assert done.status == CODES["ok"] and done.stdout.endswith(": 0 spoiled\n"), done
    assert before == {kind: cache.made(kind) for kind in before}


def test_verify_names_and_removes_what_is_spoiled(cache):
    """One line each, status 1; then there is nothing more, and the next run makes them again."""
    case = cache.built() / "case"
    record = next(cache.path.glob("result/*/result.json"))
    fact = next((cache.path / "facts").iterdir())
    package = next(cache.path.glob("src/*/.sum"))
    case.write_bytes(case.read_bytes()[:-1])
    record.write_text(record.read_text().replace('"', "'", 1))
    fact.write_text("")
    package.unlink()
    spoiled = [case.parent, record.parent, fact, package.parent]
    done = cache.tool()("cache", "verify")
    assert done.status == CODES["unexpected"], done
    named = [line.split(":")[0] for line in done.stdout.splitlines()[:-1]]
    assert sorted(named) == sorted(str(path.relative_to(cache.path)) for path in spoiled)
    assert not [path for path in spoiled if path.exists()]
    assert cache.tool()("cache", "verify").status == CODES["ok"]
    done, judged, _ = cache.run()
    assert done.status == CODES["ok"] and judged == 1
