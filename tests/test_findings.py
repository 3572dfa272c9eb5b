"""Does each report in docs/findings/ show here what it says?

A script ends with 1 while the fault is there, with 0 when it is gone, with 77 and a reason where it cannot be shown. A
fault that is gone is told as a skip, with what the script said.
"""

import os
import re
import shutil
import subprocess

import pytest

from conftest import GO, ROOT

FOLDERS = sorted(path.parent for path in ROOT.glob("docs/findings/*/run.sh"))
NAMED = re.findall(r'^REPORT\("([^"]+)"', (ROOT / "matrix/findings_reports.def").read_text(), re.M)
HEADINGS = "What Where Expected Observed".split() + ["Since when", "The line at fault", "How to mend it", "Shown by"]


def show(folder, **more):
    """The script's exit status and what it printed, started from elsewhere."""
    done = subprocess.run(
        [folder / "run.sh"], cwd="/", env={**os.environ, **more}, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def judge(status, said):
    """What the end of a script means for the test: shown, gone or cannot; raises when it is none of these."""
    lines = [line for line in said.splitlines() if line.startswith("cannot be shown: ")]
    assert status in (0, 1, 77), (status, said)
    assert (status == 77) == bool(lines), said
    assert status == 77 or ("expected: " in said and "observed" in said), said
    return {0: "gone", 1: "shown", 77: "cannot"}[status]


def test_judge():
    """Another status, a silent 77 and a verdict without what was expected are no answers."""
    assert judge(1, "expected: a\nobserved: b") == "shown"
    assert judge(77, "cannot be shown: no go here") == "cannot"
    for status, said in ((2, "expected: a\nobserved: b"), (77, ""), (1, "observed: b"), (0, "cannot be shown: x")):
        with pytest.raises(AssertionError):
            judge(status, said)


def test_folders():
    """Each folder is one that the table names, and there are as many as were promised."""
    assert sorted(path.name for path in FOLDERS) == sorted(NAMED)
    assert len(FOLDERS) >= 6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_report(folder):
    """It says what its reader asks, in small files without tlsmatrix or a path of this machine in them."""
    text = (folder / "README.md").read_text()
    for heading in HEADINGS:
        assert f"- **{heading}" in text, f"{folder}: no {heading}"
    for file in folder.iterdir():
        words = file.read_text()
        assert len(words.splitlines()) <= 45, file
        assert not re.search(r"tlsmatrix|/(tmp|root|home|work)/", words), file


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_shown_here(folder):
    """The fault is shown; one that cannot be or is gone is a skip with what the script said."""
    status, said = show(folder, GO=GO or "go")
    answer = judge(status, said)
    if answer != "shown":
        pytest.skip(f"{folder.name}: {answer}: {said.strip()}")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_cannot_be_shown(folder, tmp_path):
    """Where there is no compiler and no Go, the script says so with 77."""
    for tool in ("sh", "dirname", "uname", "getconf"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    assert judge(*show(folder, PATH=str(tmp_path), GO="go", CC="cc")) == "cannot"
