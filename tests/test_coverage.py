"""docs/coverage.md: what its rows name is planned, and golang/go has the tests that they are about."""

import fnmatch
import json
import pathlib
import re

import pytest

from conftest import GO, ROOT


def rows():
    """The rows of docs/coverage.md: the title above, what it is called, how far it is seen and by which checks."""
    title = ""
    for line in (ROOT / "docs/coverage.md").read_text().splitlines():
        title = line[3:] if line.startswith("## ") else title
        row = re.match(r"\| (#\d+|Test[\w ]*) \|.*\| (seen|in part|not|out of scope) \|((?: `[^`]+`)*) \|", line)
        if row:
            yield title, row[1], row[2], re.findall(r"`([^`]+)`", row[3])


def test_who_sees_is_planned(tool):
    """A check that docs/coverage.md names runs somewhere: what no cell plans sees nothing."""
    planned = {check for cell in json.loads(tool.plain("list", "--json").stdout) for check in cell["checks"]}
    seen = [patterns for _, _, how, patterns in rows() if how in ("seen", "in part")]
    named = {pattern for patterns in seen for pattern in patterns}
    assert len(seen) > 150 and [p for p in sorted(named) if not fnmatch.filter(planned, p)] == []


def test_every_test_of_go_has_its_row():
    """docs/coverage.md has each test of the packages that it is about; of another release they are others."""
    src = pathlib.Path(GO).resolve().parent.parent / "src"
    if not (src.parent / "VERSION").read_text().startswith("go1.26.8\n"):
        pytest.skip("docs/coverage.md has the tests of go1.26.8")
    all_named = [(title, name) for title, names, _, _ in rows() for name in names.split() if name[0] == "T"]
    families = {title for title, _ in all_named}
    assert len(all_named) > 150 and len(families) == 10
    for family in families:
        files = [src / family] if family.endswith(".go") else (src / family).glob("*_test.go")
        tests = set(re.findall(r"^func (Test\w+)\(t \*testing\.T\)", "\n".join(f.read_text() for f in files), re.M))
        named = {name for title, name in all_named if title == family}
        assert named <= tests and (family.endswith("/test") or named == tests), named ^ tests
