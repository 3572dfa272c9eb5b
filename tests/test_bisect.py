"""bisect: which release, or which target, changes a cell; what is known is not tried again; bad input.

The changes are known from Go's sources: CLONE_SETTLS came with 1.16 (runtime/sys_linux_amd64.s clone), plugins with 1.8
(its release notes).
"""

import json
import os
import pathlib
import re
import shutil
import signal

import pytest

from conftest import CODES, Tool, cache_folder, described, wait_for

EXE = "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"
LIBRARY = "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen"
PLUGIN = "go1.26.8/linux/amd64/plugin/cgo1/external@host:plugin"
RELEASES = ["1.6.4", "1.7.1", "1.15.15", "1.16.15"]
pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the cells are of linux/amd64")


@pytest.fixture(scope="module")
def releases():
    """What is tried is kept in the cache that the tests share."""
    done = Tool(pathlib.Path("/nonexistent"))("toolchain", "get", *RELEASES)
    assert done.status == CODES["ok"], done


def told(done):
    """The pair with its values, and how many were evaluated."""
    lines = done.stdout.split("\n\n")[1].splitlines()
    return [tuple(line.split(": ", 1)) for line in lines[:2]], int(re.search(r"(\d+) evaluated", done.stdout)[1])


def test_settls_came_with_1_16(releases, tool):
    argv = ("bisect", "--cell", EXE, "--check", "thread.clone-flags", "--good", "1.15.15", "--bad", "1.16.15")
    done = tool(*argv)
    assert done.status == CODES["ok"], done
    pair, _ = told(done)
    assert [name for name, _ in pair][0] == "go1.15.15" and pair[1][0].startswith("go1.16.")
    assert [value for _, value in pair] == ["pass flags=0x50f00 others=0", "pass flags=0xd0f00 others=0"]
    # The cache knows now, and the ends may stand in either order.
    again = tool(*argv[:-4], "--good", "1.16.15", "--bad", "1.15.15")
    assert (again.status, told(again)) == (CODES["ok"], (pair, 0)), again
    # Each side's command is a run of that one cell.
    for line in [line for line in again.stdout.splitlines() if line.startswith("again: tlsmatrix run --force ")]:
        listed = tool("list", re.search("'(.*)'", line)[1])
        assert len(listed.stdout.splitlines()) == 1, listed


def test_the_stack_was_aligned_with_1_7(releases, tool):
    """1.6 calls C with the alignment that its loader left (runtime/rt0_linux_amd64.s)."""
    argv = ("bisect", "--cell", LIBRARY, "--check", "contract.init-stack-align", "--good", "1.7.1", "--bad", "1.6.4")
    done = tool(*argv)
    assert done.status == CODES["ok"], done
    assert told(done)[0] == [("go1.6.4", "pass dies"), ("go1.7.1", "pass tolerated")], done


def test_plugins_came_with_1_8(releases, tool):
    done = tool("bisect", "--cell", PLUGIN, "--good", "1.7.1", "--bad", "1.16.15")
    assert done.status == CODES["ok"], done
    pair, evaluated = told(done)
    assert pair[0] == ("go1.7.1", 'refused: exit=1 "buildmode=plugin not supported"')
    # What it does is another question: 1.8.7 has a deviation that is known (thread.fork-signals).
    assert not pair[1][1].startswith("refused") and evaluated <= 7


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ([], "usage", "needs --cell CELL"),
        (["--cell", EXE, "more"], "usage", "no other word: more"),
        (["--cell", "exe"], "usage", "cell 'exe'"),
        (["--cell", EXE, "--check", "tls.nothing"], "usage", "--check tls.nothing: no such check"),
        (["--cell", EXE, "--axis", "time"], "usage", "--axis time: is neither go nor target"),
        (
            ["--cell", EXE, "--good", "1.6.3"],
            "usage",
            "--good 1.6.3: is not kept: --get, `tlsmatrix toolchain get 1.6.3`",
        ),
        (["--cell", EXE, "--bad", "latest"], "usage", "--bad latest: is not kept"),
        (["--cell", EXE, "--good", "1.7.1", "--bad", "1.7.1"], "usage", "is the only one"),
        (["--cell", EXE, "--good", "1.15.15", "--bad", "1.16.15"], "usage", "go1.15.15 and go1.16.15: both pass"),
        # A program without cgo plans nothing of C's threads, in no release.
        (
            ["--cell", EXE, "--check", "tls.g.c", "--good", "1.15.15", "--bad", "1.16.15"],
            "usage",
            "both not planned",
        ),
        (["--cell", EXE, "--axis", "target", "--good", "glibc-2.31", "--bad", "musl-1.2.3"], "usage", "no two targets"),
        (["--cell", EXE, "--axis", "target", "--good", "glibc-9", "--bad", "glibc-2.31"], "usage", "no two targets"),
    ],
)
def test_bad_input(releases, tool, args, code, says):
    done = tool("bisect", *args)
    assert done.status == CODES[code] and says in done.stderr.splitlines()[-1], done


def test_a_search_that_was_cut_off_goes_on(releases, tool, tmp_path):
    shared = cache_folder() / "release"
    tool.cache = str(tmp_path / "cache")
    for name in ("go1.15.15", "go1.16.15"):
        assert tool("toolchain", "add", shared / name / "go").status == CODES["ok"]
    argv = ("bisect", "--cell", EXE, "--check", "thread.clone-flags", "--good", "1.15.15", "--bad", "1.16.15")
    process = tool.start(*argv)
    wait_for(lambda: list((tmp_path / "cache/result").glob("*/result.json")), "the first evaluation")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = tool(*argv)
    assert done.status == CODES["ok"] and re.search(r"[1-9]\d* known before", done.stdout), done


def test_along_targets(releases, tool, tmp_path):
    ini = "".join(
        f"[mine-{i}]\nkind = wrapper\ncommand = env {'TLSMATRIX_SLOT= ' if i > 2 else ''}NUMBER={i} {{argv}}\n"
        for i in range(1, 5)
    )
    args = ("--targets", described(tmp_path, ini), "--axis", "target", "--check", "tls.slot-promised")
    cell = EXE.replace("@host", "@mine-1")
    go = next(line for line in tool("list", "mode=exe & cgo=0").stdout.splitlines()).split("/")[0]
    done = tool("bisect", "--cell", cell.replace("go1.26.8", go), *args, "--good", "mine-1", "--bad", "mine-4")
    assert done.status == CODES["ok"], done
    pair, _ = told(done)
    assert pair == [("mine-2", "pass offset=promised"), ("mine-3", "fail promise=none")]


def test_what_earlier_runs_saw_is_not_tried_again(cache, tmp_path):
    """The cache has no result any more, the history has; and the answer as JSON."""
    tool = cache.tool()
    tool.remembers = True
    slots = ("", "", "TLSMATRIX_SLOT= ")
    ini = "".join(
        f"[mine-{i}]\nkind = wrapper\ncommand = env {slot}NUMBER={i} {{argv}}\n" for i, slot in enumerate(slots, 1)
    )
    file = described(tmp_path, ini)
    assert tool("run", "target=mine-* & mode=exe & cgo=0 & link=internal", "--targets", file).status == 1
    shutil.rmtree(cache.path / "result")
    cell = tool.report()["cells"][0]["id"]
    argv = ("bisect", "--cell", cell, "--targets", file, "--axis", "target", "--check", "tls.slot-promised", "--json")
    done = tool(*argv)
    assert done.status == CODES["ok"], done
    answer = json.loads(done.stdout)
    assert (answer["evaluated"], answer["known"], answer["sure"]) == (0, 3, True)
    assert [answer[side]["name"] for side in ("before", "after")] == ["mine-2", "mine-3"]
    assert answer["after"]["value"] == "fail promise=none" and "mine-3" in answer["after"]["again"]
    assert [one["name"] for one in answer["candidates"]] == ["mine-1", "mine-2", "mine-3"]
