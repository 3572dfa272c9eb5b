"""Where the cache may lie: what is built there is run."""

import os
import pwd
import shutil

import pytest

from conftest import BUILD, CODES, GO, SMALL


def test_cache_without_home(tool):
    """Without HOME and XDG_CACHE_HOME it is the home of passwd, never a folder in /tmp."""
    for name in ("HOME", "XDG_CACHE_HOME"):
        tool.env.pop(name, None)
    done = tool.plain("doctor")
    assert f" {pwd.getpwuid(os.geteuid()).pw_dir}/.cache/tlsmatrix (" in done.stdout
    tool.env["HOME"] = "relative"
    assert f" {pwd.getpwuid(os.geteuid()).pw_dir}/.cache/tlsmatrix (" in tool.plain("doctor").stdout
    if os.geteuid() == 0 and shutil.which("setpriv"):
        argv = ["setpriv", "--reuid=61234", "--clear-groups", str(BUILD / "tlsmatrix"), "doctor", "--go", GO]
        done = tool.run(argv, env={"PATH": os.environ["PATH"]})
        assert done.status == CODES["usage"] and done.stdout == "" and "--cache" in done.line(), done


@pytest.mark.parametrize("below", ["", "/not/there/yet"])
@pytest.mark.parametrize("how", ["owner", "mode", "link"])
def test_cache_of_others(tool, small, tmp_path, how, below):
    """What is built there is run: a folder that somebody else can change is refused, named by --cache too."""
    folder = tmp_path / "cache"
    folder.mkdir()
    if how == "mode":
        folder.chmod(0o777)
    elif os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    else:
        pytest.skip("only root can give a folder away")
    if how == "link":
        (tmp_path / "link").symlink_to(folder)
        folder = tmp_path / "link"
    tool.cache = f"{folder}{below}"
    done = tool("run", SMALL)
    assert done.status == CODES["usage"] and f"{folder}: " in done.line() and "--cache" in done.line(), done
    assert not tool.out.exists() and not list(folder.iterdir())
    tool.out = small.tool.out
    assert tool("report").status == small.done.status, "a command that needs no cache"


def test_cache_in_a_sticky_folder(tool, tmp_path):
    """As in /tmp: nobody else can take away there what is ours."""
    tmp_path.chmod(0o1777)
    tool.cache = str(tmp_path / "cache")
    assert tool("doctor").status == 0


@pytest.mark.parametrize("char", [*" ,:$'\"#;[\\\n\t&(*<|`{", os.fsdecode(b"\xff")])
def test_cache_with_a_character_that_is_misread(tool, small, tmp_path, char):
    """One line that names path and character, before anything is planned."""
    tool.cache = f"{tmp_path}/a{char}b"
    done = tool("run", SMALL)
    shown = f"'{char}'" if char.isprintable() else "control characters"
    assert done.status == CODES["usage"] and shown in done.line() and f"{tmp_path}/a" in done.line(), done
    assert not tool.out.exists() and not os.path.exists(tool.cache)
    tool.out = small.tool.out
    assert tool("report").status == small.done.status, "a command that needs no cache"


def test_cache_too_long(tool, tmp_path):
    """Names below it would be cut."""
    tool.cache = f"{tmp_path}/" + "x/" * 1700
    done = tool("run", SMALL)
    assert done.status == CODES["usage"] and str(tmp_path) in done.line() and not tool.out.exists(), done
