"""Filters: their help, what is said of a bad one, and of one that selects nothing."""

import json
import re

import pytest
from conftest import Tool
from test_commands import CODES, COMMANDS


def test_help_of_filters(tool):
    """Every field with an example that selects cells, in one screen; whoever takes a FILTER points there."""
    done = tool.plain("help", "filters")
    assert (done.status, done.stderr) == (0, "") and len(done.stdout.splitlines()) <= 24
    for command in COMMANDS:
        usage = tool.plain(command, "--help").stdout
        assert ("`tlsmatrix help filters`" in usage) == ("FILTER" in usage.splitlines()[0])
        assert tool.plain("help", command).stdout == usage
    for example in ("os=linux,windows", "arch=arm.*", "mode=c-shared,plugin", "link=external*", "check=tls.*"):
        assert example in done.stdout and tool.plain("list", example).status == 0
    done = tool.plain("help", "filtres")
    assert done.status == CODES["usage"] and "'filtres'" in done.line()


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """The whole list."""
    return json.loads(Tool(tmp_path_factory.mktemp("list")).plain("list", "--json").stdout)


def mode_count(cells, mode):
    """How many cells are of that buildmode."""
    return sum(cell["buildmode"] == mode for cell in cells)


def test_list_selects_nothing(tool, cells):
    """An empty selection is an error that says of how many."""
    empty = "mode=exe & load=plugin"
    done = tool.plain("list", empty)
    assert (done.status, done.stdout) == (CODES["nothing"], "")
    assert f"'{empty}'" in done.line() and f"none of the {len(cells)} cells" in done.line()
    assert done.line().endswith(": mode=exe selects %d, with load=plugin 0" % mode_count(cells, "exe"))
    assert tool.plain("run", "--all", empty).line() == done.line()
    done = tool.plain("list", "os=linux", "arch=x86_64", "mode=exe")
    assert (
        done.status == CODES["nothing"] and "no cell has arch=x86_64; did you mean 'amd64'? there are: " in done.line()
    )
    done = tool.plain("list", "mode=exe & check=thread.* & target=none")
    assert done.status == CODES["nothing"] and done.line().endswith(", with target=none 0")
    assert tool.plain("run", "go=1.2").status == CODES["nothing"]


def test_list_of_checks_is_of_the_cells(tool, cells):
    """--checks lists what is planned in the cells that FILTER selects; of every check without one."""
    some = "mode=c-shared & load=dlopen & check=tls.*"
    asked = {check for cell in json.loads(tool.plain("list", "--json", some).stdout) for check in cell["checks"]}
    listed = json.loads(tool.plain("list", "--checks", "--json", some).stdout)
    assert {row["id"] for row in listed} == asked and all(row["states"] and row["source"] for row in listed)
    page = tool.plain("list", "--checks", some).stdout
    assert page.startswith(f"# The {len(asked)} checks\n") and set(re.findall(r"^\| `([^`]+)`", page, re.M)) == asked
    every = {row["id"] for row in json.loads(tool.plain("list", "--checks", "--json").stdout)}
    assert asked < every
    assert every >= {check for cell in cells for check in cell["checks"]}
    for words in (["--findings", some], ["--promises", "--json"]):
        done = tool.plain("list", *words)
        assert done.status == CODES["usage"] and words[0] in done.line()


def planned(tool):
    """The ports and targets of the last run's cells."""
    return {re.sub(r"^go[^/]*/([^/]*/[^/]*)/.*(@[^:]*).*", r"\1\2", cell["id"]) for cell in tool.report()["cells"]}


def test_a_filter_narrows(tool):
    """What says no place stays with this machine's own cells; --all, or a place, takes others."""
    few = "mode=exe & cgo=0 & link=internal"
    assert tool("run", few).status == CODES["ok"] and planned(tool) == {"linux/amd64@host"}
    assert tool("run", f"{few} & os=plan9 & arch=386 & !arch=*.*").status == CODES["ok"]
    assert planned(tool) == {"plan9/386@none"}
    done = tool("run", "load=wasi")
    assert done.status == CODES["nothing"] and done.line().endswith("0: --all takes every port and target")
    assert tool("run", "--all", "load=archive & link=external & load=wasi").status == CODES["nothing"]
    assert "every port" not in tool("run", "--all", "mode=exe & load=plugin").line()


@pytest.mark.parametrize(
    "text, names",
    [
        ("mod=exe", "unknown field 'mod' at column 1 of 'mod=exe'; did you mean 'mode'"),
        ("cgo=1 & mode=c-shred", "column 14"),
        ("mode=exe &", "column"),
        ("(mode=exe", "column"),
        ("mode", "column"),
        ("mode>=exe", "column"),
        ("cgo=2", "column"),
        ("check=tls.slto*", "no check matches 'tls.slto*' at column 7 of 'check=tls.slto*'; did you mean 'tls.slot-"),
        ("mode=exe)", "column 9"),
    ],
)
def test_bad_filter(tool, text, names):
    """Status 2, the column, and the nearest word."""
    for command in ("list", "run", "selfcheck"):
        done = tool.plain(command, text)
        assert done.status == CODES["usage"] and names in done.line(), done


EXE = "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"


@pytest.mark.parametrize(
    "argv, where",
    [
        (["history", EXE, "--check", "WORD"], "--check WORD: no such check"),
        (["bisect", "--cell", EXE, "--check", "WORD"], "--check WORD: no such check"),
        (
            ["blame", "--cell", EXE, "--good", "1.7.1", "--bad", "1.6.4", "--check", "WORD"],
            "--check WORD: no such check",
        ),
        (["explain", "WORD"], "WORD: no such check, promise, claim or bug"),
        (["list", "check=WORD"], "unknown check 'WORD' at column 7 of 'check=WORD'"),
    ],
)
def test_a_check_that_is_none(tool, argv, where):
    """The same words everywhere: of what the id is the beginning, or the whole, with the fewest letters changed."""
    for word, near in (
        ("tls.slto", "; did you mean 'tls.slot-offset', 'tls.slot-promised', 'tls.slot-distinct' or 3 more?"),
        ("thread.clone-flag", "; did you mean 'thread.clone-flags'?"),
        ("qqqqqqq", ";"),
    ):
        done = tool.plain(*(arg.replace("WORD", word) for arg in argv))
        assert done.status == CODES["usage"], done
        assert where.replace("WORD", word) + near + " known: `tlsmatrix list --checks`" in done.line(), done
