"""The report on a terminal: its width, and colours only where they are wanted."""

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios

import pytest

from conftest import CODES, TWO, Tool, described

COLOR = re.compile(r"\x1b\[[\d;]*m")
# What may be longer: lines that are there to be copied.
EXACT = re.compile(r"^    (cell|also|such as|log|repro) |^ {14}(go1|/)")


def on_terminal(tool, columns, *words, **env):
    """What `report`, or the command of these words, writes to a terminal of some columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    base = {k: v for k, v in tool.env.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM")}
    argv = tool.argv(*(words or ["report"]))
    with subprocess.Popen(
        argv, env={**base, "TERM": "xterm", **env}, stdout=slave, stderr=slave, stdin=slave
    ) as started:
        os.close(slave)
        said = b""
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            if not more:
                break
            said += more
        os.close(master)
        started.wait(timeout=60)
    return said.decode().replace("\r\n", "\n")


def marks(text):
    """The letters of the grid's rows: buildmode in 11 columns, cgo in 6, load in 18."""
    rows = re.findall(r"^(?:(?=[a-z])[a-z -]{11}| {11})(?:cgo[01] {2}| {6})[a-z-][a-z -]{17}(.*)$", text, re.M)
    return sorted(letter for row in rows for letter in row.split())


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(small, columns):
    """At 60 and more; and each cell is in the grid as often as in a wide one."""
    text = COLOR.sub("", on_terminal(small.tool, columns))
    wide = [line for line in text.splitlines() if len(line) > max(columns, 60) and not EXACT.match(line)]
    assert not wide, wide
    assert marks(text) == marks(COLOR.sub("", on_terminal(small.tool, 200))) and marks(text)
    blocks = text.count("buildmode ")
    assert blocks == 1 if columns >= 120 else blocks >= 1


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    """A run of ports in every buildmode, of which nothing runs, so many that they share a table."""
    tool = Tool(tmp_path_factory.mktemp("ports") / "out")
    some = "os=windows,freebsd,aix,netbsd,openbsd,plan9 & arch=amd64,arm64,386,ppc64"
    done = tool("run", f"target=none & {some} & cgo=0 & link=internal & !arch=*.*")
    assert done.status == CODES["ok"], done
    return tool


def ports_table(text):
    """The rows of the table of ports, blocks below each other put side by side: port to marks and counts."""
    found = {}
    for name, rest in re.findall(r"^([a-z0-9]+/[a-z0-9]+) ([ .rK\d-]+)$", text, re.M):
        found.setdefault(name, []).extend(rest.split())
    return found


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_the_table_of_ports_folds(ports, columns):
    """No line is wider than the terminal, and nothing is lost, nor told twice."""
    text = COLOR.sub("", on_terminal(ports, columns))
    wide = [line for line in text.splitlines() if len(line) > max(columns, 60) and not EXACT.match(line)]
    assert not wide, wide
    whole = COLOR.sub("", on_terminal(ports, 200))
    assert ports_table(text) == ports_table(whole) and len(ports_table(whole)) > 3
    assert whole.count("GOOS/GOARCH") == 1 and (text.count("GOOS/GOARCH") > 1) == (columns <= 80)
    assert text.count(" lacking") == whole.count(" lacking")


# What is there to be copied as it stands; the ids of cells have no space to be broken at.
COPIED = re.compile(r"^  (\d+ cells?: all of '|and |why: |again: )|^go1\S+$")


def followed(tool, *words):
    """The command's text in a pipe, after it was seen to be the same words on terminals that it is broken for."""
    piped = tool(*words).stdout
    broken = 0
    for columns in (40, 60, 80):
        told = on_terminal(tool, columns, *words)
        assert told.split() == piped.split() and not COLOR.search(told)
        wide = [line for line in told.splitlines() if len(line) > max(columns, 60) and not COPIED.match(line)]
        assert not wide, wide
        assert [*filter(COPIED.match, told.splitlines())] == [*filter(COPIED.match, piped.splitlines())]
        broken += told != piped
    assert broken >= 2, piped
    return piped


def test_gate_and_compare_follow_the_terminal(small, tmp_path):
    """Prose is broken at the terminal's width, and nowhere in a pipe, where a line is looked for whole."""
    baseline = tmp_path / "baseline"
    assert small.tool("accept", "--baseline", baseline).status == CODES["ok"]
    # Of another host, and in one cell more passed, with another observation.
    text, hosts = re.subn(
        r"^host .*$", "host linux/amd64, " + "a machine with a long name, " * 5, baseline.read_text(), flags=re.M
    )
    cells = re.findall(r"^cell (\S+) \w+ (\w+)$", text, re.M)
    text = re.sub(r"^(cell \S+ \w+) \w+$", r"\1 0123456789abcdef", text, count=1, flags=re.M)
    baseline.write_text(text)
    assert hosts == 1 and cells
    piped = followed(small.tool, "gate", "--baseline", baseline)
    assert "host: was linux/amd64, a machine" in piped
    out = tmp_path / "other"
    shutil.copytree(small.tool.out, out)
    plan = json.loads((out / "plan.json").read_text())
    assert plan["host"]
    plan["host"] += ", and some more of it"
    (out / "plan.json").write_text(json.dumps(plan))
    piped = followed(small.tool, "compare", small.tool.out, out)
    assert "and some more of it" in piped


def test_show_and_explain_follow_the_terminal(small):
    """What is known of each check is broken likewise; what is there to be copied is not."""
    cell = next(c["id"] for c in small.tool.report()["cells"] if c["id"].endswith(":exec"))
    told = re.compile(r"^ {11}(expected|means|matters|source|why|   )|^  pass ")
    exact = re.compile(r"^ {11}repro |^ {13,}(/|cd )|^(build|run) log |^ {10}cd ")
    piped = small.tool("show", cell, "--all").stdout
    assert "           repro     " in piped
    for columns in (60, 80):
        shown = on_terminal(small.tool, columns, "show", cell, "--all")
        assert shown.split() == piped.split()
        lines = shown.partition("\nfacts\n")[0].splitlines()
        wide = [line for line in lines if len(line) > columns and told.match(line) and not exact.match(line)]
        wide = [line for line in wide if " " in line.strip()]
        assert not wide and len(lines) > len(piped.partition("\nfacts\n")[0].splitlines()), wide
        explained = on_terminal(small.tool, columns, "explain", "tls.slot-offset")
        assert "\nserves  " in explained
        assert not [line for line in explained.splitlines() if len(line) > columns and " " in line.strip()]


def test_history_follows_the_terminal(cache, tmp_path):
    """The same; and what a line goes on with stands below its text."""
    tool = cache.tool()
    tool.remembers = True
    for trace in ("yes", "no"):
        mine = described(tmp_path, f"[mine]\nkind = wrapper\ncommand = env {{argv}}\ntrace = {trace}\n")
        words = TWO.replace("target=host,none", "target=mine") + " & link=internal"
        assert tool("run", "--force", words, "--targets", mine).status == CODES["ok"]
    cell = tool.report()["cells"][0]["id"]
    piped = followed(tool, "history", cell)
    assert ", tlsmatrix " in piped and "with other files of the target" in piped
    told = on_terminal(tool, 60, "history", cell).splitlines()
    assert all(line.startswith((" " * 20, "  in ", "  20")) for line in told[1:]), told


def test_width_elsewhere(small):
    """Of what is no terminal COLUMNS is asked, else it is 100; of a terminal without a size 80."""
    base = {k: v for k, v in small.tool.env.items() if k != "COLUMNS"}
    plain = small.tool.run(small.tool.argv("report"), env=base).stdout
    assert plain == small.tool.run(small.tool.argv("report"), env={**base, "COLUMNS": "100"}).stdout
    narrow = small.tool.run(small.tool.argv("report"), env={**base, "COLUMNS": "60"}).stdout
    assert narrow != plain and marks(narrow) == marks(plain)
    assert COLOR.sub("", on_terminal(small.tool, 0)) == COLOR.sub("", on_terminal(small.tool, 80))


@pytest.mark.parametrize(
    "env, colors",
    [
        ({}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colors(small, env, colors):
    """On a terminal, by what the environment says."""
    assert bool(COLOR.search(on_terminal(small.tool, 100, **env))) == colors


def test_colors_elsewhere(small):
    """Into a pipe none, unless they are forced."""
    for force, colors in ((None, False), ("0", False), ("1", True)):
        env = {**small.tool.env, **({"CLICOLOR_FORCE": force} if force else {})}
        assert bool(COLOR.search(small.tool.run(small.tool.argv("report"), env=env).stdout)) == colors
