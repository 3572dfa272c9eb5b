"""`--cc` and `--ld`: the compiler and the linkers of somebody who changes them."""

import shutil

import pytest

from conftest import CODES, HOST

CELLS = f"{HOST} & mode=exe & cgo=1 & link=external,external-gold"


def script(path, text):
    """A tool that is another one and something more."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def failed(tool):
    """The checks that did not pass, by link mode."""
    cells = tool.report()["cells"]
    return {cell["link"]: {check["id"] for check in cell["checks"] if check["status"] == "fail"} for cell in cells}


def test_a_linker_of_ones_own(tool, tmp_path):
    """One that asks for an executable stack: seen where it links, and nowhere else; the report names it."""
    real = shutil.which("ld.bfd")
    mine = script(tmp_path / "myld", f'exec {real} "$@" -z execstack')
    done = tool("run", CELLS, "--ld", f"bfd={mine}")
    assert done.status == CODES["unexpected"], done.stdout
    assert failed(tool)["external-gold"] == set()
    assert {"init.gnu-stack", "file.stack"} <= failed(tool)["external"]
    assert f"({mine})" in tool.report()["host"]
    # Without it, the machine's own, whose results are others.
    done = tool("run", CELLS)
    assert done.status == CODES["ok"] and str(mine) not in done.stdout


def test_a_compiler_of_ones_own(tool, tmp_path):
    """One that has the linker mark the stack, for both linkers."""
    mine = script(tmp_path / "mycc", 'case "$*" in *" -o "*) set -- "$@" -Wl,-z,execstack ;; esac\nexec gcc "$@"')
    done = tool("run", CELLS, "--cc", mine)
    assert done.status == CODES["unexpected"], done.stdout
    assert all("init.gnu-stack" in checks for checks in failed(tool).values()) and len(failed(tool)) == 2
    assert f"({mine})" in tool.report()["host"]


def test_another_content_is_another_linker(tool, tmp_path):
    """What it was replaced by since is not taken for it."""
    real = shutil.which("ld.gold")
    mine = script(tmp_path / "mygold", f'exec {real} "$@"')
    cells = f"{HOST} & mode=exe & cgo=1 & link=external-gold"
    assert tool("run", cells, "--ld", f"gold={mine}").status == CODES["ok"]
    script(mine, f'exec {real} "$@" -z execstack')
    assert tool("run", cells, "--ld", f"gold={mine}").status == CODES["unexpected"]


def test_the_folder_seen_from_here(tool, tmp_path):
    """A path is one of the working folder."""
    script(tmp_path / "myld", f'exec {shutil.which("ld.bfd")} "$@"')
    done = tool("doctor", "--ld", "bfd=./myld", cwd=tmp_path)
    assert done.status == CODES["ok"] and f"{tmp_path}/myld" in done.stdout


@pytest.mark.parametrize(
    "words, says",
    [
        (["--ld", "mold"], "NAME=PATH"),
        (["--ld", "wild=/bin/ld"], "bfd, gold, lld, mold"),
        (["--ld", "lld=/nowhere/ld.lld"], "no program there"),
        (["--ld", "bfd=/bin/false"], "--version"),
        (["--cc", "/nowhere/gcc"], "no program there"),
        (["--cc", "no-such-cc"], "no program there"),
    ],
)
def test_bad_tools(tool, words, says):
    done = tool("run", CELLS, *words)
    assert done.status == CODES["usage"] and says in done.line() and words[0] in done.line()


def test_cc_of_the_environment_is_refused_aloud(tool):
    """CC is a habit of many; builds do not see it, and say so."""
    done = tool("doctor")
    assert "CC=" not in done.stderr
    tool.env["CC"] = "clang"
    again = tool("doctor")
    assert again.status == done.status
    assert "CC=clang" in again.line() and "--cc" in again.line()
