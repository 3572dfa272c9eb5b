"""Every way in which a process can end or misspeak in the midst of its checks, on a target that makes it so.

The target is a wrapper (tests/fixtures/ender.py) that is honest but in one check of the cell. That check alone must
pay, and those that the process could not be believed in; all others are judged as on the host.
"""

import sys

import pytest

from conftest import CODES, ROOT

ENDER = ROOT / "tests/fixtures/ender.py"
CELL = "mode=exe & cgo=0 & link=internal"
CHECK = "tls.slot-distinct"
# Time limits of seconds; first signs of life and whole cells have theirs in proportion.
IMPATIENT = ["--timeout-scale", "0.05"]

# kind -> (status of the check, words of its message, exit code of the run)
ENDS = {
    "crash-in": ("crash", "SIGSEGV", "unexpected"),
    "crash-after": ("crash", "SIGSEGV", "unexpected"),
    "killed-in": ("infra", "says nothing of Go", "infra"),
    "hang-in": ("timeout", "timed out", "unexpected"),
    "hang-after": ("timeout", "timed out", "unexpected"),
    "flood-in": ("crash", "", "unexpected"),
    "exit-in": ("miss", "exit status 0", "infra"),
    "drop-in": ("miss", "garbled", "infra"),
    "leave": ("pass", "", "unexpected"),
    "garble": ("miss", "garbled", "infra"),
    "lose": ("miss", "lost", "infra"),
    "twice": ("miss", "reported twice", "infra"),
    "same-twice": ("miss", "reported twice", "infra"),
    "unbegun": ("miss", "had not begun", "infra"),
    "foreign": ("miss", "not being made", "infra"),
    "forge-later": ("miss", "not being made", "infra"),
    "skip": ("miss", "none of its own", "infra"),
    "wrong": ("fail", "", "unexpected"),
}


def ended(tool, tmp_path, kind, *args):
    """A run on such a target: how it ended, and the results of its one cell by check."""
    file, script = tmp_path / "ender.ini", tmp_path / "sh"
    # Where a tree lies deep, all its words are more than a line of an INI holds.
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {ENDER} {kind} {CHECK} "$@"\n')
    script.chmod(0o755)
    # It becomes some programs and stands before others, which the tracer then does not see.
    file.write_text(f"[ender]\nkind = wrapper\ntrace = no\ncommand = {script} {{argv}}\n")
    done = tool("run", f"target=ender & {CELL}", "--targets", file, *args)
    cells = [cell for cell in tool.report()["cells"] if cell["target"] == "ender"]
    assert len(cells) == 1
    return done, {check["id"]: check for check in cells[0]["checks"]}


@pytest.mark.parametrize("kind", ENDS)
def test_one_check_pays(tool, tmp_path, kind):
    """What befell the process is told of the check in which it did; the others went on and passed."""
    status, words, code = ENDS[kind]
    done, checks = ended(tool, tmp_path, kind, *(IMPATIENT if "hang" in kind else []))
    assert checks[CHECK]["status"] == status, checks[CHECK]
    assert words in (checks[CHECK]["message"] or ""), checks[CHECK]
    assert done.status == CODES[code], done
    others = {name: check["status"] for name, check in checks.items() if name != CHECK and check["status"] != "skip"}
    expected = {"leave": 1, "forge-later": 1}.get(kind, 0)
    assert sum(status != "pass" for status in others.values()) == expected, others
    assert len(others) > 20


def test_honest(tool, tmp_path):
    """The same wrapper with nothing wrong in it."""
    done, checks = ended(tool, tmp_path, "honest")
    assert done.status == CODES["ok"] and set(check["status"] for check in checks.values()) <= {"pass", "skip"}


@pytest.mark.parametrize("pulse", ["none", "all"])
def test_a_stall_that_comes_once_is_told(tool, tmp_path, pulse):
    """Without the pulse a check that hung is run twice more, and both must pass; with it, once, as ever."""
    done, checks = ended(tool, tmp_path, f"hang-once={tmp_path}/hung", "--pulse", pulse, *IMPATIENT)
    assert done.status == CODES["ok"] and checks[CHECK]["status"] == "pass", done
    told = "stalled once of 3 without the pulse: docs/design.md" in (checks[CHECK]["message"] or "")
    assert told == (pulse == "none"), checks[CHECK]


@pytest.mark.parametrize("kind, status", [("hang-first", "timeout"), ("crash-first", "crash")])
def test_a_cell_that_says_nothing_is_told_once(tool, tmp_path, kind, status):
    """No record at all: one end for the whole cell, and no start for each check."""
    done, checks = ended(tool, tmp_path, kind, *IMPATIENT)
    assert checks[CHECK]["status"] == status and checks[CHECK]["message"].startswith("whole cell: "), checks[CHECK]
    told = {check["message"] for check in checks.values() if check["status"] == status}
    assert len(told) == 1
    assert done.stdout.count("F timeout") + done.stdout.count("T timeout") + done.stdout.count("C crash") <= 2


def test_a_cell_has_a_budget(tool, tmp_path):
    """Where every check hangs, the cell ends when its time is up, and the rest is told so."""
    file = tmp_path / "slow.ini"
    script = tmp_path / "slow.sh"
    script.write_text(
        '#!/bin/sh\ncase $1 in */target/*) exec "$@" ;; esac\n'
        "printf '\\n#tlsm:1 16 %s begin\\ttls.g.main\\n' 00000000\nexec sleep 3600\n"
    )
    script.chmod(0o755)
    file.write_text(f"[slow]\nkind = wrapper\ncommand = {script} {{argv}}\n")
    done = tool("run", f"target=slow & {CELL}", "--targets", file, "--timeout-scale", "0.02")
    assert done.status in (CODES["infra"], CODES["unexpected"]), done
    cell = next(cell for cell in tool.report()["cells"] if cell["target"] == "slow")
    assert cell["seconds"] < 0.02 * 600 + 10
