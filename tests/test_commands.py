"""The commands that do not run anything, as a user or another program meets them."""

import csv
import difflib
import html.parser
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import BUILD, CODES, ROOT, SMALL, Tool

COMMANDS = ["list", "run", "show", "inspect", "report", "target", "cache", "doctor", "selfcheck"]
FORMATS = ["html", "json", "junit", "tap", "markdown", "github"]
# DESIGN: the keys of a cell and of a check in report.json; other programs read them.
CELL_KEYS = set("id go goos goarch buildmode cgo link target load verdict seconds build facts checks".split())
CHECK_KEYS = {"id", "status", "expected", "observed", "message", "reason", "source"}


# ---- usage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help(tool, command):
    """Help fits a screen and names every option that its usage line leaves out."""
    done = tool.plain(command, "--help")
    assert (done.status, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100
    assert lines[0].startswith(f"usage: tlsmatrix {command}")
    assert all(option in done.stdout for option in ("--out DIR", "--cache DIR", "--go PATH"))


def test_help_of_the_program(tool):
    """All commands in one screen; the same on stderr with status 2 when no command is given."""
    done = tool.plain("--help")
    assert (done.status, done.stderr) == (0, "") and len(done.stdout.splitlines()) <= 24
    assert [line.split()[0] for line in done.stdout.splitlines() if re.match("  [a-z]", line)] == COMMANDS
    none = tool.plain()
    assert (none.status, none.stdout, none.stderr) == (CODES["usage"], "", done.stdout)


def test_version(tool):
    """One line, for bug reports."""
    done = tool.plain("--version")
    assert done.status == 0 and re.fullmatch(r"tlsmatrix \d+\.\d+\S*\n", done.stdout)


@pytest.mark.parametrize(
    "args, names",
    [
        (["bogus"], "'bogus'"),
        (["--bogus"], "'--bogus'"),
        (["list", "--bogus"], "'--bogus'"),
        (["run", "-j"], "-j"),
        (["run", "-j", "0"], "'0'"),
        (["run", "-j", "two"], "'two'"),
        (["run", "--timeout-scale", "-1"], "'-1'"),
        (["run", "--force=yes"], "--force"),
        (["report", "extra"], "'extra'"),
        (["report", "--format", "yaml"], "'yaml'"),
        (["report", "-o", "x"], "--format"),
        (["show"], "cell id"),
        (["show", "a", "b"], "cell id"),
        (["inspect"], "FILE"),
        (["list", "a", "b", "&"], "'"),
    ],
)
def test_bad_usage(tool, args, names):
    """Status 2 and one line that names the word."""
    done = tool.plain(*args)
    assert (done.status, done.stdout) == (CODES["usage"], ""), done
    assert done.line().startswith("tlsmatrix: ") and names in done.line()
    assert not done.line().startswith("tlsmatrix: tlsmatrix"), "the program's name stands there twice"


# ---- list ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """The whole list as list --json prints it."""
    return json.loads(Tool(tmp_path_factory.mktemp("list")).plain("list", "--json").stdout)


def test_list(tool, cells):
    """Plain and JSON name the same cells, each once; every axis that this host can have is there."""
    done = tool.plain("list")
    ids = [cell["id"] for cell in cells]
    assert done.status == 0 and done.stdout.splitlines() == ids and len(set(ids)) == len(ids)
    assert {cell["buildmode"] for cell in cells} == {"exe", "pie", "c-archive", "c-shared", "shared", "plugin"}
    assert {cell["cgo"] for cell in cells} == {0, 1}
    assert len([cell for cell in cells if cell["target"] == "host"]) >= 50 and not tool.out.exists()
    for cell in cells:
        load = "@none" if cell["load"] == "none" else f"@{cell['target']}:{cell['load']}"
        arch = cell["goarch"] + (f".{cell['variant']}" if cell["variant"] else "")
        assert cell["id"] == "{go}/{goos}/{arch}/{buildmode}/cgo{cgo}/{link}".format(arch=arch, **cell) + load
        assert cell["checks"] and len(set(cell["checks"])) == len(cell["checks"])


def test_list_is_quick(tool):
    """DESIGN: list of everything within 50 ms; the bound here is for a busy machine."""
    assert min(tool.plain("list").seconds for _ in range(5)) < 1.0


def matching(cells, **fields):
    """Ids of the cells that have these values."""
    return [cell["id"] for cell in cells if all(cell[key] == value for key, value in fields.items())]


def test_list_filter(tool, cells):
    """A filter selects what the fields say; two words are both asked for."""
    wanted = matching(cells, buildmode="c-shared")
    assert tool.plain("list", "mode=c-shared").stdout.splitlines() == wanted
    assert tool.plain("list", "!mode=c-shared").stdout.splitlines() == [c["id"] for c in cells if c["id"] not in wanted]
    assert tool.plain(
        "list", "mode=c-shared", "load=dlopen | load=needed", "link=internal,external"
    ).stdout.splitlines() == [
        c["id"]
        for c in cells
        if c["id"] in wanted and c["link"] in ("internal", "external") and c["load"] in ("dlopen", "needed")
    ]


def test_list_selects_nothing(tool, cells):
    """An empty selection is an error that says of how many."""
    done = tool.plain("list", "go=1.2")
    assert (done.status, done.stdout) == (CODES["nothing"], "")
    assert "'go=1.2'" in done.line() and f"none of the {len(cells)} cells" in done.line()
    assert tool.plain("run", "go=1.2").status == CODES["nothing"]


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
        ("mode=exe)", "column 9"),
    ],
)
def test_bad_filter(tool, text, names):
    """Status 2, the column, and the nearest word."""
    for command in ("list", "run", "selfcheck"):
        done = tool.plain(command, text)
        assert done.status == CODES["usage"] and names in done.line(), done


def test_list_checks(tool):
    """The list of checks is what docs/checks.md has, and names every check that a cell plans."""
    done = tool.plain("list", "--checks")
    assert done.status == 0
    docs = (ROOT / "docs/checks.md").read_text()
    assert done.stdout == docs, "make docs\n" + "".join(
        difflib.unified_diff(
            docs.splitlines(True), done.stdout.splitlines(True), "docs/checks.md", "list --checks", n=0
        )
    )


# ---- show ---------------------------------------------------------------------------------------------


def test_show_knows_every_id(small, cells):
    """Each listed id is read back whole: in the run it is shown, outside it the line repeats it."""
    planned = {cell["id"] for cell in small.tool.plan()["cells"]}
    for cell in [c["id"] for c in cells if c["id"] in planned] + [c["id"] for c in cells if c["id"] not in planned][
        ::7
    ]:
        done = small.tool("show", cell)
        if cell in planned:
            assert done.status == 0 and done.stdout.splitlines()[0].split() == ["cell", cell]
        else:
            assert done.status == CODES["nothing"] and f"{cell}: not in the last run" in done.line()


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "x",
        "go1",
        "go1.26.8/linux",
        "go1.26.8/linux/amd64/exe/cgo2/internal@none",
        "go1.26.8/linux/amd64/exe/cgo0/internal@host",
        "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec ",
        "go1.26.8/linux/amd64/ex/cgo0/internal@host:exec",
        "a" * 5000,
        "go\n/\n",
    ],
    ids=lambda text: repr(text[-40:]),
)
def test_show_malformed_id(tool, cell):
    """Status 2 and one line, whatever the text."""
    done = tool("show", cell)
    assert (done.status, done.stdout) == (CODES["usage"], "") and done.line()


def test_show_without_a_run(tool):
    """Says what makes a run."""
    done = tool("show", "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec")
    assert done.status == CODES["usage"] and "tlsmatrix run" in done.line()


def repro_lines(small):
    """check id -> its repro line, as show prints it."""
    cell = next(cell["id"] for cell in small.tool.plan()["cells"] if cell["id"].endswith("@host:exec"))
    text = small.tool("show", cell, "--all").stdout
    blocks = re.split(r"^  (?=\w)", text, flags=re.M)
    return {block.split()[1]: match[1] for block in blocks if (match := re.search(r"^ +repro +(.*)$", block, re.M))}


def test_show_says_expected_observed_and_how(small):
    """Every planned check is there with its observation, and with --all the line that repeats it."""
    cell = next(cell for cell in small.tool.report()["cells"] if cell["load"] == "exec")
    text = small.tool("show", cell["id"], "--all").stdout
    for check in cell["checks"]:
        block = re.search(rf"^  {check['status']} +{re.escape(check['id'])} (.*\n(?: {{10}}.*\n)*)", text, re.M)
        assert (
            block and check["observed"] in block[1] and check["expected"] in block[1] and check["source"] in block[1]
        ), check["id"]
    assert set(repro_lines(small)) == {check["id"] for check in cell["checks"]}


@pytest.mark.parametrize("check", ["build.succeeds", "tls.model-reloc", "tls.g.main", "thread.sigaltstack-ok"])
def test_repro_line_reproduces(small, check):
    """The line shows the same without the runner: started by sh, in an empty environment."""
    line = repro_lines(small)[check]
    done = small.tool.run(["sh", "-c", line], env={"PATH": "/usr/bin:/bin"}, cwd="/")
    assert done.status == 0, done
    cell = next(cell for cell in small.tool.report()["cells"] if cell["load"] == "exec")
    observed = next(c["observed"] for c in cell["checks"] if c["id"] == check)
    if not check.startswith("build.") and check != "tls.model-reloc":
        assert re.search(
            rf"^#tlsm:\d+ \d+ [0-9a-f]+ obs\t{re.escape(check)}\t{re.escape(observed)}(\t|$)", done.stdout, re.M
        ), done.stdout


# ---- doctor -------------------------------------------------------------------------------------------


def test_doctor(tool, cells):
    """Names every tool with its path and what it brings."""
    done = tool.plain("doctor")
    assert (done.status, done.stderr) == (0, "")
    for word in ("go", "cc", "bfd", "gold", "lld", "mold", "kernel", "libc", "tracer", "cache"):
        assert re.search(rf"^  ok +{word} ", done.stdout, re.M), word
    assert f"; {len(cells)} are in the whole list" in done.stdout
    for path in re.findall(r"^  ok +(?:go|cc|bfd|gold|lld|mold|tracer) +(\S+)", done.stdout, re.M):
        assert os.access(path, os.X_OK)


def test_doctor_finds_the_tracer_missing(tool, tmp_path):
    """A tree without tlstrace cannot judge: status 3, and what to do."""
    (tmp_path / "tree/build").mkdir(parents=True)
    (tmp_path / "tree/cases").mkdir()
    shutil.copy(ROOT / "cases/sources.def", tmp_path / "tree/cases")
    shutil.copytree(ROOT / "runner", tmp_path / "tree/runner")
    shutil.copy(BUILD / "tlsmatrix", tmp_path / "tree/build")
    done = tool.run(
        [
            tmp_path / "tree/build/tlsmatrix",
            "doctor",
            *(["--go", ROOT / "build/toolchain/bin/go"] if (ROOT / "build/toolchain").exists() else []),
        ]
    )
    assert done.status == CODES["infra"] and re.search(r"^  MISSING +tracer .*make programs", done.stdout, re.M)


# ---- report -------------------------------------------------------------------------------------------


def test_report_grid(small):
    """Without a format: the grid that run printed, and run's exit status."""
    done = small.tool("report")
    assert done.status == small.done.status and done.stderr == ""
    grid = done.stdout.splitlines()[:8]
    assert grid == small.done.stdout.splitlines()[:8] and "exe" in done.stdout


@pytest.mark.parametrize("name", FORMATS)
def test_report_formats(small, tmp_path, name):
    """On stdout and in a file the same bytes, which a reader of that format takes."""
    done = small.tool("report", "--format", name)
    assert done.status == small.done.status and done.stderr == ""
    file = tmp_path / "report"
    assert small.tool("report", "--format", name, "-o", file).status == small.done.status
    assert file.read_text() == done.stdout
    assert not [p for p in tmp_path.iterdir() if p != file], "a temporary file is left"
    checks = [(cell["id"], check) for cell in small.tool.report()["cells"] for check in cell["checks"]]
    READERS[name](done.stdout, checks)


def read_html(text, checks):
    """The page has every cell and loads nothing from elsewhere."""

    class Reader(html.parser.HTMLParser):
        """Collects text and addresses."""

        text, links = "", ()

        def handle_data(self, data):
            self.text += data

        def handle_starttag(self, tag, attrs):
            self.links += tuple(value for key, value in attrs if key in ("src", "href") and tag != "a")

    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not [link for link in reader.links if "//" in (link or "")]
    assert all(cell in reader.text or cell in text for cell, _ in checks)


def read_json(text, checks):
    """The keys of DESIGN."""
    report = json.loads(text)
    assert report["schema"] == 1 and report["plan"]
    for cell in report["cells"]:
        assert CELL_KEYS <= set(cell) and {"status", "seconds", "log"} <= set(cell["build"])
        assert all(CHECK_KEYS <= set(check) for check in cell["checks"])
    assert [(cell["id"], check["id"]) for cell in report["cells"] for check in cell["checks"]] == [
        (cell, check["id"]) for cell, check in checks
    ]


def read_junit(text, checks):
    """A test case for each check; those that did not pass say so."""
    cases = list(ElementTree.fromstring(text).iter("testcase"))
    assert len(cases) == len(checks)
    passed = sum(1 for _, check in checks if check["status"] == "pass" and check["verdict"] == "ok")
    assert (
        sum(
            1
            for case in cases
            if case.find("failure") is None and case.find("error") is None and case.find("skipped") is None
        )
        == passed
    )


def read_tap(text, checks):
    """A plan, and as many lines as it announces, numbered."""
    numbers = [int(number) for number in re.findall(r"^(?:not )?ok (\d+)", text, re.M)]
    assert re.search(rf"^1\.\.{len(checks)}$", text, re.M) and numbers == list(range(1, len(checks) + 1))


def read_markdown(text, checks):
    """Tables whose rows have as many columns as their head."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert (
            len(
                {
                    len(row)
                    for row in csv.reader(table.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE, escapechar="\\")
                }
            )
            == 1
        )
    assert "|" in text and len(checks)


def read_github(text, checks):
    """Nothing but workflow commands, at least one for a run with unexpected results."""
    assert all(re.match(r"::(error|warning|notice)( [^:]*)?::", line) for line in text.splitlines())
    assert bool(re.search("^::error", text, re.M)) == any(
        check["verdict"] not in ("ok", "known") for _, check in checks
    )


READERS = {
    "html": read_html,
    "json": read_json,
    "junit": read_junit,
    "tap": read_tap,
    "markdown": read_markdown,
    "github": read_github,
}


def test_report_of_run_is_the_same(small):
    """What run wrote is what report writes."""
    assert small.tool.report() == json.loads(small.tool("report", "--format", "json").stdout)
    named = re.findall(
        r"\w+\.\w+", small.done.stdout.splitlines()[-1].split("reports: ")[1].removeprefix(str(small.tool.out))
    )
    assert set(named) == {path.name for path in small.tool.out.glob("report.*")} and len(named) == 3


def test_report_without_a_run(tool):
    """Status 2 and how to get one."""
    done = tool("report")
    assert (
        (done.status, done.stdout) == (CODES["usage"], "") and "tlsmatrix run" in done.line() and not tool.out.exists()
    )


@pytest.mark.parametrize(
    "place, why", [("missing/report", "No such file"), ("full", "No space left"), ("folder", "s a directory")]
)
def test_report_that_cannot_be_written(small, tmp_path, place, why):
    """Status 6, one line with the name; nothing half-written stays, nothing that was there is replaced."""
    (tmp_path / "full").symlink_to("/dev/full")
    (tmp_path / "folder").mkdir()
    done = small.tool("report", "--format", "json", "-o", tmp_path / place)
    assert {path.name for path in tmp_path.iterdir()} == {"full", "folder"} and (tmp_path / "full").is_char_device()
    assert done.status == CODES["report"], done
    assert str(tmp_path / place) in done.line() and why in done.line()


@pytest.mark.parametrize("args", [["--format", "json"], []])
def test_report_to_a_full_stdout(small, args):
    """Status 6 also when it is stdout that takes nothing."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(small.tool.argv("report", *args), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == CODES["report"] and len(done.stderr.splitlines()) == 1


def test_report_to_a_closed_pipe(small):
    """The reader went away: no signal, and not silently good."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        small.tool.argv("report", "--format", "html"), stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert done.returncode == CODES["report"], done


def printing(small, what):
    """Words of a command that prints."""
    cell = next(cell["id"] for cell in small.tool.plan()["cells"] if cell["id"].endswith("@host:exec"))
    return {
        "list": ["list"],
        "json": ["list", "--json"],
        "show": ["show", cell, "--all"],
        "inspect": ["inspect", BUILD / "tlsmatrix"],
        "target": ["target", "list"],
        "doctor": ["doctor"],
        "report": ["report"],
        "help": ["list", "--help"],
    }[what]


PRINTING = ["list", "json", "show", "inspect", "target", "doctor", "report", "help"]


@pytest.mark.parametrize("what", PRINTING)
def test_a_closed_pipe_is_no_news(small, what):
    """Nobody reads on: status 6, and not a word, since whoever closed it knows."""
    read, write = os.pipe()
    os.close(read)
    argv = small.tool.argv(*printing(small, what))
    done = subprocess.run(argv, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (CODES["report"], ""), done


def test_a_reader_who_has_enough(small):
    """The same in the middle: `list | head -1`."""
    with small.tool.start("list") as process:
        assert process.stdout.readline().startswith("go1.")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == CODES["report"]


@pytest.mark.parametrize("what", [*PRINTING, "--help", "--version"])
def test_a_full_disk_is_told(small, what):
    """Status 6 and one line."""
    argv = [small.tool.program, what] if what.startswith("--") else small.tool.argv(*printing(small, what))
    with open("/dev/full", "w") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == CODES["report"], done
    assert done.stderr == "tlsmatrix: standard output: cannot write all: No space left on device\n"


# ---- spoiled state --------------------------------------------------------------------------------------


@pytest.fixture
def spoiled(small, tmp_path):
    """A copy of the small run's out folder, to spoil."""
    shutil.copytree(small.tool.out, tmp_path / "out")
    return Tool(tmp_path / "out")


def test_torn_journal(spoiled):
    """A last line cut by a kill costs that cell only: incomplete, not lost."""
    lines = (spoiled.out / "journal").read_bytes().splitlines(True)
    cells = [i for i, line in enumerate(lines) if b'"event":"cell"' in line]
    (spoiled.out / "journal").write_bytes(b"".join(lines[: cells[-1]]) + lines[cells[-1]][:-40])
    done = spoiled("report", "--format", "json")
    report = json.loads(done.stdout)
    assert done.status in (CODES["incomplete"], CODES["unexpected"]) and report["complete"] is False
    assert sum(report["counts"].values()) == report["planned"]["checks"] and report["counts"]["notrun"] > 0


@pytest.mark.parametrize(
    "name, change",
    [
        ("journal", lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:]),
        ("plan.json", lambda data: data[:-100]),
        ("plan.json", lambda data: b"[]"),
        ("plan.json", lambda data: b'{"cells": 7}'),
        ("plan.json", lambda data: data.replace(b"tls.g.main", b"tls.g.nain")),
        ("plan.json", lambda data: data.replace(b"cgo0", b"cgo7")),
    ],
)
def test_spoiled_files(spoiled, name, change):
    """A file that is not what was written: status 3 and one line with its name, no crash."""
    file = spoiled.out / name
    file.write_bytes(change(file.read_bytes()))
    for command in (["report"], ["show", "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"]):
        done = spoiled(*command)
        assert done.status == CODES["infra"] and done.stdout == "" and done.line(), (command, done)


# ---- a full disk ------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path):
    """A file system of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("cannot mount a small file system here: not root, or in a container")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_out_on_a_full_disk(small, tiny):
    """A clear line and status 3; what was there before and what is in the cache are kept."""
    tool = Tool(tiny / "out")
    fill = tiny / "fill"
    tool.out.mkdir()
    with open(fill, "wb") as file, pytest.raises(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    done = tool("run", SMALL)
    assert (
        done.status in (CODES["infra"], CODES["report"]) and str(tiny) in done.line() and "No space left" in done.line()
    ), done
    fill.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", tiny], check=True)
    again = tool("run", SMALL)
    assert again.status == small.done.status and "0 cells judged now" in again.stdout
    assert [cell["id"] for cell in tool.report()["cells"]] == [cell["id"] for cell in small.tool.report()["cells"]]
