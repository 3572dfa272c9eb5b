"""report FILTER: a part of the last run, in every format, judged alone."""

import json
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import CODES

FORMATS = ["html", "json", "junit", "tap", "markdown", "github", "sarif"]


def part(run, *words):
    """report.json of a part, which must be of the run's own results."""
    done = run.tool("report", "--format", "json", *words)
    assert done.status in (CODES["ok"], CODES["unexpected"]), done
    whole, report = run.tool.report(), json.loads(done.stdout)
    assert report["plan"] == whole["plan"] and "part" not in whole
    assert report["planned"] == {
        "cells": len(report["cells"]),
        "checks": sum(len(cell["checks"]) for cell in report["cells"]),
    }
    assert sum(report["counts"].values()) == report["planned"]["checks"]
    assert report["complete"] and not report["full"] and report["exit"] == done.status
    return report


def test_cells(small):
    """The cells that the filter takes, whole, and the targets that they ran on."""
    whole = small.tool.report()
    report = part(small, "link=internal,external", "mode=exe")
    wanted = [cell for cell in whole["cells"] if cell["link"] in ("internal", "external")]
    assert 0 < len(wanted) < len(whole["cells"])
    assert report["cells"] == wanted and report["part"] == "(link=internal,external) & (mode=exe)"
    assert {target["name"] for target in report["targets"]} == {cell["target"] for cell in wanted} - {"none"}
    assert part(small, "os=*")["cells"] == whole["cells"]
    one = whole["cells"][-1]
    assert part(small, one["id"])["cells"] == [one]


def test_checks(small):
    """With check= and status= of each cell those checks alone, and no cell without one."""
    whole = small.tool.report()
    for words, wanted in (
        ("check=tls.*", lambda check: check["id"].startswith("tls.")),
        ("status=pass & check=file.*", lambda check: check["id"].startswith("file.") and check["status"] == "pass"),
        ("status=ok", lambda check: check["verdict"] == "ok"),
        ("!status=pass", lambda check: check["status"] != "pass"),
    ):
        expected = {c["id"]: [check for check in c["checks"] if wanted(check)] for c in whole["cells"]}
        expected = {name: checks for name, checks in expected.items() if checks}
        if not expected:
            assert words == "!status=pass" and small.tool("report", words).status == CODES["nothing"]
            continue
        assert {c["id"]: c["checks"] for c in part(small, words)["cells"]} == expected, words


@pytest.mark.parametrize("name", FORMATS)
def test_formats(small, name, tmp_path):
    """Each format is of these cells alone; a file is the same as standard output."""
    cells = part(small, "mode=exe & link=internal")["cells"]
    others = [c["id"] for c in small.tool.report()["cells"] if c["id"] not in {cell["id"] for cell in cells}]
    done = small.tool("report", "--format", name, "mode=exe & link=internal")
    assert done.status in (CODES["ok"], CODES["unexpected"])
    assert [cell for cell in others if cell in done.stdout] == []
    small.tool("report", "--format", name, "-o", tmp_path / "report", "mode=exe & link=internal")
    assert (tmp_path / "report").read_text() == done.stdout
    if name in ("html", "tap", "junit"):
        assert all(cell["id"] in done.stdout for cell in cells)
    if name == "junit":
        assert int(ElementTree.fromstring(done.stdout).get("tests")) == sum(len(cell["checks"]) for cell in cells)
    if name in ("html", "markdown"):
        assert "mode=exe &amp; link=internal" in done.stdout


def test_grid(small):
    """The terminal's report says of what it is."""
    done = small.tool("report", "mode=exe & link=internal")
    assert "\npart of run   mode=exe & link=internal\n" in done.stdout
    assert "part of run" not in small.tool("report").stdout


def test_nothing(small):
    """Status 4, and why; a bad filter is status 2."""
    whole = small.tool.report()["cells"]
    done = small.tool("report", "--format", "json", "mode=exe & load=plugin")
    assert (done.status, done.stdout) == (CODES["nothing"], "")
    assert f"selects none of the {len(whole)} cells of the last run" in done.line()
    done = small.tool("report", "os=linus")
    assert done.status == CODES["nothing"] and "did you mean 'linux'?" in done.line()
    assert small.tool("report", "mod=exe").status == CODES["usage"]


def test_baseline(small, tmp_path):
    """Cells that only the baseline has are not missed; checks alone cannot be compared."""
    baseline = tmp_path / "baseline"
    assert small.tool("accept", "--baseline", baseline).status == 0
    gate = json.loads(
        small.tool("report", "--format", "json", "--baseline", baseline, "mode=exe & link=internal").stdout
    )["gate"]
    assert (gate["exit"], gate["stories"]) == (0, [])
    done = small.tool("report", "--format", "json", "--baseline", baseline, "check=tls.*")
    assert done.status == CODES["usage"] and "no check=" in done.line()
