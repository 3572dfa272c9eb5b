"""The commands that do not run anything, as a user or another program meets them."""

import csv
import ctypes
import difflib
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import BUILD, CODES, GO, HOST, ROOT, Tool

COMMANDS = [
    "list",
    "run",
    "show",
    "repro",
    "explain",
    "inspect",
    "report",
    "bisect",
    "blame",
    "accept",
    "gate",
    "compare",
    "history",
    "contract",
    "target",
    "toolchain",
    "cache",
    "doctor",
    "selfcheck",
]
FORMATS = ["html", "json", "junit", "tap", "markdown", "github", "sarif"]
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
    assert all(option in done.stdout for option in ("--out DIR", "--cache DIR"))
    assert ("--go VERSION" if command == "contract" else "--go PATH") in done.stdout


def test_help_of_the_program(tool):
    """All commands in one screen; the same on stderr with status 2 when no command is given."""
    done = tool.plain("--help")
    assert (done.status, done.stderr) == (0, "") and len(done.stdout.splitlines()) <= 26
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
        (["run", "--out", ""], "--out is empty"),
        (["list", "--cache="], "--cache is empty"),
        (["run", "--forbid-skip", "no-compilr"], "did you mean 'no-compiler'?"),
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


@pytest.mark.parametrize("words", [[], [HOST], ["mode=c-shared,exe & check=tls.*"]])
def test_list_of_a_quick_run(tool, words):
    """On each target, port and release some of the cells, which make every check and load in every way."""

    def all_made(cells):
        """What a quick run must not leave out, of each target, port and release."""
        for cell in cells:
            where = (cell["go"], cell["target"], cell["goos"], cell["goarch"])
            yield from ((*where, check) for check in cell["checks"])
            if cell["load"] != "none":
                yield (*where, cell["buildmode"], cell["cgo"], cell["load"])

    every = json.loads(tool.plain("list", "--json", *words).stdout)
    done = tool.plain("list", "--quick", "--json", *words)
    chosen = json.loads(done.stdout)
    assert set(all_made(chosen)) == set(all_made(every)) and len(chosen) < len(every) / 2
    assert [cell for cell in every if cell in chosen] == chosen
    checks = {check for cell in every for check in cell["checks"]}
    assert done.line().startswith(f"quick: {len(chosen)} of {len(every)} cells make all checks ({len(checks)}) and ")
    assert tool.plain("list", "--quick", *words).stdout.splitlines() == [cell["id"] for cell in chosen]


@pytest.mark.parametrize("what", ["checks", "findings", "promises", "coverage"])
def test_list_makes_a_page(tool, what):
    """The lists of checks, findings, promises and bugs are what docs/ has of them."""
    done = tool.plain("list", f"--{what}")
    assert done.status == 0
    file = f"docs/{what}.md"
    docs = (ROOT / file).read_text()
    assert done.stdout == docs, "make docs\n" + "".join(
        difflib.unified_diff(docs.splitlines(True), done.stdout.splitlines(True), file, f"list --{what}", n=0)
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
            facts = done.stdout.partition("target's facts\n")[2]
            assert ("@host:" in cell) == bool(facts) and " ?" not in facts
            assert not facts or re.search(r"^  libc +\S+ \S+$", facts, re.M)
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


def journal_line(event):
    """A line of the journal: eight digits of the XXH3-128, and the event."""

    class Hash(ctypes.Structure):
        """XXH128_hash_t."""

        _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]

    library = ctypes.CDLL("libxxhash.so.0")
    library.XXH3_128bits.restype, library.XXH3_128bits.argtypes = Hash, [ctypes.c_char_p, ctypes.c_size_t]
    data = json.dumps(event, separators=(",", ":")).encode()
    return b"%08x %s\n" % (library.XXH3_128bits(data, len(data)).high >> 32, data)


EVIL = "\x1b[31mred\x1b]0;title\x07\x9b1m\x7f\r\n  pass     tls.g.main"


def evil(value, key=None):
    """The value with EVIL at the end of each text that is no name of ours."""
    if isinstance(value, dict):
        return {name: evil(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [evil(inner, key) for inner in value]
    ours = ("id", "status", "verdict", "event", "plan", "name", "log", "format")
    return value + EVIL if isinstance(value, str) and key not in ours else value


def test_show_is_not_spoken_through(spoiled):
    """What programs and files said is shown, and moves no cursor: not a control byte but the ends of our own lines."""
    lines = [evil(json.loads(line[9:])) for line in (spoiled.out / "journal").read_bytes().splitlines()]
    (spoiled.out / "journal").write_bytes(b"".join(map(journal_line, lines)))
    cell = next(cell["id"] for cell in spoiled.plan()["cells"] if cell["id"].endswith("@host:exec"))
    done = spoiled("show", cell, "--all")
    assert done.status == 0 and done.stdout.count(r"\x1b[31mred\x1b]0;title\x07") > 20
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout)
    assert len(re.findall(r"^  (?:pass|fail) +tls\.g\.main", done.stdout, re.M)) == 1, "a text began a line of its own"


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


def read_sarif(text, checks):
    """One run, with a result for what is unexpected; tests/test_sarif.py has the rest."""
    (run,) = json.loads(text)["runs"]
    assert bool([one for one in run["results"] if "suppressions" not in one]) == any(
        check["verdict"] not in ("ok", "known") for _, check in checks
    )


READERS = {
    "html": read_html,
    "json": read_json,
    "junit": read_junit,
    "tap": read_tap,
    "markdown": read_markdown,
    "github": read_github,
    "sarif": read_sarif,
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


def test_report_into_a_trap(small, tmp_path):
    """In a folder where others lay links, under the name itself and beside it, no file of ours is written to."""
    tmp_path.chmod(0o1777)
    victim, final = tmp_path / "victim", tmp_path / "r.json"
    victim.write_text("precious")
    final.symlink_to(victim)

    def lay():
        """Runs as the child, so that it knows the number in the name."""
        os.symlink(victim, f"{final}.new-{os.getpid()}")

    done = small.tool("report", "--format", "json", "-o", final, preexec_fn=lay)
    assert done.status == small.done.status and done.stderr == ""
    assert victim.read_text() == "precious" and not final.is_symlink() and json.loads(final.read_text())


def test_report_to_a_name_of_stdout(small, tmp_path):
    """/dev/stdout is a link to what is ours, also where that is a file."""
    with open(tmp_path / "file", "w") as file:
        argv = small.tool.argv("report", "--format", "json", "-o", "/dev/stdout")
        done = subprocess.run(argv, stdout=file, stderr=subprocess.PIPE, text=True)
    assert done.returncode == small.done.status and done.stderr == "" and os.path.islink("/dev/stdout")
    assert json.loads((tmp_path / "file").read_text())["schema"] == 1


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


@pytest.mark.parametrize(
    ("script", "mode", "says"),
    [("#!/bin/sh\nexit 1\n", 0o755, "exit status 1"), ("", 0o755, "could not be started"), ("", 0o644, "Permission")],
)
def test_a_go_that_fails_without_a_word(tool, tmp_path, script, mode, says):
    """One line and status 3, whatever is wrong with it, after the one that says what is tried."""
    goroot = tmp_path / "goroot"
    goroot.mkdir()
    (goroot / "VERSION").write_text("go1.26.8\n")
    for folder in ("src", "pkg"):
        (goroot / folder).symlink_to(pathlib.Path(GO).resolve().parent.parent / folder)
    (goroot / "bin").mkdir()
    go = goroot / "bin/go"
    go.write_text(script)
    go.chmod(mode)
    tool.cache = str(tmp_path / "cache")
    done = tool("list", "--go", go)
    asking, why = done.stderr.splitlines()
    assert (done.status, done.stdout) == (CODES["infra"], "") and says in why, done
    assert asking == f"{go}: asking which ports it builds"
    done = tool("doctor", "--go", go)
    assert done.status == CODES["infra"] and re.search(rf"^  BROKEN +go .*{says}", done.stdout, re.M), done
    assert "can be built and run here" not in done.stdout
