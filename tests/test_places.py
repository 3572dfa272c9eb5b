"""Where the cache may lie: what is built there is run."""

import grp
import os
import pwd

import pytest

from conftest import CODES, GO, HOST, SMALL, as_somebody


def test_cache_without_home(tool, tmp_path):
    """Without HOME and XDG_CACHE_HOME it is the home of passwd, never a folder in /tmp."""
    for name in ("HOME", "XDG_CACHE_HOME"):
        tool.env.pop(name, None)
    done = tool.plain("doctor")
    assert f" {pwd.getpwuid(os.geteuid()).pw_dir}/.cache/tlsmatrix (" in done.stdout
    tool.env["HOME"] = "relative"
    assert f" {pwd.getpwuid(os.geteuid()).pw_dir}/.cache/tlsmatrix (" in tool.plain("doctor").stdout
    if os.geteuid() == 0:
        argv = as_somebody(tmp_path, "doctor", "--go", GO)
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
    blamed = folder
    if how == "link":
        (tmp_path / "link").symlink_to(folder)
        folder = tmp_path / "link"
    tool.cache = f"{folder}{below}"
    done = tool("run", SMALL)
    assert done.status == CODES["usage"] and f"{blamed}: " in done.line() and "--cache" in done.line(), done
    assert not tool.out.exists() and not list(folder.iterdir())
    tool.out = small.tool.out
    assert tool("report").status == small.done.status, "a command that needs no cache"


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("how", ["owner", "mode", "group", "through"])
def test_cache_below_a_folder_of_others(tool, tmp_path, how, there):
    """Who can write to a folder above can lay another in the place of ours; also above what a link leads to."""
    above, cache = tmp_path / "above", tmp_path / "above/ours/cache"
    cache.mkdir(parents=True)
    if how == "group" and os.geteuid() == 0:
        os.chown(above, 0, 65534)
        above.chmod(0o775)
    elif how == "owner" and os.geteuid() == 0:
        os.chown(above, 65534, 65534)
    elif how in ("mode", "through"):
        above.chmod(0o777)
    else:
        pytest.skip("only root can give a folder away")
    if how == "through":
        (tmp_path / "link").symlink_to("above/ours")
        cache = tmp_path / "link/cache"
    if not there:
        (above / "ours/cache").rmdir()
    tool.cache = str(cache)
    done = tool("run", SMALL)
    assert done.status == CODES["usage"] and f"{above}: " in done.line() and "--cache" in done.line(), done
    assert not tool.out.exists()
    above.chmod(0o1777)
    if how in ("mode", "through"):
        assert tool("doctor").status == 0, "nobody else can take ours out of a sticky folder"


def test_cache_below_a_folder_of_our_group(tool, tmp_path):
    """A group of the user's name without others is nobody but him."""
    tmp_path.chmod(0o775)
    own = grp.getgrgid(os.stat(tmp_path).st_gid)
    name = pwd.getpwuid(os.geteuid()).pw_name
    if own.gr_name != name or set(own.gr_mem) - {name}:
        pytest.skip("this user has no group of his own")
    tool.cache = str(tmp_path / "cache")
    assert tool("doctor").status == 0


def test_cache_behind_links_without_end(tool, tmp_path):
    """A loop is no folder."""
    (tmp_path / "loop").symlink_to("loop/loop")
    tool.cache = str(tmp_path / "loop/cache")
    done = tool("run", SMALL)
    assert done.status == CODES["usage"] and "too many links" in done.line(), done


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


@pytest.mark.parametrize("char", [*"'\"#;[&(*<|{?`\t\n", os.fsdecode(b"\xff")])
def test_tree_with_a_character_that_is_misread(copied, tmp_path, char):
    """The source tree is in the flags of the C compiler: one line, and nothing is built."""
    moved = tmp_path / f"a{char}b"
    copied.tree.rename(moved)
    copied.program = moved / "build/tlsmatrix"
    done = copied("run", SMALL)
    shown = f"'{char}'" if char.isprintable() else "control characters"
    assert done.status == CODES["usage"] and shown in done.line() and "move the tree" in done.line(), done
    assert not copied.out.exists()
    copied.out.mkdir()
    assert "move the tree" not in copied("report").stderr, "a command that builds nothing"


@pytest.mark.parametrize("name", ["a b,c:d$e\\f%g=h@i~j-k!l\u00e9", "x" * 200])
def test_tree_with_a_name_that_is_read_rightly(copied, tmp_path, name):
    """Built and run from there, with cgo."""
    moved = tmp_path / name
    copied.tree.rename(moved)
    copied.program = moved / "build/tlsmatrix"
    done = copied("run", f"{HOST} & mode=c-shared & load=needed & link=external")
    assert done.status == CODES["ok"], done
