"""The whole host matrix: what `make` runs, with nothing unexpected in it."""

import re
from collections import Counter

from conftest import CODES


def test_nothing_unexpected(matrix, record_property):
    """Every planned check is judged, and none went otherwise than the rules or the known list say."""
    report = matrix.tool.report()
    counts = ", ".join(f"{count} {status}" for status, count in report["counts"].items() if count)
    planned = report["planned"]
    record_property(
        "said",
        f"matrix: {planned['cells']} cells, {planned['checks']} checks: {counts}; {matrix.done.seconds:.0f} s",
    )
    assert matrix.done.status == CODES["ok"], matrix.done.stdout
    assert report["complete"] and report["exit"] == 0
    assert set(verdict for verdict, count in report["verdicts"].items() if count) <= {"ok", "known"}


def test_every_axis_is_run(matrix):
    """Each buildmode, load mode and linker of this host has a program that ran, not only a refusal."""
    ran = [
        cell
        for cell in matrix.tool.report()["cells"]
        if cell["load"] != "none" and any(check["status"] == "pass" for check in cell["checks"])
    ]
    assert {cell["buildmode"] for cell in ran} == {"exe", "pie", "c-archive", "c-shared", "shared", "plugin"}
    assert {cell["load"] for cell in ran} >= {
        "exec",
        "needed",
        "dlopen",
        "dlopen-lazy",
        "dlopen-global",
        "preload",
        "archive",
        "archive-pie",
        "archive-so",
        "plugin",
    }
    assert {cell["link"] for cell in ran} >= {
        "internal",
        "external",
        "external-gold",
        "external-lld",
        "external-mold",
        "external-static",
    }


def test_every_check_passes_somewhere(matrix):
    """A check that passes in no cell of a good host says nothing."""
    statuses = {}
    for cell in matrix.tool.report()["cells"]:
        for check in cell["checks"]:
            statuses.setdefault(check["id"], Counter())[check["status"]] += 1
    assert {check: dict(counts) for check, counts in statuses.items() if not counts["pass"]} == {}


def test_nothing_is_skipped_without_a_reason(matrix):
    """A skip has a class and a reason; a known deviation ends with its link in parentheses."""
    for cell in matrix.tool.report()["cells"]:
        for check in cell["checks"]:
            if check["verdict"] == "known":
                assert re.search(r"\w.* \(.+\)$", check["reason"] or ""), (cell["id"], check)
            elif check["status"] == "skip":
                assert re.match(r"[a-z-]+: \w", check["reason"] or ""), (cell["id"], check)


def test_warm_run(matrix):
    """A run with nothing changed only tells."""
    again = matrix.tool(*matrix.args)
    assert again.status == matrix.done.status and "\n0 cells judged now" in again.stdout
    assert again.seconds < 5
