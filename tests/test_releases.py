"""Several Go releases in one plan: chosen by go= in a filter, built side by side, judged each by its own rules.

The releases are fetched from the Go module proxy into the cache that the tests share, once.
"""

import json
import re
import shutil

import pytest

from conftest import CODES, Tool

OLD = ["1.6.4", "1.7.1"]
CELLS = "go=1.6.4,1.7.1 & os=linux & arch=amd64 & target=host,none & link=internal,external"
# signal.program begins with 1.7, in which it fails in a way that is known.
FEW = (
    f"{CELLS} & (mode=exe & cgo=0 | mode=c-shared & load=none,dlopen | mode=pie & cgo=1 | mode=plugin)"
    " & !check=signal.program"
)


@pytest.fixture(scope="module")
def releases():
    """Both are kept."""
    done = Tool("/nonexistent")("toolchain", "get", *OLD)
    assert done.status == CODES["ok"], done


@pytest.fixture(scope="module")
def both(releases, tmp_path_factory):
    """A run on both."""
    tool = Tool(tmp_path_factory.mktemp("releases") / "out")
    return tool, tool("run", FEW)


def lines(tool, *words):
    """What list prints."""
    done = tool("list", *words)
    assert done.status == CODES["ok"], done
    return done.stdout.splitlines()


def test_a_filter_that_says_nothing_of_go_takes_one_release(tool, releases):
    assert {line.split("/")[0] for line in lines(tool)} == {line.split("/")[0] for line in lines(tool, "mode=exe")}
    assert not [line for line in lines(tool) if line.startswith(("go1.6.4/", "go1.7.1/"))]


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("go=1.6.4", r"1\.6\.4"),
        ("go=1.6", r"1\.6(\.\d+)?"),
        ("go=1.6.4,1.7.1", r"1\.6\.4|1\.7\.1"),
        ("go=1.6..1.7.1", r"1\.6(\.\d+)?|1\.7(\.1)?"),
        ("go<1.7 & go>=1.6", r"1\.6(\.\d+)?"),
    ],
)
def test_what_a_filter_takes(tool, releases, words, taken):
    """Of the releases that are kept, however many these are, those that the words mean."""
    kept = {row["version"] for row in json.loads(tool("toolchain", "list", "--json").stdout) if row["state"] == "kept"}
    cells = lines(tool, f"{words} & mode=exe & cgo=0")
    taken = sorted(name for name in kept if re.fullmatch(f"go({taken})", name))
    assert "go1.6.4" in taken and sorted({line.split("/")[0] for line in cells}) == taken
    # Their order is that of the releases, oldest first.
    assert [line.split("/")[0] for line in cells] == sorted(line.split("/")[0] for line in cells)


def test_a_cell_id_takes_its_release(tool, releases):
    cell = "go1.6.4/linux/amd64/c-shared/cgo1/external@host:dlopen"
    assert lines(tool, "go=1.6.4 & mode=c-shared & load=dlopen & link=external & target=host") == [cell]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("go=1.6.3", "nothing", "go=1.6.3: is not here: `tlsmatrix toolchain get 1.6.3`"),
        ("go=1.6.4,1.4", "nothing", "go=1.4: is not here"),
        ("go=1.6.4 & mode=wasm", "usage", "'wasm'"),
        ("go=1.7..1.6", "usage", "the second release of the range is older than the first"),
        ("go=1.6.4 & os=illumos", "nothing", "selects none of the"),
    ],
)
def test_bad_input(tool, releases, words, code, says):
    done = tool("list", words)
    assert done.status == CODES[code] and says in done.line(), done


def test_each_release_is_judged_by_its_own_rules(both):
    tool, done = both
    assert done.status == CODES["ok"], done
    report = tool.report()
    cells = {cell["id"]: cell for cell in report["cells"]}
    assert {cell["go"] for cell in report["cells"]} == {"go1.6.4", "go1.7.1"}
    for go in ("go1.6.4", "go1.7.1"):
        exe = cells[f"{go}/linux/amd64/exe/cgo0/internal@host:exec"]
        flags = {check["id"]: check for check in exe["checks"]}["thread.clone-flags"]
        # CLONE_SYSVSEM is of 1.9, CLONE_SETTLS of 1.16.
        assert (flags["status"], flags["expected"]) == ("pass", "flags=0x10f00 others=0")
        library = cells[f"{go}/linux/amd64/c-shared/cgo1/external@host:dlopen"]
        assert len([check for check in library["checks"] if check["status"] == "pass"]) > 60
        plugin = cells[f"{go}/linux/amd64/plugin/cgo1/external@none"]
        assert [check["observed"] for check in plugin["checks"]] == ['exit=1 "buildmode=plugin not supported"']
        # cmd/go/build.go has had a c-shared linked internally as if it had been told external.
        assert f"{go}/linux/amd64/c-shared/cgo1/internal@none" not in cells


def test_the_same_again_runs_nothing(both):
    tool, _ = both
    done = tool("run", FEW)
    assert done.status == CODES["ok"] and done.stdout.splitlines()[-1].startswith("0 cells judged now"), done
    assert list(tool.plan()["ports"])[1:] == ["go1.6.4", "go1.7.1"]


def test_show_knows_the_cell_of_an_old_release(both):
    tool, _ = both
    done = tool("show", "go1.6.4/linux/amd64/c-shared/cgo1/external@host:dlopen")
    assert done.status == CODES["ok"] and "init.signal-chained" in done.stdout, done
    log = next((tool.out / "logs").glob("go1.6.4*c-shared*dlopen.build.log")).read_text()
    assert "release/go1.6.4/go/bin/go build -buildmode=c-shared" in log and "GO111MODULE=off" in log


@pytest.mark.skipif(not shutil.which("clang", path="/usr/local/bin:/usr/bin:/bin"), reason="-msan is clang's")
def test_clang_and_a_port_of_before_1_8(releases, tool):
    """What 1.7 tells a clang it knows by name, and a library of runtime with what that calls without an import."""
    done = tool("run", "go=1.7.1 & arch=amd64.msan & os=linux & target=none & cgo=1 & mode=exe,shared")
    assert done.status == CODES["ok"], done
    exe, inner, shared = ({c["id"]: c for c in cell["checks"]} for cell in tool.report()["cells"])
    if "build.c-tls-internal" in exe:
        exe, inner = inner, exe
    assert {c["build.quiet"]["status"] for c in (exe, shared)} == {"pass"}
    # Internally linked it does not link: known, and no other cell is.
    assert inner["build.succeeds"]["verdict"] == "known"
    assert {check["verdict"] for cell in (exe, shared) for check in cell.values()} == {"ok"}


def test_reports_name_both(both):
    tool, done = both
    # Nothing differs between the two in these cells: one column stands for both.
    assert "linux/amd64 on host, Go 1.6.4 to 1.7.1" in done.stdout and "1.6.4..1.7.1 ---" in done.stdout
    for name in ("html", "markdown", "junit", "tap", "github", "json"):
        told = tool("report", "--format", name)
        assert told.status == CODES["ok"], told
    page = (tool.out / "report.html").read_text()
    assert "go1.6.4" in page and "go1.7.1" in page
    assert json.loads((tool.out / "plan.json").read_text())["go"] == "go1.6.4, go1.7.1"


def test_the_page_that_is_kept(both):
    """It names no place and no time: two runs with the same results write the same page."""
    tool, _ = both
    done = tool("report", "--format", "markdown", "--releases")
    assert done.status == CODES["ok"], done
    assert (
        done.stdout.startswith("# What each Go release builds and runs\n")
        and "on host, Go 1.6.4 to 1.7.1" in done.stdout
    )
    assert str(tool.out) not in done.stdout and "repro" not in done.stdout
    for words, says in ((["--releases"], "needs --format markdown"), (["--releases", "--ports"], "give one of them")):
        done = tool("report", *words, *(["--format", "markdown"] if len(words) > 1 else []))
        assert done.status == CODES["usage"] and says in done.line(), done
