"""From a failure to its cause: what a tool that failed said, where it is written down, and what shows it by hand."""

import html
import re
import subprocess
from urllib.parse import unquote

import pytest

from conftest import CODES, Cache, Tool, wrapper

LINKERS = {
    "gold": "kill -SEGV $$",
    "lld": "echo 'ld.lld: warning: odd' >&2; echo 'ld.lld: error: undefined symbol: tlsmatrix_foo' >&2; exit 1",
    "mold": "echo 'mold: fatal: assertion failed: elf/passes.cc:1234: sym.gottp_idx >= 0' >&2; exit 1",
}
SAID = {
    "gold": "collect2: fatal error: ld terminated with signal 11 [Segmentation fault]",
    "lld": "ld.lld: error: undefined symbol: tlsmatrix_foo",
    "mold": "mold: fatal: assertion failed: elf/passes.cc:1234: sym.gottp_idx >= 0",
}
CELLS = "mode=exe,pie & cgo=1 & target=host & link=external-gold,external-lld,external-mold"


def go_with_linkers(folder):
    """A go whose C compiler takes its linkers from a folder of ours, in which each fails in its own way."""
    linkers = folder / "linkers"
    linkers.mkdir(parents=True)
    for name, script in LINKERS.items():
        (linkers / f"ld.{name}").write_text(f"#!/bin/sh\n{script}\n")
    (linkers / "cc").write_text(f'#!/bin/sh\nexec gcc -B{linkers}/ "$@"\n')
    for path in linkers.iterdir():
        path.chmod(0o755)
    change = (
        f'for word; do case "$word" in -extld=*) word=-extld={linkers}/cc ;; esac; shift; set -- "$@" "$word"; done'
    )
    return wrapper(folder, "link", change)


@pytest.fixture(scope="module")
def broken(std, tmp_path_factory):
    """A run in which three linkers fail, each in its own way, in two cells."""
    folder = tmp_path_factory.mktemp("broken")
    cache = Cache(folder)
    subprocess.run(["cp", "-a", std.path, cache.path], check=True)
    tool = cache.tool()
    tool.done = tool("run", CELLS, "--go", go_with_linkers(folder))
    assert tool.done.status == CODES["unexpected"], tool.done
    return tool


def blocks(text):
    """The unexpected results on the terminal: title, and label to text."""
    found = []
    for block in text.split("\nUnexpected\n\n")[1].split("\n\n"):
        lines = block.splitlines()
        if re.match(r"[A-Z?] \w+  ", lines[0]):
            labels = dict(re.findall(r"^    (\S[\w ]{8,9})(.*(?:\n {14}.*)*)", block, re.M))
            found.append((lines[0], {name.strip(): re.sub(r"\s+", " ", text) for name, text in labels.items()}))
    return found


def test_the_tools_own_line_is_the_message(broken):
    """Not that another tool failed, which is what cmd/link begins with."""
    cells = broken.report()["cells"]
    assert len(cells) == 6
    for cell in cells:
        said = SAID[cell["link"].removeprefix("external-")]
        assert {check["message"] for check in cell["checks"]} == {said}, cell["id"]


def test_the_log_that_is_named_has_it(broken):
    """It is the build's; that of the run is empty."""
    told = [labels for _, labels in blocks(broken.done.stdout)]
    assert told
    for labels in told:
        with open(labels["log"], encoding="utf-8") as log:
            assert labels["message"] in log.read(), labels


def test_one_cause_is_one_block(broken):
    """Three linkers, three blocks, none under another's message; what has no artifact or was loud for it is with it."""
    told = blocks(broken.done.stdout)
    assert {title for title, _ in told} == {"F fail  build.succeeds in 2 cells"}
    assert sorted(labels["message"] for _, labels in told) == sorted(SAID.values())
    others = sum(int(labels["so too"].split()[0]) for _, labels in told)
    results = [check["status"] for cell in broken.report()["cells"] for check in cell["checks"]]
    assert f"{len(results)} unexpected results in 6 of 6 cells, of 3 kinds: " in broken.done.stdout
    assert set(results) == {"fail", "broken"} and others + len(broken.report()["cells"]) == len(results)


@pytest.mark.parametrize("form", ["markdown", "github", "html", "junit"])
def test_every_form_has_the_cause(broken, form):
    """The tool's own words, the log that has them, and a line to paste that is whole."""
    done = broken("report", "--format", form)
    assert done.status == CODES["unexpected"]
    text = html.unescape(done.stdout)
    for said in SAID.values():
        assert said in text.replace("%25", "%")
    for cell in broken.report()["cells"][:1]:
        assert cell["build"]["command"] in text
        assert form == "github" or cell["build"]["log"] in unquote(text)


def test_show_tells_the_cause_once(broken):
    """Of a cell without an artifact; --all has every check in full."""
    cell = broken.report()["cells"][0]["id"]
    assert broken("show", cell).stdout.count("           message   ") == 2
    assert broken("show", cell, "--all").stdout.count("           message   ") > 20


# ---- the build that is shown ----------------------------------------------------------------------------------

MADE = "cgo=1 & link=external & target=host & (mode=c-shared & load=dlopen | mode=c-archive,plugin,shared,exe)"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of builds that take one command and several."""
    tool = Tool(tmp_path_factory.mktemp("made") / "out")
    done = tool("run", MADE)
    assert done.status == CODES["ok"], done
    return tool


def test_the_build_command_makes_the_artifact(made):
    """It is go's, whatever was linked afterwards; where there are several, `commands` has them all, as the log does."""
    several = set()
    for cell in made.report()["cells"]:
        build = cell["build"]
        mode = "-linkshared" if cell["buildmode"] == "shared" else f"-buildmode={cell['buildmode']}"
        assert f"/go build -trimpath {mode} -o " in build["command"], cell["id"]
        assert build["command"] in made("show", cell["id"]).stdout and build["command"] in page(made)
        commands = re.findall(r"^\$ (.*)$", (made.out / build["log"]).read_text(), re.M)
        assert build.get("commands", [build["command"]]) == commands and build["command"] in commands
        several |= {cell["buildmode"]} if "commands" in build else set()
    assert several == {"c-archive", "c-shared", "plugin", "shared"}


def page(tool):
    """The page as text."""
    return html.unescape((tool.out / "report.html").read_text())
