"""lint: an include against the arrows is refused, the layers have no circle, and the drawn tree is the tree."""

import re
import subprocess
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "ci"))
import lint  # noqa: E402

DRAWN = ("matrix", "harness", "reports", "runner")


def findings(path, include):
    """What lint says of a file with one include."""
    return list(lint.check_includes(path, f'#include "{include}"\n'))


def test_wrong_arrows_are_refused():
    """From each folder upwards: one line that names both."""
    for path, include in [
        ("harness/elf/file.c", "harness/format/pe.h"),
        ("matrix/cell.c", "runner/build/build.h"),
        ("reports/html/page.c", "reports/terminal/terminal.h"),
        ("runner/process/env.c", "runner/setup/files.h"),
        ("runner/target/ssh.c", "runner/build/build.h"),
        ("cases/hosts/host.c", "matrix/cell.h"),
    ]:
        said = findings(path, include)
        assert len(said) == 1 and path in said[0] and include in said[0] and "must not include" in said[0], said
    assert not findings("runner/cmd/run.c", "runner/store/journal.h")
    assert not findings("harness/format/pe.c", "harness/elf/arch.h")


def test_layers_have_no_circle():
    """Following the arrows down from any folder never leads back to it."""
    below = {
        folder: {other for other in lint.ARROWS if other != folder and allowed(folder, other)} for folder in lint.ARROWS
    }
    done = set()

    def visit(folder, trail):
        assert folder not in trail, [*trail, folder]
        if folder not in done:
            for other in below[folder]:
                visit(other, [*trail, folder])
            done.add(folder)

    for folder in below:
        visit(folder, [])


def allowed(folder, other):
    """May a file of a folder include from another folder?"""
    return bool({other, *(f"{parent}/*" for parent in lint.parents(other))} & lint.ARROWS[folder])


def test_the_drawn_tree_is_the_tree():
    """docs/design.md names every folder of the host side, and none that is not there."""
    text = (ROOT / "docs/design.md").read_text().split("## The tree")[1].split("```")[1]
    drawn = {line.split()[0].rstrip("/") for line in text.strip().splitlines()}
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    there = {path.rsplit("/", 1)[0] for path in files if re.match(rf"({'|'.join(DRAWN)})/", path)}
    assert drawn == there | {"cases"}
