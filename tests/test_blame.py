"""blame: which files of std or of Go's tools make the difference between two releases; bad input.

The difference is known from Go's sources: 1.7 aligns the stack before it calls C, in runtime/rt0_linux_amd64.s alone
(golang/go#16618).
"""

import json
import os
import pathlib
import re

import pytest

from conftest import CODES, Tool

LIBRARY = "go1.7.1/linux/amd64/c-shared/cgo1/external@host:dlopen"
EXE = "go1.7.1/linux/amd64/exe/cgo0/internal@host:exec"
ALIGN = ("blame", "--cell", LIBRARY, "--check", "contract.init-stack-align", "--good", "1.7.1", "--bad", "1.6.4")
FREEBSD = "go1.17.13/freebsd/amd64/exe/cgo0/internal@none"
STACK = ("blame", "--cell", FREEBSD, "--check", "file.stack", "--good", "1.18.10", "--bad", "1.17.13")
FILE = "runtime/rt0_linux_amd64.s"
pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the cells are of linux/amd64")


@pytest.fixture(scope="module", autouse=True)
def releases():
    """What is tried is kept in the cache that the tests share."""
    done = Tool(pathlib.Path("/nonexistent"))("toolchain", "get", "1.6.4", "1.7.1")
    assert done.status == CODES["ok"], done


# Two searches serve all that is asked of an answer: one as JSON, its talk on stderr; one for people, asked again.
@pytest.fixture(scope="module")
def blamed(tmp_path_factory):
    """The answer, and what was said meanwhile."""
    done = Tool(tmp_path_factory.mktemp("blame") / "out")(*ALIGN, "--json")
    assert done.status == CODES["ok"], done
    return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """The answer for people to a question of cmd/link."""
    tool = Tool(tmp_path_factory.mktemp("linked") / "out")
    assert tool("toolchain", "get", "1.17.13", "1.18.10").status == CODES["ok"]
    done = tool(*STACK)
    assert done.status == CODES["ok"], done
    return done


def test_one_file_aligns_the_stack(blamed):
    """It alone is found, with the lines in which it differs."""
    answer, said = blamed
    assert f"\ngo1.6.4 with {FILE} of go1.7.1: tolerated, as go1.7.1 (3 of 3 times)\n" in said
    assert [file["name"] for file in answer["files"]] == [FILE] and "+\tANDQ\t$-16, SP\n" in answer["files"][0]["diff"]
    assert answer["files"][0]["changes"] == answer["files"][0]["of"] == 3
    assert (answer["bad"], answer["good"]) == (
        {"release": "go1.6.4", "value": "dies"},
        {"release": "go1.7.1", "value": "tolerated"},
    )


def test_what_does_not_build_says_why(blamed):
    """All files of 1.7 together: 1.6's tools do not know what they are written in."""
    lines = blamed[1].splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("  neither "))
    assert re.match(r" {11}\S*\.(go|s):\d+: ", lines[first + 1]), lines[first + 1]
    assert not [line for line in lines if line.startswith("tlsmatrix: ")], blamed[1]


def test_the_mixture_is_a_release(blamed, tool):
    """It is listed with what it is, and the filter runs the cell, which is not as 1.6's rules have it."""
    again = blamed[0]["again"]
    name = re.match(r"go=(\S+)", again)[1]
    listed = tool("toolchain", "list").stdout
    assert re.search(rf"^{name} .* go1\.6\.4 with {FILE} of go1\.7\.1$", listed, re.M), listed
    done = tool("run", "--force", again)
    assert done.status == CODES["unexpected"], done
    wrong = [
        (check["id"], check["expected"], check["observed"])
        for check in tool.report()["cells"][0]["checks"]
        if check["verdict"] == "regressed"
    ]
    assert wrong == [("contract.init-stack-align", "dies", "tolerated")]


def test_a_file_of_the_linker(linked):
    """1.18 gives FreeBSD a PT_GNU_STACK, in cmd/link/internal/ld/elf.go alone (golang/go#48112)."""
    name = "cmd/link/internal/ld/elf.go"
    assert f"{name} of go1.18.10: " in linked.stdout and "(3 of 3 times)\n" in linked.stdout, linked
    assert re.search(rf"^--- go1\.17\.13/src/{name}$", linked.stdout, re.M), linked
    assert len(re.findall(r"^--- ", linked.stdout, re.M)) == 1, linked
    assert re.search(r"^\+.*PT_GNU_STACK|^\+.*Hfreebsd", linked.stdout, re.M), linked
    assert "  neither " in linked.stdout and re.search(r"^again: tlsmatrix run --force 'go=", linked.stdout, re.M)


def test_asked_again(linked, tool):
    """What was judged is not tried again but for the two that confirm it; what could not be judged is."""
    done = tool(*STACK, "--json")
    answer = json.loads(done.stdout)
    assert done.status == CODES["ok"] and linked.status == CODES["ok"], done
    lines = [line for line in done.stderr.splitlines() if re.search(r" \((known|tried)\)$", line)]
    judged = [line for line in lines if not line.startswith("  neither ")]
    assert judged and all(line.endswith(" (known)") for line in judged), done.stderr
    assert 2 <= answer["evaluated"] <= 2 + len(lines) - len(judged), done
    assert [(file["name"], file["area"]) for file in answer["files"]] == [("cmd/link/internal/ld/elf.go", "cmd/link")]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ([], "usage", "needs --cell CELL, --good X and --bad Y"),
        (["--cell", EXE, "--good", "1.7.1"], "usage", "needs --cell CELL, --good X and --bad Y"),
        (["--cell", EXE, "--good", "1.7.1", "--bad", "1.6.4", "more"], "usage", "no other word: more"),
        (["--cell", "exe", "--good", "1.7.1", "--bad", "1.6.4"], "usage", "cell 'exe'"),
        (["--cell", EXE, "--good", "1.7.1", "--bad", "1.6.3"], "usage", "--bad 1.6.3: is not kept"),
        (["--cell", EXE, "--good", "latest", "--bad", "1.6.4"], "usage", "--good latest: is not kept"),
        (["--cell", EXE, "--good", "1.7.1", "--bad", "go1.7.1"], "usage", "--good 1.7.1: is the release of --bad"),
        (["--cell", EXE, "--good", "1.7.1", "--bad", "1.6.4", "--check", "tls.no"], "usage", "no such check"),
        (
            ["--cell", EXE, "--good", "1.7.1", "--bad", "1.6.4", "--check", "thread.clone-flags"],
            "usage",
            "go1.6.4 and go1.7.1: both flags=0x10f00 others=0: nothing to blame a file for",
        ),
    ],
)
def test_bad_input(tool, args, code, says):
    """One line, and the exit code."""
    done = tool("blame", *args)
    said = [line for line in done.stderr.splitlines() if line.startswith("tlsmatrix: ")]
    assert done.status == CODES[code] and len(said) == 1 and says in said[0], done
