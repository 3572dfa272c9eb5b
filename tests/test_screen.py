"""The report on a terminal: its width, and colours only where they are wanted."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from conftest import CODES, Tool

COLOR = re.compile(r"\x1b\[[\d;]*m")
# What may be longer: lines that are there to be copied.
EXACT = re.compile(r"^    (cell|also|such as|log|repro) |^ {14}(go1|/)")


def on_terminal(tool, columns, **env):
    """What `report` writes to a terminal of some columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    base = {k: v for k, v in tool.env.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM")}
    with subprocess.Popen(
        tool.argv("report"), env={**base, "TERM": "xterm", **env}, stdout=slave, stderr=slave, stdin=slave
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
