"""history: what is remembered of runs, since when a check is otherwise and with what, and what comes and goes."""

import fcntl
import json
import os
import pathlib
import signal
import sqlite3

import pytest

from conftest import CODES, TWO, described, wait_for

CELL = f"{TWO} & link=internal"
CHECK = "thread.clone-flags"


def traced(folder, trace):
    """A target mine, seen by the tracer or not."""
    return described(folder, f"[mine]\nkind = wrapper\ncommand = env {{argv}}\ntrace = {trace}\n")


def remembering(cache):
    """A program whose runs are kept."""
    tool = cache.tool()
    tool.remembers = True
    return tool


@pytest.fixture
def told(cache, tmp_path):
    """A cache with three runs of a cell: with the tracer, again, and without it. (a program to ask, the cell's id)"""
    tool = remembering(cache)
    for trace in ("yes", "yes", "no"):
        done = tool(
            "run", "--force", CELL.replace("target=host,none", "target=mine"), "--targets", traced(tmp_path, trace)
        )
        assert (done.status, done.stderr.count("not in the history")) == (CODES["ok"], 0), done
    return tool, tool.report()["cells"][0]["id"]


def kept(cache_path):
    """The runs that are kept."""
    return sorted(path.name for path in (cache_path / "history").iterdir() if path.is_dir())


def test_when_a_check_changed_and_with_what(told):
    tool, cell = told
    done = tool("history", cell, "--check", CHECK)
    assert (done.status, done.stderr) == (CODES["ok"], ""), done
    lines = done.stdout.splitlines()
    assert lines[0] == f"{cell} {CHECK}" and lines[1].startswith("  in 3 runs on ") and lines[1].endswith(", 1 change")
    assert [line.split()[2] for line in lines if line.startswith("  20")] == ["pass", "skip"]
    # No version tells of it: it is the description of the target that changed.
    assert lines[-1].split() == "with other files of the target, or other checks of this tlsmatrix".split()
    whole = tool("history", cell)
    assert "pass -> skip (no-tracer): thread.clone-flags thread.settls-count" in whole.stdout, whole
    # A filter is as good, and what never changed is counted.
    assert CHECK in tool("history", "target=mine").stdout
    assert tool("history", "target=mine", "--check", "build.succeeds").stdout.count("always the same") == 1


def test_json(told):
    tool, cell = told
    done = tool("history", cell, "--check", CHECK, "--json")
    (one,) = json.loads(done.stdout)
    assert (one["cell"], one["runs"]) == (cell, 3)
    first, second = one["changes"]
    assert [(check["id"], check["status"]) for check in first["checks"]] == [(CHECK, "pass")]
    assert second["moved"][0]["checks"] == [CHECK] and second["moved"][0]["way"].endswith("-> skip (no-tracer)")
    assert first["key"] != second["key"] and first["build"] == second["build"] and not second["cached"]


def test_of_several_cells_those_that_changed_are_told(told):
    tool, cell = told
    assert tool("run", TWO).status == CODES["ok"]
    done = tool("history", "mode=exe")
    assert done.status == CODES["ok"] and done.stdout.startswith(f"{cell}\n"), done
    assert done.stdout.splitlines()[-1] == "2 cells of 3 always the same"


def test_it_is_made_again_from_what_is_kept(told):
    tool, cell = told
    store = f"{tool.cache}/history/store.sqlite"
    before = tool("history", cell).stdout
    os.remove(store)
    done = tool("history", cell)
    assert (done.status, done.stdout) == (CODES["ok"], before), done
    assert done.stderr == "3 kept runs were added to the database first\n"
    with open(store, "r+b") as file:
        file.write(b"spoiled" * 100)
    done = tool("history", cell)
    assert done.status == CODES["infra"] and "history --rebuild" in done.line(), done
    done = tool("history", "--rebuild")
    assert (done.status, done.stdout.split()[0]) == (CODES["ok"], "3"), done
    assert tool("history", cell).stdout == before


def test_a_database_of_the_future_is_left_alone(told):
    tool, cell = told
    store = f"{tool.cache}/history/store.sqlite"
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA user_version = 9")
    for argv in (("history", cell), ("history", "--rebuild")):
        done = tool(*argv)
        assert done.status == CODES["infra"] and "schema 9, made by another tlsmatrix" in done.line(), done
    # A run is judged all the same, and kept.
    cache = pathlib.Path(tool.cache)
    runs = kept(cache)
    done = tool("run", "--force", CELL)
    assert done.status == CODES["ok"] and "not in the history: " in done.line(), done
    assert len(kept(cache)) == len(runs) + 1


def test_a_run_that_was_killed_is_remembered(cache, tmp_path):
    """Its journal is kept before the next run empties it."""
    tool, gate = remembering(cache), tmp_path / "gate"
    (tmp_path / "slow.sh").write_text(f'while [ -e {gate} ]; do sleep 0.1; done; exec "$@"\n')
    file = described(tmp_path, f"[slow]\nkind = wrapper\ncommand = sh {tmp_path}/slow.sh {{argv}}\n")
    assert tool("target", "check", "slow", "--targets", file).status == CODES["ok"]
    gate.touch()
    cells = TWO.replace("target=host,none", "target=host,slow,none")
    running = tool.start("run", "--force", "-j", 1, cells, "--targets", file)
    journal = tool.out / "journal"
    wait_for(lambda: journal.exists() and b'"event":"cell"' in journal.read_bytes(), "a cell")
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    running.stderr.close()
    gate.unlink()
    assert tool("run", CELL).status == CODES["ok"]
    assert len(kept(cache.path)) == 2
    done = tool("history", "mode=exe", "--json")
    assert done.status == CODES["ok"] and done.stderr == "1 kept run was added to the database first\n", done
    # Only the run that was killed had the cell that Go refuses; nobody saw the one that waited.
    seen = {cell["cell"].split("@")[1].split(":")[0] for cell in json.loads(done.stdout)}
    assert "none" in seen and "slow" not in seen, done


def test_no_history(cache):
    tool = remembering(cache)
    for _ in range(2):
        assert tool("run", "--no-history", "--force", CELL).status == CODES["ok"]
    # Neither by itself nor by the next run.
    assert tool("run", CELL, "--force").status == CODES["ok"]
    assert len(kept(cache.path)) == 1


@pytest.mark.parametrize(
    "argv, code, words",
    [
        ([], "usage", "needs a cell id or a filter"),
        (["mode=exe", "--check", "tls.nope"], "usage", "no such check"),
        (["--flaky", "--check", "tls.access"], "usage", "FILTER takes check="),
        (["--rebuild", "mode=exe"], "usage", "give it alone"),
        (["libc=glibc-*"], "usage", "are not remembered by cell"),
        (["go1.26.8/linux/amd64/exe"], "usage", "go1.26.8/linux/amd64/exe"),
        (["mode=plugin"], "nothing", "no run in the history has such a cell"),
    ],
)
def test_bad_input(cache, argv, code, words):
    tool = remembering(cache)
    assert tool("run", CELL).status == CODES["ok"]
    done = tool("history", *argv)
    assert done.status == CODES[code] and words in done.line(), done


def test_nothing_yet(tmp_path, tool):
    tool.cache = str(tmp_path / "empty")
    done = tool("history", "mode=exe")
    assert done.status == CODES["nothing"] and "no run is remembered" in done.line(), done


def test_rebuild_has_the_cache_alone(told):
    """It is refused while a run lives, as cache gc is."""
    tool, _ = told
    with open(f"{tool.cache}/in-use", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        done = tool("history", "--rebuild")
    assert done.status == CODES["infra"] and "is using the cache" in done.line(), done
