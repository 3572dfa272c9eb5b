"""bisect --go-tree: which commit of Go changes a cell.

The history is made from the tree of 1.6.4 without the commands that no cell needs, with dates and names that never
change: its commits have the same hashes each time, so that the cache that the tests share keeps their toolchains. Made
for the first time, each takes half a minute.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import CODES, NOT_NEEDED, Tool, cache_folder, exchange

EXE = "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"
FLAGS = ("bisect", "--cell", EXE, "--check", "thread.clone-flags")
pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the cells are of linux/amd64")


class History:
    """A checkout of Go whose commits change files of src/."""

    def __init__(self, folder):
        self.folder = folder
        self.commits = {}

    def git(self, *words):
        """What git says."""
        env = os.environ | {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in FIXED}
        command = ["git", "-C", self.folder, "-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", *words]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()

    def change(self, path, before, after):
        """Replaces a text of a file, which is there once."""
        exchange(self.folder / "src" / path, before, after)

    def commit(self, name):
        """Commits what was changed as name."""
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "-m", name)
        self.commits[name] = self.git("rev-parse", "--short=12", "HEAD")


FIXED = [("NAME", "Gopher"), ("EMAIL", "gopher@localhost"), ("DATE", "2016-01-01T00:00:00+0000")]


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Start, broken, merge, of which broken does not build; the merge mends it, and its branch is semaphores alone.

    That gives new threads CLONE_SYSVSEM, as 1.9 does (runtime/os_linux.go).
    """
    tool = Tool(pathlib.Path("/nonexistent"))
    done = tool("toolchain", "get", "1.6.4", "1.7.1")
    assert done.status == CODES["ok"], done
    release = cache_folder() / "release/go1.6.4/go"
    made = History(tmp_path_factory.mktemp("history") / "go")
    made.folder.mkdir()
    for part in ("src", "lib"):
        shutil.copytree(release / part, made.folder / part)
    for command in NOT_NEEDED:
        shutil.rmtree(made.folder / "src/cmd" / command, ignore_errors=True)
    made.git("init", "-q", "-b", "main")
    made.commit("start")
    made.git("checkout", "-q", "-b", "side")
    made.change("runtime/os1_linux.go", "_CLONE_THREAD /* revisit", "_CLONE_THREAD | 0x40000 /* revisit")
    made.commit("semaphores")
    made.git("checkout", "-q", "main")
    made.change("runtime/proc.go", "package runtime", "package runtime\n\nfunc nothing( {")
    made.commit("broken")
    made.git("merge", "-q", "--no-ff", "--no-commit", "side")
    made.change("runtime/proc.go", "\n\nfunc nothing( {", "")
    made.commit("merge")
    return made


def test_the_commit_on_a_branch_is_found(history, tool):
    commits = history.commits
    argv = (*FLAGS, "--go-tree", history.folder, "--good", commits["start"])
    done = tool(*argv, timeout=600)
    assert done.status == CODES["ok"], done
    lines = done.stdout.splitlines()
    assert lines[0] == f"3 commits from {commits['start']} to {commits['merge']}, thread.clone-flags"
    assert any(
        re.match(rf"  {commits['broken']} cannot be judged: make.bash fails with go\S+: .*proc\.go", line)
        for line in lines
    )
    assert f"{commits['merge']} is a merge: of the branch that it brought in, 1 commits" in lines
    assert f"between them {commits['broken']} cannot be judged" in lines
    answer = lines[lines.index("") + 1 :]
    assert answer[:4] == [
        f"{commits['start']}: flags=0x10f00 others=0",
        "    2016-01-01 start",
        f"{commits['semaphores']}: flags=0x50f00 others=0",
        "    2016-01-01 semaphores",
    ]
    # What is known is asked of the cache, the commit that does not build too; either end may be the younger.
    again = tool(*argv[:-1], "main", "--bad", commits["start"])
    assert again.status == CODES["ok"], again
    assert again.stdout.splitlines()[-7:-3] == answer[:4] and "\n0 evaluated" in again.stdout
    for line in (line for line in again.stdout.splitlines() if line.startswith("again: tlsmatrix run --force ")):
        listed = tool("list", re.search("'(.*)'", line)[1])
        assert re.fullmatch(r"go1\.6-[0-9a-f]{12}/linux/amd64/exe/cgo0/internal@host:exec\n", listed.stdout), listed


def test_what_git_has_not(history, tool, tmp_path):
    tree = ("--go-tree", history.folder)
    for argv, says in (
        (tree, "needs --good REV"),
        ((*tree, "--good", "nothing"), "has no commit 'nothing'"),
        ((*tree, "--good", "main"), "is the commit of the other end"),
        ((*tree, "--good", "main", "--axis", "target"), "is along Go's commits, not --axis target"),
        (("--go-tree", tmp_path, "--good", "main"), "not a git repository"),
    ):
        done = tool(*FLAGS, *argv)
        assert done.status == CODES["usage"] and says in done.stderr.splitlines()[-1], done
        assert len(done.stderr.splitlines()) == 1, done
