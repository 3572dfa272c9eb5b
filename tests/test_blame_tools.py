"""blame: a file of the compiler that makes the difference.

Some ten minutes, most of them for building Go's tools again and again: for who asks for it by TLSMATRIX_SLOW=1.  cmd/go
of 1.10 and later tells by a tool's own version what must be compiled anew, earlier ones compile all.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import CODES, NOT_NEEDED, Tool, cache_folder, exchange

# A release, the one behind it that is made here, and what builds that.
RELEASES = {
    "1.6.4": ("1.6.5", "1.7.1"),
    "1.21.13": ("1.21.14", "1.20.14"),
}
MAIN = {"1.6.4": "cmd/compile/internal/gc/lex.go", "1.21.13": "cmd/compile/internal/gc/main.go"}
BEGINS = {"1.6.4": "func Main() {\n", "1.21.13": "func Main(archInit func(*ssagen.ArchInfo)) {\n"}
pytestmark = [
    pytest.mark.skipif(not os.environ.get("TLSMATRIX_SLOW"), reason="takes ten minutes: TLSMATRIX_SLOW=1 runs it"),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="the cells are of linux/amd64"),
]


def kept_at(version):
    """Where a kept release's tree is."""
    tool = Tool(pathlib.Path("/nonexistent"))
    assert tool("toolchain", "get", version).status == CODES["ok"]
    return cache_folder() / f"release/go{version}/go"


def make_next(version, folder):
    """The release behind it, whose compiler prints a warning of nothing, and with a change of no effect."""
    following, builder = RELEASES[version]
    release = kept_at(version)
    for part in ("src", "lib", "pkg/include"):
        if (release / part).is_dir():
            shutil.copytree(release / part, folder / part)
    for command in NOT_NEEDED if version == "1.6.4" else ():
        shutil.rmtree(folder / "src/cmd" / command, ignore_errors=True)
    (folder / "VERSION").write_text(f"go{following}\n")
    exchange(
        folder / "src" / MAIN[version],
        BEGINS[version],
        BEGINS[version] + '\tos.Stderr.WriteString("compile: a warning of nothing\\n")\n',
    )
    exchange(folder / "src/cmd/internal/obj/x86/obj6.go", "\npackage x86\n", "\npackage x86 // as before\n")
    env = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    env["GOROOT_BOOTSTRAP"] = str(kept_at(builder))
    done = subprocess.run(
        ["bash", "make.bash"], cwd=folder / "src", env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return following


@pytest.mark.parametrize("version", RELEASES)
def test_a_file_of_the_compiler_is_found(tool, tmp_path, version):
    """Std is the same in both.  In a cache of its own: a release that never was is nothing for that of others."""
    release = kept_at(version)
    following = make_next(version, tmp_path / "go")
    tool.cache = tmp_path / "cache"
    for tree in (release, tmp_path / "go"):
        assert tool("toolchain", "add", tree).status == CODES["ok"]
    cell = f"go{version}/linux/amd64/exe/cgo0/internal@host:exec"
    ends = ("--good", following, "--bad", version)
    done = tool("blame", "--cell", cell, "--check", "build.quiet", *ends, timeout=1800)
    assert done.status == CODES["ok"], done
    assert f"\ngo{version} with {MAIN[version]} of go{following}: stderr=text, as go{following} (3 of 3" in done.stdout
    assert "0 files of runtime, syscall and internal differ" in done.stdout
